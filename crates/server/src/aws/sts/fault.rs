//! Errors as the service's clients know them
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>).

use http::StatusCode;
use strongroom_core::audit::RequestId;
use strongroom_core::aws::sigv4;
use strongroom_engine::operations::aws::AwsClass;
use strongroom_engine::{Closed, Error, InvalidRequest, Kind};

use super::super::reply::uuid_text;
use super::super::signer::NotProven;
use super::xml::Document;
use crate::door::{Answer, Refusal};

/// A refusal.
#[derive(Debug)]
pub struct Fault {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Fault {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// A request that breaks a constraint.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ValidationError", message)
    }

    /// A request that is no request of the protocol.
    pub fn malformed(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MalformedQueryString", message)
    }

    /// A caller who may not.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "AccessDenied", message)
    }

    /// A node that is sealed.
    pub fn closed(closed: Closed) -> Self {
        Self::unavailable(closed.to_string())
    }

    pub fn refused(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::Failed => "InternalFailure",
            Refusal::Overloaded | Refusal::BodyTimeout => "ServiceUnavailable",
            _ => "ValidationError",
        };
        Self::new(refusal.status(), code, refusal.message())
    }

    /// What the engine says, apart from what only the operation has words for.
    pub fn of(error: &Error) -> Self {
        match error.kind() {
            Kind::Unauthenticated => sigv4::Fault::UnrecognizedClient.into(),
            Kind::Forbidden => Self::denied("Access denied"),
            Kind::Sealed | Kind::Unavailable | Kind::AuditUnavailable | Kind::VersionConflict => {
                Self::unavailable("the service is not available; try again")
            }
            Kind::QuotaExceeded => Self::invalid_code("Throttling", error),
            Kind::InvalidRequest => match error {
                Error::InvalidRequest(InvalidRequest::Aws {
                    class: AwsClass::LimitExceeded,
                    ..
                }) => Self::invalid_code("LimitExceeded", error),
                _ => Self::invalid_code("ValidationError", error),
            },
            _ => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "InternalFailure",
                "the request could not be answered",
            ),
        }
    }

    fn unavailable(message: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", message)
    }

    fn invalid_code(code: &'static str, error: &Error) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, error.to_string())
    }

    pub fn into_answer(self, id: RequestId) -> Answer {
        self.answer(Some(id))
    }

    /// The answer where the request has no number yet.
    pub fn without_number(self) -> Answer {
        self.answer(None)
    }

    fn answer(self, id: Option<RequestId>) -> Answer {
        let side = if self.status.is_server_error() { "Receiver" } else { "Sender" };
        let document = Document::new("ErrorResponse")
            .open("Error")
            .text("Type", side)
            .text("Code", self.code)
            .text("Message", &self.message)
            .close();
        let document = match id {
            Some(id) => document.text("RequestId", &uuid_text(id.0)),
            None => document,
        };
        document.into_answer(self.status, id)
    }
}

impl From<sigv4::Fault> for Fault {
    fn from(fault: sigv4::Fault) -> Self {
        let status = StatusCode::from_u16(fault.query_status()).unwrap_or(StatusCode::FORBIDDEN);
        Self::new(status, fault.query_code(), fault.to_string())
    }
}

impl From<NotProven> for Fault {
    fn from(not: NotProven) -> Self {
        match not {
            NotProven::Signature(fault) => fault.into(),
            NotProven::Key(error) => Self::of(&error),
        }
    }
}
