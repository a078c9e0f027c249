//! What a client of the query protocol is told when it does not get what it asked for.

use http::StatusCode;
use strongroom_core::aws::sigv4;
use strongroom_engine::Closed;

use crate::aws::fault::Type;
use crate::aws::signer::{Reason, Unproven};

/// A refusal: a status, a code and words.
#[derive(Debug)]
pub struct StsFault {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl StsFault {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    /// The request cannot be read.
    pub fn malformed(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "MalformedInput", message)
    }

    /// A value breaks a rule of the service model.
    pub fn validation(message: String) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ValidationError", message)
    }

    /// A parameter that is not served.
    pub fn unsupported(name: &str) -> Self {
        let message = format!("The parameter {name} is not supported");
        Self::new(StatusCode::BAD_REQUEST, "ValidationError", message)
    }

    /// No such operation.
    pub fn invalid_action(action: Option<&str>) -> Self {
        let message =
            format!("Could not find operation {} for version 2011-06-15", action.unwrap_or("null"));
        Self::new(StatusCode::BAD_REQUEST, "InvalidAction", message)
    }

    /// Somebody who is known may not.
    pub fn denied(user: &str, action: &str, resource: &str) -> Self {
        let message = format!(
            "User: {user} is not authorized to perform: sts:{action} on resource: {resource}"
        );
        Self::new(StatusCode::FORBIDDEN, "AccessDenied", message)
    }

    /// Somebody who is not known may not.
    pub fn not_authorized(action: &str) -> Self {
        let message = format!("Not authorized to perform sts:{action}");
        Self::new(StatusCode::FORBIDDEN, "AccessDenied", message)
    }

    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    pub fn message(&self) -> &str {
        &self.message
    }
}

impl From<Closed> for StsFault {
    fn from(closed: Closed) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "ServiceUnavailable", closed.to_string())
    }
}

impl From<sigv4::Fault> for StsFault {
    fn from(fault: sigv4::Fault) -> Self {
        let status = StatusCode::from_u16(fault.query_status());
        let status = status.unwrap_or(StatusCode::FORBIDDEN);
        Self::new(status, fault.query_code(), fault.to_string())
    }
}

impl From<Unproven> for StsFault {
    fn from(unproven: Unproven) -> Self {
        match unproven.reason {
            Reason::Signature(fault) => fault.into(),
            Reason::Engine(_) if unproven.fault.kind() == Type::UnrecognizedClient => {
                sigv4::Fault::UnrecognizedClient.into()
            }
            Reason::Engine(_) => {
                let fault = &unproven.fault;
                Self::new(fault.status(), "ServiceUnavailable", fault.message())
            }
        }
    }
}
