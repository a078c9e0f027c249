use std::collections::BTreeSet;
use std::process::ExitCode;

use serde_json::json;
use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::ReadSecrets;

use crate::context::Context;
use crate::failure::Failure;
use crate::resolve::stored_names;
use crate::scope::{Scope, ScopeArguments};
use crate::session::Session;

/// Compare two environments: which names they have, and whether the values are equal
///
/// Compares what is stored in each environment itself, not what it inherits. Never shows a value.
///
/// Exit codes: 0 equal, 1 different, 2 they could not be compared or the command was used wrongly.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The first environment
    first: String,
    /// The second environment
    second: String,
    /// The project, instead of the one whose folder this is
    #[arg(long, short, value_name = "NAME", env = "STRONGROOM_PROJECT")]
    project: Option<String>,
}

/// The exit code when they could not be compared, as diff(1) has it.
const TROUBLE: u8 = 2;

/// How a name stands in the two environments.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Equal,
    Different,
    OnlyFirst,
    OnlySecond,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    compare(context, &arguments).map_err(|failure| failure.code(TROUBLE))
}

fn compare(context: &Context, arguments: &Arguments) -> Result<ExitCode, Failure> {
    let scope = |environment: &str| {
        let (env, project) = (Some(environment.to_owned()), arguments.project.clone());
        Scope::locate(&ScopeArguments { env, project })
    };
    let (first, second) = (scope(&arguments.first)?, scope(&arguments.second)?);
    let session = Session::open(context)?;
    let names: BTreeSet<String> = stored_names(&session, &first)?
        .into_iter()
        .chain(stored_names(&session, &second)?)
        .map(|name| name.to_string())
        .collect();
    let values = |scope: &Scope| {
        let path = |name: &String| (name.clone(), vec![format!("{}{name}", scope.prefix())]);
        session
            .ask(&ReadSecrets { subject: scope.prefix(), wanted: names.iter().map(path).collect() })
    };
    let (in_first, in_second) = (values(&first)?, values(&second)?);
    session.finish()?;
    let standings: Vec<_> = in_first
        .iter()
        .zip(&in_second)
        .zip(&names)
        .filter_map(|(pair, name)| match pair {
            (Some(a), Some(b)) => Some((name, standing(a.payload.value(), b.payload.value()))),
            (Some(_), None) => Some((name, Standing::OnlyFirst)),
            (None, Some(_)) => Some((name, Standing::OnlySecond)),
            // Its current version is deleted in both.
            (None, None) => None,
        })
        .collect();
    let differs = standings.iter().any(|(_, standing)| *standing != Standing::Equal);
    let text = |standing: &Standing| match standing {
        Standing::Equal => "equal".to_owned(),
        Standing::Different => "different".to_owned(),
        Standing::OnlyFirst => format!("only in {}", arguments.first),
        Standing::OnlySecond => format!("only in {}", arguments.second),
    };
    let rows = standings.iter();
    if context.output.json {
        let rows: Vec<_> =
            rows.map(|(name, one)| json!({ "name": name, "values": text(one) })).collect();
        context.output.json(&rows)?;
    } else {
        let rows: Vec<_> = rows.map(|(name, one)| [(*name).clone(), text(one)]).collect();
        context.output.table(["NAME", "VALUES"], &rows)?;
    }
    Ok(ExitCode::from(u8::from(differs)))
}

fn standing(first: &SecretValue, second: &SecretValue) -> Standing {
    if first == second { Standing::Equal } else { Standing::Different }
}
