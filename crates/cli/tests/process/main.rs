//! What a program sees that `strongroom run` starts: by `exec`, under the supervisor, on a terminal.

#[cfg(test)]
mod exec;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod supervise;
#[cfg(test)]
mod terminal;
#[cfg(test)]
mod watch;
