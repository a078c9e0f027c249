//! The policy language: Vault's ACL policies, read from HCL or JSON and compiled for one identity.
//!
//! What is not granted is denied. A policy speaks of paths `<mount>/<path>` and of nothing else. [`Policy::parse`]
//! reads a text, [`Acl::compile`] joins the policies of a caller, [`Acl::check`] decides and says why. The language,
//! its priority rules and its limits are in `docs/internals/policy.md`.
//!
//! This module must never widen what was written: a key, a capability or a template that it does not know is an
//! error, a value put into a path is literal text within one segment, and a deny is never lost.
//!
//! To add a key of a rule: `Fields::read` in `parse.rs`, its merging in `CompiledRule::join`, a row in the document.
//! To add a capability: `capability.rs`, and the reference in `fuzz/bodies/acl_differential.rs`.

mod acl;
mod capability;
mod decision;
mod error;
mod limits;
mod lint;
mod name;
mod parameters;
mod parse;
mod pattern;
mod template;
#[cfg(test)]
mod tests;

pub use acl::{Acl, CompiledRule, DroppedRule, RuleSource, WrappingDenial};
pub use capability::{Capabilities, Capability};
pub use decision::{Decision, Reason};
pub use error::{PathProblem, PolicyError, PolicyProblem};
pub use limits::{
    PARAMETERS_MAX, POLICY_DEPTH_MAX, POLICY_TEXT_BYTES_MAX, POLICY_VALUES_MAX,
    RULE_PATH_BYTES_MAX, RULES_MAX,
};
pub use lint::{Oddity, PolicyWarning};
pub use name::{POLICY_NAME_BYTES_MAX, PolicyName, PolicyNameError};
pub use parameters::{ParameterDenial, ParameterValue};
pub use parse::Policy;
pub use template::{AliasContext, GroupContext, TemplateContext};
