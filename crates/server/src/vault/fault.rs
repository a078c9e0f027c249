//! What a client is told when it does not get what it asked for: Vault's statuses and `{"errors": [...]}`.

use http::StatusCode;
use http::header::RETRY_AFTER;
use strongroom_core::audit::RequestId;
use strongroom_engine::{Closed, Error, Kind, Throttled};

use super::reply::json_answer;
use crate::door::Answer;

/// What is said of what is wrong with the store or the program: the rest is for the operator.
pub(super) const FAILED: &str = "internal error";

/// A refusal or failure.
#[derive(Debug)]
pub struct Fault {
    status: StatusCode,
    errors: Vec<String>,
    /// Whether a policy refused it: then the request's number helps.
    explained: bool,
    /// When the client may ask again, in seconds.
    retry_after: Option<u64>,
}

impl Fault {
    /// 400 with a rule that the request breaks.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::refused(StatusCode::BAD_REQUEST, message)
    }

    /// 404 as Vault says that nothing is there: without words.
    pub fn nothing() -> Self {
        let status = StatusCode::NOT_FOUND;
        Self { status, errors: Vec::new(), explained: false, retry_after: None }
    }

    /// 404 for a path that nothing serves.
    pub fn no_route(path: &str) -> Self {
        let message = format!("no handler for route \"{path}\". route entry not found.");
        Self::refused(StatusCode::NOT_FOUND, message)
    }

    /// 501 for what this server does not do.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::refused(StatusCode::NOT_IMPLEMENTED, message)
    }

    /// 500 without saying why.
    pub fn failed() -> Self {
        Self::refused(StatusCode::INTERNAL_SERVER_ERROR, FAILED)
    }

    /// Any status with a message.
    pub fn refused(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, errors: vec![message.into()], explained: false, retry_after: None }
    }

    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub fn into_answer(mut self, id: RequestId) -> Answer {
        if self.explained {
            self.errors.push(format!("an operator learns why with: strongroom explain {id}"));
        }
        let mut answer = json_answer(self.status, &serde_json::json!({ "errors": self.errors }));
        if let Some(seconds) = self.retry_after {
            answer.headers.insert(RETRY_AFTER, seconds.into());
        }
        answer
    }

    /// 429: the client has had too many requests.
    pub fn throttled(path: &str, throttled: &Throttled) -> Self {
        let message = format!("request path \"{path}\": {throttled}");
        let refused = Self::refused(StatusCode::TOO_MANY_REQUESTS, message);
        Self { retry_after: Some(throttled.retry_after.0), ..refused }
    }
}

/// One table from the engine's kinds of error to Vault's answers.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        let status = match error.kind() {
            Kind::NotFound | Kind::Deleted => return Self::nothing(),
            Kind::Forbidden => {
                let denied = Self::refused(StatusCode::FORBIDDEN, "permission denied");
                return Self { explained: true, ..denied };
            }
            Kind::Unauthenticated => {
                return Self::refused(StatusCode::FORBIDDEN, "permission denied");
            }
            Kind::Sealed => StatusCode::SERVICE_UNAVAILABLE,
            Kind::AlreadyExists | Kind::InvalidRequest | Kind::VersionConflict => {
                StatusCode::BAD_REQUEST
            }
            Kind::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unsupported => StatusCode::NOT_IMPLEMENTED,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let message = match error.kind() {
            Kind::Sealed => "Vault is sealed".to_owned(),
            Kind::Internal => FAILED.to_owned(),
            _ => error.to_string(),
        };
        Self::refused(status, message)
    }
}

impl From<Closed> for Fault {
    fn from(closed: Closed) -> Self {
        // As Vault says of a store without keys as well; `sys/health` tells the two apart.
        Self::from(Error::from(closed))
    }
}
