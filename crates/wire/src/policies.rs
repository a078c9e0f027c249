//! Calls about policies.

use serde::{Deserialize, Serialize};

use crate::{Call, Done};

/// Write a policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WritePolicy {
    /// Its name.
    pub name: String,
    /// Its text, in HCL or JSON.
    pub policy: String,
}

/// A policy's text.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadPolicy {
    /// Its name.
    pub name: String,
}

/// Delete a policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletePolicy {
    /// Its name.
    pub name: String,
}

/// The names of all policies.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListPolicies {}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyText {
    /// Its name as it is kept.
    pub name: String,
    /// Its text as it was written.
    pub policy: String,
}

/// Names of policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyNames {
    /// The names.
    pub names: Vec<String>,
}

impl Call for WritePolicy {
    type Answer = Done;

    const NAME: &'static str = "policy-write";
    const ABOUT: &'static str = "Write a policy";
    const READS: bool = false;
}

impl Call for ReadPolicy {
    type Answer = PolicyText;

    const NAME: &'static str = "policy-read";
    const ABOUT: &'static str = "A policy's text";
    const READS: bool = true;
}

impl Call for DeletePolicy {
    type Answer = Done;

    const NAME: &'static str = "policy-delete";
    const ABOUT: &'static str = "Delete a policy; one that is not there is left so";
    const READS: bool = false;
}

impl Call for ListPolicies {
    type Answer = PolicyNames;

    const NAME: &'static str = "policies-list";
    const ABOUT: &'static str = "The names of all policies";
    const READS: bool = true;
}
