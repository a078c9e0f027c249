//! Why a text is no policy.

use crate::hcl::SyntaxError;

/// Why a text is no policy: `MalformedPolicyDocumentException`. `Display` is AWS's sentence
/// (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_resource-policies.html>), and then in
/// brackets what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} ({problem})", problem.sentence())]
pub struct PolicyError {
    /// The statement, counted from 1; 0 for the document.
    pub statement: usize,
    /// What is wrong there.
    pub problem: PolicyProblem,
}

/// What is wrong in a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyProblem {
    /// It is no JSON.
    #[error("{0}")]
    Json(SyntaxError),
    /// It is longer than [`super::POLICY_BYTES_MAX`].
    #[error("a policy has at most {} bytes", super::POLICY_BYTES_MAX)]
    TooLong,
    /// A key that the language has not.
    #[error("the key {0:?} is not known here")]
    UnknownKey(String),
    /// A key twice.
    #[error("the key {0:?} is there twice")]
    DuplicateKey(String),
    /// A key that must be there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Two keys of which one is allowed.
    #[error("only one of {0} and Not{0} can be there")]
    Both(&'static str),
    /// A value of another kind than the key's.
    #[error("the value of {key} is not {expected}")]
    Value {
        /// The key.
        key: String,
        /// What it can be.
        expected: &'static str,
    },
    /// An operator that the language has not, or that is not known here.
    #[error("the operator {0:?} is not known")]
    UnknownOperator(String),
    /// `${` without its end, or with nothing in it.
    #[error("a variable is written ${{key}} or ${{key, 'default'}}")]
    Variable,
    /// A principal that nobody can be.
    #[error("{0:?} is nobody here")]
    Principal(String),
    /// A service that is no service's name.
    #[error("{0:?} is no service")]
    ServicePrincipal(String),
    /// `NotPrincipal` in a statement that allows.
    #[error("NotPrincipal can only deny")]
    NotPrincipalAllows,
}

impl PolicyProblem {
    fn sentence(&self) -> &'static str {
        match self {
            Self::Principal(_) | Self::NotPrincipalAllows => {
                "This resource policy contains an unsupported principal."
            }
            Self::ServicePrincipal(_) => {
                "This resource policy contains an unsupported service principal."
            }
            _ => "This resource policy contains a syntax error.",
        }
    }
}
