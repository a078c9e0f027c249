use strongroom_core::time::{Seconds, Timestamp};
use strongroom_core::transit::{
    BackupMoment, CreateError, KeyType, NewKey, PublicKeyError, TransitKey,
};

use super::{Asked, TRANSIT, damaged};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::transit_keys::KEYS;
use crate::witness::{Delete, List, Performed, Read};

/// The most names of one page.
pub const KEYS_LISTED_MAX: usize = 10_000;

/// A key as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRead {
    /// Its name.
    pub name: String,
    /// Its type.
    pub key_type: KeyType,
    /// Whether each context has a key of its own.
    pub derived: bool,
    /// Whether equal plaintexts in one context have equal ciphertexts.
    pub convergent: bool,
    /// Whether key material may be exported.
    pub exportable: bool,
    /// Whether it may be backed up in plaintext.
    pub allow_plaintext_backup: bool,
    /// Whether it may be deleted.
    pub deletion_allowed: bool,
    /// How old its latest version gets before it is rotated; 0 for never.
    pub auto_rotate_period: Seconds,
    /// The oldest version that decrypts.
    pub min_decryption_version: u32,
    /// The oldest version that encrypts; 0 for no minimum.
    pub min_encryption_version: u32,
    /// The oldest version kept; 0 before the first trim.
    pub min_available_version: u32,
    /// The newest version.
    pub latest_version: u32,
    /// The length of a key of type `hmac`, in bytes.
    pub hmac_key_bytes: Option<u16>,
    /// When it was last backed up.
    pub backed_up: Option<BackupMoment>,
    /// When it was restored.
    pub restored: Option<BackupMoment>,
    /// The versions that may be used, oldest first.
    pub versions: Vec<KeyVersionRead>,
}

/// A version as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyVersionRead {
    /// Its number.
    pub number: u32,
    /// When it was made.
    pub created: Timestamp,
    /// Its public key as Vault shows it: PEM, or base64 for Ed25519. A derived key has one for each context.
    pub public_key: Option<String>,
}

impl KeyRead {
    pub(super) fn of(name: &str, key: &TransitKey, context: &[u8]) -> Result<Self, Error> {
        let version = |(number, version): (u32, &strongroom_core::transit::KeyVersion)| {
            let public_key = key.public_key(version, context).map_err(|error| match error {
                PublicKeyError::Material(_) => damaged(),
                other => Error::rule(other.to_string()),
            })?;
            Ok(KeyVersionRead { number, created: version.created(), public_key })
        };
        Ok(Self {
            name: name.to_owned(),
            key_type: key.key_type(),
            derived: key.is_derived(),
            convergent: key.is_convergent(),
            exportable: key.is_exportable(),
            allow_plaintext_backup: key.allows_plaintext_backup(),
            deletion_allowed: key.is_deletion_allowed(),
            auto_rotate_period: key.auto_rotate_period(),
            min_decryption_version: key.min_decryption_version(),
            min_encryption_version: key.min_encryption_version(),
            min_available_version: key.min_available_version(),
            latest_version: key.latest_version(),
            hmac_key_bytes: key.hmac_key_bytes(),
            backed_up: key.backed_up(),
            restored: key.restored(),
            versions: key.usable_versions().map(version).collect::<Result<_, Error>>()?,
        })
    }
}

/// Make a key; one that is there stays as it is. Needs `create` or `update` on `<mount>/keys/<name>`.
#[derive(Debug)]
pub struct CreateKey {
    asked: Asked,
    new: NewKey,
}

/// A key without its secrets. Needs `read` on `<mount>/keys/<name>`.
#[derive(Debug)]
pub struct ReadKey {
    asked: Asked,
    context: Vec<u8>,
}

/// The names of a mount's keys. Needs `list` on `<mount>/keys`.
#[derive(Debug)]
pub struct ListKeys {
    path: String,
    after: Option<String>,
    limit: usize,
}

/// A page of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKeys {
    /// In byte order.
    pub names: Vec<String>,
    /// Whether there are more.
    pub more: bool,
}

/// Delete a key that may be deleted, with all its versions. Needs `delete` on `<mount>/keys/<name>`.
#[derive(Debug)]
pub struct DeleteKey(Asked);

impl CreateKey {
    /// The key of this name is to be so.
    #[must_use]
    pub fn new(mount: &str, name: &str, new: NewKey) -> Self {
        Self { asked: Asked::new(mount, "keys", name), new }
    }
}

impl ReadKey {
    /// The key of this name, with the public key of this context when it is derived.
    #[must_use]
    pub fn new(mount: &str, name: &str, context: &[u8]) -> Self {
        Self { asked: Asked::new(mount, "keys", name), context: context.to_vec() }
    }
}

impl ListKeys {
    /// At most `limit` names after this one; [`KEYS_LISTED_MAX`] when there is no limit.
    #[must_use]
    pub fn new(mount: &str, after: Option<String>, limit: Option<usize>) -> Self {
        let limit = limit.unwrap_or(KEYS_LISTED_MAX).clamp(1, KEYS_LISTED_MAX);
        Self { path: format!("{}/keys", mount.trim_matches('/')), after, limit }
    }
}

impl DeleteKey {
    /// The key of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str) -> Self {
        Self(Asked::new(mount, "keys", name))
    }
}

impl Operation for CreateKey {
    /// The key, and whether it was made.
    type Answer = (KeyRead, bool);

    const NAME: &'static str = "transit-key-create";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let record = format!("{KEYS}{}", self.asked.name);
        let holds = |keys: &crate::logical::Logical<'_>| keys.holds(&record);
        let proof = room.authorise_write_at(&self.asked.path, TRANSIT, holds)?;
        let (mount, name) = (proof.location().mount, self.asked.name()?);
        if let Some(key) = room.transit_key(mount, name)? {
            return Ok(Performed::read((KeyRead::of(name, &key, b"")?, false)));
        }
        let key = made(room, &self.new)?;
        let batch = room.put_transit_key(mount, name, &key, None)?;
        let read = KeyRead::of(name, &key, b"")?;
        Ok(Performed::change((read, true), batch).naming("type", self.new.key_type.name()))
    }
}

impl Operation for ReadKey {
    type Answer = KeyRead;

    const NAME: &'static str = "transit-key-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<KeyRead>, Error> {
        let proof = room.authorise_at::<Read>(&self.asked.path, TRANSIT)?;
        let name = self.asked.name()?;
        let found = room.transit_key(proof.location().mount, name)?;
        let key = found.ok_or_else(|| Error::NotFound(self.asked.path.clone()))?;
        Ok(Performed::read(KeyRead::of(name, &key, &self.context)?))
    }
}

impl Operation for ListKeys {
    type Answer = ListedKeys;

    const NAME: &'static str = "transit-keys-list";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<ListedKeys>, Error> {
        let proof = room.authorise_at::<List>(&self.path, TRANSIT)?;
        let (names, more) = room.logical(&proof).names(KEYS, self.after.as_deref(), self.limit)?;
        Ok(Performed::read(ListedKeys { names, more }))
    }
}

impl Operation for DeleteKey {
    type Answer = ();

    const NAME: &'static str = "transit-key-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.0.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = room.authorise_at::<Delete>(&self.0.path, TRANSIT)?;
        let (mount, name) = (proof.location().mount, self.0.name()?);
        let refused = |why: &str| Error::rule(format!("error deleting policy {name}: {why}"));
        let found = room.transit_key_to_change(mount, name)?;
        let found = found.ok_or_else(|| refused("could not delete key; not found"))?;
        if !found.key.is_deletion_allowed() {
            return Err(refused("deletion is not allowed for this key"));
        }
        Ok(Performed::change((), room.delete_transit_key(mount, name, &found)?))
    }
}

/// A new key.
pub(super) fn made(room: &Room<'_>, new: &NewKey) -> Result<TransitKey, Error> {
    TransitKey::new(new, room.now, room.random).map_err(|error| match error {
        CreateError::Generation => Error::Unavailable(error.to_string()),
        other => Error::rule(other.to_string()),
    })
}
