//! Versions by the client's request token, which is a version's identifier at this door.

use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::VersionId;
use strongroom_core::model::{
    NewVersion, Payload, Placement, Secret, Selector, Version, VersionNumber,
};
use strongroom_store::Batch;

use super::rule::{AwsClass, refuse};
use crate::error::Error;
use crate::keys;
use crate::mounts::Location;
use crate::operations::add_version;
use crate::room::Room;

/// The identifier of a version at this door: its client request token.
pub(super) fn id_of(version: &Version) -> String {
    version.client_token.clone().unwrap_or_else(|| version.id.as_uuid())
}

/// The version with an identifier.
pub(super) fn by_id<'s>(secret: &'s Secret, id: &str) -> Option<&'s Version> {
    match VersionId::of_uuid(id) {
        Some(uuid) => {
            secret.version(&Selector::Id(uuid)).filter(|version| version.client_token.is_none())
        }
        None => {
            let of_token = |version: &&Version| version.client_token.as_deref() == Some(id);
            secret.versions().iter().find(of_token)
        }
    }
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
    pub(super) token: &'a str,
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
    if let Some(version) = by_id(secret, token) {
        return if holds(room, secret, version, payload)? {
            Ok(Wrote::Already(version.number))
        } else {
            Err(in_use(token, arn))
        };
    }
    let number = add_version(room, batch, location, secret, payload, |new: &mut NewVersion| {
        match VersionId::of_uuid(token) {
            Some(id) => new.id = id,
            None => new.client_token = Some(token.to_owned()),
        }
        new.placement = placement;
    })?;
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
