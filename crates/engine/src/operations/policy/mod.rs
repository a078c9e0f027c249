//! Policies: written, read, listed and deleted under `sys/policies/acl/<name>`, as Vault has it.

mod delete_policy;
mod list_policies;
mod read_policy;
mod test_policy;
mod write_policy;

pub use delete_policy::DeletePolicy;
pub use list_policies::ListPolicies;
pub use read_policy::ReadPolicy;
pub use test_policy::{PolicyVerdict, TESTED_POLICIES_MAX, TestPolicy};
pub use write_policy::WritePolicy;

use strongroom_core::policy::PolicyName;

use crate::error::Error;

/// The path that policies speak of for a policy.
fn policy_path(name: &str) -> String {
    format!("sys/policies/acl/{name}")
}

fn policy_name(name: &str) -> Result<PolicyName, Error> {
    PolicyName::new(name).map_err(|error| Error::rule(error.to_string()))
}
