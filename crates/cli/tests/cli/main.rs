//! The command line as its users see it: the real binary, a home and a folder of its own for each test.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "helpers of tests fail the test")]

mod audit;
mod bad_input;
mod canary;
mod dialog;
mod exports;
mod init;
mod keys;
mod place;
mod project;
mod reference;
mod run;
mod secrets;
mod server;
mod served;
mod store;
mod targets;

/// The same tests with a server in the place of the store: what is printed and how it ends is the same.
mod of_a_server {
    mod place {
        pub use crate::place::{ServedPlace as Place, run_with_input};
    }

    #[path = "../exports.rs"]
    mod exports;
    #[path = "../project.rs"]
    mod project;
    #[path = "../run.rs"]
    mod run;
    #[path = "../secrets.rs"]
    mod secrets;
    #[path = "../targets.rs"]
    mod targets;
}
