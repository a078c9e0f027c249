use std::collections::BTreeMap;

use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_store::Batch;

use crate::apps::{AppCredential, app_record};
use crate::error::Error;
use crate::login::{Login, LoginIdentity, TokenParameters};
use crate::mounts;
use crate::room::{Operation, Room};
use crate::tokens::IssuedToken;
use crate::witness::Performed;

const PATH: &str = "sys/app-login";

/// Log in as a client, with its id and a secret of it (RFC 6749, section 4.4): a token of the app's policies and
/// without `default`, which lives as long as is asked and no longer than tokens do. Anybody may ask.
///
/// A login that fails is [`Error::Unauthenticated`], whatever was wrong; what it was is in the audit log only.
#[derive(Debug)]
pub struct LogInClient {
    client: String,
    secret: SecretValue,
    ttl: Seconds,
}

impl LogInClient {
    /// With these, for a token that lives so long.
    #[must_use]
    pub fn new(client: &str, secret: SecretValue, ttl: Seconds) -> Self {
        Self { client: client.to_owned(), secret, ttl }
    }
}

impl Operation for LogInClient {
    type Answer = IssuedToken;

    const NAME: &'static str = "app-login";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(PATH)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<IssuedToken>, Error> {
        let identifier = room.identifier();
        let credential = identifier.client(&self.client, &self.secret)?;
        let known = identifier.proven(&credential, None)?;
        let name = known.principal.name().strip_prefix("app:").unwrap_or_default();
        let gone = || Error::Unauthenticated("the app is gone".to_owned());
        let apps = room.apps()?;
        let found = apps.read(name)?.ok_or_else(gone)?;
        let AppCredential::Client(_, hash) = credential else { return Err(gone()) };
        // What was found is what the token is made from, and stays so until it is made.
        let secret = found.value.client_secret(hash, room.now).ok_or_else(gone)?;
        if found.value.disabled {
            return Err(gone());
        }
        let mut batch = Batch::default();
        apps.logical.keep(&mut batch, &app_record(name), &found)?;
        let parameters = TokenParameters {
            ttl: self.ttl,
            explicit_max: self.ttl,
            policies: found.value.policies.clone(),
            without_default_policy: true,
            ..TokenParameters::default()
        };
        let login = Login {
            mount: mounts::fixed(mounts::TOKEN),
            path: PATH,
            who: LoginIdentity::App(&found.value),
            display_name: "",
            metadata: BTreeMap::new(),
            parameters: &parameters,
            renewed_by: BTreeMap::new(),
        };
        let issued = room.issue_login(&mut batch, login)?;
        let accessor = issued.token.accessor.to_string();
        let performed = Performed::change(issued, batch).naming("app", name);
        Ok(performed.naming("credential", secret.id.as_str()).naming("accessor", accessor))
    }
}
