//! The project file as it is written: layers that [`super::environments`] puts together.

use strongroom_core::spelling::nearest;
use toml::de::DeTable;

use super::table::{File, Placed, Table};
use super::{
    ENVIRONMENTS_MAX, Generator, Kind, PROJECT_BYTES_MAX, SECRETS_MAX, Source, Template, is_label,
};
use crate::formats::{Name, Position, Problem};

pub(super) struct Manifest<'a> {
    pub(super) file: File<'a>,
    pub(super) project: String,
    pub(super) default_environment: Option<Placed<String>>,
    pub(super) environments: Vec<EnvironmentLayer>,
    pub(super) secrets: Vec<SecretLayer>,
}

pub(super) struct EnvironmentLayer {
    pub(super) name: String,
    pub(super) inherits: Option<Placed<String>>,
    pub(super) secrets: Vec<SecretLayer>,
}

/// What one table says about a secret; what it does not say is inherited.
#[derive(Clone)]
pub(super) struct SecretLayer {
    pub(super) name: Name,
    pub(super) offset: usize,
    pub(super) required: Option<bool>,
    pub(super) kind: Option<Kind>,
    pub(super) description: Option<String>,
    pub(super) source: Option<Source>,
    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
}

const TOP_KEYS: &[&str] = &["project", "default_environment", "environments", "secrets"];
const ENVIRONMENT_KEYS: &[&str] = &["inherits", "secrets"];
const SECRET_KEYS: &[&str] = &[
    "required",
    "description",
    "type",
    "default",
    "value",
    "generate",
    "ref",
    "min_length",
    "max_length",
];
const GENERATE_KEYS: &[&str] = &["kind", "length", "symbols"];

pub(super) fn parse<'a>(name: &'a str, text: &'a str) -> Result<Manifest<'a>, Problem> {
    let file = File { name, text };
    if text.len() > PROJECT_BYTES_MAX {
        let message = format!("the project file is longer than {PROJECT_BYTES_MAX} bytes");
        return Err(Problem::new(name, message, "declare names only, values belong in the store"));
    }
    let table = DeTable::parse(text).map_err(|error| {
        let position = error.span().map(|span| Position::of_offset(text, span.start));
        let message = format!("this is not TOML: {}", error.message());
        Problem::new(name, message, "see docs/reference/strongroom-toml.md").at_if(position)
    })?;
    read(&Table::root(file, table.get_ref()), file)
}

fn read<'a>(root: &Table<'_>, file: File<'a>) -> Result<Manifest<'a>, Problem> {
    root.only(TOP_KEYS)?;
    let project = root.string("project")?.ok_or_else(|| {
        root.file.problem(0, "`project` is missing", "write project = \"name\" at the top")
    })?;
    let project = label("project", &project, root)?;
    let default_environment = root.string("default_environment")?.map(owned);
    let mut environments = Vec::new();
    if let Some(table) = root.table("environments")? {
        for (name, table) in table.tables()? {
            environments.push(environment(name, &table)?);
        }
        if environments.len() > ENVIRONMENTS_MAX {
            let message = format!("there are more than {ENVIRONMENTS_MAX} environments");
            return Err(root.file.problem(table.offset, message, "split the project"));
        }
    }
    Ok(Manifest { file, project, default_environment, environments, secrets: secrets(root)? })
}

fn environment(name: &str, table: &Table<'_>) -> Result<EnvironmentLayer, Problem> {
    let name = label("the environment", &Placed { value: name, offset: table.offset }, table)?;
    table.only(ENVIRONMENT_KEYS)?;
    let inherits = table.string("inherits")?.map(owned);
    Ok(EnvironmentLayer { name, inherits, secrets: secrets(table)? })
}

fn secrets(parent: &Table<'_>) -> Result<Vec<SecretLayer>, Problem> {
    let Some(table) = parent.table("secrets")? else { return Ok(Vec::new()) };
    let tables = table.tables()?;
    if tables.len() > SECRETS_MAX {
        let message = format!("`{}` declares more than {SECRETS_MAX} secrets", table.path);
        return Err(table.file.problem(table.offset, message, "split the project"));
    }
    tables.iter().map(|(name, table)| secret(name, table)).collect()
}

fn secret(name: &str, table: &Table<'_>) -> Result<SecretLayer, Problem> {
    let name = Name::parse(name).map_err(|fault| {
        let message = format!("the name of `{}` {fault}", table.path.escape_debug());
        table.file.problem(table.offset, message, fault.hint())
    })?;
    table.only(SECRET_KEYS)?;
    let layer = SecretLayer {
        name,
        offset: table.offset,
        required: table.boolean("required")?.map(|required| required.value),
        kind: kind(table)?,
        description: table.string("description")?.map(|text| text.value.to_owned()),
        source: source(table)?,
        min_length: table.count("min_length")?.map(|length| length.value),
        max_length: table.count("max_length")?.map(|length| length.value),
    };
    if layer.required == Some(true) && matches!(layer.source, Some(Source::Default(_))) {
        let message = format!("`{}` is required and has a default", table.path);
        let hint = "remove `required` or `default`: a required secret has no default";
        return Err(table.file.problem(table.offset, message, hint));
    }
    Ok(layer)
}

fn kind(table: &Table<'_>) -> Result<Option<Kind>, Problem> {
    let Some(Placed { value: word, offset }) = table.string("type")? else { return Ok(None) };
    let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
    Kind::of_word(word).map(Some).ok_or_else(|| {
        let hint = match nearest(word, words.iter().copied()) {
            Some(meant) => format!("did you mean \"{meant}\"?"),
            None => format!("the types are {}", words.join(", ")),
        };
        table.file.problem(offset, format!("`{}` is no type", table.path_of("type")), hint)
    })
}

/// At most one of `default`, `value`, `generate` and `ref`.
fn source(table: &Table<'_>) -> Result<Option<Source>, Problem> {
    let template = |key: &str| match table.string(key)? {
        Some(Placed { value, offset }) => Template::parse(value).map(Some).map_err(|error| {
            let hint = "write ${NAME} for another secret, $$ for a dollar sign";
            table.file.problem(offset, format!("`{}` {error}", table.path_of(key)), hint)
        }),
        None => Ok(None),
    };
    let mut sources = Vec::new();
    sources.extend(template("default")?.map(|template| ("default", Source::Default(template))));
    sources.extend(template("value")?.map(|template| ("value", Source::Value(template))));
    sources.extend(generator(table)?.map(|found| ("generate", Source::Generate(found))));
    sources.extend(reference(table)?.map(|path| ("ref", Source::Reference(path))));
    if let [(first, _), (second, _), ..] = sources.as_slice() {
        let message = format!("`{}` has `{first}` and `{second}`", table.path);
        let hint = "keep one of `default`, `value`, `generate` and `ref`";
        return Err(table.file.problem(table.offset, message, hint));
    }
    Ok(sources.pop().map(|(_, source)| source))
}

fn generator(table: &Table<'_>) -> Result<Option<Generator>, Problem> {
    let path = table.path_of("generate");
    let problem = |error: super::GeneratorError, offset| {
        table.file.problem(offset, format!("`{path}` {error}"), "write generate = \"password:32\"")
    };
    if table.holds_text("generate") {
        let found = table.string("generate")?;
        let read = |Placed { value, offset }: Placed<&str>| {
            Generator::parse(value).map_err(|error| problem(error, offset))
        };
        return found.map(read).transpose();
    }
    let Some(inner) = table.table("generate")? else { return Ok(None) };
    inner.only(GENERATE_KEYS)?;
    let word = inner.string("kind")?.map_or("", |word| word.value);
    let length = inner.count("length")?.map(|length| length.value);
    let symbols = inner.boolean("symbols")?.is_none_or(|symbols| symbols.value);
    Generator::of_parts(word, length, symbols)
        .map(Some)
        .map_err(|error| problem(error, inner.offset))
}

fn reference(table: &Table<'_>) -> Result<Option<String>, Problem> {
    const PATH_CHARS_MAX: usize = 512;
    let Some(Placed { value: path, offset }) = table.string("ref")? else { return Ok(None) };
    let is_segment = |segment: &str| {
        !matches!(segment, "" | "." | "..") && !segment.contains(|c: char| c.is_control())
    };
    if path.len() > PATH_CHARS_MAX || !path.contains('/') || !path.split('/').all(is_segment) {
        let message = format!("`{}` is not the path of a secret", table.path_of("ref"));
        let hint = "write ref = \"secret/project/environment/NAME\"";
        return Err(table.file.problem(offset, message, hint));
    }
    Ok(Some(path.to_owned()))
}

fn label(what: &str, text: &Placed<&str>, table: &Table<'_>) -> Result<String, Problem> {
    if is_label(text.value) {
        return Ok(text.value.to_owned());
    }
    let message = format!("the name of {what} is not letters, digits, `.`, `_` and `-`");
    let hint = "begin with a letter or digit, and use at most 64 characters";
    Err(table.file.problem(text.offset, message, hint))
}

fn owned(text: Placed<&str>) -> Placed<String> {
    Placed { value: text.value.to_owned(), offset: text.offset }
}
