use crate::error::{Error, InvalidRequest};

/// Which of the API's errors a broken rule is. The door has the words of the protocol for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AwsClass {
    /// A parameter's value, by itself or beside another.
    InvalidParameter,
    /// What is asked does not go with the state of the resource.
    InvalidRequest,
    /// There is one already.
    ResourceExists,
    /// There is no such version, or no such secret.
    ResourceNotFound,
    /// A quota of the API.
    LimitExceeded,
    /// A policy that is none.
    MalformedPolicyDocument,
    /// A policy that lets everybody in.
    PublicPolicy,
    /// What has to be done first was not.
    PreconditionNotMet,
    /// A token of a list that this server did not make.
    InvalidNextToken,
    /// What the request names may not be used.
    AccessDenied,
    /// A text that is not of its form.
    Validation,
}

/// A rule of AWS Secrets Manager, in the words that its clients know. They quote no value.
pub(crate) fn refuse(class: AwsClass, text: impl Into<String>) -> Error {
    InvalidRequest::Aws { class, text: text.into() }.into()
}
