//! What a client is told when it does not get what it asked for.

use http::{Method, StatusCode};
use strongroom_core::audit::RequestId;
use strongroom_engine::{Closed, Error, Kind as EngineKind};
use strongroom_wire::{ErrorBody, ErrorDetail, Kind};

use super::call::json_answer;
use crate::door::Answer;

/// A refusal or failure.
#[derive(Debug)]
pub struct Fault {
    status: StatusCode,
    detail: ErrorDetail,
    /// Whether a policy refused it: then the request's number helps.
    explained: bool,
}

impl Fault {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(kind.status());
        let detail = ErrorDetail { kind, message: message.into(), hint: None };
        Self {
            status: status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            detail,
            explained: false,
        }
    }

    /// The request breaks a rule.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidRequest, message)
    }

    /// There is no such operation.
    pub fn no_operation() -> Self {
        Self::new(Kind::NotFound, "there is no such operation")
    }

    /// The operation is asked for by another method.
    pub fn other_method(method: &Method) -> Self {
        let wanted = if *method == Method::GET { "POST" } else { "POST, or GET for status" };
        Self::invalid(format!("ask with {wanted}")).with_status(StatusCode::METHOD_NOT_ALLOWED)
    }

    pub fn with_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.detail.hint = Some(hint.into());
        self
    }

    /// The answer where the request has no number yet.
    pub fn without_number(self) -> Answer {
        json_answer(self.status, &ErrorBody { error: self.detail })
    }

    pub fn into_answer(mut self, id: RequestId) -> Answer {
        if self.explained {
            self.detail.hint =
                Some(format!("an operator learns why with: strongroom explain {id}"));
        }
        self.without_number()
    }
}

/// One table from the engine's kinds of error to the API's.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            _ if error.is_of_deleted() => Kind::Deleted,
            EngineKind::AlreadyExists => Kind::AlreadyExists,
            EngineKind::AuditUnavailable => Kind::AuditUnavailable,
            EngineKind::Deleted => Kind::Deleted,
            EngineKind::Forbidden => Kind::Forbidden,
            EngineKind::InvalidRequest => Kind::InvalidRequest,
            EngineKind::NotFound => Kind::NotFound,
            EngineKind::QuotaExceeded => Kind::QuotaExceeded,
            EngineKind::Sealed => Kind::Sealed,
            EngineKind::Unauthenticated => Kind::Unauthenticated,
            EngineKind::Unavailable => Kind::Unavailable,
            EngineKind::Unsupported => Kind::Unsupported,
            EngineKind::VersionConflict => Kind::VersionConflict,
            _ => Kind::Internal,
        };
        let message = match kind {
            // What is wrong with the store is for the operator.
            Kind::Internal => "internal error".to_owned(),
            _ => error.to_string(),
        };
        Self { explained: kind == Kind::Forbidden, ..Self::new(kind, message) }
    }
}

impl From<Closed> for Fault {
    fn from(closed: Closed) -> Self {
        Self::new(Kind::Sealed, closed.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_engine_has_one_of_the_api_with_the_same_word() {
        for (error, kind) in [
            (Error::AlreadyExists("x".into()), Kind::AlreadyExists),
            (Error::Deleted("x".into()), Kind::Deleted),
            (Error::NotFound("x".into()), Kind::NotFound),
            (Error::QuotaExceeded("x".into()), Kind::QuotaExceeded),
            (Error::Sealed, Kind::Sealed),
            (Error::Unauthenticated("why".into()), Kind::Unauthenticated),
            (Error::Unavailable("x".into()), Kind::Unavailable),
            (Error::Unsupported("x"), Kind::Unsupported),
            (Error::VersionConflict("x".into()), Kind::VersionConflict),
        ] {
            let word = error.kind().as_str();
            let fault = Fault::from(error);
            assert_eq!((fault.detail.kind, fault.detail.kind.as_str()), (kind, word));
            assert_eq!(fault.status.as_u16(), kind.status());
            assert!(!fault.detail.message.contains("why"));
        }
    }
}
