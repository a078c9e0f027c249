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

/// What policies would decide on a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestPolicy {
    /// Policies that need not be kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<PolicyText>,
    /// Names of policies that are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The path of the request.
    pub path: String,
    /// What the request needs, such as `read`.
    pub capability: String,
}

/// What policies decide.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyVerdict {
    /// Whether the request would be allowed.
    pub allowed: bool,
    /// A sentence that names the rule.
    pub reason: String,
    /// The rule that would allow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// What is odd about the policies.
    pub warnings: Vec<String>,
}

/// Why a request was answered as it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExplainRequest {
    /// The request's number: 32 hexadecimal digits.
    pub request_id: String,
}

/// What was asked, and how it was decided.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The request's number.
    pub request_id: String,
    /// When.
    pub time: String,
    /// Who asked, if that was known.
    pub principal: Option<String>,
    /// What was asked.
    pub operation: String,
    /// Of what.
    pub path: Option<String>,
    /// `allowed`, `denied` or `failed`.
    pub outcome: String,
    /// The kind of the error.
    pub status: Option<String>,
    /// The capability that a denied request lacked, and where.
    pub missing: Option<Missing>,
    /// The decision in words.
    pub reason: Option<String>,
    /// The rule that would have allowed it.
    pub rule: Option<String>,
}

/// What a denied request lacked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The capability.
    pub capability: String,
    /// Where.
    pub path: String,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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

impl Call for TestPolicy {
    type Answer = PolicyVerdict;

    const NAME: &'static str = "policy-test";
    const ABOUT: &'static str = "What policies would decide on a request, and why";
    const READS: bool = true;
}

impl Call for ExplainRequest {
    type Answer = Explanation;

    const NAME: &'static str = "request-explain";
    const ABOUT: &'static str = "Why a request was answered as it was";
    const READS: bool = true;
}
