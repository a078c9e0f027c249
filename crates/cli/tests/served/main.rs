//! Tests of the command line with a server in the place of the store: what is printed and how it ends is the same.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail the test")]
#![expect(dead_code, reason = "the helpers are those of the other tests as well")]

#[path = "../cli/place.rs"]
mod base;
#[path = "../cli/exports.rs"]
mod exports;
#[path = "../cli/project.rs"]
mod project;
#[path = "../cli/run.rs"]
mod run;
#[path = "../cli/secrets.rs"]
mod secrets;
#[path = "../cli/served.rs"]
mod served;
#[path = "../cli/targets.rs"]
mod targets;

/// The place that the tests find.
mod place {
    pub use super::base::{Backend, Done, ServedPlace as Place, run_with_input};
}
