use std::collections::BTreeMap;

use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_store::Batch;
use zeroize::Zeroizing;

use super::config::issuer;
use super::keys::{keep, key, published};
use super::roles::role;
use super::{IDENTITY, checked, rule, template};
use crate::error::Error;
use crate::identity::{Directory, Identity};
use crate::jwt::{Json, verify_own};
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read, Write};

/// A token that says who the caller's entity is, by a role. Needs `read` on `identity/oidc/token/<role>`.
#[derive(Debug)]
pub struct IssueOidcToken {
    role: String,
    path: String,
}

/// A signed token.
#[derive(Debug)]
pub struct IdentityToken {
    /// The token, in compact form.
    pub token: Zeroizing<String>,
    /// Who it is for.
    pub client_id: String,
    /// How long it lives.
    pub ttl: Seconds,
}

/// Whether a token is one of ours and good now. Needs `update` on `identity/oidc/introspect`.
#[derive(Debug)]
pub struct IntrospectOidcToken {
    /// The token.
    pub token: SecretValue,
    /// Who it must be for, if that is asked.
    pub client_id: Option<String>,
}

impl IssueOidcToken {
    /// By the role of this name.
    #[must_use]
    pub fn new(role: &str) -> Self {
        Self { role: role.to_owned(), path: format!("identity/oidc/token/{role}") }
    }
}

impl Operation for IssueOidcToken {
    type Answer = IdentityToken;

    const NAME: &'static str = "oidc-token-issue";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<IdentityToken>, Error> {
        let _proof = room.authorise_at::<Read>(&self.path, IDENTITY)?;
        let entity = room.caller.bearer.as_ref().and_then(|bearer| bearer.token.entity.as_deref());
        let nobody = || Error::rule("no entity associated with the request's token");
        let directory = room.directory()?;
        let identity = Identity::of_token(&directory, entity.ok_or_else(nobody)?, &mut Vec::new())?;
        let role = role(&directory, checked(&self.role)?)?.map(|found| found.value);
        let role = role.ok_or_else(|| Error::rule(format!("role {:?} not found", self.role)))?;
        let found = key(&directory, &role.key)?;
        let found = found.ok_or_else(|| Error::rule(format!("key {:?} not found", role.key)))?;
        if !found.value.allows_client(&role.client_id) {
            return Err(Error::rule(format!(
                "the key {:?} does not list the client ID of the role {:?} as an allowed client ID",
                role.key, self.role
            )));
        }
        let mut batch = Batch::default();
        let mut named = found.value.clone();
        if room.now >= named.next_rotation() {
            named.rotate(room.now, None, room.random).map_err(rule)?;
            keep(&directory, &mut batch, &role.key, &named, Some(&found))?;
        }
        let ttl = role.ttl.min(named.periods().verification);
        let mut claims = template::claims(&role.template, &identity, room.now)?;
        claims.extend(self.own_claims(&directory, room, &identity, &role.client_id, ttl)?);
        let token = named.sign(&claims).map_err(rule)?;
        let issued = IdentityToken { token, client_id: role.client_id, ttl };
        let performed = match batch.writes.is_empty() {
            true => Performed::read(issued),
            false => Performed::change(issued, batch).naming("rotated_key", role.key),
        };
        Ok(performed.naming("entity", identity.entity.id.to_string()))
    }
}

impl IssueOidcToken {
    /// What the token says whatever its template: OpenID Connect Core 1.0 section 2.
    fn own_claims(
        &self,
        directory: &Directory<'_>,
        room: &Room<'_>,
        identity: &Identity,
        client_id: &str,
        ttl: Seconds,
    ) -> Result<BTreeMap<String, Json>, Error> {
        let seconds = room.now.0 / 1_000;
        let claims = [
            ("iss", issuer(directory)?.into()),
            ("sub", identity.entity.id.to_string().into()),
            ("aud", client_id.into()),
            ("iat", seconds.into()),
            ("exp", seconds.saturating_add(ttl.0).into()),
            ("namespace", "root".into()),
        ];
        Ok(claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
}

impl Operation for IntrospectOidcToken {
    /// `None` when it is good, else why it is not.
    type Answer = Option<String>;

    const NAME: &'static str = "oidc-token-introspect";

    fn subject(&self) -> Option<&str> {
        Some("identity/oidc/introspect")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Option<String>>, Error> {
        let _proof = room.authorise_at::<Write>("identity/oidc/introspect", IDENTITY)?;
        match self.check(room) {
            Ok(()) => Ok(Performed::read(None)),
            Err(Problem::Token(reason)) => Ok(Performed::read(Some(reason))),
            Err(Problem::Engine(error)) => Err(error),
        }
    }
}

/// Why a token is not good, or why that cannot be said.
enum Problem {
    Token(String),
    Engine(Error),
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::Unauthenticated(reason) => Self::Token(reason),
            error => Self::Engine(error),
        }
    }
}

impl IntrospectOidcToken {
    fn check(&self, room: &Room<'_>) -> Result<(), Problem> {
        let refused = |reason: &str| Problem::Token(reason.to_owned());
        let directory = room.directory()?;
        let text = self.token.expose_text().ok_or_else(|| refused("malformed token"))?;
        let keys = published(&directory)?;
        let claims =
            verify_own(&keys, text, room.now).map_err(|error| Problem::Token(error.to_string()))?;
        let text = |name: &str| claims.text(name).ok().flatten();
        if text("iss") != Some(&issuer(&directory)?) {
            return Err(refused("the token is of another issuer"));
        }
        if let Some(client_id) = &self.client_id
            && !claims.audiences().is_ok_and(|all| all.contains(&client_id.as_str()))
        {
            return Err(refused("the token is not for this client"));
        }
        let entity = text("sub").unwrap_or_default();
        Identity::of_token(&directory, entity, &mut Vec::new())?;
        Ok(())
    }
}
