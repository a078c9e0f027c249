//! Transit mounts (<https://developer.hashicorp.com/vault/api-docs/secret/transit>).
//!
//! Base64 is the door's: the engine takes and gives bytes. A batch is one operation; items that cannot be read are not
//! given to the engine, and each item has its own error.

pub(super) mod bytes;
mod data;
mod keys;
mod signatures;

use data_encoding::{BASE64, DecodeError};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use strongroom_core::transit::BATCH_ITEMS_MAX;
use strongroom_engine::{Error, Kind};

use super::body::Body;
use super::call::Call;
use super::fault::Fault;
use super::lenient::Whole;
use super::reply::Reply;
use super::route::{Route, Verb};

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::List, "keys", "The names of all keys", keys::list),
    Route::new(Verb::Write, "keys/{name}", "Make a key", keys::create),
    Route::new(Verb::Read, "keys/{name}", "A key without its secrets", keys::read),
    Route::new(Verb::Delete, "keys/{name}", "Delete a key", keys::delete),
    Route::new(Verb::Write, "keys/{name}/config", "Change a key's settings", keys::configure),
    Route::new(Verb::Write, "keys/{name}/rotate", "Make a key's next version", keys::rotate),
    Route::new(Verb::Write, "keys/{name}/trim", "Erase a key's oldest versions", keys::trim),
    Route::new(Verb::Read, "export/{type}/{name}", "Export a key", keys::export),
    Route::new(Verb::Read, "export/{type}/{name}/{version}", "Export a version", keys::export),
    Route::new(Verb::Read, "backup/{name}", "A key in plaintext", keys::back_up),
    Route::new(Verb::Write, "restore", "Put a key back", keys::restore),
    Route::new(Verb::Write, "restore/{name}", "Put a key back by another name", keys::restore),
    Route::new(Verb::Write, "encrypt/{name}", "Encrypt", data::encrypt),
    Route::new(Verb::Write, "decrypt/{name}", "Decrypt", data::decrypt),
    Route::new(Verb::Write, "rewrap/{name}", "Encrypt anew", data::rewrap),
    Route::new(Verb::Write, "datakey/{type}/{name}", "A new data key", data::data_key),
    Route::new(Verb::Write, "sign/{name}", "Sign", signatures::sign),
    Route::new(Verb::Write, "sign/{name}/{hash}", "Sign with a hash", signatures::sign),
    Route::new(Verb::Write, "verify/{name}", "Verify", signatures::verify),
    Route::new(Verb::Write, "verify/{name}/{hash}", "Verify with a hash", signatures::verify),
    Route::new(Verb::Write, "hmac/{name}", "Make an HMAC", signatures::hmac),
    Route::new(Verb::Write, "hmac/{name}/{hash}", "Make an HMAC with a hash", signatures::hmac),
    Route::new(Verb::Write, "hash", "Hash", bytes::hash),
    Route::new(Verb::Write, "hash/{hash}", "Hash with a hash", bytes::hash),
    Route::new(Verb::Write, "random", "Random bytes", bytes::random),
    Route::new(Verb::Write, "random/{first}", "Random bytes", bytes::random),
    Route::new(Verb::Write, "random/{first}/{second}", "Random bytes", bytes::random),
    Route::unsupported(Verb::Write, "keys/{name}/import"),
    Route::unsupported(Verb::Write, "keys/{name}/import_version"),
    Route::unsupported(Verb::Write, "keys/{name}/csr"),
    Route::unsupported(Verb::Write, "keys/{name}/set-certificate"),
    Route::unsupported(Verb::Read, "byok-export/{rest..}"),
    Route::unsupported(Verb::Read, "wrapping_key"),
    Route::unsupported(Verb::Read, "cache-config"),
    Route::unsupported(Verb::Write, "cache-config"),
    Route::unsupported(Verb::Read, "config/keys"),
    Route::unsupported(Verb::Write, "config/keys"),
    Route::unsupported(Verb::Write, "cmac/{rest..}"),
];

/// What a client wrote to be processed: one item, or a batch.
struct Items<T> {
    items: Vec<T>,
    is_batch: bool,
}

impl<'b, T: Deserialize<'b>> Items<T> {
    /// The `batch_input` of a body, or the body as one item.
    fn read(body: &'b Body) -> Result<Self, Fault> {
        #[derive(Deserialize)]
        struct Batch<T> {
            batch_input: Option<Vec<T>>,
        }
        let Batch { batch_input } = body.read()?;
        match batch_input {
            None => Ok(Self { items: vec![body.read()?], is_batch: false }),
            Some(items) if items.is_empty() => {
                Err(Fault::invalid("missing batch input to process"))
            }
            Some(items) if items.len() > BATCH_ITEMS_MAX => {
                Err(Fault::invalid(format!("a batch has at most {BATCH_ITEMS_MAX} items")))
            }
            Some(items) => Ok(Self { items, is_batch: true }),
        }
    }
}

/// Why an item was not processed.
enum Problem {
    /// It cannot be read, or the engine refuses it.
    Refused(String),
    /// The engine failed.
    Failed,
}

/// The members of an item's answer.
type Answered = Map<String, Value>;

/// Ask the engine for the items that could be read, and put its answers where they belong.
fn process<I, A>(
    call: &Call<'_>,
    items: Vec<Result<I, String>>,
    ask: impl FnOnce(Vec<I>) -> Result<Vec<Result<A, Error>>, Fault>,
    members: impl Fn(A) -> Answered,
) -> Result<Vec<Result<Answered, Problem>>, Fault> {
    let (mut read, mut unread) = (Vec::with_capacity(items.len()), Vec::new());
    for (place, item) in items.into_iter().enumerate() {
        match item {
            Ok(item) => read.push(item),
            Err(error) => unread.push((place, error)),
        }
    }
    if read.is_empty() {
        call.check_known()?;
    }
    let answers = if read.is_empty() { Vec::new() } else { ask(read)? };
    let problem = |error: Error| match error.kind() {
        Kind::Internal => Problem::Failed,
        _ => Problem::Refused(error.to_string()),
    };
    let answers = answers.into_iter().map(|answer| answer.map(&members).map_err(problem));
    let mut answers: Vec<_> = answers.collect();
    for (place, error) in unread {
        // Places are in order, so that what stands before each is in its place.
        answers.insert(place.min(answers.len()), Err(Problem::Refused(error)));
    }
    Ok(answers)
}

/// What is answered for one item, or for a batch with a reference for each item.
struct Answers<'b> {
    answers: Vec<Result<Answered, Problem>>,
    references: Vec<&'b str>,
    is_batch: bool,
}

impl Answers<'_> {
    /// A batch of signatures or HMACs is a success whatever its items are, as in Vault.
    fn reply(self) -> Result<Reply, Fault> {
        self.reply_with(StatusCode::OK, StatusCode::OK)
    }

    /// A batch with items that were refused has Vault's 400, or `partial` when others were not.
    fn strict_reply(self, partial: StatusCode) -> Result<Reply, Fault> {
        self.reply_with(partial, StatusCode::BAD_REQUEST)
    }

    fn reply_with(self, partial: StatusCode, refused: StatusCode) -> Result<Reply, Fault> {
        if !self.is_batch {
            return match self.answers.into_iter().next() {
                Some(Ok(members)) => Ok(Reply::data(members)),
                Some(Err(Problem::Refused(error))) => Err(Fault::invalid(error)),
                Some(Err(Problem::Failed)) | None => Err(Fault::failed()),
            };
        }
        let succeeded = self.answers.iter().any(Result::is_ok);
        let is_refusal = |answer: &Result<_, _>| matches!(answer, Err(Problem::Refused(_)));
        let status = match self.answers.iter().any(is_refusal) {
            true if succeeded => partial,
            true => refused,
            false if self.answers.iter().all(Result::is_ok) => StatusCode::OK,
            false => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let results = self.answers.into_iter().zip(self.references).map(|(answer, reference)| {
            let mut members = answer.unwrap_or_else(|problem| {
                let error = match problem {
                    Problem::Refused(error) => error,
                    Problem::Failed => super::fault::FAILED.to_owned(),
                };
                Map::from_iter([("error".to_owned(), error.into())])
            });
            members.insert("reference".to_owned(), reference.into());
            Value::Object(members)
        });
        let results: Vec<Value> = results.collect();
        Ok(Reply::data_with(status, json!({ "batch_results": results })))
    }
}

/// The status of a batch that succeeded in part: `partial_failure_response_code`, or 400.
fn partial_status(body: &Body) -> Result<StatusCode, Fault> {
    #[derive(Deserialize)]
    struct Wanted {
        partial_failure_response_code: Option<Whole>,
    }
    let Wanted { partial_failure_response_code: code } = body.read()?;
    let Some(Whole(code)) = code else { return Ok(StatusCode::BAD_REQUEST) };
    let status = u16::try_from(code).ok().filter(|code| (200..600).contains(code));
    // With these there is no body, which the answer needs.
    let status = status.filter(|code| ![204, 205, 304].contains(code));
    let status = status.and_then(|code| StatusCode::from_u16(code).ok());
    status.ok_or_else(|| {
        Fault::invalid("invalid HTTP response code override from partial_failure_response_code")
    })
}

/// Bytes from base64 (RFC 4648, section 4); line breaks are passed over, as Go does. The words are Go's.
fn decoded(text: &str) -> Result<Vec<u8>, String> {
    let has_breaks = text.bytes().any(|byte| matches!(byte, b'\r' | b'\n'));
    let decoded = match has_breaks {
        false => BASE64.decode(text.as_bytes()),
        true => {
            let lines = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n'));
            BASE64.decode(&zeroize::Zeroizing::new(lines.collect::<Vec<u8>>()))
        }
    };
    decoded.map_err(|DecodeError { position, .. }| {
        format!("illegal base64 data at input byte {position}")
    })
}

/// A context or other bytes that may be left out.
fn decoded_or_none(text: Option<&str>) -> Result<Vec<u8>, String> {
    text.filter(|text| !text.is_empty()).map_or(Ok(Vec::new()), decoded)
}

/// The number of a version; 0 where none is given.
fn version(number: Option<Whole>) -> Result<u32, String> {
    let number = number.unwrap_or_default().0;
    u32::try_from(number).map_err(|_| "the key version is out of range".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_may_have_line_breaks_and_nothing_else() {
        assert_eq!(decoded("aGVs\nbG8=\r\n"), Ok(b"hello".to_vec()));
        assert_eq!(decoded(""), Ok(Vec::new()));
        for text in ["aGVsbG8", "aGVs bG8=", "aGVsbG8=x", "a_-=", "aGVsbG9="] {
            let error = decoded(text).expect_err(text);
            assert!(error.starts_with("illegal base64 data at input byte "), "{error}");
        }
    }
}
