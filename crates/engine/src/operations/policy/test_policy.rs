use strongroom_core::policy::{Acl, Capability, Policy, PolicyName, TemplateContext};

use super::{policy_name, policy_path};
use crate::capabilities::decided;
use crate::error::Error;
use crate::mounts::MountKind;
use crate::policies;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read, Write};

/// The most policies that are tested together.
pub const TESTED_POLICIES_MAX: usize = 64;

const PATH: &str = "sys/policies/test";

/// What policies would decide on a request, and why, without a request: for who writes them. Templates have no value
/// here. Needs `update` on `sys/policies/test`, and `read` on `sys/policies/acl/<name>` for each that is kept.
#[derive(Debug)]
pub struct TestPolicy {
    /// Policies that need not be kept: a name and a text for each.
    pub texts: Vec<(String, String)>,
    /// Names of policies that are kept.
    pub names: Vec<String>,
    /// The path of the request, without `/v1/`.
    pub path: String,
    /// What the request needs.
    pub capability: Capability,
}

/// What policies decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyVerdict {
    /// Whether the request would be allowed.
    pub allowed: bool,
    /// A sentence that names the rule.
    pub reason: String,
    /// The rule that would allow it, as a policy writes it, where one can.
    pub hint: Option<String>,
    /// What is odd about the policies, a sentence each.
    pub warnings: Vec<String>,
}

impl Operation for TestPolicy {
    type Answer = PolicyVerdict;

    const NAME: &'static str = "policy-test";

    fn subject(&self) -> Option<&str> {
        Some(PATH)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<PolicyVerdict>, Error> {
        let system = &[MountKind::System];
        room.authorise_at::<Write>(PATH, system)?;
        if self.texts.len() + self.names.len() > TESTED_POLICIES_MAX {
            return Err(Error::rule(format!("more than {TESTED_POLICIES_MAX} policies")));
        }
        let mut tested: Vec<Policy> = Vec::new();
        for name in &self.names {
            room.authorise_at::<Read>(&policy_path(name), system)?;
            tested.extend(self.kept(room, name)?);
        }
        for (name, text) in &self.texts {
            let parsed = Policy::parse(policy_name(name)?, text);
            tested.push(parsed.map_err(|error| Error::rule(error.to_string()))?);
        }
        let is_root = self.names.iter().any(|name| policy_name(name).is_ok_and(|n| n.is_root()));
        let acl = match is_root {
            true => Acl::root(),
            false => Acl::compile(&tested, &TemplateContext::default()),
        };
        let warnings = tested.iter().flat_map(|policy| {
            let name = policy.name();
            policy.warnings().into_iter().map(move |warning| format!("policy \"{name}\" {warning}"))
        });
        let warnings = warnings.collect();
        let verdict =
            decided(&room.mounts, &acl, &self.path, self.capability, |decision| PolicyVerdict {
                allowed: decision.is_allowed(),
                reason: decision.to_string(),
                hint: decision.hint(),
                warnings,
            });
        Ok(Performed::read(verdict))
    }
}

impl TestPolicy {
    fn kept(&self, room: &Room<'_>, name: &str) -> Result<Option<Policy>, Error> {
        let missing = || Error::NotFound(format!("the policy {name}"));
        let name: PolicyName = policy_name(name).map_err(|_| missing())?;
        if name.is_root() {
            return Ok(None);
        }
        policies::read(&room.records(), &name)?.0.map(Some).ok_or_else(missing)
    }
}
