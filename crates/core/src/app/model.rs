use super::access_key::{AccessKey, AccessKeyId};
use super::client::{Client, ClientSecret};
use crate::identifier::{AppId, MountId};
use crate::identity::EntityId;
use crate::time::Timestamp;
use crate::token::TokenHash;

/// How many access keys of one app are active unless more are asked for, as AWS has it
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>).
pub const ACCESS_KEYS_ACTIVE_MAX: usize = 2;
/// How many access keys one app has, active or not.
pub const ACCESS_KEYS_MAX: usize = 8;
/// How many secrets of a client one app has.
pub const CLIENT_SECRETS_MAX: usize = 16;
/// The longest description, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 1_024;

/// An application's identity.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct App {
    /// Tells an app that is deleted and made again under its name from the one before.
    #[n(0)]
    pub id: AppId,
    /// Its name, in small letters.
    #[n(1)]
    pub name: String,
    /// For people.
    #[n(2)]
    pub description: String,
    /// Names of its policies, sorted.
    #[n(3)]
    pub policies: Vec<String>,
    /// Whether it is refused whatever it shows, with every token that it has.
    #[n(4)]
    pub disabled: bool,
    /// Who it is to templates of policies and to groups.
    #[n(5)]
    pub entity: EntityId,
    /// When it was made.
    #[n(6)]
    pub created: Timestamp,
    /// When it was last changed.
    #[n(7)]
    pub updated: Timestamp,
    /// Its role for AppRole logins.
    #[n(8)]
    pub role: Option<RoleLink>,
    /// Its access keys, oldest first.
    #[n(9)]
    pub access_keys: Vec<AccessKey>,
    /// What it is as a client with secrets.
    #[n(10)]
    pub client: Option<Client>,
    /// How often its sessions were all taken back. One that was made before the last time is none.
    #[n(11)]
    #[cbor(default)]
    pub session_epoch: u64,
}

/// Where the role of an app is: it has the app's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct RoleLink {
    /// The AppRole mount.
    #[n(0)]
    pub mount: MountId,
}

/// Why an app cannot be so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppError {
    /// It has its active access keys.
    #[error("the app has {ACCESS_KEYS_ACTIVE_MAX} active access keys already")]
    TooManyActiveKeys,
    /// It has every access key that it can have.
    #[error("the app has {ACCESS_KEYS_MAX} access keys already")]
    TooManyKeys,
    /// It has every secret that it can have.
    #[error("the app has {CLIENT_SECRETS_MAX} client secrets already")]
    TooManySecrets,
    /// The description is longer than one can be.
    #[error("a description has at most {DESCRIPTION_BYTES_MAX} bytes")]
    Description,
}

impl App {
    /// What audit records and tokens call it.
    #[must_use]
    pub fn principal(&self) -> String {
        format!("app:{}", self.name)
    }

    /// Change the description.
    ///
    /// # Errors
    /// [`AppError::Description`]
    pub fn describe(&mut self, description: &str) -> Result<(), AppError> {
        if description.len() > DESCRIPTION_BYTES_MAX {
            return Err(AppError::Description);
        }
        description.clone_into(&mut self.description);
        Ok(())
    }

    /// Its access key of this id.
    #[must_use]
    pub fn access_key(&self, id: &AccessKeyId) -> Option<&AccessKey> {
        self.access_keys.iter().find(|key| key.id == *id)
    }

    /// Add an active access key. With `over_active` there may be more active ones than usual.
    ///
    /// # Errors
    /// [`AppError::TooManyActiveKeys`], [`AppError::TooManyKeys`]
    pub fn add_access_key(
        &mut self,
        id: AccessKeyId,
        over_active: bool,
        now: Timestamp,
    ) -> Result<(), AppError> {
        self.check_active(over_active)?;
        if self.access_keys.len() >= ACCESS_KEYS_MAX {
            return Err(AppError::TooManyKeys);
        }
        self.access_keys.push(AccessKey { id, active: true, created: now });
        Ok(())
    }

    /// Make an access key active or not; whether there is one of this id.
    ///
    /// # Errors
    /// [`AppError::TooManyActiveKeys`]
    pub fn set_active(
        &mut self,
        id: &AccessKeyId,
        active: bool,
        over_active: bool,
    ) -> Result<bool, AppError> {
        let Some(place) = self.access_keys.iter().position(|key| key.id == *id) else {
            return Ok(false);
        };
        let was_active = self.access_keys.get(place).is_some_and(|key| key.active);
        if active && !was_active {
            self.check_active(over_active)?;
        }
        if let Some(key) = self.access_keys.get_mut(place) {
            key.active = active;
        }
        Ok(true)
    }

    /// Remove an access key; whether there was one of this id.
    pub fn remove_access_key(&mut self, id: &AccessKeyId) -> bool {
        let before = self.access_keys.len();
        self.access_keys.retain(|key| key.id != *id);
        self.access_keys.len() < before
    }

    /// Add a secret of the client, which is made with the id if there is none. Those that have ended leave.
    ///
    /// # Errors
    /// [`AppError::TooManySecrets`]
    pub fn add_client_secret(
        &mut self,
        client: &str,
        secret: ClientSecret,
        now: Timestamp,
    ) -> Result<(), AppError> {
        let new = || Client { id: client.to_owned(), secrets: Vec::new() };
        let client = self.client.get_or_insert_with(new);
        client.secrets.retain(|secret| !secret.has_ended(now));
        if client.secrets.len() >= CLIENT_SECRETS_MAX {
            return Err(AppError::TooManySecrets);
        }
        client.secrets.push(secret);
        Ok(())
    }

    /// The secret of the client with this hash, if its time is not over. Every one is compared, each in constant time.
    #[must_use]
    pub fn client_secret(&self, hash: TokenHash, now: Timestamp) -> Option<&ClientSecret> {
        let mut found = None;
        for secret in self.client.iter().flat_map(|client| &client.secrets) {
            let (kept, shown) = (secret.hash.as_bytes(), hash.as_bytes());
            if bool::from(subtle::ConstantTimeEq::ct_eq(&kept[..], &shown[..])) {
                found = Some(secret);
            }
        }
        found.filter(|secret| !secret.has_ended(now))
    }

    /// Remove a secret of the client; whether there was one of this id.
    pub fn remove_client_secret(&mut self, id: &str) -> bool {
        let Some(client) = &mut self.client else { return false };
        let before = client.secrets.len();
        client.secrets.retain(|secret| secret.id != id);
        client.secrets.len() < before
    }

    fn check_active(&self, over_active: bool) -> Result<(), AppError> {
        let active = self.access_keys.iter().filter(|key| key.active).count();
        if active >= ACCESS_KEYS_ACTIVE_MAX && !over_active {
            return Err(AppError::TooManyActiveKeys);
        }
        Ok(())
    }
}
