//! The AWS door: the API of AWS Secrets Manager, JSON 1.1 over `POST /`.
//!
//! A request names its operation in `X-Amz-Target` and is signed with Signature Version 4. The door reads it into the
//! type of its operation, holds it to the constraints of AWS's service model, and asks the engine. It translates, and
//! decides nothing.
//!
//! # Adding an operation
//! A file in `operations/` with what it reads and answers, and a line in [`registry`]. The test against the service
//! model (`crates/server/tests/aws`) tells what is missing.

mod call;
mod constraint;
mod fault;
mod operations;
mod parts;
mod read;
pub mod registry;
mod reply;
mod shape;
mod shapes;
mod signer;
#[cfg(test)]
mod tests;

pub use self::constraint::{Counts, Member, Pattern, Rules};
pub use self::reply::Written;
pub use self::shapes::SECRET_BYTES_MAX;
