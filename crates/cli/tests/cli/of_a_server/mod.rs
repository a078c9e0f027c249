//! The same tests with a server in the place of the store: what is printed and how it ends is the same.

mod place {
    pub use crate::place::{Done, ServedPlace as Place, run_with_input};
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
