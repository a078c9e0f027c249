//! Where lists may look, and what of it they may show.

use std::borrow::Cow;

use strongroom_core::model::{MountPath, SecretPath};
use strongroom_core::policy::Capability;
use strongroom_store::{Key, Range};

use super::{Aspect, Room, WORDS, worded};
use crate::error::{Error, InvalidRequest};
use crate::keys;
use crate::mounts::{Mount, MountKind};

impl Room<'_> {
    /// Proof that the caller may list below a prefix, which ends with one `/`. What the policy is asked of and what is
    /// listed must be one folder: a prefix that could be read as another is refused before.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub(crate) fn authorise_list(&self, prefix: &str) -> Result<ListScope, Error> {
        let folder = prefix.strip_suffix('/').filter(|folder| !folder.ends_with('/'));
        let rule = "a folder is written with one `/` at its end";
        let folder = folder.ok_or(Error::from(InvalidRequest::Limit(rule)))?;
        let resolved = self.mounts.resolve(folder).ok().filter(|(_, m, _)| m.kind.holds_secrets());
        let Some((mount_path, mount, rest)) = resolved else {
            self.require(prefix, Capability::List)?;
            return Err(InvalidRequest::NoMount(prefix.to_owned()).into());
        };
        let mount_bytes = mount_path.as_str().len() + 1;
        let api = worded(prefix, mount_bytes, mount.kind, Aspect::Metadata.word());
        match &api {
            None => self.require(prefix, Capability::List)?,
            Some(api) => self.require_forms(
                (prefix, Capability::List),
                (api, Capability::List),
                mount_bytes,
            )?,
        }
        ListScope::new(prefix, mount_path, mount, rest)
    }

    /// Where a list would look; `None` when no mount of secrets is there.
    fn list_scope(&self, prefix: &str) -> Result<Option<ListScope>, Error> {
        let resolved = self.mounts.resolve(prefix.trim_end_matches('/')).ok();
        let resolved = resolved.filter(|(_, mount, _)| mount.kind.holds_secrets());
        resolved.map(|(path, mount, rest)| ListScope::new(prefix, path, mount, rest)).transpose()
    }

    /// Where a list of all that the caller may see may look: where they may list below a prefix, or may see anything.
    ///
    /// # Errors
    /// [`Error::Forbidden`] to who may see nothing there.
    pub(crate) fn authorise_visible(&self, prefix: &str) -> Result<ListScope, Error> {
        let denied = match self.authorise_list(prefix) {
            Err(error @ Error::Forbidden { .. }) => error,
            other => return other,
        };
        match self.list_scope(prefix)? {
            Some(scope) if self.may_see_below(&scope, prefix) => Ok(scope),
            _ => Err(denied),
        }
    }

    /// Whether a secret may be shown in a list to this caller, under any of its names.
    pub(crate) fn may_see(&self, scope: &ListScope, canonical: &str) -> bool {
        let acl = self.caller.principal.acl();
        scope.names(canonical).any(|name| acl.may_see(&name))
    }

    /// Whether something below a folder may be shown in a list to this caller.
    pub(crate) fn may_see_below(&self, scope: &ListScope, folder: &str) -> bool {
        let acl = self.caller.principal.acl();
        scope.names(folder).any(|name| acl.may_see_below(&name))
    }
}

/// Where a list may look, once the caller may list there.
pub(crate) struct ListScope {
    mount_path: String,
    kind: MountKind,
    mount_key: String,
    below: String,
}

impl ListScope {
    fn new(prefix: &str, path: &MountPath, mount: &Mount, rest: &str) -> Result<Self, Error> {
        let mut below = keys::secrets_of(mount.id);
        if !rest.is_empty() {
            SecretPath::new(rest).map_err(|source| Error::name(prefix, source))?;
            below.push_str(rest);
            below.push('/');
        }
        let mount_key = keys::secrets_of(mount.id);
        Ok(Self { mount_path: path.to_string(), kind: mount.kind, mount_key, below })
    }

    /// A range over the records below the prefix.
    pub(crate) fn range(&self, after: Option<String>) -> Range {
        let after = after.map(|path| self.key_of(&path));
        Range { after, ..Range::prefix(self.below.clone()) }
    }

    /// The canonical path of a record in the range, and the same relative to the prefix.
    pub(crate) fn paths<'k>(&self, key: &'k Key) -> Option<(String, &'k str)> {
        let in_mount = key.as_str().strip_prefix(&self.mount_key)?;
        let relative = key.as_str().strip_prefix(&self.below)?;
        Some((format!("{}/{in_mount}", self.mount_path), relative))
    }

    /// What policies may call something below the prefix.
    fn names(&self, canonical: &str) -> impl Iterator<Item = Cow<'_, str>> {
        let bytes = self.mount_path.len() + 1;
        let rest = canonical.get(bytes..).unwrap_or_default();
        let is_word = rest.split('/').next().is_some_and(|first| WORDS.contains(&first));
        let worded = [Aspect::Metadata, Aspect::Data]
            .map(|aspect| worded(canonical, bytes, self.kind, aspect.word()).map(Cow::Owned));
        let plain = (!is_word || self.kind != MountKind::KeyValue)
            .then(|| Cow::Owned(canonical.to_owned()));
        plain.into_iter().chain(worded.into_iter().flatten())
    }

    fn key_of(&self, canonical: &str) -> String {
        let in_mount = canonical
            .strip_prefix(&self.mount_path)
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(canonical);
        format!("{}{in_mount}", self.mount_key)
    }
}
