use strongroom_core::app::{AccessKeyId, App, ClientSecret, ClientSecretText, SecretAccessKey};
use strongroom_core::identifier::uuid;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_store::Batch;

use super::CredentialRequest;
use crate::apps::{AccessKeyRecord, Apps};
use crate::error::Error;
use crate::room::Room;
use crate::usage::Subject;

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

/// A credential that was just made, with the one text of its secret.
#[derive(Debug)]
pub struct NewCredential {
    /// What sort.
    pub kind: CredentialKind,
    /// Names it without being it: an accessor, an access key's id, a client secret's id.
    pub id: String,
    /// What is shown with the secret: a role's id, an access key's id, a client's id.
    pub shown: String,
    /// The secret id, the secret access key, the client's secret.
    pub secret: SecretValue,
    /// When it ends; never when `None`.
    pub expires: Option<Timestamp>,
    /// Where a login with a secret id is: the path of the mount.
    pub mount: Option<String>,
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

/// Add a credential to an app, whose record is to be written after it.
pub(super) fn add(
    room: &Room<'_>,
    apps: &Apps<'_>,
    batch: &mut Batch,
    app: &mut App,
    asked: &CredentialRequest,
) -> Result<NewCredential, Error> {
    if asked.ends_others {
        end_others(room, apps, batch, app, asked.kind)?;
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
            let shown = SecretValue::new(secret.expose().to_vec());
            let record = AccessKeyRecord { app: app.name.clone(), app_id: app.id, secret };
            apps.logical.put(batch, &apps.access_key_record(&id), &record, NEW)?;
            Ok(NewCredential {
                kind: asked.kind,
                id: id.to_string(),
                shown: id.to_string(),
                secret: shown,
                expires: None,
                mount: None,
            })
        }
        CredentialKind::ClientSecret => add_client_secret(room, apps, batch, app, asked.ttl),
    }
}

/// That there is no record yet.
const NEW: Option<&crate::records::Stored<()>> = None;

fn add_secret_id(
    room: &Room<'_>,
    batch: &mut Batch,
    app: &mut App,
    asked: &CredentialRequest,
) -> Result<NewCredential, Error> {
    let (role, mount, path) = room.put_role_of_app(batch, app, asked.ends_others)?;
    let created = room.add_secret_id_of_app(batch, mount, &role, asked.ttl)?;
    Ok(NewCredential {
        kind: asked.kind,
        id: created.secret.accessor,
        shown: role.role_id,
        secret: created.text,
        expires: created.secret.expires,
        mount: Some(path),
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
    let secret = SecretValue::new(text.expose().to_vec());
    let kind = CredentialKind::ClientSecret;
    Ok(NewCredential { kind, id, shown: client, secret, expires, mount: None })
}

/// The app's other credentials of this kind are none from the commit on. Secret ids end with the role's key.
fn end_others(
    room: &Room<'_>,
    apps: &Apps<'_>,
    batch: &mut Batch,
    app: &mut App,
    kind: CredentialKind,
) -> Result<(), Error> {
    match kind {
        CredentialKind::SecretId => {}
        CredentialKind::AccessKey => remove_access_keys(room, apps, batch, app)?,
        CredentialKind::ClientSecret => {
            remove_client_secrets(room, batch, app)?;
        }
    }
    Ok(())
}

/// Remove every secret of an app's client.
pub(super) fn remove_client_secrets(
    room: &Room<'_>,
    batch: &mut Batch,
    app: &mut App,
) -> Result<(), Error> {
    let Some(client) = &mut app.client else { return Ok(()) };
    for secret in std::mem::take(&mut client.secrets) {
        batch.writes.push(room.forget_usage(&Subject::Credential(secret.id))?);
    }
    Ok(())
}

/// Remove every access key of an app.
pub(super) fn remove_access_keys(
    room: &Room<'_>,
    apps: &Apps<'_>,
    batch: &mut Batch,
    app: &mut App,
) -> Result<(), Error> {
    for key in std::mem::take(&mut app.access_keys) {
        apps.logical.delete(batch, &apps.access_key_record(&key.id))?;
        batch.writes.push(room.forget_usage(&Subject::Credential(key.id.to_string()))?);
    }
    Ok(())
}
