//! Policies.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;
use strongroom_core::policy::Capability;
use strongroom_engine::operations::policy::{
    DeletePolicy, ListPolicies, ReadPolicy, TestPolicy, WritePolicy,
};

use super::about::confirmed;
use super::import::read_file;
use crate::context::Context;
use crate::failure::Failure;
use crate::prompt;
use crate::session::Session;

/// The longest file of a policy, in bytes: 1 MiB.
const POLICY_BYTES_MAX: usize = 1 << 20;
/// What a text that is tested is called where it needs a name.
const DRAFT: &str = "draft";

/// Write, read, list, delete and test policies
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Write a policy; it counts at once, for those who have it already too
    Write {
        /// Its name
        name: String,
        /// The file with its text, in HCL or JSON; `-` reads the standard input
        file: PathBuf,
    },
    /// Print a policy's text
    Read {
        /// Its name
        name: String,
    },
    /// Print the names of all policies
    List {},
    /// Delete a policy
    Delete {
        /// Its name
        name: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Tell what policies would decide on a request, and why
    ///
    /// Exit codes: 0 allowed, 1 denied, 2 used wrongly.
    Test {
        /// The path of the request, such as secret/app/prod/API_KEY
        path: String,
        /// What it needs: create, read, update, patch, delete, list or sudo
        #[arg(value_parser = capability)]
        capability: Capability,
        /// A policy that is kept; several times for several
        #[arg(long, short = 'P', value_name = "NAME")]
        policy: Vec<String>,
        /// A file with a policy that need not be kept; `-` reads the standard input
        #[arg(long, short, value_name = "FILE")]
        file: Option<PathBuf>,
    },
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let text = match &arguments.command {
        Command::Write { file, .. } => Some(text_of(file)?),
        Command::Test { file, .. } => file.as_deref().map(text_of).transpose()?,
        _ => None,
    };
    if let Command::Delete { name, yes } = &arguments.command {
        confirmed(*yes, &format!("Delete the policy {name}?"))?;
    }
    let session = Session::open(context)?;
    let code = perform(context, &session, arguments.command, text)?;
    session.finish()?;
    Ok(code)
}

fn perform(
    context: &Context,
    session: &Session,
    command: Command,
    text: Option<String>,
) -> Result<ExitCode, Failure> {
    match command {
        Command::Write { name, .. } => {
            session.ask(&WritePolicy::new(&name, text.unwrap_or_default()))?;
            context.output.done(format_args!("wrote the policy {name}"));
        }
        Command::Read { name } => {
            let (name, policy) = session.ask(&ReadPolicy::new(&name))?;
            if context.output.json {
                context.output.json(&json!({ "name": name, "policy": policy }))?;
            } else {
                context.output.data(policy.as_bytes())?;
            }
        }
        Command::List {} => {
            let names = session.ask(&ListPolicies)?;
            if context.output.json {
                context.output.json(&names)?;
            } else {
                names.iter().try_for_each(|name| context.output.line(name))?;
            }
        }
        Command::Delete { name, .. } => {
            session.ask(&DeletePolicy::new(&name))?;
            context.output.done(format_args!("deleted the policy {name}"));
        }
        Command::Test { path, capability, policy, .. } => {
            let texts = text.map(|text| (DRAFT.to_owned(), text)).into_iter().collect();
            return test(context, session, TestPolicy { texts, names: policy, path, capability });
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn test(context: &Context, session: &Session, test: TestPolicy) -> Result<ExitCode, Failure> {
    if test.texts.is_empty() && test.names.is_empty() {
        return Err(Failure::usage("there is no policy to test")
            .hint("name one: --policy NAME, or --file FILE"));
    }
    let verdict = session.ask(&test)?;
    if context.output.json {
        context.output.json(&json!({
            "allowed": verdict.allowed,
            "reason": verdict.reason,
            "rule": verdict.hint,
            "warnings": verdict.warnings,
        }))?;
    } else {
        let word = if verdict.allowed { "allowed" } else { "denied" };
        context.output.line(&format!("{word}: {}", verdict.reason))?;
        if let Some(rule) = &verdict.hint {
            context.output.hint(format_args!("a rule that allows it: {rule}"));
        }
        verdict.warnings.iter().for_each(|warning| context.output.warning(warning));
    }
    Ok(ExitCode::from(u8::from(!verdict.allowed)))
}

fn text_of(file: &Path) -> Result<String, Failure> {
    let bytes = match file.to_str() {
        Some("-") => prompt::standard_input()?,
        _ => read_file(file, POLICY_BYTES_MAX)?,
    };
    let text = std::str::from_utf8(&bytes).map(str::to_owned);
    text.map_err(|_| Failure::new(format_args!("{} is not UTF-8", file.display())))
}

fn capability(word: &str) -> Result<Capability, String> {
    let known = || Capability::ALL.map(Capability::as_str).join(", ");
    Capability::from_word(word).ok_or_else(|| format!("a capability is one of {}", known()))
}
