//! The mount table, and locations: a mount with a path in it.

use std::collections::BTreeMap;
use std::fmt;

use strongroom_core::identifier::MountId;
use strongroom_core::model::{MountPath, SecretPath};
use strongroom_core::time::Seconds;
use strongroom_core::token::TtlLimits;

use crate::error::{Error, InvalidRequest};

/// The mount that every store has from the start.
pub const SECRET_MOUNT: &str = "secret";
/// What it says for people.
const SECRET_DESCRIPTION: &str = "key/value secret storage";

/// What the mount says of itself that is made for logins of apps.
const APPS_DESCRIPTION: &str = "logins of apps";

/// The most mounts beside those that are always there.
pub const MOUNTS_MAX: usize = 1_000;

/// What is mounted where.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct MountTable {
    #[n(0)]
    mounts: BTreeMap<MountPath, Mount>,
}

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Mount {
    /// What its records are kept under, so that moving it moves no record.
    #[n(0)]
    pub id: MountId,
    /// What serves it.
    #[n(1)]
    pub kind: MountKind,
    /// For people.
    #[n(2)]
    #[cbor(default)]
    pub description: String,
    /// How it was tuned.
    #[n(3)]
    #[cbor(default)]
    pub settings: MountSettings,
}

/// What of a mount can be tuned. What is `None` or empty is as the server says.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct MountSettings {
    /// How long tokens and leases of this mount live when nobody says.
    #[n(0)]
    pub default_ttl: Option<Seconds>,
    /// The longest that they live.
    #[n(1)]
    pub max_ttl: Option<Seconds>,
    /// The options that it was made with, kept as they were given.
    #[n(2)]
    pub options: BTreeMap<String, String>,
    /// Whether it is listed to callers without a token: `unauth`, `hidden`.
    #[n(3)]
    pub listing_visibility: Option<String>,
    /// What tokens its logins give: `default-service`, `service`, `batch`.
    #[n(4)]
    pub token_type: Option<String>,
}

/// What serves a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum MountKind {
    /// Versioned secrets: Vault's KV version 2.
    #[n(1)]
    KeyValue,
    /// Secrets of one version: Vault's KV version 1.
    #[n(2)]
    KeyValueUnversioned,
    /// What a token keeps for itself.
    #[n(3)]
    Cubbyhole,
    /// Entities and groups.
    #[n(4)]
    Identity,
    /// Operators' work.
    #[n(5)]
    System,
    /// Encryption as a service.
    #[n(6)]
    Transit,
    /// Certificates.
    #[n(7)]
    Pki,
    /// The token store.
    #[n(20)]
    Token,
    /// Logins with a role's id and a secret id.
    #[n(21)]
    AppRole,
    /// Logins with a name and a password.
    #[n(22)]
    Userpass,
    /// Logins with a signed token.
    #[n(23)]
    Jwt,
    /// The same with the browser's way to get one.
    #[n(24)]
    Oidc,
    /// A login method of Vault's that can be mounted, so that programs which set it up go on, and lets nobody in.
    #[n(25)]
    Github,
    /// As [`Self::Github`].
    #[n(26)]
    Gcp,
}

/// Each kind with its word at the Vault door.
const KINDS: &[(MountKind, &str)] = &[
    (MountKind::KeyValue, "kv"),
    (MountKind::KeyValueUnversioned, "kv"),
    (MountKind::Cubbyhole, "cubbyhole"),
    (MountKind::Identity, "identity"),
    (MountKind::System, "system"),
    (MountKind::Transit, "transit"),
    (MountKind::Pki, "pki"),
    (MountKind::Token, "token"),
    (MountKind::AppRole, "approle"),
    (MountKind::Userpass, "userpass"),
    (MountKind::Jwt, "jwt"),
    (MountKind::Oidc, "oidc"),
    (MountKind::Github, "github"),
    (MountKind::Gcp, "gcp"),
];

/// The number of the mount that every token has a part of.
pub(crate) const CUBBYHOLE: u8 = 1;
/// The number of the identity store.
pub(crate) const IDENTITY: u8 = 2;
/// The number of the operators' mount.
pub(crate) const SYSTEM: u8 = 3;
/// The number of the token store.
pub(crate) const TOKEN: u8 = 4;

/// The mounts that are always there. They are not kept in the table's record, and cannot be moved.
const BUILT_IN: &[(&str, MountKind, u8, &str)] = &[
    ("cubbyhole", MountKind::Cubbyhole, CUBBYHOLE, "per-token private secret storage"),
    ("identity", MountKind::Identity, IDENTITY, "identity store"),
    ("sys", MountKind::System, SYSTEM, "system endpoints used for control, policy and debugging"),
    ("auth/token", MountKind::Token, TOKEN, "token based credentials"),
];

/// A place in a mount: the canonical path, which is what policies speak of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    pub(crate) mount: MountId,
    pub(crate) kind: MountKind,
    mount_bytes: usize,
    /// `<mount>/<path>`
    canonical: String,
    pub(crate) path: SecretPath,
}

impl MountTable {
    pub(crate) fn with_secret_mount(id: MountId) -> Self {
        #[expect(clippy::expect_used, reason = "the name is a constant within the grammar")]
        let path = MountPath::new(SECRET_MOUNT).expect("a mount path");
        Self { mounts: BTreeMap::from([(path, Mount::first(id))]) }
    }

    /// The table with the mounts that are always there.
    pub(crate) fn with_built_in(mut self) -> Self {
        for (path, kind, number, description) in BUILT_IN {
            let Ok(path) = MountPath::new(*path) else { continue };
            let mount = Mount {
                description: (*description).to_owned(),
                ..Mount::new(fixed(*number), *kind)
            };
            self.mounts.insert(path, mount);
        }
        self
    }

    /// The table as it is kept.
    pub(crate) fn without_built_in(&self) -> Self {
        let kept = |(path, mount): (&MountPath, &Mount)| {
            (!mount.is_built_in()).then(|| (path.clone(), mount.clone()))
        };
        Self { mounts: self.mounts.iter().filter_map(kept).collect() }
    }

    /// All mounts, in byte order of their paths.
    pub fn iter(&self) -> impl Iterator<Item = (&MountPath, &Mount)> {
        self.mounts.iter()
    }

    /// The mount at exactly this path.
    #[must_use]
    pub fn at(&self, path: &str) -> Option<&Mount> {
        self.mounts.get(path)
    }

    /// The mount with this id, and where it is.
    #[must_use]
    pub fn by_id(&self, id: MountId) -> Option<(&MountPath, &Mount)> {
        self.mounts.iter().find(|(_, mount)| mount.id == id)
    }

    /// The mount with this accessor, and where it is.
    #[must_use]
    pub fn by_accessor(&self, accessor: &str) -> Option<(&MountPath, &Mount)> {
        self.mounts.iter().find(|(_, mount)| mount.accessor() == accessor)
    }

    /// Add a mount, or change one.
    pub(crate) fn put(&mut self, path: MountPath, mount: Mount) {
        self.mounts.insert(path, mount);
    }

    pub(crate) fn remove(&mut self, path: &str) -> Option<Mount> {
        self.mounts.remove(path)
    }

    /// Whether a new mount at this path would be inside another one, or have another one inside it.
    #[must_use]
    pub fn conflicts(&self, path: &str) -> Option<&MountPath> {
        let inside = |outer: &str, inner: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let mut paths = self.mounts.keys();
        paths.find(|other| inside(other.as_str(), path) || inside(path, other.as_str()))
    }

    /// The location that a canonical path names.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when no mount of secrets serves it or the rest is not a path.
    pub fn location(&self, canonical: &str) -> Result<Location, Error> {
        let (mount_path, mount, rest) = self.resolve(canonical)?;
        if !mount.kind.holds_secrets() {
            return Err(InvalidRequest::NoMount(canonical.to_owned()).into());
        }
        let path = SecretPath::new(rest).map_err(|source| Error::name(canonical, source))?;
        Ok(Location {
            mount: mount.id,
            kind: mount.kind,
            mount_bytes: mount_path.as_str().len(),
            canonical: canonical.to_owned(),
            path,
        })
    }

    /// Where a mount is.
    pub(crate) fn path_of(&self, id: MountId) -> Option<&MountPath> {
        self.by_id(id).map(|(path, _)| path)
    }

    /// The mount that serves a path, where it is, and the rest of the path, which may be empty.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]
    pub fn resolve<'a>(&self, path: &'a str) -> Result<(&MountPath, &Mount, &'a str), Error> {
        let mut end = path.len();
        loop {
            let (head, rest) = path.split_at_checked(end).unwrap_or((path, ""));
            if let Some((mount_path, mount)) = self.mounts.get_key_value(head) {
                return Ok((mount_path, mount, rest.strip_prefix('/').unwrap_or(rest)));
            }
            match head.rfind('/') {
                Some(slash) => end = slash,
                None => return Err(InvalidRequest::NoMount(path.to_owned()).into()),
            }
        }
    }
}

impl Mount {
    /// A mount with nothing tuned.
    #[must_use]
    pub fn new(id: MountId, kind: MountKind) -> Self {
        Self { id, kind, description: String::new(), settings: MountSettings::default() }
    }

    /// The mount that every store has from the start.
    fn first(id: MountId) -> Self {
        let description = SECRET_DESCRIPTION.to_owned();
        Self { description, ..Self::new(id, MountKind::KeyValue) }
    }

    /// Whether it is the mount that every store has from the start, where it was and as it was made.
    pub(crate) fn is_first(&self, path: &str) -> bool {
        path == SECRET_MOUNT && *self == Self::first(self.id)
    }

    /// The mount that is made for logins of apps.
    pub(crate) fn of_apps(id: MountId) -> Self {
        let description = APPS_DESCRIPTION.to_owned();
        Self { description, ..Self::new(id, MountKind::AppRole) }
    }

    /// Whether it is the mount that was made for logins of apps, as it was made.
    pub(crate) fn is_of_apps(&self) -> bool {
        *self == Self::of_apps(self.id)
    }

    /// Its name in identity and policies' templates, `<kind>_<8 digits of its id>`.
    #[must_use]
    pub fn accessor(&self) -> String {
        // The last bytes tell built-in mounts apart, and are as random as the others elsewhere.
        let tail = self.id.to_string().split_off(24);
        format!("{}_{tail}", self.kind.word())
    }

    /// Whether it is one of those that are always there.
    #[must_use]
    pub fn is_built_in(&self) -> bool {
        BUILT_IN.iter().any(|(_, kind, ..)| *kind == self.kind)
    }

    /// Its limits on lifetimes, within the server's.
    #[must_use]
    pub fn ttl_limits(&self, server: TtlLimits) -> TtlLimits {
        let max = self.settings.max_ttl.unwrap_or(server.max);
        TtlLimits { default: self.settings.default_ttl.unwrap_or(server.default).min(max), max }
    }
}

impl MountKind {
    /// Its word at the Vault door.
    #[must_use]
    pub fn word(self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self).map_or("unknown", |(_, word)| word)
    }

    /// The kind that can be mounted under a word, for secrets or (`auth`) for logins.
    #[must_use]
    pub fn mountable(word: &str, auth: bool) -> Option<Self> {
        let word = if word == "generic" { "kv" } else { word };
        let is_built_in = |kind: Self| BUILT_IN.iter().any(|(_, built_in, ..)| *built_in == kind);
        let found = KINDS
            .iter()
            .find(|(kind, known)| *known == word && kind.is_auth() == auth && !is_built_in(*kind));
        found.map(|(kind, _)| *kind)
    }

    /// The words of the kinds that can be mounted, for secrets or (`auth`) for logins.
    #[must_use]
    pub fn words_mountable(auth: bool) -> Vec<&'static str> {
        let mut words: Vec<_> = KINDS.iter().map(|(_, word)| *word).collect();
        words.retain(|word| Self::mountable(word, auth).is_some());
        words.sort_unstable();
        words.dedup();
        words
    }

    /// Whether it lets callers in.
    #[must_use]
    pub fn is_auth(self) -> bool {
        use MountKind::{AppRole, Gcp, Github, Jwt, Oidc, Token, Userpass};
        matches!(self, Token | AppRole | Userpass | Jwt | Oidc | Github | Gcp)
    }

    /// Whether it holds secrets of the model.
    #[must_use]
    pub fn holds_secrets(self) -> bool {
        matches!(self, Self::KeyValue | Self::KeyValueUnversioned)
    }
}

/// The id of a mount that is always there.
pub(crate) fn fixed(number: u8) -> MountId {
    let mut bytes = [0; 16];
    if let Some(last) = bytes.last_mut() {
        *last = number;
    }
    MountId::from_bytes(bytes)
}

impl Location {
    /// A place in a mount that holds no secrets of the model.
    pub(crate) fn logical(mount_path: &str, mount: &Mount, path: &str) -> Result<Self, Error> {
        let name = path.strip_suffix('/').unwrap_or(path);
        let secret_path = SecretPath::new(name).map_err(|source| Error::name(path, source))?;
        Ok(Self {
            mount: mount.id,
            kind: mount.kind,
            mount_bytes: mount_path.len(),
            canonical: path.to_owned(),
            path: secret_path,
        })
    }

    /// What policies call it beside the canonical path, where something is done that `word` stands for: the path that
    /// Vault's KV version 2 has for it. `None` where there are no versions.
    pub(crate) fn worded(&self, word: &str) -> Option<String> {
        let rest = self.canonical.get(self.mount_bytes + 1..)?;
        let versioned = self.kind == MountKind::KeyValue;
        versioned.then(|| [self.mount_path(), "/", word, "/", rest].concat())
    }

    /// The canonical path, `<mount>/<path>`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.canonical
    }

    /// The mount's path.
    #[must_use]
    pub fn mount_path(&self) -> &str {
        self.canonical.get(..self.mount_bytes).unwrap_or_default()
    }

    /// The path within the mount.
    #[must_use]
    pub fn path(&self) -> &SecretPath {
        &self.path
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_serves_a_path() {
        let mut table = MountTable::with_secret_mount(MountId::from_bytes([1; 16]));
        let inner = Mount::new(MountId::from_bytes([2; 16]), MountKind::KeyValue);
        table.mounts.insert(MountPath::new("secret/team").expect("a mount path"), inner);
        let outer = table.location("secret/teams/a").expect("is served");
        assert_eq!((outer.mount, outer.path.as_str()), (MountId::from_bytes([1; 16]), "teams/a"));
        let inner = table.location("secret/team/a").expect("is served");
        assert_eq!((inner.mount, inner.path.as_str()), (MountId::from_bytes([2; 16]), "a"));
        assert_eq!((inner.mount_path(), inner.as_str()), ("secret/team", "secret/team/a"));
    }

    #[test]
    fn paths_outside_mounts_and_outside_the_grammar_are_refused() {
        let table = MountTable::with_secret_mount(MountId::from_bytes([1; 16]));
        for bad in ["", "other/a", "secretive/a", "secret", "secret/", "secret/a//b", "secret/.."] {
            assert!(table.location(bad).is_err(), "{bad}");
        }
    }
}
