//! What an operation may use.

use std::sync::Arc;

use strongroom_core::crypto::RecordKind;
use strongroom_core::model::{AwsName, AzureName, Payload, Secret, SecretPath, Version};
use strongroom_core::policy::Capability;
use strongroom_core::random::Random;
use strongroom_core::time::Timestamp;
use strongroom_store::{Batch, Key, Precondition, Range, Revision, Store, Write as StoreWrite};

use crate::error::{Error, InvalidRequest};
use crate::keys;
use crate::lifecycle::Unsealed;
use crate::mounts::{Location, MountTable};
use crate::principal::Principal;
use crate::records::{Records, Stored, decode};
use crate::witness::{Authorized, Grant, Performed, Read, Sudo, Write};

/// Something that can be asked of the engine. It may be performed several times before one commit succeeds, so it
/// changes nothing itself: what it wants changed is in what it returns.
pub trait Operation {
    /// What it answers.
    type Answer;

    /// The word that audit records use.
    const NAME: &'static str;

    /// The canonical path it is asked of, for the audit record.
    fn subject(&self) -> Option<&str>;

    /// Authorise, and find or prepare.
    ///
    /// # Errors
    /// [`Error`]
    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error>;
}

/// The store and the keys as one request may use them: everything about a secret demands an [`Authorized`].
pub struct Room<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) unsealed: &'a Unsealed,
    pub(crate) mounts: Arc<MountTable>,
    pub(crate) principal: &'a Principal,
    pub(crate) random: &'a dyn Random,
    pub(crate) now: Timestamp,
}

impl Room<'_> {
    /// The location that a canonical path names.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]
    pub fn location(&self, canonical: &str) -> Result<Location, Error> {
        self.mounts.location(canonical)
    }

    /// Proof that the caller may do `C` at a location.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub fn authorise<C: Grant>(&self, location: Location) -> Result<Authorized<C>, Error> {
        self.require(location.as_str(), C::CAPABILITY)?;
        Ok(Authorized::new(location))
    }

    /// Proof that the caller may write a secret: `create` where there is none, `update` where there is one (as
    /// Vault decides). The answer to a caller who may not is the same in both cases.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub(crate) fn authorise_write(
        &self,
        location: Location,
    ) -> Result<(Authorized<Write>, Option<Stored<Secret>>), Error> {
        let key = keys::secret(location.mount, &location.path);
        let entry = self.store.get(&key)?;
        let capability = if entry.is_some() { Capability::Update } else { Capability::Create };
        // Before the record is opened: what is wrong with it is not for everybody.
        self.require(location.as_str(), capability)?;
        let found = entry
            .map(|entry| self.records().read_entry(RecordKind::Secret, &key, &entry))
            .transpose()?;
        Ok((Authorized::new(location), found))
    }

    /// Proof that the caller may do an operator's work.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub(crate) fn authorise_system(&self, path: &str) -> Result<Authorized<Sudo>, Error> {
        self.require(path, Capability::Sudo)?;
        Ok(Authorized::new(Location::system(path)?))
    }

    /// Proof that the caller may list below a prefix, which ends with one `/`. What the policy is asked of and what is
    /// listed must be one folder: a prefix that could be read as another is refused before.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub(crate) fn authorise_list(&self, prefix: &str) -> Result<ListScope, Error> {
        let folder = prefix.strip_suffix('/').filter(|folder| !folder.ends_with('/'));
        let rule = "a folder is written with one `/` at its end";
        let folder = folder.ok_or(Error::from(InvalidRequest::Limit(rule)))?;
        self.require(prefix, Capability::List)?;
        let (mount_path, mount, rest) = self.mounts.resolve(folder)?;
        let mut below = keys::secrets_of(mount.id);
        if !rest.is_empty() {
            SecretPath::new(rest).map_err(|source| Error::name(prefix, source))?;
            below.push_str(rest);
            below.push('/');
        }
        let mount_key = keys::secrets_of(mount.id);
        Ok(ListScope { mount_path: mount_path.to_string(), mount_key, below })
    }

    /// The secret at an authorised location.
    pub(crate) fn secret<C>(&self, proof: &Authorized<C>) -> Result<Option<Stored<Secret>>, Error> {
        self.load(proof.location())
    }

    /// The secret at an authorised location, which must be there.
    pub(crate) fn existing<C>(&self, proof: &Authorized<C>) -> Result<Stored<Secret>, Error> {
        self.secret(proof)?.ok_or_else(|| Error::NotFound(proof.location().to_string()))
    }

    /// The metadata of the secret at a location that may be read, which must be there.
    pub(crate) fn metadata(&self, proof: &Authorized<Read>) -> Result<Arc<Secret>, Error> {
        let location = proof.location();
        let key = keys::secret(location.mount, &location.path);
        let found = self.store.get(&key)?;
        let entry = found.ok_or_else(|| Error::NotFound(location.to_string()))?;
        if let Some(known) = self.unsealed.metadata.get(&entry) {
            return Ok(known);
        }
        let bytes = self.records().open(RecordKind::Secret, &key, &entry.value)?;
        let secret = Arc::new(decode(&key, bytes.expose())?);
        self.unsealed.metadata.keep(&entry, &secret);
        Ok(secret)
    }

    /// What a version holds; `None` when its record is not there.
    pub(crate) fn payload(
        &self,
        _proof: &Authorized<Read>,
        secret: &Secret,
        version: &Version,
    ) -> Result<Option<Payload>, Error> {
        let key = keys::payload(secret.id, version.number);
        let Some(found) = self.records().read_bytes(RecordKind::Payload, &key)? else {
            return Ok(None);
        };
        let payload = Payload::new(version.kind, found.value)
            .map_err(|_| Error::damaged(key.as_str(), "it is not of its kind"))?;
        Ok(Some(payload))
    }

    /// Writes for a new secret's names at the other doors, with the preconditions that keep them unique, also among
    /// those that `batch` makes already.
    pub(crate) fn name(
        &self,
        batch: &Batch,
        location: &Location,
        secret: &mut Secret,
    ) -> Result<(Vec<Precondition>, Vec<StoreWrite>), Error> {
        let (mut preconditions, mut writes) = (Vec::new(), Vec::new());
        for name in AzureName::candidates(&location.path) {
            let key = keys::azure_alias(location.mount, &name);
            let is_made = batch.writes.iter().any(|write| *write.key() == key);
            if is_made || self.store.get(&key)?.is_some() {
                continue;
            }
            preconditions.push(Precondition::Absent(key.clone()));
            writes.push(self.alias(key, &location.path));
            secret.aliases.azure = Some(name);
            break;
        }
        if let Some(name) = AwsName::of_path(&location.path) {
            let key = keys::aws_alias(location.mount, &name);
            if self.store.get(&key)?.is_some() {
                return Err(Error::AlreadyExists(format!("the AWS name {name}")));
            }
        }
        Ok((preconditions, writes))
    }

    /// Deletions of a secret's names at the other doors.
    pub(crate) fn unname(&self, location: &Location, secret: &Secret) -> Vec<StoreWrite> {
        let azure = secret.aliases.azure.as_ref();
        let aws = secret.aliases.aws.as_ref();
        azure
            .map(|name| StoreWrite::Delete(keys::azure_alias(location.mount, name)))
            .into_iter()
            .chain(aws.map(|name| StoreWrite::Delete(keys::aws_alias(location.mount, name))))
            .collect()
    }

    /// A write of a secret's metadata, with the precondition that nobody changed it since it was read.
    pub(crate) fn put_secret(
        &self,
        location: &Location,
        secret: &Secret,
        found: Option<&Stored<Secret>>,
    ) -> (Precondition, StoreWrite) {
        let key = keys::secret(location.mount, &location.path);
        let precondition = match found {
            Some(found) => found.unchanged(key.clone()),
            None => Precondition::Absent(key.clone()),
        };
        (precondition, self.records().put(RecordKind::Secret, key, secret))
    }

    /// Whether a path may be shown in a list to this caller.
    pub(crate) fn may_see(&self, canonical: &str) -> bool {
        self.principal.acl().may_see(canonical)
    }

    /// Whether something below a folder may be shown in a list to this caller.
    pub(crate) fn may_see_below(&self, folder: &str) -> bool {
        self.principal.acl().may_see_below(folder)
    }

    /// The revision of the last change: every change writes the head with it.
    ///
    /// # Errors
    /// [`Error::Unavailable`]
    pub(crate) fn last_change(&self) -> Result<Revision, Error> {
        let head = self.store.get(&keys::fixed(keys::AUDIT_HEAD))?;
        Ok(head.map_or(Revision(0), |entry| entry.revision))
    }

    /// That the keys in memory are those of the store: for work on what the keys of other processes made.
    ///
    /// # Errors
    /// [`Error::VersionConflict`], at which the engine reads the keys and performs the operation anew.
    pub(crate) fn require_current_keys(&self) -> Result<(), Error> {
        let found = self.store.get(&keys::fixed(keys::KEYRING))?;
        if found.is_some_and(|entry| entry.revision == self.unsealed.revision) {
            return Ok(());
        }
        Err(Error::VersionConflict("the keyring was changed by someone else".to_owned()))
    }

    pub(crate) fn records(&self) -> Records<'_> {
        Records { store: self.store, keyring: &self.unsealed.keyring, random: self.random }
    }

    fn alias(&self, key: Key, path: &SecretPath) -> StoreWrite {
        self.records().put(RecordKind::Alias, key, path)
    }

    fn load(&self, location: &Location) -> Result<Option<Stored<Secret>>, Error> {
        let key = keys::secret(location.mount, &location.path);
        self.records().read(RecordKind::Secret, &key)
    }

    fn require(&self, path: &str, capability: Capability) -> Result<(), Error> {
        let decision = self.principal.acl().check(path, capability);
        if decision.is_allowed() {
            return Ok(());
        }
        Err(Error::Forbidden {
            principal: self.principal.name().to_owned(),
            capability,
            path: path.to_owned(),
            reason: decision.to_string(),
        })
    }
}

/// Where a list may look, once the caller may list there.
pub(crate) struct ListScope {
    mount_path: String,
    mount_key: String,
    below: String,
}

impl ListScope {
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

    fn key_of(&self, canonical: &str) -> String {
        let in_mount = canonical
            .strip_prefix(&self.mount_path)
            .and_then(|rest| rest.strip_prefix('/'))
            .unwrap_or(canonical);
        format!("{}{in_mount}", self.mount_key)
    }
}
