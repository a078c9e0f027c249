//! Where the store keeps what. `docs/internals/storage-format.md` is the reference.

use strongroom_core::audit::RequestId;
use strongroom_core::identifier::{MountId, SecretId};
use strongroom_core::model::{AwsName, AzureName, SecretPath, VersionNumber};
use strongroom_core::policy::PolicyName;
use strongroom_core::time::Timestamp;
use strongroom_core::token::TokenHash;
use strongroom_store::Key;

pub(crate) const SEAL: &str = "sys/seal";
pub(crate) const KEYRING: &str = "sys/keyring";
pub(crate) const MOUNTS: &str = "sys/mounts";
pub(crate) const AUDIT_KEYS: &str = "sys/audit/keys";
pub(crate) const AUDIT_HEAD: &str = "sys/audit/head";
pub(crate) const AUDIT_OUTBOX: &str = "sys/audit/outbox/";
/// Secrets' metadata; with [`PAYLOADS`] the records of users.
pub(crate) const SECRETS: &str = "secret/";
pub(crate) const PAYLOADS: &str = "payload/";
pub(crate) const ALIASES: &str = "alias/";
pub(crate) const POLICIES: &str = "sys/policy/";
pub(crate) const TOKEN_KEY: &str = "sys/token-key";
pub(crate) const TOKENS: &str = "token/";
pub(crate) const TOKEN_ACCESSORS: &str = "token-accessor/";
pub(crate) const TOKEN_CHILDREN: &str = "token-child/";
pub(crate) const TOKENS_BY_MOUNT: &str = "token-mount/";
pub(crate) const LEASES: &str = "lease/";
pub(crate) const TOKEN_LEASES: &str = "token-lease/";
pub(crate) const DUE: &str = "due/";
pub(crate) const LOGICAL: &str = "logical/";
pub(crate) const WRAPPED: &str = "wrapped/";
pub(crate) const USAGE: &str = "usage/";
pub(crate) const USAGE_PLACE: &str = "usage/place";
pub(crate) const RESOURCE_POLICIES: &str = "resource-policy/";

/// A key whose text is made here from parts that are already within their limits.
#[expect(
    clippy::expect_used,
    reason = "every part is held to a limit, and the limits sum to less than a key's"
)]
fn key(text: impl AsRef<str>) -> Key {
    Key::new(text).expect("parts within their limits make a key")
}

pub(crate) fn fixed(text: &'static str) -> Key {
    key(text)
}

pub(crate) fn secrets_of(mount: MountId) -> String {
    format!("{SECRETS}{mount}/")
}

pub(crate) fn secret(mount: MountId, path: &SecretPath) -> Key {
    key(format!("{SECRETS}{mount}/{path}"))
}

pub(crate) fn payload(secret: SecretId, version: VersionNumber) -> Key {
    key(format!("{PAYLOADS}{secret}/{:020}", version.0))
}

pub(crate) fn payloads_of(secret: SecretId) -> String {
    format!("{PAYLOADS}{secret}/")
}

pub(crate) fn resource_policy(secret: SecretId) -> Key {
    key(format!("{RESOURCE_POLICIES}{secret}"))
}

pub(crate) fn azure_alias(mount: MountId, name: &AzureName) -> Key {
    key(format!("{ALIASES}azure/{mount}/{}", name.folded()))
}

pub(crate) fn aws_alias(mount: MountId, name: &AwsName) -> Key {
    key(format!("{ALIASES}aws/{mount}/{name}"))
}

pub(crate) fn outbox(id: RequestId) -> Key {
    key(format!("{AUDIT_OUTBOX}{id}"))
}

pub(crate) fn policy(name: &PolicyName) -> Key {
    key(format!("{POLICIES}{name}"))
}

pub(crate) fn token(hash: TokenHash) -> Key {
    key(format!("{TOKENS}{hash}"))
}

/// Accessors are kept as hashes: a listing of the store gives nobody one.
pub(crate) fn token_accessor(hash: TokenHash) -> Key {
    key(format!("{TOKEN_ACCESSORS}{hash}"))
}

pub(crate) fn token_children(parent: TokenHash) -> String {
    format!("{TOKEN_CHILDREN}{parent}/")
}

pub(crate) fn token_child(parent: TokenHash, child: TokenHash) -> Key {
    key(format!("{TOKEN_CHILDREN}{parent}/{child}"))
}

/// The tokens that the logins of a mount gave.
pub(crate) fn tokens_of_mount(mount: MountId) -> String {
    format!("{TOKENS_BY_MOUNT}{mount}/")
}

pub(crate) fn token_of_mount(mount: MountId, token: TokenHash) -> Key {
    key(format!("{TOKENS_BY_MOUNT}{mount}/{token}"))
}

/// `due/<milliseconds since 1970, 16 hexadecimal digits>/<what>`: in the order of time.
pub(crate) fn due(at: Timestamp, what: &str) -> Key {
    key(format!("{DUE}{:016x}/{what}", at.0))
}

pub(crate) fn wrapped(token: TokenHash) -> Key {
    key(format!("{WRAPPED}{token}"))
}

pub(crate) fn usage_of_secret(secret: SecretId) -> Key {
    key(format!("{USAGE}secret/{secret}"))
}

/// `short` is what a log has of a token's hash.
pub(crate) fn usage_of_token(short: &str) -> Key {
    key(format!("{USAGE}token/{short}"))
}

pub(crate) fn usage_of_credential(hash: TokenHash) -> Key {
    key(format!("{USAGE}credential/{hash}"))
}

pub(crate) fn logical_of(mount: MountId) -> String {
    format!("{LOGICAL}{mount}/")
}

pub(crate) fn token_leases(token: TokenHash) -> String {
    format!("{TOKEN_LEASES}{token}/")
}
