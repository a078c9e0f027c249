//! Asking on the terminal, whatever the standard streams are connected to.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use strongroom_core::model::VALUE_BYTES_MAX;
use strongroom_core::secret::Passphrase;
use zeroize::Zeroizing;

use crate::failure::Failure;

const TERMINAL: &str = "/dev/tty";

/// Whether somebody can be asked.
#[must_use]
pub fn is_possible() -> bool {
    io::stdin().is_terminal() && File::open(TERMINAL).is_ok()
}

/// Ask for something that is not shown as it is typed.
///
/// # Errors
/// [`Failure`] when there is no terminal, or the answer was broken off.
pub fn hidden(question: &str) -> Result<Zeroizing<String>, Failure> {
    let ask = || rpassword::prompt_password(format!("{question}: ")).map(Zeroizing::new);
    holding_back_interrupts(ask).map_err(|error| match error.kind() {
        io::ErrorKind::Interrupted | io::ErrorKind::UnexpectedEof => Failure::new("broken off"),
        _ => Failure::new("there is no terminal to ask on"),
    })
}

/// Ctrl-C at a hidden prompt is raised in this thread while the terminal does not show what is typed. Held back until
/// the terminal is as it was, it ends the process then.
fn holding_back_interrupts<T>(ask: impl FnOnce() -> T) -> T {
    let mut interrupt = SigSet::empty();
    interrupt.add(Signal::SIGINT);
    let before = interrupt.thread_swap_mask(SigmaskHow::SIG_BLOCK);
    let answer = ask();
    if let Ok(before) = before {
        // A mask that was taken from the system can be given back.
        let _ = before.thread_set_mask();
    }
    answer
}

/// Ask for a new passphrase, twice.
///
/// # Errors
/// As [`hidden`], and when the two differ.
pub fn new_passphrase() -> Result<Passphrase, Failure> {
    let first = hidden("New passphrase")?;
    let second = hidden("The same again")?;
    if *first != *second {
        return Err(Failure::new("the two passphrases differ; nothing was changed"));
    }
    Ok(Passphrase::from(first))
}

/// Ask a question whose answer is yes or no; no answer means yes where `default` is true.
///
/// # Errors
/// [`Failure`] when there is no terminal.
pub fn confirm(question: &str, default: bool) -> Result<bool, Failure> {
    let no_terminal = |_| Failure::new("there is no terminal to ask on").hint("answer with --yes");
    let mut terminal =
        File::options().read(true).write(true).open(TERMINAL).map_err(no_terminal)?;
    let choices = if default { "[Y/n]" } else { "[y/N]" };
    write!(terminal, "{question} {choices} ").map_err(no_terminal)?;
    let mut answer = String::new();
    BufReader::new(terminal).read_line(&mut answer).map_err(no_terminal)?;
    match answer.trim().to_ascii_lowercase().as_str() {
        _ if answer.is_empty() => Err(Failure::new("broken off")),
        "" => Ok(default),
        "y" | "yes" => Ok(true),
        _ => Ok(false),
    }
}

/// Read all of the standard input, up to what a value may have.
///
/// # Errors
/// [`Failure`]
pub fn standard_input() -> Result<Zeroizing<Vec<u8>>, Failure> {
    read_limited(io::stdin().lock(), VALUE_BYTES_MAX + 1)
        .map_err(|error| Failure::new(format_args!("cannot read the standard input: {error}")))
}

/// Read a file that holds a secret, without the line end at its end.
///
/// # Errors
/// [`Failure`]
pub fn secret_file(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    const BYTES_MAX: usize = 65_536;
    let file = File::open(path).map_err(|error| Failure::file("read", path, &error))?;
    let mut bytes =
        read_limited(file, BYTES_MAX).map_err(|error| Failure::file("read", path, &error))?;
    trim_line_end(&mut bytes);
    Ok(bytes)
}

/// Take one line end off the end.
pub fn trim_line_end(bytes: &mut Vec<u8>) {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
}

/// The buffer has its final size from the start, so that no copy of a secret is left behind by its growing.
fn read_limited(from: impl Read, bytes_max: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(bytes_max));
    from.take(bytes_max as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
