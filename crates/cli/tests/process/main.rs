//! What a program sees that `strongroom run` starts: by `exec`, under the supervisor, on a terminal.

mod exec;
mod harness;
mod supervise;
mod terminal;
mod watch;
