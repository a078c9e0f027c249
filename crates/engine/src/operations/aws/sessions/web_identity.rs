use strongroom_core::policy::Capability;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_core::token::TokenKind;

use super::checked_duration;
use super::record::{NewSession, SessionOwner};
use super::role_arn::{RoleArn, checked_name, not_an_arn};
use crate::error::Error;
use crate::identify::Identifier;
use crate::operations::aws::rule::{AwsClass, refuse};
use crate::operations::jwt::{SignedLogin, log_in};
use crate::room::{Operation, Room};
use crate::witness::Performed;

const TOO_LONG: &str =
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";

/// Log in with a signed token by a role of a JWT mount, and begin a session of that login: the role of
/// `arn:aws:iam::ACCOUNT:role/MOUNT/ROLE` is ROLE at `auth/MOUNT`
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html>). Anybody may ask.
///
/// The login's token is shown to nobody. It ends with the session, and what ends it ends the session.
#[derive(Debug)]
pub struct AssumeRoleWithWebIdentity {
    role: Option<Role>,
    session_name: String,
    token: SecretValue,
    duration: Option<Seconds>,
}

/// A role of a mount.
#[derive(Debug)]
struct Role {
    arn: RoleArn,
    /// Where a login is asked for.
    path: String,
    name: String,
}

/// Temporary keys, and whom the token was of.
#[derive(Debug)]
pub struct WebIdentitySession {
    /// The keys.
    pub session: NewSession,
    /// Who the token says that its bearer is.
    pub subject: String,
}

impl AssumeRoleWithWebIdentity {
    /// By the role that this ARN means, under this name. A session without a duration is an hour long, or as long as
    /// the role allows.
    #[must_use]
    pub fn new(
        role_arn: &str,
        session_name: &str,
        token: SecretValue,
        duration: Option<Seconds>,
    ) -> Self {
        let role = RoleArn::parse(role_arn).and_then(Role::of);
        Self { role, session_name: session_name.to_owned(), token, duration }
    }
}

impl Role {
    fn of(arn: RoleArn) -> Option<Self> {
        let (mount, name) = arn.name.rsplit_once('/')?;
        let mount = mount.strip_prefix("auth/").unwrap_or(mount);
        if mount.is_empty() || name.is_empty() {
            return None;
        }
        Some(Self { path: format!("auth/{mount}/login"), name: name.to_owned(), arn })
    }
}

impl Operation for AssumeRoleWithWebIdentity {
    type Answer = WebIdentitySession;

    const NAME: &'static str = "aws-assume-role-with-web-identity";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        self.role.as_ref().map(|role| role.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<WebIdentitySession>, Error> {
        let role = self.role.as_ref().ok_or_else(not_an_arn)?;
        let session_name = checked_name(&self.session_name)?;
        let duration = checked_duration(self.duration)?;
        if role.arn.account.as_str() != room.account() {
            let reason = "the role is of another account".to_owned();
            return Err(room.denied(&role.path, Capability::Update, reason, None));
        }
        let login = SignedLogin {
            path: &role.path,
            role: &role.name,
            token: &self.token,
            within: Some(duration),
        };
        let mut let_in = log_in(room, login)?;
        let (issued, batch) = (&let_in.issued, &mut let_in.batch);
        if issued.token.kind != TokenKind::Service {
            return Err(Error::rule("the mount's tokens are batch tokens, which have no sessions"));
        }
        let end = room.now.plus(duration);
        let expires = issued.token.lifetime.expires.map_or(end, |token| token.min(end));
        if self.duration.is_some() && expires < end {
            return Err(refuse(AwsClass::Validation, TOO_LONG));
        }
        let hash = room.token_hash(&issued.text)?;
        let identified = Identifier::named_by(hash, &issued.token);
        let owner = SessionOwner::Token(hash);
        let session = room.begin_session(batch, &identified, owner, session_name, expires)?;
        let id = session.id.to_string();
        let answer = WebIdentitySession { session, subject: let_in.subject };
        let performed = Performed::change(answer, let_in.batch);
        let performed = performed.naming("role", let_in.role).naming("session", session_name);
        Ok(performed.naming("access_key", id))
    }
}
