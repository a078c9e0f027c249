//! What a client is told when it does not get what it asked for.

use http::{HeaderName, HeaderValue, StatusCode};
use serde::ser::{Serialize, SerializeMap, Serializer};
use strongroom_core::aws::sigv4;
use strongroom_core::model::TransitionError;
use strongroom_engine::operations::aws::AwsClass;
use strongroom_engine::{Closed, Error, InvalidRequest, Kind};

use super::read::INVALID_NAME;
use super::reply::json_answer;
use crate::door::{Answer, Refusal};

/// Tells the SDKs the type of an error, beside `__type` in the body.
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// The types of error that AWS's clients tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    AccessDenied,
    ExpiredToken,
    IncompleteSignature,
    InternalService,
    InvalidNextToken,
    InvalidParameter,
    InvalidRequest,
    InvalidSignature,
    LimitExceeded,
    MalformedPolicyDocument,
    MissingAuthenticationToken,
    PreconditionNotMet,
    PublicPolicy,
    RequestTooLarge,
    ResourceExists,
    ResourceNotFound,
    Serialization,
    ServiceUnavailable,
    Throttling,
    UnknownOperation,
    UnrecognizedClient,
    Validation,
}

/// One row of the table: a type, what it is called on the wire, its status, and the member that has its text.
pub struct Row {
    pub kind: Type,
    pub name: &'static str,
    pub status: StatusCode,
    pub member: &'static str,
}

const UPPER: &str = "Message";
const LOWER: &str = "message";
const BAD: StatusCode = StatusCode::BAD_REQUEST;

/// The table. Errors of the service's own model have their text in `Message`, those of every service in `message`.
pub const TABLE: &[Row] = &[
    row(Type::AccessDenied, "AccessDeniedException", BAD, LOWER),
    row(Type::ExpiredToken, "ExpiredTokenException", BAD, LOWER),
    row(Type::IncompleteSignature, "IncompleteSignatureException", BAD, LOWER),
    row(Type::InternalService, "InternalServiceError", StatusCode::INTERNAL_SERVER_ERROR, UPPER),
    row(Type::InvalidNextToken, "InvalidNextTokenException", BAD, UPPER),
    row(Type::InvalidParameter, "InvalidParameterException", BAD, UPPER),
    row(Type::InvalidRequest, "InvalidRequestException", BAD, UPPER),
    row(Type::InvalidSignature, "InvalidSignatureException", BAD, LOWER),
    row(Type::LimitExceeded, "LimitExceededException", BAD, UPPER),
    row(Type::MalformedPolicyDocument, "MalformedPolicyDocumentException", BAD, UPPER),
    row(Type::MissingAuthenticationToken, "MissingAuthenticationTokenException", BAD, LOWER),
    row(Type::PreconditionNotMet, "PreconditionNotMetException", BAD, UPPER),
    row(Type::PublicPolicy, "PublicPolicyException", BAD, UPPER),
    row(
        Type::RequestTooLarge,
        "RequestEntityTooLargeException",
        StatusCode::PAYLOAD_TOO_LARGE,
        LOWER,
    ),
    row(Type::ResourceExists, "ResourceExistsException", BAD, UPPER),
    row(Type::ResourceNotFound, "ResourceNotFoundException", BAD, UPPER),
    row(Type::Serialization, "SerializationException", BAD, UPPER),
    row(
        Type::ServiceUnavailable,
        "ServiceUnavailableException",
        StatusCode::SERVICE_UNAVAILABLE,
        LOWER,
    ),
    row(Type::Throttling, "ThrottlingException", BAD, LOWER),
    row(Type::UnknownOperation, "UnknownOperationException", BAD, LOWER),
    row(Type::UnrecognizedClient, "UnrecognizedClientException", BAD, LOWER),
    row(Type::Validation, "ValidationException", BAD, LOWER),
];

const fn row(kind: Type, name: &'static str, status: StatusCode, member: &'static str) -> Row {
    Row { kind, name, status, member }
}

/// What a refusal says of its request.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The operation's name.
    pub action: &'a str,
    /// The account's 12 digits.
    pub account: &'a str,
    /// What the client calls the secret that it asks about.
    pub resource: Option<&'a str>,
}

const NO_SECRET: &str = "Secrets Manager can't find the specified secret.";
const DELETED: &str =
    "You can't perform this operation on the secret because it was marked for deletion.";
const REPLICA: &str =
    "Operation not permitted on a replica secret. Call must be made in primary secret's region.";
const FAILED: &str = "An error occurred on the server side.";

/// A refusal or failure.
#[derive(Debug)]
pub struct Fault {
    kind: Type,
    status: StatusCode,
    message: String,
}

impl Type {
    /// Its row.
    pub fn row(self) -> &'static Row {
        // The test below finds every type in the table.
        TABLE.iter().find(|row| row.kind == self).unwrap_or(&FAILURE)
    }

    /// The type with this name.
    fn named(name: &str) -> Self {
        TABLE.iter().find(|row| row.name == name).unwrap_or(&FAILURE).kind
    }
}

const FAILURE: Row =
    row(Type::InternalService, "InternalServiceError", StatusCode::INTERNAL_SERVER_ERROR, UPPER);

impl Fault {
    pub fn new(kind: Type, message: impl Into<String>) -> Self {
        Self { kind, status: kind.row().status, message: message.into() }
    }

    /// The body is not JSON of the right types.
    pub fn serialization(message: impl Into<String>) -> Self {
        Self::new(Type::Serialization, message)
    }

    /// The request is wrong in a way that no other state would mend.
    pub fn invalid_parameter(message: impl Into<String>) -> Self {
        Self::new(Type::InvalidParameter, message)
    }

    /// The request cannot be done as things are.
    pub fn invalid_request(message: impl Into<String>) -> Self {
        Self::new(Type::InvalidRequest, message)
    }

    /// A value breaks a rule of the service model.
    pub fn validation(message: impl Into<String>) -> Self {
        Self::new(Type::Validation, message)
    }

    /// No such operation.
    pub fn unknown_operation() -> Self {
        Self::new(Type::UnknownOperation, "")
    }

    /// Something is wrong that is for the operator to know.
    pub fn failed() -> Self {
        Self::new(Type::InternalService, FAILED)
    }

    /// One table from the engine's kinds of error to AWS's.
    pub fn of(error: &Error, context: &Context<'_>) -> Self {
        if error.is_of_deleted() {
            return Self::invalid_request(DELETED);
        }
        match error.kind() {
            Kind::AlreadyExists => Self::new(Type::ResourceExists, error.to_string()),
            Kind::Forbidden => Self::new(Type::AccessDenied, denied(error, context)),
            Kind::InvalidRequest => Self::of_rule(error, context),
            Kind::NotFound => Self::new(Type::ResourceNotFound, NO_SECRET),
            Kind::QuotaExceeded => Self::new(Type::Throttling, "Rate exceeded"),
            Kind::Sealed | Kind::Unavailable | Kind::VersionConflict => {
                Self::new(Type::ServiceUnavailable, error.to_string())
            }
            Kind::Unauthenticated => sigv4::Fault::UnrecognizedClient.into(),
            Kind::Unsupported => Self::invalid_request(error.to_string()),
            // What is wrong with the store is for the operator.
            _ => Self::failed(),
        }
    }

    fn of_rule(error: &Error, context: &Context<'_>) -> Self {
        let text = error.to_string();
        match error {
            Error::InvalidRequest(InvalidRequest::Transition(TransitionError::Replica)) => {
                Self::invalid_parameter(REPLICA)
            }
            Error::InvalidRequest(InvalidRequest::Transition(TransitionError::HasReplicas)) => {
                let secret = context.resource.unwrap_or_default();
                let text =
                    format!("You can't delete secret {secret} that still has replica regions");
                Self::invalid_parameter(text)
            }
            Error::InvalidRequest(InvalidRequest::Aws { class, text }) => {
                Self::new(of_class(*class), text)
            }
            Error::InvalidRequest(InvalidRequest::Name { .. }) => Self::validation(INVALID_NAME),
            Error::InvalidRequest(InvalidRequest::Limit(_)) => Self::new(Type::LimitExceeded, text),
            Error::InvalidRequest(InvalidRequest::Label(_) | InvalidRequest::Payload(_)) => {
                Self::invalid_parameter(text)
            }
            _ => Self::invalid_request(text),
        }
    }

    /// What the listener refuses.
    pub fn refused(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::BodyTooLarge { .. } => Type::RequestTooLarge,
            Refusal::Overloaded | Refusal::BodyTimeout => Type::ServiceUnavailable,
            Refusal::Failed => return Self::failed(),
            Refusal::MalformedBody => Type::Serialization,
            _ => Type::Validation,
        };
        Self { status: refusal.status(), ..Self::new(kind, refusal.message()) }
    }

    /// With another status than its type has.
    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    /// Its type.
    pub fn kind(&self) -> Type {
        self.kind
    }

    /// Its status.
    #[cfg(test)]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its text.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The answer where the request has no number yet.
    pub fn without_number(self) -> Answer {
        let mut answer = json_answer(self.status, &self);
        answer.headers.insert(ERROR_TYPE, HeaderValue::from_static(self.kind.row().name));
        answer
    }
}

/// The type of each class of the engine's.
fn of_class(class: AwsClass) -> Type {
    match class {
        AwsClass::AccessDenied => Type::AccessDenied,
        AwsClass::InvalidNextToken => Type::InvalidNextToken,
        AwsClass::InvalidParameter => Type::InvalidParameter,
        AwsClass::LimitExceeded => Type::LimitExceeded,
        AwsClass::MalformedPolicyDocument => Type::MalformedPolicyDocument,
        AwsClass::PreconditionNotMet => Type::PreconditionNotMet,
        AwsClass::PublicPolicy => Type::PublicPolicy,
        AwsClass::ResourceExists => Type::ResourceExists,
        AwsClass::ResourceNotFound => Type::ResourceNotFound,
        AwsClass::Validation => Type::Validation,
        _ => Type::InvalidRequest,
    }
}

/// AWS's words for a caller whom no policy allows it.
fn denied(error: &Error, context: &Context<'_>) -> String {
    let Context { action, account, resource } = context;
    let user = match error {
        // An app goes by its name.
        Error::Forbidden { principal, .. } => principal.strip_prefix("app:").unwrap_or(principal),
        _ => "anonymous",
    };
    let on = resource.map(|resource| format!(" on resource: {resource}")).unwrap_or_default();
    format!(
        "User: arn:aws:iam::{account}:user/{user} is not authorized to perform: \
         secretsmanager:{action}{on} because no identity-based policy allows the \
         secretsmanager:{action} action"
    )
}

impl From<sigv4::Fault> for Fault {
    fn from(fault: sigv4::Fault) -> Self {
        Self::new(Type::named(fault.error_type()), fault.to_string())
    }
}

impl From<Closed> for Fault {
    fn from(closed: Closed) -> Self {
        Self::new(Type::ServiceUnavailable, closed.to_string())
    }
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let row = self.kind.row();
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("__type", row.name)?;
        if !self.message.is_empty() {
            members.serialize_entry(row.member, &self.message)?;
        }
        members.end()
    }
}
