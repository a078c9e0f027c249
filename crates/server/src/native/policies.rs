//! Policies, and what they decide.

use strongroom_core::audit::RequestId;
use strongroom_core::policy::Capability;
use strongroom_engine::operations::explain::{ExplainRequest, Explanation};
use strongroom_engine::operations::policy::{
    DeletePolicy, ListPolicies, PolicyVerdict, ReadPolicy, TestPolicy, WritePolicy,
};
use strongroom_wire as wire;

use super::fault::Fault;
use super::registry::Serve;

impl Serve for wire::WritePolicy {
    type Operation = WritePolicy;

    fn operation(self) -> Result<WritePolicy, Fault> {
        Ok(WritePolicy::new(&self.name, self.policy))
    }

    fn answer((): ()) -> wire::Done {
        wire::Done {}
    }
}

impl Serve for wire::ReadPolicy {
    type Operation = ReadPolicy;

    fn operation(self) -> Result<ReadPolicy, Fault> {
        Ok(ReadPolicy::new(&self.name))
    }

    fn answer((name, policy): (String, String)) -> wire::PolicyText {
        wire::PolicyText { name, policy }
    }
}

impl Serve for wire::DeletePolicy {
    type Operation = DeletePolicy;

    fn operation(self) -> Result<DeletePolicy, Fault> {
        Ok(DeletePolicy::new(&self.name))
    }

    fn answer((): ()) -> wire::Done {
        wire::Done {}
    }
}

impl Serve for wire::ListPolicies {
    type Operation = ListPolicies;

    fn operation(self) -> Result<ListPolicies, Fault> {
        Ok(ListPolicies)
    }

    fn answer(names: Vec<String>) -> wire::PolicyNames {
        wire::PolicyNames { names }
    }
}

impl Serve for wire::TestPolicy {
    type Operation = TestPolicy;

    fn operation(self) -> Result<TestPolicy, Fault> {
        let capability = Capability::from_word(&self.capability);
        let unknown = || Fault::invalid("a capability is one of Vault's words, such as `read`");
        Ok(TestPolicy {
            texts: self.texts.into_iter().map(|text| (text.name, text.policy)).collect(),
            names: self.names,
            path: self.path,
            capability: capability.ok_or_else(unknown)?,
        })
    }

    fn answer(verdict: PolicyVerdict) -> wire::PolicyVerdict {
        wire::PolicyVerdict {
            allowed: verdict.allowed,
            reason: verdict.reason,
            rule: verdict.hint,
            warnings: verdict.warnings,
        }
    }
}

impl Serve for wire::ExplainRequest {
    type Operation = ExplainRequest;

    fn operation(self) -> Result<ExplainRequest, Fault> {
        let id: Result<RequestId, _> = self.request_id.parse();
        id.map(ExplainRequest).map_err(|error| Fault::invalid(error.to_string()))
    }

    fn answer(found: Explanation) -> wire::Explanation {
        let missing = |(capability, path)| wire::Missing { capability, path };
        wire::Explanation {
            request_id: found.request_id,
            time: found.time,
            principal: found.principal,
            operation: found.operation,
            path: found.path,
            outcome: found.outcome,
            status: found.status,
            missing: found.missing.map(missing),
            reason: found.reason,
            rule: found.hint,
        }
    }
}
