//! What a client is told when it does not get what it asked for.

use http::{HeaderName, HeaderValue, StatusCode};
use serde::ser::{Serialize, SerializeMap, Serializer};
use strongroom_core::audit::RequestId;

use super::reply::{json_answer, request_number};
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
        TABLE.iter().find(|row| row.kind == self).unwrap_or(&FAILED)
    }
}

const FAILED: Row =
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
        Self::new(Type::InternalService, "An error occurred on the server side.")
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

    /// Its type.
    pub fn kind(&self) -> Type {
        self.kind
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Its text.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn into_answer(self, id: RequestId) -> Answer {
        request_number(self.without_number(), id)
    }

    /// The answer where the request has no number yet.
    pub fn without_number(self) -> Answer {
        let mut answer = json_answer(self.status, &self);
        answer.headers.insert(ERROR_TYPE, HeaderValue::from_static(self.kind.row().name));
        answer
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
