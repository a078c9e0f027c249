//! `vault kv`: get, put, list and delete, in mounts of version 1 and 2.

use std::io::Read;
use std::process::ExitCode;

use serde_json::{Map, Value, json};

use super::REFUSED;
use super::api::{Answer, Api};
use super::render::{Format, members, shown, title};
use crate::context::Context;
use crate::failure::Failure;

/// The longest value that is read from a file or the standard input, in bytes: 1 MiB.
const VALUE_BYTES_MAX: u64 = 1 << 20;
/// The mount of a path where the server does not tell: it is of version 2 from the start.
const VERSION_DEFAULT: u64 = 2;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Read a secret
    Get {
        #[command(flatten)]
        place: Place,
        /// A version, instead of the current one
        #[arg(long, default_value_t = 0, hide_default_value = true)]
        version: u64,
        /// Print only this field's value
        #[arg(long)]
        field: Option<String>,
    },
    /// Write a secret
    Put {
        #[command(flatten)]
        place: Place,
        /// The version that must be the current one; 0 when there must be none
        #[arg(long, allow_hyphen_values = true)]
        cas: Option<i64>,
        /// KEY=VALUE, KEY=@FILE, KEY=- for the standard input, @FILE or - for JSON
        #[arg(required = true)]
        data: Vec<String>,
    },
    /// List names
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Delete a secret's current version, or others
    Delete {
        #[command(flatten)]
        place: Place,
        /// These versions
        #[arg(long, value_delimiter = ',')]
        versions: Vec<u64>,
    },
}

/// Where a secret is.
#[derive(Debug, clap::Args)]
struct Place {
    /// The mount; without it the path begins with the mount
    #[arg(long)]
    mount: Option<String>,
    /// The path
    path: String,
}

/// A place as the API has it.
struct Located {
    mount: String,
    rest: String,
    is_versioned: bool,
}

pub(super) fn run(
    context: &Context,
    api: &Api,
    format: Format,
    arguments: Arguments,
) -> Result<ExitCode, Failure> {
    match arguments.command {
        Command::Get { place, version, field } => {
            let located = place.locate(api)?;
            let query = if version > 0 { format!("?version={version}") } else { String::new() };
            let path = format!("{}{query}", located.path("data"));
            get(context, api, format, &located, &path, field.as_deref())
        }
        Command::Put { place, cas, data } => {
            let data = parsed(&data)?;
            let located = place.locate(api)?;
            put(context, api, format, &located, cas, data)
        }
        Command::List { place } => {
            let located = place.locate(api)?;
            list(context, api, format, &located)
        }
        Command::Delete { place, versions } => {
            let located = place.locate(api)?;
            if versions.is_empty() {
                api.ask("DELETE", &located.path("data"), None)?;
            } else if located.is_versioned {
                api.ask("POST", &located.path("delete"), Some(&json!({ "versions": versions })))?;
            } else {
                return Err(Failure::new("a mount of version 1 has no versions").code(1));
            }
            let path = located.path("data");
            context.output.line(&format!("Success! Data deleted (if it existed) at: {path}"))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Place {
    /// As Vault's command does, the server is asked for the mount and its version.
    fn locate(&self, api: &Api) -> Result<Located, Failure> {
        let path = self.path.trim_matches('/');
        let asked = self.mount.as_deref().map_or(path, |mount| mount.trim_matches('/'));
        let found = api.send("GET", &format!("sys/internal/ui/mounts/{asked}"), None);
        let found = found.map_err(super::api::unreachable)?;
        let (mount, version) = match (found.status, found.data().get("path")) {
            (200, Some(mount)) => {
                let options = found.data().get("options");
                let version = options.and_then(|options| options.get("version"));
                let version = version.map(shown).and_then(|text| text.parse().ok());
                (shown(mount).trim_matches('/').to_owned(), version.unwrap_or(1))
            }
            _ => {
                let first = asked.split('/').next().unwrap_or_default();
                let mount = if self.mount.is_some() { asked } else { first };
                (mount.to_owned(), VERSION_DEFAULT)
            }
        };
        let rest = match self.mount {
            Some(_) => path,
            None => path.strip_prefix(mount.as_str()).unwrap_or_default().trim_start_matches('/'),
        };
        Ok(Located { mount, rest: rest.to_owned(), is_versioned: version == 2 })
    }
}

impl Located {
    /// The path of the API; `word` is part of it in version 2 only.
    fn path(&self, word: &str) -> String {
        let word = if self.is_versioned { format!("{word}/") } else { String::new() };
        format!("{}/{word}{}", self.mount, self.rest)
    }
}

fn get(
    context: &Context,
    api: &Api,
    format: Format,
    located: &Located,
    path: &str,
    field: Option<&str>,
) -> Result<ExitCode, Failure> {
    let answer = api.send("GET", path, None).map_err(super::api::unreachable)?;
    // A deleted version is a 404 with metadata.
    let has_metadata = answer.status == 404 && answer.data().get("metadata").is_some();
    if answer.status == 404 && !has_metadata {
        return Err(nothing(&located.path("data")));
    }
    let answer = if has_metadata { answer } else { answer.succeeded()? };
    let (data, metadata) = match located.is_versioned {
        true => {
            (answer.data().get("data").and_then(Value::as_object), answer.data().get("metadata"))
        }
        false => (answer.data().as_object(), None),
    };
    if let Some(field) = field {
        let value =
            data.and_then(|data| data.get(field)).or(metadata.and_then(|all| all.get(field)));
        let missing =
            || Failure::new(format_args!("Field {field:?} not present in secret")).code(1);
        context.output.line(&shown(value.ok_or_else(missing)?))?;
        return Ok(ExitCode::SUCCESS);
    }
    if format == Format::Json {
        context.output.json(&answer.body)?;
    } else {
        if let Some(metadata) = metadata.and_then(Value::as_object) {
            let path = located.path("data");
            title(context, "Secret Path", path.len().max(17))?;
            context.output.line(&format!("{path}\n"))?;
            title(context, "Metadata", 24)?;
            members(context, metadata)?;
        }
        if let Some(data) = data {
            if metadata.is_some() {
                context.output.line("")?;
                title(context, "Data", 17)?;
            }
            members(context, data)?;
        }
    }
    Ok(ExitCode::from(if data.is_some() { 0 } else { REFUSED }))
}

fn put(
    context: &Context,
    api: &Api,
    format: Format,
    located: &Located,
    cas: Option<i64>,
    data: Map<String, Value>,
) -> Result<ExitCode, Failure> {
    let path = located.path("data");
    if !located.is_versioned {
        api.ask("PUT", &path, Some(&Value::Object(data)))?;
        context.output.line(&format!("Success! Data written to: {path}"))?;
        return Ok(ExitCode::SUCCESS);
    }
    // Vault's command takes -1 for no condition.
    let options = cas.filter(|cas| *cas >= 0).map(|cas| json!({ "cas": cas }));
    let body = json!({ "data": data, "options": options.unwrap_or_else(|| json!({})) });
    let answer = api.ask("PUT", &path, Some(&body))?;
    written(context, format, &path, &answer)?;
    Ok(ExitCode::SUCCESS)
}

fn written(context: &Context, format: Format, path: &str, answer: &Answer) -> Result<(), Failure> {
    if format == Format::Json {
        return context.output.json(&answer.body);
    }
    let Some(metadata) = answer.data().as_object() else { return Ok(()) };
    title(context, "Secret Path", path.len().max(17))?;
    context.output.line(&format!("{path}\n"))?;
    title(context, "Metadata", 24)?;
    members(context, metadata)
}

fn list(
    context: &Context,
    api: &Api,
    format: Format,
    located: &Located,
) -> Result<ExitCode, Failure> {
    let folder = located.path("metadata");
    let path = format!("{}?list=true", folder.trim_end_matches('/'));
    let answer = api.send("GET", &path, None).map_err(super::api::unreachable)?;
    if answer.status == 404 {
        if format == Format::Json {
            context.output.line("{}")?;
            return Ok(ExitCode::from(REFUSED));
        }
        return Err(nothing(&folder));
    }
    let answer = answer.succeeded()?;
    let keys = answer.data().get("keys").cloned().unwrap_or_else(|| json!([]));
    if format == Format::Json {
        context.output.json(&keys)?;
        return Ok(ExitCode::SUCCESS);
    }
    context.output.line("Keys\n----")?;
    let keys = keys.as_array().into_iter().flatten();
    keys.map(shown).try_for_each(|key| context.output.line(&key))?;
    Ok(ExitCode::SUCCESS)
}

fn nothing(path: &str) -> Failure {
    Failure::new(format_args!("No value found at {path}")).code(REFUSED)
}

/// The data of a `put`, as Vault's command reads it.
fn parsed(words: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut data = Map::new();
    for word in words {
        if word == "-" || word.starts_with('@') {
            let text = text_of(word)?;
            let value: Result<Map<String, Value>, _> = serde_json::from_str(&text);
            let value = value.map_err(|_| usage("it is not one JSON object"))?;
            data.extend(value);
            continue;
        }
        let pair = word.split_once('=').filter(|(key, _)| !key.is_empty());
        let (key, value) = pair.ok_or_else(|| usage("a field is written KEY=VALUE"))?;
        let value = match value {
            "-" => text_of(value)?,
            value if value.starts_with('@') => text_of(value)?,
            value => value
                .strip_prefix('\\')
                .filter(|rest| rest.starts_with('@'))
                .unwrap_or(value)
                .to_owned(),
        };
        data.insert(key.to_owned(), Value::String(value));
    }
    Ok(data)
}

/// What `-` and `@FILE` stand for.
fn text_of(word: &str) -> Result<String, Failure> {
    let failed = |_| Failure::new(format_args!("cannot read {word} as text")).code(1);
    let mut text = String::new();
    match word.strip_prefix('@') {
        Some(path) => {
            let file = std::fs::File::open(path).map_err(failed)?;
            file.take(VALUE_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
        }
        None => {
            let input = std::io::stdin().lock();
            input.take(VALUE_BYTES_MAX + 1).read_to_string(&mut text).map_err(failed)?;
        }
    }
    if text.len() as u64 > VALUE_BYTES_MAX {
        return Err(usage("a value is longer than 1 MiB"));
    }
    Ok(text)
}

fn usage(what: &str) -> Failure {
    Failure::new(format_args!("Failed to parse K=V data: {what}")).code(1)
}
