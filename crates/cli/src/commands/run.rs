use std::convert::Infallible;
use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use strongroom_store::{ReadError, Store};

use crate::context::Context;
use crate::failure::Failure;
use crate::formats::{Name, Value};
use crate::process::{
    Environment, ExecError, Notice, OnChange, Program, Signal, Supervision, changes,
    check_reserved, exec, expansion_hint, supervise,
};
use crate::resolve::{Resolved, resolve};
use crate::scope::{Scope, ScopeArguments, parse_name};
use crate::session::Session;

/// How long a watcher waits for a change before it looks whether anybody still listens.
const WATCH_TIMEOUT: Duration = Duration::from_secs(1);

/// Run a program with its secrets as environment variables
///
/// The program replaces this process: its process id, signals, terminal and exit code are its own. With --watch this
/// process stays, and restarts the program or sends it a signal when one of its secrets changes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only these secrets
    #[arg(long, short, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,
    /// Of the caller's environment keep only what programs cannot do without, such as PATH and HOME
    #[arg(long)]
    pristine: bool,
    /// Put this before each name
    #[arg(long, value_name = "PREFIX", default_value = "")]
    prefix: String,
    /// Set names that change how programs run, such as PATH or LD_PRELOAD
    #[arg(long)]
    force: bool,
    /// Start although a value is not of the type that strongroom.toml says
    #[arg(long)]
    no_check: bool,
    /// Stay, and act when a secret changes
    #[arg(long, short)]
    watch: bool,
    /// With --watch: restart, or the name of a signal to send, such as HUP
    #[arg(long, value_name = "ACTION", default_value = "restart", requires = "watch")]
    on_change: String,
    /// With --watch: how many seconds the program has to end before it is killed
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "watch")]
    grace: u64,
    /// With --watch: how many milliseconds to wait for changes that belong together
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 200, requires = "watch")]
    settle: u64,
    /// The environment, such as dev or prod
    #[arg(long, short, value_name = "ENV", env = "STRONGROOM_ENV")]
    env: Option<String>,
    /// A project, instead of the one whose folder this is; several are joined, the later ones over the earlier
    #[arg(long, short, value_name = "NAME", env = "STRONGROOM_PROJECT", value_delimiter = ',')]
    project: Vec<String>,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let Some((name, rest)) = arguments.command.split_first() else {
        return Err(Failure::usage("there is no program to run"));
    };
    let program = Program::find(name, std::env::var_os("PATH").as_deref()).map_err(not_started)?;
    let scopes = scopes(&arguments)?;
    let session = Session::open(context)?;
    let secrets = secrets(&arguments, &session, &scopes)?;
    let names: Vec<_> = secrets.iter().map(|(name, _)| name.as_str()).collect();
    check_reserved(names.iter().copied(), arguments.force)
        .map_err(|error| Failure::new(&error).hint(error.hint()))?;
    let pairs = secrets.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    if let Some(hint) = expansion_hint(&arguments.command, pairs) {
        context.output.hint(hint);
    }
    let environment = environment(&arguments, secrets)?;
    if arguments.watch {
        return watch(context, &arguments, session, &scopes, &program, rest, environment);
    }
    session.leave()?;
    drop(session);
    Err(not_started(exec(&program, rest, &environment)))
}

fn scopes(arguments: &Arguments) -> Result<Vec<Scope>, Failure> {
    let scope = |project: Option<&String>| {
        Scope::locate(&ScopeArguments { env: arguments.env.clone(), project: project.cloned() })
    };
    if arguments.project.is_empty() {
        return Ok(vec![scope(None)?]);
    }
    arguments.project.iter().map(|project| scope(Some(project))).collect()
}

/// The variables with their values. A missing or unfit one stops everything before the program starts, and every
/// one is named.
fn secrets(
    arguments: &Arguments,
    session: &Session,
    scopes: &[Scope],
) -> Result<Vec<(String, Value)>, Failure> {
    let only = arguments.only.iter().map(|name| parse_name(name)).collect::<Result<Vec<_>, _>>()?;
    let only: Option<&[Name]> = if only.is_empty() { None } else { Some(&only) };
    let mut secrets: Vec<(String, Value)> = Vec::new();
    let mut missing = Vec::new();
    for scope in scopes {
        let Resolved { entries, missing: lacking, unfit, .. } = resolve(session, scope, only)?;
        missing.extend(lacking.into_iter().map(|declaration| (scope, declaration)));
        if let (Some((name, why)), false) = (unfit.first(), arguments.no_check) {
            return Err(Failure::new(format_args!("the value of {name} {why}"))
                .hint(format_args!("store a better one: strongroom set {name}"))
                .hint("start all the same: strongroom run --no-check"));
        }
        for entry in entries {
            let name = format!("{}{}", arguments.prefix, entry.name);
            secrets.retain(|(known, _)| *known != name);
            secrets.push((name, entry.value));
        }
    }
    if missing.is_empty() { Ok(secrets) } else { Err(lacking(&missing)) }
}

fn lacking(missing: &[(&Scope, crate::project::Declaration)]) -> Failure {
    let lines: Vec<_> = missing
        .iter()
        .map(|(scope, declaration)| match &declaration.description {
            Some(text) => format!("{} in {} ({text})", declaration.name, scope.environment),
            None => format!("{} in {}", declaration.name, scope.environment),
        })
        .collect();
    let mut failure =
        Failure::new(format_args!("not started: no value for {}", lines.join(", ")));
    for (scope, declaration) in missing.iter().take(3) {
        let flag = format!("--env {} --project {}", scope.environment, scope.project);
        failure = failure.hint(format_args!("strongroom set {} {flag}", declaration.name));
    }
    failure
}

fn environment(
    arguments: &Arguments,
    secrets: Vec<(String, Value)>,
) -> Result<Environment, Failure> {
    let parent = std::env::vars_os();
    let mut environment = if arguments.pristine {
        Environment::pristine(parent)
    } else {
        Environment::inherited(parent)
    };
    for (name, value) in secrets {
        environment.add_secret(&name, value).map_err(Failure::new)?;
    }
    Ok(environment)
}

fn watch(
    context: &Context,
    arguments: &Arguments,
    session: Session,
    scopes: &[Scope],
    program: &Program,
    rest: &[OsString],
    environment: Environment,
) -> Result<ExitCode, Failure> {
    let grace = Duration::from_secs(arguments.grace);
    let on_change = match arguments.on_change.as_str() {
        "restart" => OnChange::Restart { signal: Signal::Term, grace },
        name => OnChange::Signal(name.parse().map_err(Failure::usage)?),
    };
    let supervision = Supervision {
        program,
        arguments: rest,
        on_change,
        settle: Duration::from_millis(arguments.settle),
        adopt_orphans: false,
    };
    let _flusher = session.engine.audit().start_flusher().map_err(Failure::new)?;
    let (notifier, changes) = changes().map_err(Failure::new)?;
    let watcher = Watcher::start(&session, scopes, only(arguments)?)?;
    let renew = || -> Result<Environment, String> {
        let secrets = secrets(arguments, &session, scopes).map_err(|failure| failure.to_string())?;
        self::environment(arguments, secrets).map_err(|failure| failure.to_string())
    };
    let notify = |notice: &Notice<'_>| context.output.note(notice);
    let code = std::thread::scope(|threads| {
        threads.spawn(|| watcher.follow(&notifier));
        let code = supervise(&supervision, environment, changes, renew, notify);
        watcher_end.store(true, Ordering::Release);
        code
    });
    let code = code.map_err(|error| Failure::new(&error).code(error.exit_code()))?;
    session.finish()?;
    Ok(ExitCode::from(code))
}

fn not_started(error: ExecError) -> Failure {
    let failure = Failure::new(&error).code(error.exit_code());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
