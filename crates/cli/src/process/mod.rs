//! How `strongroom run` starts a program: its environment, `execve`, and the supervisor of `--watch`.
//!
//! The order of a run: [`Program::find`] (a missing program is reported before a secret is read),
//! [`check_reserved`], an [`Environment`], [`expansion_hint`], then [`exec`], or [`supervise`] when
//! something has to stay behind.
//!
//! What this module never does: write a value to a file, to a log, to an error message or to a
//! terminal; write to the standard output; change the environment of its own process.
//!
//! To reserve another name, add a line to [`RESERVED`]; to withhold another variable of Strongroom's
//! own from the program, add a line to [`WITHHELD`]. `docs/reference/run.md` lists both.

mod child;
mod environment;
mod exec;
mod expansion;
mod incoming;
mod program;
mod reserved;
mod signal;
mod size;
mod supervisor;
mod terminal;
mod watch;

pub use environment::{Environment, EnvironmentError, PRISTINE, WITHHELD};
pub use exec::exec;
pub use expansion::expansion_hint;
pub use program::{ExecError, Program};
pub use reserved::{RESERVED, Reserved, ReservedError, check_reserved};
pub use signal::{Signal, UnknownSignal};
pub use size::{SizeError, SizeLimits};
pub use supervisor::{OnChange, SuperviseError, Supervision, supervise};
pub use watch::{Changes, Notice, Notifier, changes};

/// Whether `name` is meant by `pattern`: the same text, or, where the pattern ends with `*`, a
/// name that begins with what stands before it. Names are case-sensitive, as on every Unix.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}
