use strongroom_core::app::{AccessKeyId, App, ClientSecret, ClientSecretText, SecretAccessKey};
use strongroom_core::identifier::uuid;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_store::Batch;

use super::CredentialRequest;
use crate::apps::{AccessKeyRecord, Apps};
use crate::error::Error;
use crate::room::Room;

/// What sort of credential, by the door that it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CredentialKind {
    /// A role's id and a secret id, for the Vault door.
    SecretId,
    /// An access key, for the AWS door.
    AccessKey,
    /// A client's secret, for the Azure door.
    ClientSecret,
}

/// A credential that was just made, with the one text of it.
#[derive(Debug)]
pub enum NewCredential {
    /// For an AppRole login.
    SecretId {
        /// The path of the mount, `auth/approle`.
        mount: String,
        /// The role's id.
        role_id: String,
        /// What a login shows with it.
        secret_id: SecretValue,
        /// Names the secret id.
        accessor: String,
        /// When it ends; never when `None`.
        expires: Option<Timestamp>,
    },
    /// For signed requests.
    AccessKey {
        /// Names the key.
        id: AccessKeyId,
        /// What requests are signed with.
        secret: SecretAccessKey,
    },
    /// For client credentials.
    ClientSecret {
        /// What the client names itself by.
        client: String,
        /// Names the secret.
        id: String,
        /// What the client shows.
        text: ClientSecretText,
        /// When it ends; never when `None`.
        expires: Option<Timestamp>,
    },
}

impl CredentialKind {
    const WORDS: &[(Self, &'static str)] = &[
        (Self::SecretId, "secret-id"),
        (Self::AccessKey, "access-key"),
        (Self::ClientSecret, "client-secret"),
    ];

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::WORDS.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }

    /// The kind that a word names.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(_, known)| *known == word).map(|(kind, _)| *kind)
    }
}

impl NewCredential {
    /// Names it without being it.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::SecretId { accessor, .. } => accessor,
            Self::AccessKey { id, .. } => id.as_str(),
            Self::ClientSecret { id, .. } => id,
        }
    }
}

/// Add a credential to an app, whose record is to be written after it.
pub(super) fn add(
    room: &Room<'_>,
    apps: &Apps<'_>,
    batch: &mut Batch,
    app: &mut App,
    asked: &CredentialRequest,
) -> Result<NewCredential, Error> {
    if asked.ends_others {
        end_others(apps, batch, app, asked.kind)?;
    }
    match asked.kind {
        CredentialKind::SecretId => add_secret_id(room, batch, app, asked),
        CredentialKind::AccessKey => {
            if asked.ttl.is_some() {
                return Err(Error::rule("an access key has no time to live"));
            }
            let (id, secret) =
                (AccessKeyId::generate(room.random), SecretAccessKey::generate(room.random));
            app.add_access_key(id.clone(), asked.over_active, room.now)?;
            let record =
                AccessKeyRecord { app: app.name.clone(), app_id: app.id, secret: copy(&secret) };
            let name = apps.access_key_record(&id);
            apps.logical.put(batch, &name, &record, NEW)?;
            Ok(NewCredential::AccessKey { id, secret })
        }
        CredentialKind::ClientSecret => add_client_secret(room, apps, batch, app, asked.ttl),
    }
}

/// That there is no record yet.
const NEW: Option<&crate::records::Stored<()>> = None;

fn copy(secret: &SecretAccessKey) -> SecretAccessKey {
    SecretAccessKey::new(secret.expose().to_vec())
}

fn add_secret_id(
    room: &Room<'_>,
    batch: &mut Batch,
    app: &mut App,
    asked: &CredentialRequest,
) -> Result<NewCredential, Error> {
    let (role, mount, path) = room.put_role_of_app(batch, app, asked.ends_others)?;
    let created = room.add_secret_id_of_app(batch, mount, &role, asked.ttl)?;
    Ok(NewCredential::SecretId {
        mount: path,
        role_id: role.role_id,
        secret_id: created.text,
        accessor: created.secret.accessor,
        expires: created.secret.expires,
    })
}

fn add_client_secret(
    room: &Room<'_>,
    apps: &Apps<'_>,
    batch: &mut Batch,
    app: &mut App,
    ttl: Option<Seconds>,
) -> Result<NewCredential, Error> {
    let client = match &app.client {
        Some(client) => client.id.clone(),
        None => {
            let id = uuid(room.random);
            let name = apps.client_record(&id);
            apps.logical.put(batch, &name, &(app.name.clone(), app.id), NEW)?;
            id
        }
    };
    let text = ClientSecretText::generate(room.random);
    let secret = ClientSecret {
        id: uuid(room.random),
        hash: apps.client_secret_hash(&client, text.expose()),
        created: room.now,
        expires: ttl.filter(|ttl| ttl.0 > 0).map(|ttl| room.now.plus(ttl)),
    };
    let (id, expires) = (secret.id.clone(), secret.expires);
    app.add_client_secret(&client, secret, room.now)?;
    Ok(NewCredential::ClientSecret { client, id, text, expires })
}

/// The app's other credentials of this kind are none from the commit on. Secret ids end with the role's key.
fn end_others(
    apps: &Apps<'_>,
    batch: &mut Batch,
    app: &mut App,
    kind: CredentialKind,
) -> Result<(), Error> {
    match kind {
        CredentialKind::SecretId => {}
        CredentialKind::AccessKey => remove_access_keys(apps, batch, app)?,
        CredentialKind::ClientSecret => {
            if let Some(client) = &mut app.client {
                client.secrets.clear();
            }
        }
    }
    Ok(())
}

/// Remove every access key of an app.
pub(super) fn remove_access_keys(
    apps: &Apps<'_>,
    batch: &mut Batch,
    app: &mut App,
) -> Result<(), Error> {
    for key in std::mem::take(&mut app.access_keys) {
        apps.logical.delete(batch, &apps.access_key_record(&key.id))?;
    }
    Ok(())
}
