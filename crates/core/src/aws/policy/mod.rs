//! Policies on a secret, in IAM's language
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html>).
//!
//! [`PolicyDocument::parse`] reads one, [`PolicyDocument::evaluate`] says what it means for a call,
//! [`PolicyDocument::is_public`] whether it opens the secret to everybody.
//!
//! What the language has and this module does not know is refused when it is read, so that no statement is ever taken
//! for less than it says: unknown operators, principals that nobody here can be, `NotPrincipal` that allows.

mod condition;
mod document;
mod error;
mod evaluate;
mod findings;
mod operator;
mod pattern;
mod principal;

#[cfg(test)]
mod tests;

pub use document::{POLICY_BYTES_MAX, PolicyDocument};
pub use error::{PolicyError, PolicyProblem};
pub use evaluate::{Caller, Decision, Question};
pub use findings::Finding;
