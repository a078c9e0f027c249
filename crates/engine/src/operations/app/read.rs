use strongroom_core::app::App;
use strongroom_core::time::Timestamp;

use super::credentials::CredentialKind;
use super::{SYSTEM, existing, path_of};
use crate::error::Error;
use crate::login::NamedPath;
use crate::room::{Operation, Room};
use crate::usage::Subject;
use crate::witness::{Performed, Read};

/// An app with what is known of its credentials. Needs `read` on `sys/apps/<name>`.
#[derive(Debug)]
pub struct ReadApp {
    path: NamedPath,
}

/// What is known of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppRead {
    /// Its name, in small letters.
    pub name: String,
    /// For people.
    pub description: String,
    /// Names of its policies.
    pub policies: Vec<String>,
    /// Whether it is refused whatever it shows.
    pub disabled: bool,
    /// The id of its entity.
    pub entity: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it was last changed.
    pub updated: Timestamp,
    /// The path of the mount that has its role, if it has one.
    pub role_mount: Option<String>,
    /// Its credentials. Of secret ids there are 100 at most.
    pub credentials: Vec<CredentialRead>,
}

/// What is known of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialRead {
    /// What sort.
    pub kind: CredentialKind,
    /// Names it without being it: an accessor, an access key's id, a client secret's id.
    pub id: String,
    /// What is shown with the secret: a role's id, an access key's id, a client's id.
    pub shown: String,
    /// Whether it is accepted.
    pub active: bool,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends; never when `None`.
    pub expires: Option<Timestamp>,
    /// When it was last shown; `None` when it never was.
    pub last_used: Option<Timestamp>,
}

impl ReadApp {
    /// The app of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { path: path_of(name, "") }
    }

    /// Its name as it was asked.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.folded()
    }
}

impl Operation for ReadApp {
    type Answer = AppRead;

    const NAME: &'static str = "app-read";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<AppRead>, Error> {
        let _proof = self.path.authorise::<Read>(room, SYSTEM)?;
        let app = existing(&room.apps()?, self.path.name()?)?.value;
        let mut credentials = Vec::new();
        let role = room.role_of_app(&app)?;
        if let Some(found) = &role {
            for secret in room.secret_ids_of_app(found)? {
                credentials.push(CredentialRead {
                    kind: CredentialKind::SecretId,
                    id: secret.accessor,
                    shown: found.role.value.role_id.clone(),
                    active: !app.disabled,
                    created: secret.created,
                    expires: secret.expires,
                    last_used: None,
                });
            }
        }
        credentials.extend(own(&app));
        // Where it cannot be brought up to now, what is known is shown.
        let _ = room.fold_usage();
        for credential in &mut credentials {
            let subject = match credential.kind {
                CredentialKind::SecretId => Subject::SecretId(credential.id.clone()),
                _ => Subject::Credential(credential.id.clone()),
            };
            credential.last_used = room.usage(&subject)?.map(|usage| usage.last);
        }
        Ok(Performed::read(AppRead {
            name: app.name,
            description: app.description,
            policies: app.policies,
            disabled: app.disabled,
            entity: app.entity.to_string(),
            created: app.created,
            updated: app.updated,
            role_mount: role.map(|role| role.mount_path.to_string()),
            credentials,
        }))
    }
}

/// The credentials that the app's record has.
fn own(app: &App) -> Vec<CredentialRead> {
    let keys = app.access_keys.iter().map(|key| CredentialRead {
        kind: CredentialKind::AccessKey,
        id: key.id.to_string(),
        shown: key.id.to_string(),
        active: key.active && !app.disabled,
        created: key.created,
        expires: None,
        last_used: None,
    });
    let secrets = app.client.iter().flat_map(|client| {
        client.secrets.iter().map(|secret| CredentialRead {
            kind: CredentialKind::ClientSecret,
            id: secret.id.clone(),
            shown: client.id.clone(),
            active: !app.disabled,
            created: secret.created,
            expires: secret.expires,
            last_used: None,
        })
    });
    keys.chain(secrets).collect()
}
