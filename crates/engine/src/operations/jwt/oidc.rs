//! Logins by browser: OpenID Connect's code flow, begun, left to the provider, and finished.

use std::fmt;
use std::sync::OnceLock;

use strongroom_core::identifier::MountId;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Timestamp;
use strongroom_store::Batch;

use super::login::Ready;
use super::role::JwtRoleKind;
use super::{JWT, rule};
use crate::due::Due;
use crate::error::Error;
use crate::jwt::{
    IdTokenRules, KeptCode, Login as Proved, OidcError, PendingLogin, StartRequest, StateKey, start,
};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::tokens::IssuedToken;
use crate::witness::Performed;

/// How many codes of one mount can wait for who began their logins to fetch them. Each is kept ten minutes at most.
pub const CODES_KEPT_MAX: usize = 1_000;
/// Codes that came in a form.
const CODES: &str = "code/";
/// States that let somebody in.
const USED: &str = "used/";

/// Begin a login: the address to send the browser to. Anybody may ask.
#[derive(Debug)]
pub struct StartOidcLogin {
    path: String,
    role: String,
    redirect_uri: String,
    client_nonce: Option<String>,
}

/// Remember the code that a provider gave in a form, for who began the login to fetch. Anybody may ask.
#[derive(Debug)]
pub struct PutOidcCode {
    path: String,
    state: String,
    code: SecretValue,
}

/// Take a login that has begun, to finish it. A code that was kept for it is gone afterwards, whatever comes of it. Anybody
/// may ask.
#[derive(Debug)]
pub struct TakeOidcLogin {
    path: String,
    state: String,
    code: OidcCode,
    client_nonce: Option<String>,
}

/// Where the code of a login is.
#[derive(Debug)]
pub enum OidcCode {
    /// The browser brought it.
    Brought(SecretValue),
    /// The provider gave it in a form.
    Kept,
}

/// A login that was taken. It is good for one [`FinishOidcLogin`].
pub struct TakenOidcLogin {
    /// Of its state.
    key: String,
    pending: PendingLogin,
    code: SecretValue,
}

/// Give the code to the provider and let in who the answer says. Anybody may ask who has a login that was taken.
#[derive(Debug)]
pub struct FinishOidcLogin {
    path: String,
    taken: TakenOidcLogin,
    /// A code is of use once, and an operation may be performed several times.
    proved: OnceLock<Result<Proved, String>>,
}

impl StartOidcLogin {
    /// At this mount by this role, or the mount's usual one when it is empty. The browser comes back to
    /// `redirect_uri`; who finishes the login shows `client_nonce` again.
    #[must_use]
    pub fn new(mount: &str, role: &str, redirect_uri: &str, client_nonce: Option<String>) -> Self {
        Self {
            path: format!("{mount}/oidc/auth_url"),
            role: role.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
            client_nonce,
        }
    }
}

impl PutOidcCode {
    /// Of the login with this state.
    #[must_use]
    pub fn new(mount: &str, state: &str, code: SecretValue) -> Self {
        Self { path: callback(mount), state: state.to_owned(), code }
    }
}

impl TakeOidcLogin {
    /// The one with this state.
    #[must_use]
    pub fn new(mount: &str, state: &str, code: OidcCode, client_nonce: Option<String>) -> Self {
        Self { path: callback(mount), state: state.to_owned(), code, client_nonce }
    }
}

impl FinishOidcLogin {
    /// This login.
    #[must_use]
    pub fn new(mount: &str, taken: TakenOidcLogin) -> Self {
        Self { path: callback(mount), taken, proved: OnceLock::new() }
    }
}

impl Operation for StartOidcLogin {
    type Answer = String;

    const NAME: &'static str = "oidc-login-start";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<String>, Error> {
        let Ready { mount, config, name, role } = Ready::of(room, &self.path, &self.role)?;
        let client = config.value.client();
        let client = client.ok_or_else(|| {
            Error::rule("'oidc_client_id' and 'oidc_client_secret' must be set for OIDC")
        })?;
        if role.value.kind != JwtRoleKind::Oidc {
            return Err(Error::rule("role with jwt role_type is not allowed"));
        }
        if self.redirect_uri.is_empty() {
            return Err(Error::rule("missing redirect_uri"));
        }
        let provider =
            room.jwt_sources.of(mount.id, &config)?.provider(room.fetch, room.now).map_err(
                |error| Error::rule(format!("error getting provider for login: {error}")),
            )?;
        let request = StartRequest {
            client_id: &client.id,
            role: &name,
            redirect_uri: &self.redirect_uri,
            allowed_redirect_uris: &role.value.redirect_uris,
            scopes: &role.value.scopes,
            client_nonce: self.client_nonce.as_deref(),
            response_mode: config.value.fields.response_mode,
            max_age: role.value.max_age,
        };
        let started = start(&provider, &request, states(room, mount.id)?, room.now, room.random);
        let started = started.map_err(rule)?;
        Ok(Performed::read(started.url).naming("role", name))
    }
}

impl Operation for PutOidcCode {
    type Answer = ();

    const NAME: &'static str = "oidc-code-put";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let mount = room.login_mount(&self.path, JWT)?;
        let pending = states(room, mount.id)?.read(&self.state).map_err(rule)?;
        pending.check_time(room.now).map_err(rule)?;
        let code = KeptCode::new(self.code.expose_text().unwrap_or_default()).map_err(rule)?;
        let logical = room.logical_of(mount.id);
        let key = PendingLogin::key(&self.state);
        let record = format!("{CODES}{key}");
        if logical.holds(&record)? || logical.holds(&format!("{USED}{key}"))? {
            return Err(rule(OidcError::State));
        }
        if logical.names(CODES, None, CODES_KEPT_MAX)?.0.len() >= CODES_KEPT_MAX {
            return Err(Error::QuotaExceeded("too many logins have begun".to_owned()));
        }
        let mut batch = Batch::default();
        logical.put::<_, KeptCode>(&mut batch, &record, &code, None)?;
        let due = Due::PendingLogin(mount.id, key);
        due.put(&room.records(), &mut batch, pending.expires());
        Ok(Performed::change((), batch))
    }
}

impl Operation for TakeOidcLogin {
    /// The login, or what is wrong with it, in words.
    type Answer = Result<TakenOidcLogin, String>;

    const NAME: &'static str = "oidc-login-take";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let mount = room.login_mount(&self.path, JWT)?;
        let states = states(room, mount.id)?;
        let pending = states.read(&self.state).map_err(rule)?;
        let (key, role) = (PendingLogin::key(&self.state), pending.role.clone());
        let checked = pending.check(states, self.client_nonce.as_deref(), room.now);
        let mut batch = Batch::default();
        let code = match &self.code {
            OidcCode::Brought(code) => SecretValue::new(code.expose().to_vec()),
            OidcCode::Kept => {
                let logical = room.logical_of(mount.id);
                let record = format!("{CODES}{key}");
                let found: Option<Stored<KeptCode>> = logical.read(&record)?;
                let found = found.ok_or_else(|| rule(OidcError::State))?;
                logical.keep(&mut batch, &record, &found)?;
                logical.delete(&mut batch, &record)?;
                let due = Due::PendingLogin(mount.id, key.clone());
                batch.writes.push(due.delete(pending.expires()));
                SecretValue::new(found.value.code().as_bytes().to_vec())
            }
        };
        let is_missing = code.expose().is_empty().then_some(OidcError::State);
        let taken = match checked.err().or(is_missing) {
            Some(error) => Err(error.to_string()),
            None => Ok(TakenOidcLogin { key, pending, code }),
        };
        let performed = match batch.writes.is_empty() {
            true => Performed::read(taken),
            false => Performed::change(taken, batch),
        };
        Ok(performed.naming("role", role))
    }
}

impl Operation for FinishOidcLogin {
    type Answer = IssuedToken;

    const NAME: &'static str = "oidc-login";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<IssuedToken>, Error> {
        let ready = Ready::of(room, &self.path, &self.taken.pending.role)?;
        if ready.role.value.kind != JwtRoleKind::Oidc {
            return Err(Error::rule("role with jwt role_type is not allowed"));
        }
        if !room.is_from(&ready.role.value.token.bound_cidrs) {
            let reason = "the login comes from outside the networks of the role";
            return Err(Error::Unauthenticated(reason.to_owned()));
        }
        let logical = room.logical_of(ready.mount.id);
        let used = format!("{USED}{}", self.taken.key);
        let expires = self.taken.pending.expires();
        if logical.holds(&used)? {
            return Err(rule(OidcError::State));
        }
        let proved = self.proved.get_or_init(|| self.prove(room, &ready));
        let proved = proved.clone().map_err(Error::rule)?;
        let mut batch = Batch::default();
        // Of two that finish one login, the second is performed anew, and finds this.
        logical.put::<_, Timestamp>(&mut batch, &used, &expires, None)?;
        let due = Due::PendingLogin(ready.mount.id, self.taken.key.clone());
        due.put(&room.records(), &mut batch, expires);
        let issued = ready.issue(room, &mut batch, &self.path, proved)?;
        Ok(Performed::change(issued, batch).naming("role", ready.name.clone()))
    }
}

impl FinishOidcLogin {
    /// Give the code to the provider, and check what it answers.
    fn prove(&self, room: &Room<'_>, ready: &Ready<'_>) -> Result<Proved, String> {
        let words = |error: OidcError| error.to_string();
        let config = &ready.config.value;
        let client = config.client().ok_or("OIDC is not configured")?;
        let source = room
            .jwt_sources
            .of(ready.mount.id, &ready.config)
            .map_err(|error| error.to_string())?;
        let provider = source
            .provider(room.fetch, room.now)
            .map_err(|error| words(OidcError::Exchange(error)))?;
        let code = self.taken.code.expose_text().ok_or("the code is not a text")?;
        let token =
            provider.exchange(&client, &self.taken.pending, code, room.fetch).map_err(words)?;
        let rules = IdTokenRules {
            provider: &provider,
            keys: &source.keys,
            allowed: &config.algorithms(true).map_err(|error| error.to_string())?,
            bindings: &ready.role.value.bindings,
            client_id: &client.id,
        };
        rules
            .check(&token, self.taken.pending.nonce(), room.fetch, room.now)
            .map_err(|error| words(OidcError::Token(error)))
    }
}

impl fmt::Debug for TakenOidcLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TakenOidcLogin").field("pending", &self.pending).finish_non_exhaustive()
    }
}

/// Forget what was kept of a login whose time is over.
pub(crate) fn forget_login(
    room: &Room<'_>,
    mount: MountId,
    key: &str,
    batch: &mut Batch,
) -> Result<(), Error> {
    let logical = room.logical_of(mount);
    logical.delete(batch, &format!("{CODES}{key}"))?;
    logical.delete(batch, &format!("{USED}{key}"))
}

fn states<'r>(room: &'r Room<'_>, mount: MountId) -> Result<StateKey<'r>, Error> {
    Ok(StateKey { key: room.unsealed.token_key()?, mount })
}

fn callback(mount: &str) -> String {
    format!("{mount}/oidc/callback")
}
