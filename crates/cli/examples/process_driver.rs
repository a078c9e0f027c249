//! Runs a program through `strongroom::process` for `tests/process.rs`, as `strongroom run` does but
//! without a store.
//!
//! `process_driver (exec|supervise) [OPTION VALUE]... -- PROGRAM [ARGUMENT]...`; the options are the
//! fields of `Options`. A notice or an error is one line on the standard error output.

use std::error::Error;
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use strongroom::process::{
    Environment, Notice, OnChange, Program, Supervision, changes, exec, supervise,
};
use zeroize::Zeroizing;

struct Options {
    mode: String,
    /// `inherited`, `pristine` or `empty`.
    base: String,
    /// `NAME=value`; `{nul}` in the value is a NUL byte, `{N}` alone is N bytes.
    secrets: Vec<String>,
    /// A signal for `OnChange::Signal`.
    signal: Option<String>,
    grace_millis: u64,
    settle_millis: u64,
    /// A file whose content becomes the secret VALUE, at the start and after each change.
    value_file: Option<String>,
    /// A pipe of which each byte is a change.
    change_pipe: Option<String>,
    adopt: bool,
    command: Vec<OsString>,
}

fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<u8, Box<dyn Error>> {
    // Held open over exec, to see that it does not leak.
    let _open = std::fs::File::open("/proc/self/maps")?;
    let options = parse()?;
    let (name, arguments) = options.command.split_first().ok_or("no program")?;
    let program = match Program::find(name, std::env::var_os("PATH").as_deref()) {
        Ok(program) => program,
        Err(error) => return Ok(refused(&error.to_string(), error.hint(), error.exit_code())),
    };
    if options.mode == "exec" {
        let error = exec(&program, arguments, &environment(&options)?);
        return Ok(refused(&error.to_string(), error.hint(), error.exit_code()));
    }
    supervised(&options, &program, arguments)
}

fn supervised(
    options: &Options,
    program: &Program,
    arguments: &[OsString],
) -> Result<u8, Box<dyn Error>> {
    let (notifier, changes) = changes()?;
    if let Some(path) = options.change_pipe.clone() {
        std::thread::spawn(move || {
            let mut pipe = std::fs::File::open(path)?;
            let mut byte = [0];
            while pipe.read(&mut byte)? == 1 && notifier.changed() {}
            std::io::Result::Ok(())
        });
    }
    let grace = Duration::from_millis(options.grace_millis);
    let on_change = match &options.signal {
        Some(signal) => OnChange::Signal(signal.parse()?),
        None => OnChange::Restart { signal: "TERM".parse()?, grace },
    };
    let supervision = Supervision {
        program,
        arguments,
        on_change,
        settle: Duration::from_millis(options.settle_millis),
        adopt_orphans: options.adopt,
    };
    let renew = || environment(options).map_err(|error| error.to_string());
    let notify = |notice: &Notice<'_>| say(&format!("notice: {notice}"));
    match supervise(&supervision, environment(options)?, changes, renew, notify) {
        Ok(code) => Ok(code),
        Err(error) => Ok(refused(&error.to_string(), None, error.exit_code())),
    }
}

fn environment(options: &Options) -> Result<Environment, Box<dyn Error>> {
    let mut environment = match options.base.as_str() {
        "pristine" => Environment::pristine(std::env::vars_os()),
        "empty" => Environment::empty(),
        _ => Environment::inherited(std::env::vars_os()),
    };
    for secret in &options.secrets {
        let (name, value) = secret.split_once('=').ok_or("a secret is NAME=value")?;
        environment.add_secret(name, Zeroizing::new(expand(value)))?;
    }
    if let Some(path) = &options.value_file {
        let value = std::fs::read_to_string(path)?;
        environment.add_secret("VALUE", Zeroizing::new(expand(&value)))?;
    }
    Ok(environment)
}

fn expand(value: &str) -> String {
    let inner = value.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    match inner.and_then(|count| count.parse().ok()) {
        Some(count) => "x".repeat(count),
        None => value.replace("{nul}", "\0"),
    }
}

fn parse() -> Result<Options, Box<dyn Error>> {
    let mut arguments = std::env::args_os().skip(1);
    let mut text = || arguments.next().map(|text| text.to_string_lossy().into_owned());
    let mut options = Options {
        mode: text().ok_or("exec or supervise")?,
        base: String::new(),
        secrets: Vec::new(),
        signal: None,
        grace_millis: 60_000,
        settle_millis: 0,
        value_file: None,
        change_pipe: None,
        adopt: false,
        command: Vec::new(),
    };
    while let Some(option) = text() {
        match option.as_str() {
            "--" => break,
            "--base" => options.base = text().ok_or("a base")?,
            "--secret" => options.secrets.push(text().ok_or("a secret")?),
            "--signal" => options.signal = text(),
            "--grace" => options.grace_millis = text().ok_or("milliseconds")?.parse()?,
            "--settle" => options.settle_millis = text().ok_or("milliseconds")?.parse()?,
            "--value-file" => options.value_file = text(),
            "--change-pipe" => options.change_pipe = text(),
            "--adopt" => options.adopt = text().as_deref() == Some("yes"),
            other => return Err(format!("unknown option {other}").into()),
        }
    }
    options.command = arguments.collect();
    Ok(options)
}

fn refused(message: &str, hint: Option<String>, code: u8) -> u8 {
    say(&format!("error: {message}"));
    if let Some(hint) = hint {
        say(&format!("hint: {hint}"));
    }
    code
}

fn say(line: &str) {
    // A test that no longer listens is no reason to stop.
    writeln!(std::io::stderr(), "{line}").unwrap_or_default();
}
