use std::process::ExitCode;

use serde_json::json;
use strongroom_core::model::{Payload, PayloadKind};
use strongroom_core::random::Random;
use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::PutSecret;

use crate::context::Context;
use crate::failure::Failure;
use crate::project::{Declaration, Source};
use crate::resolve::{Origin, Resolved, resolve, stored_names};
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Check that everything strongroom.toml declares has a value that fits
///
/// Shows where each value comes from, never the value.
///
/// Exit codes: 0 a program can start, 1 a required secret has no value or a value is not of its type, 2 used wrongly.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Store new values for missing secrets that have a generator
    #[arg(long)]
    generate: bool,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let scope = Scope::locate(&arguments.scope)?;
    if scope.file.is_none() {
        return Err(Failure::new("there is no strongroom.toml here to check against")
            .hint("make one: strongroom init"));
    }
    let session = Session::open(context)?;
    let mut resolved = resolve(&session, &scope, None)?;
    if arguments.generate && generate(context, &session, &scope, &resolved)? {
        resolved = resolve(&session, &scope, None)?;
    }
    let stored = stored_names(&session, &scope)?;
    session.finish()?;
    let undeclared: Vec<_> = stored
        .iter()
        .filter(|name| !scope.declared().iter().any(|known| known.name == **name))
        .map(ToString::to_string)
        .collect();
    let rows = rows(&scope, &resolved);
    if context.output.json {
        let rows: Vec<_> = rows
            .iter()
            .map(|[name, state, origin]| json!({ "name": name, "state": state, "from": origin }))
            .collect();
        context.output.json(&json!({ "secrets": rows, "undeclared": undeclared }))?;
    } else {
        context.output.table(["NAME", "STATE", "FROM"], &rows)?;
    }
    if !undeclared.is_empty() {
        context.output.warning(format_args!(
            "stored in {} and not declared, so that programs do not get it: {}",
            scope.environment,
            undeclared.join(", ")
        ));
    }
    verdict(context, &scope, &resolved)
}

fn verdict(context: &Context, scope: &Scope, resolved: &Resolved) -> Result<ExitCode, Failure> {
    if resolved.missing.is_empty() && resolved.unfit.is_empty() {
        context.output.done(format_args!("{} is complete", scope.prefix()));
        return Ok(ExitCode::SUCCESS);
    }
    let missing = resolved.missing.iter().map(|declaration| declaration.name.to_string());
    let unfit = resolved.unfit.iter().map(|(name, _)| name.to_string());
    let names: Vec<_> = missing.chain(unfit).collect();
    let failure = names.iter().take(3).fold(
        Failure::new(format_args!("{} is not complete: {}", scope.prefix(), names.join(", "))),
        |failure, name| failure.hint(format_args!("strongroom set {}", scope.words(name))),
    );
    let generates =
        |declaration: &Declaration| matches!(declaration.source, Some(Source::Generate(_)));
    if resolved.missing.iter().any(generates) {
        let options = scope.options();
        return Err(failure.hint(format_args!("make values: strongroom check{options} --generate")));
    }
    Err(failure)
}

fn rows(scope: &Scope, resolved: &Resolved) -> Vec<[String; 3]> {
    let row = |name: &crate::formats::Name| {
        let found = resolved.entries.iter().position(|entry| entry.name == *name);
        let origin = found.and_then(|index| resolved.origins.get(index));
        let unfit = resolved.unfit.iter().find(|(unfit, _)| unfit == name);
        let state = match (origin, unfit) {
            (_, Some((_, why))) => why.clone(),
            (Some(_), None) => "ok".to_owned(),
            (None, None) if resolved.missing.iter().any(|missing| missing.name == *name) => {
                "missing".to_owned()
            }
            (None, None) => "absent, and not required".to_owned(),
        };
        let from = match origin {
            Some(Origin::Stored { path, version }) => format!("{path} version {version}"),
            Some(Origin::Default) => "the default in strongroom.toml".to_owned(),
            Some(Origin::Composed) => "other secrets, as strongroom.toml says".to_owned(),
            None => String::new(),
        };
        [name.to_string(), state, from]
    };
    scope.declared().iter().map(|declaration| row(&declaration.name)).collect()
}

/// Whether anything was stored.
fn generate(
    context: &Context,
    session: &Session,
    scope: &Scope,
    resolved: &Resolved,
) -> Result<bool, Failure> {
    let mut stored = false;
    for declaration in resolved.missing.iter().chain(&resolved.absent) {
        let Some(Source::Generate(generator)) = &declaration.source else { continue };
        let value =
            generator.generate(&mut |bytes| context.random.fill(bytes)).map_err(Failure::new)?;
        let payload =
            Payload::new(PayloadKind::Text, SecretValue::from(value)).map_err(Failure::new)?;
        let path = format!("{}{}", scope.prefix(), declaration.name);
        let mut put = PutSecret::new(path.clone(), payload);
        // What somebody else stored meanwhile is not replaced.
        put.check_and_set = Some(0);
        let words = scope.words(declaration.name.as_str());
        session.ask(&put).map_err(|error| Failure::about(error, &words))?;
        context.output.done(format_args!("generated {path}"));
        stored = true;
    }
    Ok(stored)
}
