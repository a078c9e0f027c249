use std::collections::BTreeMap;

use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_core::token::Token;
use strongroom_store::Batch;

use super::config::JwtConfig;
use super::role::{JwtRole, JwtRoleKind};
use super::{CONFIG, JWT, configured, role_record};
use crate::error::Error;
use crate::jwt::{Login as Proved, TOKEN_BYTES_MAX};
use crate::logical::Logical;
use crate::login::{Login, LoginAlias, LoginIdentity, TokenParameters};
use crate::mounts::Mount;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::tokens::IssuedToken;
use crate::witness::Performed;

/// What a token's `login` names its role by.
const ROLE: &str = "role";
/// What a token's `login` names its role's key by.
const KEY: &str = "role_key";

/// Log in with a signed token. Anybody may ask.
#[derive(Debug)]
pub struct LoginJwt {
    path: String,
    role: String,
    token: SecretValue,
}

impl LoginJwt {
    /// With this token at this mount, by a role; by the mount's usual one when that is empty.
    #[must_use]
    pub fn new(mount: &str, role: &str, token: SecretValue) -> Self {
        Self { path: format!("{mount}/login"), role: role.to_owned(), token }
    }
}

impl Operation for LoginJwt {
    type Answer = IssuedToken;

    const NAME: &'static str = "jwt-login";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<IssuedToken>, Error> {
        let login =
            SignedLogin { path: &self.path, role: &self.role, token: &self.token, within: None };
        let LetIn { issued, batch, role, .. } = log_in(room, login)?;
        Ok(Performed::change(issued, batch).naming("role", role))
    }
}

/// A login with a signed token.
pub(crate) struct SignedLogin<'a> {
    /// The path that is asked.
    pub(crate) path: &'a str,
    /// The role; the mount's usual one when it is empty.
    pub(crate) role: &'a str,
    pub(crate) token: &'a SecretValue,
    /// How long what it gives lives at most, in a record of its own that nobody renews; as the role says when `None`.
    pub(crate) within: Option<Seconds>,
}

/// Somebody who was let in, with the batch that makes it so.
pub(crate) struct LetIn {
    pub(crate) issued: IssuedToken,
    pub(crate) batch: Batch,
    pub(crate) role: String,
    /// Who they are to the mount.
    pub(crate) subject: String,
}

/// Let in whoever shows a token that the role admits.
///
/// # Errors
/// [`Error`]
pub(crate) fn log_in(room: &Room<'_>, login: SignedLogin<'_>) -> Result<LetIn, Error> {
    let mut ready = Ready::of(room, login.path, login.role)?;
    let Ready { mount, config, role, .. } = &ready;
    if role.value.kind != JwtRoleKind::Jwt {
        return Err(Error::rule("role with oidc role_type is not allowed"));
    }
    if !room.is_from(&role.value.token.bound_cidrs) {
        let reason = "the login comes from outside the networks of the role";
        return Err(Error::Unauthenticated(reason.to_owned()));
    }
    let text = login.token.expose_text().filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| Error::rule("missing token"))?;
    if text.len() > TOKEN_BYTES_MAX {
        return Err(Error::rule("the token is too large"));
    }
    let source = room.jwt_sources.of(mount.id, config)?;
    let allowed = config.value.algorithms(false)?;
    let mut bindings = role.value.bindings.clone();
    bindings.issuer = config.value.issuer();
    let proved = source
        .keys
        .verify(text, &allowed, room.fetch, room.now)
        .and_then(|claims| bindings.check(&claims, room.now))
        .map_err(|error| Error::rule(format!("error validating token: {error}")))?;
    if let Some(span) = login.within {
        ready.role.value.token.bound(span);
    }
    let (mut batch, subject) = (Batch::default(), proved.user.to_string());
    let issued = ready.issue(room, &mut batch, login.path, proved)?;
    Ok(LetIn { issued, batch, role: ready.name, subject })
}

/// What a login goes by.
pub(super) struct Ready<'r> {
    pub(super) mount: &'r Mount,
    pub(super) config: Stored<JwtConfig>,
    pub(super) name: String,
    pub(super) role: Stored<JwtRole>,
}

impl<'r> Ready<'r> {
    /// The mount, its configuration and the role that is named, or the mount's usual one.
    pub(super) fn of(room: &'r Room<'_>, path: &str, role: &str) -> Result<Self, Error> {
        let mount = room.login_mount(path, JWT)?;
        let logical = room.logical_of(mount.id);
        let config = configured(&logical)?;
        let name = if role.is_empty() { &config.value.fields.default_role } else { role };
        let name = name.to_ascii_lowercase();
        if name.is_empty() {
            return Err(Error::rule("missing role"));
        }
        let found = match crate::login::NamedPath::new("", "", &name, "").name() {
            Ok(name) => logical.read(&role_record(name))?,
            Err(_) => None,
        };
        let role = found.ok_or_else(|| Error::rule("the role could not be found"))?;
        Ok(Self { mount, config, name, role })
    }

    /// Let in who a token proved to be.
    pub(super) fn issue(
        &self,
        room: &Room<'_>,
        batch: &mut Batch,
        path: &str,
        proved: Proved,
    ) -> Result<IssuedToken, Error> {
        let logical: Logical<'_> = room.logical_of(self.mount.id);
        logical.keep(batch, CONFIG, &self.config)?;
        logical.keep(batch, &role_record(&self.name), &self.role)?;
        let named = BTreeMap::from([(ROLE.to_owned(), self.name.clone())]);
        let mut metadata = proved.metadata;
        metadata.extend(named);
        let display_name = proved.user.to_string();
        room.issue_login(
            batch,
            Login {
                mount: self.mount.id,
                path,
                who: LoginIdentity::Alias(LoginAlias {
                    name: proved.user,
                    metadata: metadata.clone(),
                    groups: proved.groups,
                }),
                display_name: &display_name,
                metadata,
                parameters: &self.role.value.token,
                renewed_by: BTreeMap::from([
                    (ROLE.to_owned(), self.name.clone()),
                    (KEY.to_owned(), self.role.value.key.to_string()),
                ]),
            },
        )
    }
}

/// What a token is renewed by: its role as it is now. One that was made anew under the name is another one.
pub(crate) fn renewal(room: &Room<'_>, token: &Token) -> Result<TokenParameters, Error> {
    let gone = || Error::rule("the role that the token was made by does not exist");
    let name = token.login.get(ROLE).ok_or_else(gone)?;
    let logical: Logical<'_> = room.logical_of(token.mount);
    let role: Stored<JwtRole> = logical.read(&role_record(name))?.ok_or_else(gone)?;
    if token.login.get(KEY) != Some(&role.value.key.to_string()) {
        return Err(gone());
    }
    Ok(role.value.token)
}
