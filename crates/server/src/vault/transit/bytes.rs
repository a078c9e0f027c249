//! Hashes and random bytes.

use data_encoding::{BASE64, HEXLOWER};
use serde::Deserialize;
use serde_json::json;
use strongroom_core::transit::HashAlgorithm;
use strongroom_engine::MountKind;
use strongroom_engine::operations::transit::{GenerateRandom, HashData};

use super::super::call::Call;
use super::super::fault::Fault;
use super::super::lenient::Whole;
use super::super::reply::Reply;
use super::decoded;

/// How many random bytes there are when none are asked for.
const RANDOM_BYTES_DEFAULT: usize = 32;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Hashed<'b> {
    input: Option<&'b str>,
    algorithm: Option<&'b str>,
    format: Option<&'b str>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Random<'b> {
    bytes: Option<Whole>,
    format: Option<&'b str>,
    source: Option<&'b str>,
}

/// How bytes are written.
#[derive(Clone, Copy)]
enum Format {
    Base64,
    Hex,
}

impl Format {
    fn parse(name: Option<&str>, default: Self) -> Result<Self, Fault> {
        match name {
            None | Some("") => Ok(default),
            Some("base64") => Ok(Self::Base64),
            Some("hex") => Ok(Self::Hex),
            Some(_) => {
                Err(Fault::invalid("unsupported encoding format; must be \"hex\" or \"base64\""))
            }
        }
    }

    fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Base64 => BASE64.encode(bytes),
            Self::Hex => HEXLOWER.encode(bytes),
        }
    }
}

/// What stands before the verb in the path: a transit mount, or `sys/tools`.
fn base(call: &Call<'_>) -> String {
    match call.kind() {
        MountKind::System => format!("{}/tools", call.mount()),
        _ => call.mount().to_owned(),
    }
}

pub(in super::super) fn hash(call: &Call<'_>) -> Result<Reply, Fault> {
    let wanted: Hashed<'_> = call.body.read()?;
    let format = Format::parse(wanted.format, Format::Hex)?;
    let in_path = Some(call.named("hash")).filter(|name| !name.is_empty());
    let name = in_path.as_deref().or(wanted.algorithm).filter(|name| !name.is_empty());
    let hash = name.map(str::parse::<HashAlgorithm>).transpose();
    let hash = hash.map_err(|error| Fault::invalid(error.to_string()))?.unwrap_or_default();
    let input = wanted.input.ok_or_else(|| Fault::invalid("missing input"))?;
    let input = decoded(input)
        .map_err(|error| Fault::invalid(format!("unable to decode input as base64: {error}")))?;
    let sum = call.ask(&HashData::new(&base(call), in_path.as_deref(), hash, input))?;
    Ok(Reply::data(json!({ "sum": format.encode(&sum) })))
}

pub(in super::super) fn random(call: &Call<'_>) -> Result<Reply, Fault> {
    let wanted: Random<'_> = call.body.read()?;
    let format = Format::parse(wanted.format, Format::Base64)?;
    // `random/<bytes>`, `random/<source>`, `random/<source>/<bytes>`
    let (first, second) = (call.named("first"), call.named("second"));
    let is_count = second.is_empty() && first.bytes().all(|byte| byte.is_ascii_digit());
    let (source, count) =
        if is_count { ("", first.as_str()) } else { (first.as_str(), second.as_str()) };
    let source = [source, wanted.source.unwrap_or_default()];
    if !source.into_iter().all(|source| matches!(source, "" | "platform")) {
        return Err(Fault::invalid("unsupported entropy source; must be \"platform\""));
    }
    let bytes = match (count, wanted.bytes) {
        ("", None) => RANDOM_BYTES_DEFAULT,
        // What is no number of bytes that there can be is 0, which is refused.
        ("", Some(Whole(bytes))) => usize::try_from(bytes).unwrap_or(0),
        (count, _) => count.parse().map_err(|_| {
            Fault::invalid("error parsing url-set byte count: it is not a whole number")
        })?,
    };
    let base = base(call);
    let rest = call.path().strip_prefix(&base).and_then(|rest| rest.strip_prefix("/random/"));
    let random = call.ask(&GenerateRandom::new(&base, rest, bytes))?;
    Ok(Reply::data(json!({ "random_bytes": format.encode(random.expose()) })))
}
