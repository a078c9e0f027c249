//! The rules of AWS Secrets Manager that need no I/O: who signed a request, what a resource policy says, how labels
//! move, when a secret rotates.
//!
//! Nothing here knows HTTP or JSON libraries; the door hands over what it read. Error texts are AWS's, with the
//! source where it is known; what AWS does not publish says so.
//!
//! # Adding to it
//! A rule of one parameter is a file of its own, with the text that AWS answers when it is broken. Parsers of what a
//! client sends have a named limit for everything and a body under `fuzz/bodies`.

pub mod arn;
mod draw;
pub mod filters;
pub mod labels;
pub mod policy;
pub mod random_password;
pub mod schedule;
pub mod sigv4;
pub mod token;
