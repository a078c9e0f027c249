use std::io::IsTerminal;
use std::process::ExitCode;

use serde_json::json;
use strongroom_core::model::{Selector, VersionNumber};
use strongroom_engine::Kind;
use strongroom_engine::operations::{DescribeSecret, ReadSecret, SecretRead};

use super::about::not_found;
use crate::context::Context;
use crate::failure::Failure;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Print a secret's value on the standard output
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The secret's name in the project, or its full path such as secret/app/dev/API_KEY; with #KEY only that member of a
    /// value that is a JSON object
    name: String,
    /// A version's number, instead of the current version
    #[arg(long, short = 'V', value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    version: Option<u64>,
    /// Write no line end after the value, on a terminal as well
    #[arg(long, short = 'n')]
    no_newline: bool,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let scope = Scope::locate(&arguments.scope)?;
    // A name that has a `#` itself is written with another one at its end.
    let (name, member) = match arguments.name.rsplit_once('#') {
        Some((name, member)) => (name, Some(member).filter(|member| !member.is_empty())),
        None => (arguments.name.as_str(), None),
    };
    let candidates = scope.candidates(name)?;
    let selector = match arguments.version {
        Some(number) => Selector::Number(VersionNumber(number)),
        None => Selector::Current,
    };
    let session = Session::open(context)?;
    let read = first(&session, &scope, name, candidates, &Wanted { selector, member })?;
    session.finish()?;
    let value = read.payload.value();
    if context.output.json {
        let text = value
            .expose_text()
            .ok_or_else(|| Failure::new("the value is bytes, not text").hint("leave out --json"))?;
        let version = read.version.number.0;
        context.output.json(&json!({ "path": read.path, "version": version, "value": text }))?;
        return Ok(ExitCode::SUCCESS);
    }
    context.output.data(value.expose())?;
    // A line end helps a person and would be part of the value for a program.
    if std::io::stdout().is_terminal() && !arguments.no_newline {
        context.output.data(b"\n")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What of a secret is wanted.
struct Wanted<'a> {
    selector: Selector,
    member: Option<&'a str>,
}

fn first(
    session: &Session,
    scope: &Scope,
    name: &str,
    candidates: Vec<String>,
    wanted: &Wanted<'_>,
) -> Result<SecretRead, Failure> {
    let mut exists = None;
    for path in candidates {
        let member = wanted.member.map(str::to_owned);
        let selector = wanted.selector.clone();
        match session.ask(&ReadSecret { path: path.clone(), selector, member }) {
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == Kind::NotFound => {
                let here = session.ask(&DescribeSecret { path });
                exists = exists.or(here.ok().map(|_| error));
            }
            Err(error) => return Err(Failure::about(error, &scope.words(name))),
        }
    }
    match exists {
        Some(error) => {
            let words = scope.words(name);
            Err(Failure::about(error, &words)
                .hint(format_args!("see its versions: strongroom history {words}")))
        }
        None => Err(not_found(session, scope, name)),
    }
}
