//! The command line as its users see it: the real binary, a home and a folder of its own for each test.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests fail the test"
)]

mod apps;
mod audit;
mod bad_input;
mod canary;
mod dialog;
mod exports;
mod init;
mod keys;
mod operator;
mod place;
mod project;
mod reference;
mod run;
mod secrets;
mod served;
mod server;
mod store;
mod targets;
mod usage;
mod vault;
