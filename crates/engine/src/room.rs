//! What an operation may use.

mod list;
mod reading;

use std::sync::Arc;

pub(crate) use self::list::ListScope;

use strongroom_core::crypto::RecordKind;
use strongroom_core::model::{AwsName, AzureName, Secret, SecretPath};
use strongroom_core::policy::{Acl, Capabilities, Capability, Decision, ParameterValue};
use strongroom_core::random::Random;
use strongroom_core::time::Timestamp;
use strongroom_core::token::TtlLimits;
use strongroom_store::{Batch, Key, Precondition, Revision, Store, Write as StoreWrite};

use crate::audit::AuditLog;
use crate::audit::devices::Devices;
use crate::error::{Error, InvalidRequest};
use crate::identify::Identified;
use crate::jwt::Fetch;
use crate::keys;
use crate::lifecycle::Unsealed;
use crate::logical::Logical;
use crate::login::PasswordGuard;
use crate::mounts::{Location, MountKind, MountTable};
use crate::operations::aws::Places;
use crate::operations::jwt::JwtSources;
use crate::records::{Records, Stored};
use crate::request::Request;
use crate::witness::{Authorized, Delete, Grant, Open, Performed, Sudo, Write};

/// Something that can be asked of the engine. It may be performed several times before one commit succeeds, so it
/// changes nothing itself: what it wants changed is in what it returns.
pub trait Operation {
    /// What it answers.
    type Answer;

    /// The word that audit records use.
    const NAME: &'static str;

    /// Whether it takes back what has belongings that are to be gone before it is answered.
    const SETTLES: bool = false;

    /// Whether anybody may ask, with a token or without: what is answered is for everybody. The token is not looked at,
    /// as with Vault's paths of this sort: one that has ended bars nobody from what is open, and none is used up.
    const OPEN: bool = false;

    /// Whether it is one of the uses that a token may have. What Vault's command asks first is none, as with Vault.
    const IS_USE: bool = true;

    /// The canonical path it is asked of, for the audit record.
    fn subject(&self) -> Option<&str>;

    /// The region that it is asked in, of what has regions.
    fn region(&self) -> Option<&str> {
        None
    }

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
    pub(crate) audit: &'a AuditLog,
    pub(crate) devices: &'a Devices,
    /// Of the mount table's record.
    pub(crate) mounts_revision: Revision,
    pub(crate) caller: &'a Identified,
    pub(crate) request: &'a Request,
    pub(crate) ttl_limits: TtlLimits,
    pub(crate) passwords: &'a PasswordGuard,
    pub(crate) random: &'a dyn Random,
    /// What reads from the network. No lock is held while it does.
    pub(crate) fetch: &'a dyn Fetch,
    /// What is known of the issuers of auth mounts.
    pub(crate) jwt_sources: &'a JwtSources,
    /// The regions of the AWS door.
    pub(crate) places: &'a Places,
    pub(crate) now: Timestamp,
}

/// What is done to a versioned secret, by the words that Vault's KV version 2 has in its paths
/// (<https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2>), which policies may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aspect {
    /// A value is read or written.
    Data,
    /// What is known of the secret is read or written, or the secret removed.
    Metadata,
    /// Versions are deleted.
    Delete,
    /// Versions are brought back.
    Undelete,
    /// Versions are erased.
    Destroy,
    /// The names in a value are read.
    Subkeys,
}

/// The words of KV version 2. A secret whose path begins with one is named by its longer path alone, so that one text
/// in a policy does not mean two secrets.
pub(crate) const WORDS: &[&str] =
    &["config", "data", "delete", "destroy", "metadata", "subkeys", "undelete"];

/// What is for everybody: the kind of a mount, and what paths in it begin with.
/// <https://developer.hashicorp.com/vault/api-docs/secret/pki#accessing-authority-information>
/// <https://developer.hashicorp.com/vault/api-docs/secret/identity/tokens#read-active-public-keys>
const OPEN_PATHS: &[(MountKind, &str)] =
    &[(MountKind::Identity, "oidc/.well-known/"), (MountKind::Pki, "cert/")];

impl Aspect {
    fn word(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Metadata => "metadata",
            Self::Delete => "delete",
            Self::Undelete => "undelete",
            Self::Destroy => "destroy",
            Self::Subkeys => "subkeys",
        }
    }

    /// What Vault demands on the longer path where `capability` is demanded on the canonical one.
    fn capability(self, capability: Capability) -> Capability {
        match self {
            Self::Data | Self::Metadata | Self::Subkeys => capability,
            Self::Delete | Self::Undelete | Self::Destroy => Capability::Update,
        }
    }
}

impl Room<'_> {
    /// The location that a canonical path names.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]; to a caller who may do nothing there [`Error::Forbidden`], as where there is one.
    pub fn location(&self, canonical: &str) -> Result<Location, Error> {
        self.mounts.location(canonical).map_err(|error| {
            let acl = self.caller.principal.acl();
            if acl.is_root() || acl.capabilities(canonical) != Capabilities::NONE {
                return error;
            }
            self.require(canonical, Capability::Read).err().unwrap_or(error)
        })
    }

    /// Proof that the caller may do `C` to this aspect of a secret.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub(crate) fn authorise<C: Grant>(
        &self,
        location: Location,
        aspect: Aspect,
    ) -> Result<Authorized<C>, Error> {
        self.require_on(&location, aspect, C::CAPABILITY)?;
        Ok(Authorized::by_caller(location, aspect))
    }

    /// Proof that the caller may remove a secret for good: `delete` on Vault's path for it, or `delete` and `sudo` on
    /// the canonical path. A secret without versions is only ever removed for good, and needs `delete`.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub(crate) fn authorise_purge(&self, location: Location) -> Result<Authorized<Delete>, Error> {
        self.require_on(&location, Aspect::Metadata, Capability::Delete)?;
        if let Some(api) = location.worded(Aspect::Metadata.word()) {
            self.require_either(
                (location.as_str(), Capability::Sudo),
                (&api, Capability::Delete),
                &location,
            )?;
        }
        Ok(Authorized::by_caller(location, Aspect::Metadata))
    }

    /// Proof that the caller may write a secret: `create` where there is none, `update` where there is one (as
    /// Vault decides). The answer to a caller who may not is the same in both cases.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub(crate) fn authorise_write(
        &self,
        location: Location,
        aspect: Aspect,
    ) -> Result<(Authorized<Write>, Option<Stored<Secret>>), Error> {
        let key = keys::secret(location.mount, &location.path);
        let entry = self.store.get(&key)?;
        let capability = if entry.is_some() { Capability::Update } else { Capability::Create };
        // Before the record is opened: what is wrong with it is not for everybody.
        self.require_on(&location, aspect, capability)?;
        let found = entry
            .map(|entry| self.records().read_entry(RecordKind::Secret, &key, &entry))
            .transpose()?;
        let proof = Authorized::by_caller(location, aspect);
        if let Some(found) = &found {
            self.admit_by_secret(&proof, &found.value)?;
        }
        Ok((proof, found))
    }

    /// Proof that the caller may do `C` at a path of another mount, and that it is of one of these kinds.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::InvalidRequest`]
    pub(crate) fn authorise_at<C: Grant>(
        &self,
        path: &str,
        kinds: &[MountKind],
    ) -> Result<Authorized<C>, Error> {
        // Whether there is such a mount is not for everybody.
        self.require(path, C::CAPABILITY)?;
        Ok(Authorized::new(self.logical_location(path, kinds)?))
    }

    /// As [`Self::authorise_at`], for a write of something that is there or not: `create` or `update`.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::InvalidRequest`]
    pub(crate) fn authorise_write_at(
        &self,
        path: &str,
        kinds: &[MountKind],
        is_there: impl FnOnce(&Logical<'_>) -> Result<bool, Error>,
    ) -> Result<Authorized<Write>, Error> {
        let location = self.logical_location(path, kinds);
        let there = match &location {
            Ok(location) => is_there(&self.logical_of(location.mount))?,
            Err(_) => false,
        };
        let capability = if there { Capability::Update } else { Capability::Create };
        self.require(path, capability)?;
        Ok(Authorized::new(location?))
    }

    /// Proof that what is at a path is for everybody, and that its mount is of this kind. Only what Vault answers without
    /// a token is, see [`OPEN_PATHS`].
    ///
    /// # Errors
    /// [`Error::Forbidden`] for any other path and mount, as where nothing is.
    pub(crate) fn authorise_open(
        &self,
        path: &str,
        kind: MountKind,
    ) -> Result<Authorized<Open>, Error> {
        let location = self.logical_location(path, &[kind]).ok().filter(|location| {
            let rest = path.get(location.mount_path().len() + 1..).unwrap_or_default();
            OPEN_PATHS.iter().any(|(open, prefix)| *open == kind && rest.starts_with(prefix))
        });
        let reason = "it is not for everybody".to_owned();
        let denied = || self.denied(path, Capability::Read, reason, None);
        location.map(Authorized::new).ok_or_else(denied)
    }

    /// Proof that the caller may do an operator's work: `sudo` on a path under `sys/`.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub(crate) fn authorise_system(&self, path: &str) -> Result<Authorized<Sudo>, Error> {
        self.authorise_at(path, &[MountKind::System])
    }

    /// Proof that the caller may do `C` at a path that Vault protects with `sudo` as well.
    ///
    /// # Errors
    /// [`Error::Forbidden`]
    pub(crate) fn authorise_protected<C: Grant>(
        &self,
        path: &str,
        kinds: &[MountKind],
    ) -> Result<Authorized<C>, Error> {
        self.require(path, Capability::Sudo)?;
        self.authorise_at(path, kinds)
    }

    fn logical_location(&self, path: &str, kinds: &[MountKind]) -> Result<Location, Error> {
        let (mount_path, mount, _) = self.mounts.resolve(path.trim_end_matches('/'))?;
        if !kinds.contains(&mount.kind) {
            return Err(InvalidRequest::NoMount(path.to_owned()).into());
        }
        Location::logical(mount_path.as_str(), mount, path)
    }

    /// That it is known who asks.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]
    pub(crate) fn require_known(&self) -> Result<(), Error> {
        if self.caller.is_known() {
            return Ok(());
        }
        Err(Error::Unauthenticated("nobody is known to ask".to_owned()))
    }

    /// The secret that a copy follows, for who may change the copy.
    pub(crate) fn stored(&self, location: &Location) -> Result<Option<Stored<Secret>>, Error> {
        self.load(location)
    }

    /// The secret at an authorised location.
    pub(crate) fn secret<C: Grant>(
        &self,
        proof: &Authorized<C>,
    ) -> Result<Option<Stored<Secret>>, Error> {
        let found = self.load(proof.location())?;
        if let Some(found) = &found {
            self.admit_by_secret(proof, &found.value)?;
        }
        Ok(found)
    }

    /// The secret at an authorised location, which must be there.
    pub(crate) fn existing<C: Grant>(
        &self,
        proof: &Authorized<C>,
    ) -> Result<Stored<Secret>, Error> {
        self.secret(proof)?.ok_or_else(|| Error::NotFound(proof.location().to_string()))
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

    /// Add to `batch` a secret's metadata and its copies', with the precondition that nobody changed it since it was read.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for a copy: only its secret is changed.
    pub(crate) fn put_secret(
        &self,
        batch: &mut Batch,
        location: &Location,
        secret: &Secret,
        found: Option<&Stored<Secret>>,
    ) -> Result<(), Error> {
        secret.require_primary()?;
        let key = keys::secret(location.mount, &location.path);
        batch.preconditions.push(match found {
            Some(found) => found.unchanged(key.clone()),
            None => Precondition::Absent(key.clone()),
        });
        batch.writes.push(self.records().put(RecordKind::Secret, key, secret));
        batch.writes.extend(secret.replicas.iter().map(|replica| {
            let key = keys::secret(replica.mount, &location.path);
            let copy = secret.copy_for(replica, location.mount);
            self.records().put(RecordKind::Secret, key, &copy)
        }));
        Ok(())
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

    pub(crate) fn alias(&self, key: Key, path: &SecretPath) -> StoreWrite {
        self.records().put(RecordKind::Alias, key, path)
    }

    fn load(&self, location: &Location) -> Result<Option<Stored<Secret>>, Error> {
        let key = keys::secret(location.mount, &location.path);
        self.records().read(RecordKind::Secret, &key)
    }

    /// That the caller has the capability on a path, with what the request carries.
    pub(crate) fn require(&self, path: &str, capability: Capability) -> Result<(), Error> {
        // A list is asked of a folder, as Vault has it: a rule on the name without the slash grants it as well.
        let folder = match capability {
            Capability::List if !path.ends_with('/') => Some(format!("{path}/")),
            _ => None,
        };
        let path = folder.as_deref().unwrap_or(path);
        let decision = self.caller.principal.acl().check(path, capability);
        self.admit(&decision, path, capability)
    }

    /// That the caller's policies allow something to an aspect of a secret.
    pub(crate) fn require_on(
        &self,
        location: &Location,
        aspect: Aspect,
        capability: Capability,
    ) -> Result<(), Error> {
        match location.worded(aspect.word()) {
            None => self.require(location.as_str(), capability),
            Some(api) => {
                let api = (api.as_str(), aspect.capability(capability));
                self.require_either((location.as_str(), capability), api, location)
            }
        }
    }

    fn require_either(
        &self,
        canonical: (&str, Capability),
        api: (&str, Capability),
        location: &Location,
    ) -> Result<(), Error> {
        self.require_forms(canonical, api, location.mount_path().len() + 1)
    }

    fn require_forms(
        &self,
        canonical: (&str, Capability),
        api: (&str, Capability),
        mount_bytes: usize,
    ) -> Result<(), Error> {
        let decision = decide(self.caller.principal.acl(), canonical, api, mount_bytes);
        self.admit(&decision, canonical.0, canonical.1)
    }

    pub(crate) fn denied(
        &self,
        path: &str,
        capability: Capability,
        reason: String,
        hint: Option<String>,
    ) -> Error {
        let principal = self.caller.principal.name().to_owned();
        Error::Forbidden { principal, capability, path: path.to_owned(), reason, hint }
    }

    fn admit(
        &self,
        decision: &Decision<'_>,
        path: &str,
        capability: Capability,
    ) -> Result<(), Error> {
        let denied = |reason: String| self.denied(path, capability, reason, decision.hint());
        if !decision.is_allowed() {
            return Err(denied(decision.to_string()));
        }
        let Some(asked) = &self.request.asked else { return Ok(()) };
        let acl = self.caller.principal.acl();
        use Capability::{Create, Patch, Read, Update};
        if matches!(capability, Create | Patch | Read | Update) {
            let parameters: Vec<(&str, ParameterValue)> = asked
                .parameters
                .iter()
                .map(|(name, value)| (name.as_str(), value.clone()))
                .collect();
            acl.check_parameters(decision.path(), &parameters)
                .map_err(|denial| denied(denial.to_string()))?;
        }
        acl.check_wrapping(decision.path(), capability, asked.wrap_ttl)
            .map_err(|denial| denied(denial.to_string()))
    }
}

/// What decides on something in a versioned mount, by both of its names; `mount_bytes` is how long `<mount>/` is.
pub(crate) fn decide<'a>(
    acl: &'a Acl,
    canonical: (&'a str, Capability),
    api: (&'a str, Capability),
    mount_bytes: usize,
) -> Decision<'a> {
    let rest = canonical.0.get(mount_bytes..).unwrap_or_default();
    match rest.split('/').next() {
        Some(first) if WORDS.contains(&first) => acl.check(api.0, api.1),
        _ => acl.check_either(canonical, api, mount_bytes),
    }
}

/// The longer name of something in a versioned mount, see [`Location::worded`].
fn worded(canonical: &str, mount_bytes: usize, kind: MountKind, word: &str) -> Option<String> {
    let (mount, rest) = canonical.split_at_checked(mount_bytes)?;
    (kind == MountKind::KeyValue).then(|| format!("{mount}{word}/{rest}"))
}
