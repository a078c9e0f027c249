//! AWS Signature Version 4: who signed a request, and whether it is what they signed.
//!
//! [`Signed::parse`] reads the `Authorization` header or the parameters of a presigned URL and names the access key.
//! The caller looks its secret up and asks [`Signed::verify`], the only maker of a [`Verified`]. The body's hash is
//! always the verifier's own: a payload that the client left unsigned does not pass.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>. The vectors
//! under `fixtures/sigv4` are AWS's.

mod canonical;
mod date;
mod fault;
mod key;
mod parameters;
mod parse;
mod request;
mod verify;

#[cfg(test)]
mod tests;

pub use date::{DateError, SigningTime};
pub use fault::Fault;
pub use key::{Scope, SigningKey};
pub use parse::{
    ACCESS_KEY_ID_CHARS_MAX, AUTHORIZATION_BYTES_MAX, EXPIRES_SECS_MAX, PRESIGNED_QUERY_BYTES_MAX,
    QUERY_PARAMETERS_MAX, SCOPE_PART_CHARS_MAX, SESSION_TOKEN_BYTES_MAX, SIGNED_HEADERS_MAX,
    Signed,
};
pub use request::{BodyHash, Request};
pub use verify::{Expectations, SKEW_SECRETS_MANAGER, SKEW_STS, Session, Verified};
