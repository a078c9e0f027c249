use std::process::ExitCode;

use serde_json::json;
use strongroom_core::model::Payload;
use strongroom_core::random::Random;
use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::PutSecret;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::formats::Name;
use crate::project::{Generator, NewSecret, ProjectFile, Source};
use crate::prompt;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Store a secret, or a new version of it
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The secret's name in the project, or its full path such as secret/app/dev/API_KEY
    name: String,
    /// The value; `-` reads the standard input. Asked for without echo when left out, which keeps it out of the
    /// shell's history
    #[arg(conflicts_with = "generate")]
    value: Option<String>,
    /// Make a value: password:32, hex:32, base64:32 or uuid; without one, as strongroom.toml says
    #[arg(long, short, value_name = "GENERATOR", num_args = 0..=1, require_equals = true)]
    generate: Option<Option<String>>,
    /// Refuse unless the current version has this number; 0 when there must be none
    #[arg(long, value_name = "NUMBER")]
    check_and_set: Option<u64>,
    /// Store it even when it is not of the type that strongroom.toml says
    #[arg(long)]
    force: bool,
    /// Do not add the name to strongroom.toml
    #[arg(long)]
    no_declare: bool,
    #[command(flatten)]
    scope: ScopeArguments,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let scope = Scope::locate(&arguments.scope)?;
    let path = scope.path(&arguments.name)?;
    let session = Session::open(context)?;
    let value = value(context, &arguments, &scope)?;
    check(&arguments, &scope, &value)?;
    let payload = Payload::text_or_bytes(value)
        .map_err(|error| Failure::new(format_args!("{}: {error}", arguments.name)))?;
    let mut put = PutSecret::new(path.clone(), payload);
    put.check_and_set = arguments.check_and_set;
    let version =
        session.ask(&put).map_err(|error| Failure::about(error, &scope.words(&arguments.name)))?;
    if let (false, Ok(name)) = (arguments.no_declare, Name::parse(&arguments.name)) {
        declare(context, &scope, &[name])?;
    }
    if context.output.json {
        context.output.json(&json!({ "path": path, "version": version.0 }))?;
    } else {
        context.output.done(format_args!("stored {path} as version {version}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn value(context: &Context, arguments: &Arguments, scope: &Scope) -> Result<SecretValue, Failure> {
    if let Some(generator) = &arguments.generate {
        let generator = generator_of(generator.as_deref(), scope, &arguments.name)?;
        let random = &context.random;
        let value = generator.generate(&mut |bytes| random.fill(bytes)).map_err(Failure::new)?;
        return Ok(SecretValue::from(value));
    }
    match arguments.value.as_deref() {
        Some("-") => {
            let mut bytes = prompt::standard_input()?;
            prompt::trim_line_end(&mut bytes);
            Ok(SecretValue::new(std::mem::take(&mut *bytes)))
        }
        Some(text) => {
            context.output.warning(
                "the value is in the shell's history and was visible to other processes while this ran",
            );
            context.output.hint(format_args!(
                "leave it out and be asked: strongroom set {}",
                scope.words(&arguments.name)
            ));
            Ok(SecretValue::from(Zeroizing::new(text.to_owned())))
        }
        None if prompt::is_possible() => {
            prompt::hidden(&format!("Value of {}", arguments.name)).map(SecretValue::from)
        }
        None => {
            Err(Failure::usage("there is no value and no terminal to ask on").hint(format_args!(
                "pass it on the standard input: … | strongroom set {} -",
                scope.words(&arguments.name)
            )))
        }
    }
}

fn generator_of(given: Option<&str>, scope: &Scope, name: &str) -> Result<Generator, Failure> {
    if let Some(text) = given {
        return Generator::parse(text)
            .map_err(|error| Failure::usage(format_args!("{text:?} {error}")));
    }
    let declaration = scope.declared().iter().find(|one| one.name.as_str() == name);
    match declaration.and_then(|declaration| declaration.source.as_ref()) {
        Some(Source::Generate(generator)) => Ok(*generator),
        _ => Err(Failure::usage(format_args!("strongroom.toml has no generator for {name}")).hint(
            format_args!("name one: strongroom set {} --generate=password:32", scope.words(name)),
        )),
    }
}

/// A value that the project file would refuse at `run` is better refused now.
fn check(arguments: &Arguments, scope: &Scope, value: &SecretValue) -> Result<(), Failure> {
    let declaration = scope.declared().iter().find(|one| one.name.as_str() == arguments.name);
    let (Some(declaration), Some(text)) = (declaration, value.expose_text()) else { return Ok(()) };
    match declaration.check(text) {
        Err(error) if !arguments.force => {
            Err(Failure::new(format_args!("the value of {} {error}", declaration.name))
                .hint("store it all the same with --force, or change its type in strongroom.toml"))
        }
        _ => Ok(()),
    }
}

/// Add new names to the project file, so that programs get them.
pub(super) fn declare(context: &Context, scope: &Scope, names: &[Name]) -> Result<(), Failure> {
    let Some((path, _)) = &scope.file else { return Ok(()) };
    let is_new = |name: &&Name| !scope.declared().iter().any(|known| known.name == **name);
    let new: Vec<_> = names.iter().filter(is_new).collect();
    if new.is_empty() {
        return Ok(());
    }
    let text =
        std::fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
    let mut file = ProjectFile::parse(&path.display().to_string(), &text).map_err(Failure::new)?;
    let new: Vec<_> = new
        .into_iter()
        .filter(|name| file.declare(name, &NewSecret::default()))
        .map(ToString::to_string)
        .collect();
    file.save(path).map_err(|error| Failure::file("write", path, &error))?;
    context.output.note(format_args!("added {} to {}", new.join(", "), path.display()));
    Ok(())
}
