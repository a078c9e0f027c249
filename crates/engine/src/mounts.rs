//! The mount table, and locations: a mount with a path in it.

use std::collections::BTreeMap;
use std::fmt;

use strongroom_core::identifier::MountId;
use strongroom_core::model::{MountPath, SecretPath};

use crate::error::{Error, InvalidRequest};

/// The mount that every store has from the start.
pub const SECRET_MOUNT: &str = "secret";

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
}

/// What serves a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum MountKind {
    /// Versioned secrets.
    #[n(1)]
    KeyValue,
}

/// A place in a mount: the canonical path, which is what policies speak of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    pub(crate) mount: MountId,
    mount_bytes: usize,
    /// `<mount>/<path>`
    canonical: String,
    pub(crate) path: SecretPath,
}

impl MountTable {
    pub(crate) fn with_secret_mount(id: MountId) -> Self {
        #[expect(clippy::expect_used, reason = "the name is a constant within the grammar")]
        let path = MountPath::new(SECRET_MOUNT).expect("a mount path");
        Self { mounts: BTreeMap::from([(path, Mount { id, kind: MountKind::KeyValue })]) }
    }

    /// The location that a canonical path names.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when no mount serves it or the rest is not a path.
    pub fn location(&self, canonical: &str) -> Result<Location, Error> {
        let (mount_path, mount, rest) = self.resolve(canonical)?;
        let path = SecretPath::new(rest).map_err(|source| Error::name(canonical, source))?;
        Ok(Location {
            mount: mount.id,
            mount_bytes: mount_path.as_str().len(),
            canonical: canonical.to_owned(),
            path,
        })
    }

    /// Where a mount is.
    pub(crate) fn path_of(&self, id: MountId) -> Option<&MountPath> {
        self.mounts.iter().find(|(_, mount)| mount.id == id).map(|(path, _)| path)
    }

    /// The mount that serves a path, and the rest of the path, which may be empty.
    pub(crate) fn resolve<'a>(
        &self,
        canonical: &'a str,
    ) -> Result<(&MountPath, &Mount, &'a str), Error> {
        let serving = self.mounts.iter().filter_map(|(mount_path, mount)| {
            let rest = canonical.strip_prefix(mount_path.as_str())?;
            let rest = if rest.is_empty() { rest } else { rest.strip_prefix('/')? };
            Some((mount_path, mount, rest))
        });
        serving
            .max_by_key(|(mount_path, ..)| mount_path.as_str().len())
            .ok_or_else(|| InvalidRequest::NoMount(canonical.to_owned()).into())
    }
}

impl Location {
    /// A place that is no secret's: an operator's work.
    pub(crate) fn system(path: &str) -> Result<Self, Error> {
        let secret_path = SecretPath::new(path).map_err(|source| Error::name(path, source))?;
        let mount = MountId::from_bytes([0; 16]);
        Ok(Self { mount, mount_bytes: 0, canonical: path.to_owned(), path: secret_path })
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
        let inner = Mount { id: MountId::from_bytes([2; 16]), kind: MountKind::KeyValue };
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
