//! Temporary access keys, as AWS's Security Token Service gives them
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html>).
//!
//! ```text
//! session/<hash>                          SessionRecord, under the keyed hash of its access key's id
//! session-of/<owner>/<end>/<hash>         what an owner has
//! ```
//! They lie in the operators' mount. A session is an app's or a token's. It may do what its owner may at the time, and
//! is refused from the commit on in which its owner is gone, an app disabled, or an app's sessions taken back. Of the
//! session token nothing is kept: it is a keyed hash of what is.

mod assume_role;
mod caller_identity;
mod for_caller;
mod names;
mod record;
mod revoke;
mod role_arn;
mod web_identity;

pub use assume_role::AssumeRole;
pub use caller_identity::{CallerIdentity, GetCallerIdentity};
pub use for_caller::SessionForCaller;
pub use record::{
    NewSession, SESSION_SECS_DEFAULT, SESSION_SECS_MAX, SESSION_SECS_MIN, SESSIONS_MAX,
};
pub(crate) use record::{
    SessionOwner, SessionRecord, end_session, prefix_of_app, prefix_of_token, remove_sessions,
};
pub use revoke::RevokeSessions;
pub use role_arn::{ROLE_ARN_CHARS_MAX, SESSION_NAME_CHARS_MAX, SESSION_NAME_CHARS_MIN};
pub use web_identity::{AssumeRoleWithWebIdentity, WebIdentitySession};

use strongroom_core::time::Seconds;

use super::rule::{AwsClass, refuse};
use crate::error::Error;

/// How long a session is to be.
///
/// # Errors
/// AWS's words for one that is too short or too long.
fn checked_duration(asked: Option<Seconds>) -> Result<Seconds, Error> {
    let span = asked.unwrap_or(SESSION_SECS_DEFAULT);
    let (bound, limit) = match span {
        span if span < SESSION_SECS_MIN => ("greater", SESSION_SECS_MIN),
        span if span > SESSION_SECS_MAX => ("less", SESSION_SECS_MAX),
        span => return Ok(span),
    };
    let rule = format!("Member must have value {bound} than or equal to {}", limit.0);
    Err(invalid("durationSeconds", &rule))
}

/// What the service says of a parameter that breaks a constraint.
fn invalid(member: &str, rule: &str) -> Error {
    let text = format!(
        "1 validation error detected: Value at '{member}' failed to satisfy constraint: {rule}"
    );
    refuse(AwsClass::Validation, text)
}
