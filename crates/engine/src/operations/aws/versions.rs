//! Versions by the client's request token, which is a version's identifier at this door.

use strongroom_core::aws::labels;
use strongroom_core::aws::token::ClientRequestToken;
use strongroom_core::crypto::RecordKind;
use strongroom_core::model::{Payload, Placement, Secret, Version, VersionNumber};
use strongroom_store::Batch;

use super::rule::{AwsClass, refuse};
use crate::error::Error;
use crate::keys;
use crate::mounts::Location;
use crate::operations::{add_version, erasures};
use crate::room::Room;

/// The version with an identifier of this door's.
pub(super) fn by_id<'s>(secret: &'s Secret, id: &str) -> Option<&'s Version> {
    ClientRequestToken::new(id).ok()?.find(secret)
}

/// What came of a value that a client wrote under a token.
pub(super) enum Wrote {
    /// There is a new version.
    New(VersionNumber),
    /// The version with this token holds the same value: nothing is to be changed.
    Already(VersionNumber),
}

/// A value under the client's token.
pub(super) struct NewValue<'a> {
    pub(super) token: &'a ClientRequestToken,
    pub(super) payload: &'a Payload,
    pub(super) placement: Placement,
    /// The secret's ARN, for what is said of a token that is taken.
    pub(super) arn: &'a str,
}

/// Add a version under the client's token, unless there is one that holds the same.
///
/// # Errors
/// `ResourceExists` when the token is that of a version with another value.
pub(super) fn write(
    room: &Room<'_>,
    batch: &mut Batch,
    location: &Location,
    secret: &mut Secret,
    value: NewValue<'_>,
) -> Result<Wrote, Error> {
    let NewValue { token, payload, placement, arn } = value;
    if let Some(version) = token.find(secret) {
        return if holds(room, secret, version, payload)? {
            Ok(Wrote::Already(version.number))
        } else {
            Err(in_use(token.as_str(), arn))
        };
    }
    let number = add_version(room, batch, location, secret, payload, |new| {
        new.id = token.version_id();
        new.client_token = token.beside_id();
        new.placement = placement;
    })?;
    let dropped = labels::prune(secret, room.now);
    batch.writes.extend(erasures(secret, &dropped));
    Ok(Wrote::New(number))
}

/// Whether a version holds exactly this value. One bit of it is told to whoever may write and knows the token.
pub(super) fn holds(
    room: &Room<'_>,
    secret: &Secret,
    version: &Version,
    payload: &Payload,
) -> Result<bool, Error> {
    let key = keys::payload(secret.id, version.number);
    let kept = room.records().read_bytes(RecordKind::Payload, &key)?;
    let is_same = kept.is_some_and(|kept| kept.value == *payload.value());
    Ok(is_same && version.kind == payload.kind())
}

/// The token's text is in the client's hands, and no secret.
fn in_use(token: &str, arn: &str) -> Error {
    let text = format!(
        "You can't use ClientRequestToken {token} because that value is already in use for a version of secret {arn}."
    );
    refuse(AwsClass::ResourceExists, text)
}
