//! What is used, and whether it is there.

use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::SecretId;
use strongroom_core::model::Secret;
use strongroom_core::token::{TokenHash, TokenKey};
use strongroom_store::{Key, Range};

use super::fold::Folder;
use super::line::Mention;
use crate::apps::Apps;
use crate::error::Error;
use crate::keys;
use crate::operations::approle;
use crate::records::Stored;

/// Something whose uses are known. Another kind is a variant here, one of `Mention` in `line.rs`, and an arm in
/// [`Folder::subject`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// A secret.
    Secret(SecretId),
    /// A token, by the beginning of its hash as [`TokenHash::short`] has it.
    Token(String),
    /// A secret id of an AppRole, by its accessor.
    SecretId(String),
    /// A credential of an app, by what names it: an access key's id, or the id of a client's secret.
    Credential(String),
}

impl Subject {
    pub(crate) fn token(hash: TokenHash) -> Self {
        Self::Token(hash.short())
    }

    /// Where it is kept. What the store's listing may not tell is hashed.
    pub(crate) fn key(&self, names: &TokenKey) -> Key {
        let hashed = |kind: &str, text: &str| {
            keys::usage_of_credential(names.hash_bytes(format!("usage/{kind}/{text}").as_bytes()))
        };
        match self {
            Self::Secret(id) => keys::usage_of_secret(*id),
            Self::Token(short) => keys::usage_of_token(short),
            Self::SecretId(accessor) => hashed("secret-id", accessor),
            Self::Credential(id) => hashed("credential", id),
        }
    }
}

impl Folder<'_> {
    /// What the log mentions, if it is there: what is gone leaves no record.
    pub(super) fn subject(&self, mention: &Mention<'_>) -> Result<Option<Subject>, Error> {
        match mention {
            Mention::Secret(path) => {
                let Ok(location) = self.mounts.location(path) else { return Ok(None) };
                let key = keys::secret(location.mount, location.path());
                let found: Option<Stored<Secret>> = self.records.read(RecordKind::Secret, &key)?;
                Ok(found.map(|found| Subject::Secret(found.value.id)))
            }
            Mention::Token(short) => {
                let is_short = short.len() == 16
                    && short.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if !is_short {
                    return Ok(None);
                }
                let prefix = format!("{}{short}", keys::TOKENS);
                let range = Range { limit: 1, keys_only: true, ..Range::prefix(prefix) };
                let page = self.records.store.list(&range)?;
                Ok((!page.entries.is_empty()).then(|| Subject::Token(short.to_string())))
            }
            Mention::SecretId { login, role, accessor } => {
                let Ok((_, mount, _)) = self.mounts.resolve(login) else { return Ok(None) };
                let there = approle::has_secret_id(
                    self.records,
                    self.unsealed.token_key()?,
                    mount.id,
                    role,
                    accessor,
                )?;
                Ok(there.then(|| Subject::SecretId(accessor.to_string())))
            }
            Mention::Credential { app, id } => {
                let found = Apps::new(self.records, self.unsealed.token_key()?).read(app)?;
                let Some(app) = found.map(|found| found.value) else { return Ok(None) };
                let is_key = app.access_keys.iter().any(|key| key.id.as_str() == id);
                let mut secrets = app.client.iter().flat_map(|client| &client.secrets);
                let is_there = is_key || secrets.any(|secret| secret.id == *id);
                Ok(is_there.then(|| Subject::Credential(id.to_string())))
            }
        }
    }
}
