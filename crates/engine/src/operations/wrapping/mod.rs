//! Response wrapping: an answer is kept, encrypted, and its caller gets a token with one use in its place
//! (<https://developer.hashicorp.com/vault/docs/concepts/response-wrapping>).
//!
//! The answer is a record beside the token's, `wrapped/<hash of the token>`. Taking it is one commit that takes the
//! token back and deletes the answer: of two callers at once one gets it, and whoever comes too late learns that
//! somebody else was there.

mod check_wrap;
mod look_up;
mod rewrap;
mod unwrap;
mod wrap_answer;

pub use check_wrap::CheckWrap;
pub use look_up::LookUpWrapping;
pub use rewrap::Rewrap;
pub use unwrap::Unwrap;
pub(crate) use wrap_answer::WrapAnswer;
pub use wrap_answer::{AnswerToWrap, WRAPPED_BYTES_MAX};

use std::collections::BTreeMap;

use strongroom_core::crypto::RecordKind;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_core::token::{
    Accessor, Lifetime, PlainToken, Token, TokenHash, TokenKind, Wrapping,
};
use strongroom_store::Batch;

use crate::error::Error;
use crate::keys;
use crate::mounts::{self, MountKind};
use crate::records::Stored;
use crate::room::Room;
use crate::tokens::IssuedToken;

const SYSTEM: &[MountKind] = &[MountKind::System];

/// The wrapping token with this text, which must be good now.
fn find(room: &Room<'_>, text: &PlainToken) -> Result<(TokenHash, Stored<Token>), Error> {
    let hash = room.token_hash(text)?;
    let found = room.token(hash)?.filter(|found| {
        found.value.wraps.is_some()
            && found.value.check_usable(room.request.source, room.now).is_ok()
    });
    found.map(|found| (hash, found)).ok_or_else(not_valid)
}

/// Vault's words for a token that is none, was used or has ended.
fn not_valid() -> Error {
    Error::rule("wrapping token is not valid or does not exist")
}

/// The answer that a wrapping token stands for.
fn answer(room: &Room<'_>, hash: TokenHash) -> Result<SecretValue, Error> {
    let key = keys::wrapped(hash);
    let found = room.records().read_bytes(RecordKind::Wrapped, &key)?;
    found.map(|found| found.value).ok_or_else(|| Error::damaged(key.as_str(), "it is missing"))
}

/// Keep an answer, and make the token that stands for it.
fn keep(
    room: &Room<'_>,
    batch: &mut Batch,
    answer: &SecretValue,
    ttl: Seconds,
    wraps: Wrapping,
) -> Result<IssuedToken, Error> {
    let ttl = ttl.min(room.ttl_limits.max);
    let token = Token {
        accessor: Accessor::generate(room.random),
        kind: TokenKind::Service,
        // It is good for nothing but its answer.
        policies: Vec::new(),
        display_name: "wrapped-answer".to_owned(),
        metadata: BTreeMap::new(),
        path: wraps.creation_path.clone(),
        mount: mounts::fixed(mounts::TOKEN),
        lifetime: Lifetime {
            issued: room.now,
            ttl,
            expires: Some(room.now.plus(ttl)),
            explicit_max: ttl,
            period: Seconds(0),
            renewable: false,
            renewed: None,
        },
        uses_left: Some(1),
        parent: None,
        entity: None,
        bound_cidrs: Vec::new(),
        role: None,
        wraps: Some(wraps),
        login: BTreeMap::new(),
    };
    let issued = room.issue(batch, token, None)?;
    let key = keys::wrapped(room.token_hash(&issued.text)?);
    batch.writes.push(room.records().put_bytes(RecordKind::Wrapped, key, answer.expose()));
    Ok(issued)
}
