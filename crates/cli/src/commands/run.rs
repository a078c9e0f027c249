use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use strongroom_engine::operations::WatchSecrets;

use crate::aws::AwsAccess;
use crate::context::Context;
use crate::failure::Failure;
use crate::formats::{Name, Value};
use crate::process::{
    Environment, ExecError, Notice, Notifier, OnChange, Program, Signal, Supervision, changes,
    check_reserved, exec, expansion_hint, supervise,
};
use crate::project::Source;
use crate::resolve::{Origin, lacking, resolve, unfit};
use crate::scope::{Scope, ScopeArguments, parse_name};
use crate::session::{Session, Watching};

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
    /// Let AWS libraries in the program ask the server of STRONGROOM_ADDR, with keys that end; it gets STRONGROOM_TOKEN
    #[arg(long)]
    aws: bool,
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
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "COMMAND"
    )]
    command: Vec<OsString>,
}

/// What the program gets.
struct Secrets {
    /// Names and values.
    values: Vec<(String, Value)>,
    /// Where each value came from, to tell a change that matters.
    origins: Vec<Origin>,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let Some((name, rest)) = arguments.command.split_first() else {
        return Err(Failure::usage("there is no program to run"));
    };
    let program = Program::find(name, std::env::var_os("PATH").as_deref()).map_err(not_started)?;
    let aws = arguments.aws.then(AwsAccess::of_environment).transpose()?;
    if let Some(hint) = aws.as_ref().and_then(AwsAccess::hint) {
        context.output.hint(hint);
    }
    let wanted = Wanted::of(&arguments)?;
    let session = Session::open(context)?;
    let given = Given { context, arguments: &arguments, aws, program: &program, rest };
    if arguments.watch {
        return watch(&given, session, wanted);
    }
    let secrets = wanted.read(&session)?;
    let environment = given.environment(secrets.values)?;
    session.leave()?;
    Err(not_started(exec(&program, rest, &environment)))
}

/// Stay beside the program, and act when a version that it was given is no longer the current one.
fn watch(given: &Given<'_>, session: Session, wanted: Wanted) -> Result<ExitCode, Failure> {
    let &Given { context, arguments, program, rest, .. } = given;
    let grace = Duration::from_secs(arguments.grace);
    let on_change = match arguments.on_change.as_str() {
        "restart" => OnChange::Restart { signal: Signal::TERM, grace },
        name => OnChange::Signal(name.parse().map_err(Failure::usage)?),
    };
    let supervision = Supervision {
        program,
        arguments: rest,
        on_change,
        settle: Duration::from_millis(arguments.settle),
        adopt_orphans: false,
    };
    let (session, wanted) = (Arc::new(session), Arc::new(wanted));
    let _flusher = session.keep_flushing()?;
    let (notifier, changes) = changes().map_err(Failure::new)?;
    // The watch begins before the values are read, so that no change falls between the two.
    let watch = session.watch(wanted.watch())?;
    let secrets = wanted.read(&session)?;
    let follower = Follower {
        session: Arc::clone(&session),
        wanted: Arc::clone(&wanted),
        given: secrets.origins,
        notifier,
    };
    // It ends with the process: nothing waits for it.
    std::thread::spawn(move || follower.follow(watch));
    let first = given.environment(secrets.values)?;
    let renew = || {
        let secrets = wanted.read(&session).map_err(|failure| failure.to_string())?;
        given.environment(secrets.values).map_err(|failure| failure.to_string())
    };
    let notify = |notice: &Notice<'_>| context.output.note(notice);
    let code = supervise(&supervision, first, changes, renew, notify)
        .map_err(|error| Failure::new(&error).code(error.exit_code()))?;
    session.finish()?;
    Ok(ExitCode::from(code))
}

/// Tells the supervisor of a change, when another version is current than the program was given.
struct Follower {
    session: Arc<Session>,
    wanted: Arc<Wanted>,
    given: Vec<Origin>,
    notifier: Notifier,
}

impl Follower {
    fn follow(mut self, mut watch: Watching) {
        while let Ok(changed) = watch.changed(WATCH_TIMEOUT) {
            if !changed {
                continue;
            }
            // What cannot be read now is read again by the supervisor, which tells why it cannot.
            let origins = self.wanted.read(&self.session).map(|secrets| secrets.origins);
            let same = origins.as_ref().is_ok_and(|origins| *origins == self.given);
            if !same && !self.notifier.changed() {
                return;
            }
            if let Ok(origins) = origins {
                self.given = origins;
            }
        }
    }
}

/// Which secrets of which projects.
struct Wanted {
    scopes: Vec<Scope>,
    only: Option<Vec<Name>>,
    prefix: String,
    no_check: bool,
}

impl Wanted {
    fn of(arguments: &Arguments) -> Result<Self, Failure> {
        let scope = |project: Option<&String>| {
            Scope::locate(&ScopeArguments { env: arguments.env.clone(), project: project.cloned() })
        };
        let scopes = match arguments.project.as_slice() {
            [] => vec![scope(None)?],
            projects => {
                projects.iter().map(|project| scope(Some(project))).collect::<Result<_, _>>()?
            }
        };
        let only =
            arguments.only.iter().map(|name| parse_name(name)).collect::<Result<Vec<_>, _>>()?;
        let only = if only.is_empty() { None } else { Some(only) };
        let (prefix, no_check) = (arguments.prefix.clone(), arguments.no_check);
        Ok(Self { scopes, only, prefix, no_check })
    }

    /// The values. A missing or unfit one stops everything before the program starts, and every missing one is
    /// named.
    fn read(&self, session: &Session) -> Result<Secrets, Failure> {
        let (mut values, mut origins) = (Vec::<(String, Value)>::new(), Vec::new());
        let mut missing = Vec::new();
        for scope in &self.scopes {
            let resolved = resolve(session, scope, self.only.as_deref())?;
            missing.extend(resolved.missing.into_iter().map(|declaration| (scope, declaration)));
            if let (Some((name, why)), false) = (resolved.unfit.first(), self.no_check) {
                return Err(unfit("not started", scope, name, why)
                    .hint("start all the same: strongroom run --no-check"));
            }
            origins.extend(resolved.origins);
            for entry in resolved.entries {
                let name = format!("{}{}", self.prefix, entry.name);
                values.retain(|(known, _)| *known != name);
                values.push((name, entry.value));
            }
        }
        if missing.is_empty() {
            Ok(Secrets { values, origins })
        } else {
            Err(lacking("not started", &missing))
        }
    }

    /// Everything that the values are read from, and what could come before it.
    fn watch(&self) -> WatchSecrets {
        let names = |scope: &Scope| -> Vec<Name> {
            let declared = scope.declared().iter().map(|declaration| declaration.name.clone());
            self.only.clone().unwrap_or_else(|| declared.collect())
        };
        let mut paths = Vec::new();
        for scope in &self.scopes {
            paths.extend(names(scope).iter().flat_map(|name| scope.candidates_of(name)));
            paths.extend(scope.declared().iter().filter_map(
                |declaration| match &declaration.source {
                    Some(Source::Reference(path)) => Some(path.clone()),
                    _ => None,
                },
            ));
        }
        let subject = self.scopes.first().map(Scope::prefix).unwrap_or_default();
        let folders = self.scopes.iter().filter(|scope| scope.file.is_none()).map(Scope::prefix);
        WatchSecrets { subject, paths, folders: folders.collect(), after: None }
    }
}

/// What the program is started with, beside its secrets.
struct Given<'a> {
    context: &'a Context,
    arguments: &'a Arguments,
    aws: Option<AwsAccess>,
    program: &'a Program,
    rest: &'a [OsString],
}

impl Given<'_> {
    fn environment(&self, secrets: Vec<(String, Value)>) -> Result<Environment, Failure> {
        let Self { context, arguments, aws, program, rest } = self;
        check_reserved(secrets.iter().map(|(name, _)| name.as_str()), arguments.force)
            .map_err(|error| Failure::new(&error).hint(error.hint()))?;
        let pairs = secrets.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let parent = |name: &str| std::env::var_os(name);
        if let Some(hint) = expansion_hint(program.name(), rest, pairs, parent) {
            context.output.hint(hint);
        }
        let parent = std::env::vars_os();
        let mut environment = if arguments.pristine {
            Environment::pristine(parent)
        } else {
            Environment::inherited(parent)
        };
        if aws.is_some() {
            AwsAccess::check(secrets.iter().map(|(name, _)| name.as_str()))?;
            AwsAccess::clear(&mut environment);
        }
        for (name, value) in secrets {
            environment.add_secret(&name, value).map_err(Failure::new)?;
        }
        // Over a secret of the same name: whoever says --aws wants the server asked.
        if let Some(aws) = aws {
            let parent = |name: &str| std::env::var_os(name);
            aws.add(&mut environment, parent).map_err(Failure::new)?;
        }
        Ok(environment)
    }
}

fn not_started(error: ExecError) -> Failure {
    let failure = Failure::new(&error).code(error.exit_code());
    match error.hint() {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}
