//! Policies.

use strongroom_engine::operations::policy::{DeletePolicy, ListPolicies, ReadPolicy, WritePolicy};
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
