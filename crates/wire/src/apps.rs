//! Calls about apps.

use serde::{Deserialize, Serialize};
use strongroom_core::secret::SecretValue;

use crate::secret_text::secret_text;
use crate::{Call, Done, Time, is_false};

secret_text! {
    /// A secret that is text.
    SecretText(SecretValue)
}

/// Make an app.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CreateApp {
    /// Its name.
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Names of its policies.
    pub policies: Vec<String>,
    /// Its first credentials, one of a kind at most.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<CredentialRequest>,
}

/// What a new credential is to be like.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialRequest {
    /// `secret-id`, `access-key` or `client-secret`.
    pub kind: String,
    /// How long it lives, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl_secs: Option<u64>,
    /// The app's other credentials of this kind end.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ends_others: bool,
    /// There may be more active access keys than two.
    #[serde(default, skip_serializing_if = "is_false")]
    pub over_active: bool,
}

/// The names of the apps that the caller may see.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListApps {}

/// What is known of an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadApp {
    /// Its name.
    pub name: String,
}

/// Change an app; what is absent stays.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateApp {
    /// Its name.
    pub name: String,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Names of its policies, in place of all there were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<String>>,
    /// Whether it is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
}

/// Delete an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteApp {
    /// Its name.
    pub name: String,
}

/// Make a credential of an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddCredential {
    /// The app's name.
    pub app: String,
    /// What it is to be like.
    pub credential: CredentialRequest,
}

/// Make an access key active or not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeCredential {
    /// The app's name.
    pub app: String,
    /// The access key's id.
    pub id: String,
    /// Whether it is to be accepted.
    pub active: bool,
    /// There may be more active access keys than two.
    #[serde(default, skip_serializing_if = "is_false")]
    pub over_active: bool,
}

/// Remove a credential of an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoveCredential {
    /// The app's name.
    pub app: String,
    /// What names it: an accessor, an access key's id, a client secret's id.
    pub id: String,
}

/// A credential that was just made.
#[derive(Debug, Serialize, Deserialize)]
pub struct NewCredential {
    /// `secret-id`, `access-key` or `client-secret`.
    pub kind: String,
    /// Names it without being it.
    pub id: String,
    /// What is shown with the secret: a role's id, an access key's id, a client's id.
    pub shown: String,
    /// The secret. It is not told again.
    pub secret: SecretText,
    /// When it ends.
    pub expires: Option<Time>,
    /// The path of the mount where a secret id logs in.
    pub mount: Option<String>,
}

/// An app that was just made.
#[derive(Debug, Serialize, Deserialize)]
pub struct CreatedApp {
    /// Its name, in small letters.
    pub name: String,
    /// The id of its entity.
    pub entity: String,
    /// Its credentials, in the order in which they were asked for.
    pub credentials: Vec<NewCredential>,
}

/// The names of apps.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AppNames {
    /// In byte order.
    pub names: Vec<String>,
}

/// What is known of an app.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct App {
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
    pub created: Time,
    /// When it was last changed.
    pub updated: Time,
    /// The path of the mount that has its role.
    pub role_mount: Option<String>,
    /// Its credentials.
    pub credentials: Vec<Credential>,
}

/// What is known of a credential.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Credential {
    /// `secret-id`, `access-key` or `client-secret`.
    pub kind: String,
    /// Names it without being it.
    pub id: String,
    /// What is shown with the secret.
    pub shown: String,
    /// Whether it is accepted.
    pub active: bool,
    /// When it was made.
    pub created: Time,
    /// When it ends.
    pub expires: Option<Time>,
    /// When it was last shown.
    #[serde(default)]
    pub last_used: Option<Time>,
}

macro_rules! calls {
    ($($call:ident => $answer:ident $name:literal $about:literal $reads:literal,)*) => {
        $(impl Call for $call {
            type Answer = $answer;

            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const READS: bool = $reads;
        })*
    };
}

calls! {
    CreateApp => CreatedApp "app-create" "Make an app with its first credentials" false,
    ListApps => AppNames "app-list" "The names of the apps that the caller may see" true,
    ReadApp => App "app-read" "What is known of an app" true,
    UpdateApp => Done "app-update" "Change an app, or disable it" false,
    DeleteApp => Done "app-delete" "Delete an app with its credentials" false,
    AddCredential => NewCredential "app-credential-add" "Make a credential of an app" false,
    ChangeCredential => Done "app-credential-change" "Make an access key active or not" false,
    RemoveCredential => Done "app-credential-remove" "Remove a credential of an app" false,
}
