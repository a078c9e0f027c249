//! Logins by browser: OpenID Connect's code flow, begun, left to the provider, and finished.

use std::fmt;
use std::sync::OnceLock;

use strongroom_core::secret::SecretValue;
use strongroom_store::Batch;

use super::login::Ready;
use super::role::JwtRoleKind;
use super::{JWT, rule};
use crate::due::Due;
use crate::error::Error;
use crate::jwt::{IdTokenRules, Login as Proved, OidcError, PendingLogin, StartRequest, start};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::tokens::IssuedToken;
use crate::witness::Performed;

/// How many logins of one mount can have begun. Each is over after ten minutes.
pub const PENDING_LOGINS_MAX: usize = 1_000;
/// The longest state that is looked up, in bytes.
const STATE_BYTES_MAX: usize = 256;
const PENDING: &str = "pending/";

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

/// Take a login that has begun, to finish it: it is gone afterwards, whatever comes of it. Anybody may ask.
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
        let started = start(&provider, &request, room.now, room.random).map_err(rule)?;
        let logical = room.logical_of(mount.id);
        let (known, _) = logical.names(PENDING, None, PENDING_LOGINS_MAX)?;
        if known.len() >= PENDING_LOGINS_MAX {
            return Err(Error::QuotaExceeded("too many logins have begun".to_owned()));
        }
        let mut batch = Batch::default();
        let key = PendingLogin::key(&started.state);
        logical.put::<_, PendingLogin>(
            &mut batch,
            &format!("{PENDING}{key}"),
            &started.pending,
            None,
        )?;
        let due = Due::PendingLogin(mount.id, key);
        due.put(&room.records(), &mut batch, started.pending.expires());
        Ok(Performed::change(started.url, batch).naming("role", name))
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
        let logical = room.logical_of(mount.id);
        let record = record(&self.state)?;
        let found: Option<Stored<PendingLogin>> = logical.read(&record)?;
        let found = found.ok_or_else(|| rule(OidcError::State))?;
        let mut pending = found.value.clone();
        let code = self.code.expose_text().unwrap_or_default();
        pending.put_code(code, room.now).map_err(rule)?;
        let mut batch = Batch::default();
        logical.put(&mut batch, &record, &pending, Some(&found))?;
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
        let logical = room.logical_of(mount.id);
        let record = record(&self.state)?;
        let found: Option<Stored<PendingLogin>> = logical.read(&record)?;
        let found = found.ok_or_else(|| rule(OidcError::State))?;
        let mut batch = Batch::default();
        logical.keep(&mut batch, &record, &found)?;
        logical.delete(&mut batch, &record)?;
        let due = Due::PendingLogin(mount.id, PendingLogin::key(&self.state));
        batch.writes.push(due.delete(found.value.expires()));
        let role = found.value.role.clone();
        let taken = self.check(found.value, room).map_err(|error| error.to_string());
        Ok(Performed::change(taken, batch).naming("role", role))
    }
}

impl TakeOidcLogin {
    fn check(&self, pending: PendingLogin, room: &Room<'_>) -> Result<TakenOidcLogin, OidcError> {
        pending.check(self.client_nonce.as_deref(), room.now)?;
        let code = match &self.code {
            OidcCode::Brought(code) => code.expose().to_vec(),
            OidcCode::Kept => pending.code().unwrap_or_default().as_bytes().to_vec(),
        };
        if code.is_empty() {
            return Err(OidcError::State);
        }
        Ok(TakenOidcLogin { pending, code: SecretValue::new(code) })
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
        let proved = self.proved.get_or_init(|| self.prove(room, &ready));
        let proved = proved.clone().map_err(Error::rule)?;
        let mut batch = Batch::default();
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

/// Forget a login that was begun and not finished in time.
pub(crate) fn forget_login(
    room: &Room<'_>,
    mount: strongroom_core::identifier::MountId,
    key: &str,
    batch: &mut Batch,
) -> Result<(), Error> {
    room.logical_of(mount).delete(batch, &format!("{PENDING}{key}"))
}

fn callback(mount: &str) -> String {
    format!("{mount}/oidc/callback")
}

fn record(state: &str) -> Result<String, Error> {
    if state.is_empty() || state.len() > STATE_BYTES_MAX {
        return Err(rule(OidcError::State));
    }
    Ok(format!("{PENDING}{}", PendingLogin::key(state)))
}
