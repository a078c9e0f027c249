//! Why a store or a server did not do what was asked.

use std::fmt;

use strongroom_client::{Address, ClientError};
use strongroom_engine::{Error, Kind};
use strongroom_wire as wire;

use super::remote::{ADDRESS_VARIABLE, AUTHORITY_VARIABLE, TOKEN_VARIABLE};

/// Why something was not done: its sort, what happened, and what is to be done where the one who refused knows it. No
/// text of it holds a value.
#[derive(Debug)]
pub struct Refusal {
    kind: Kind,
    message: String,
    hints: Vec<String>,
    is_local: bool,
}

impl Refusal {
    /// Its sort.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What is to be done about it.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Whether a store of this machine refused.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.is_local
    }

    /// A server answered what this program does not understand.
    #[must_use]
    pub fn foreign(address: &Address) -> Self {
        Self {
            kind: Kind::Unavailable,
            message: format!("{address} answers what this program does not understand"),
            hints: vec!["is the server newer? see: strongroom status".to_owned()],
            is_local: false,
        }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let kind = if error.is_of_deleted() { Kind::Deleted } else { error.kind() };
        Self { kind, message: error.to_string(), hints: Vec::new(), is_local: true }
    }
}

impl From<ClientError> for Refusal {
    fn from(error: ClientError) -> Self {
        let kind = match &error {
            ClientError::Refused(detail) => kind_of(detail.kind),
            ClientError::NoToken { .. } => Kind::Unauthenticated,
            _ => Kind::Unavailable,
        };
        let refusal = Self { kind, message: error.to_string(), hints: Vec::new(), is_local: false };
        match error {
            ClientError::Certificate { .. } => refusal.hint(format!(
                "if the server has an authority of its own, name its certificate: export {AUTHORITY_VARIABLE}=FILE"
            )),
            ClientError::Unreachable { .. } => {
                refusal.hint(format!("is the server running, and is {ADDRESS_VARIABLE} right?"))
            }
            ClientError::Broken { .. } => refusal.hint("see how the server is: strongroom status"),
            ClientError::Foreign { .. } => {
                refusal.hint(format!("is {ADDRESS_VARIABLE} the address of a Strongroom server?"))
            }
            ClientError::NoToken { .. } => {
                refusal.hint(format!("name your token: export {TOKEN_VARIABLE}=…"))
            }
            ClientError::Refused(detail) => Self::of_server(refusal, detail),
            _ => refusal,
        }
    }
}

impl Refusal {
    fn of_server(self, detail: wire::ErrorDetail) -> Self {
        let own = match detail.kind {
            wire::Kind::Unauthenticated => Some(format!(
                "the token is not or no longer good: put another one into {TOKEN_VARIABLE}"
            )),
            wire::Kind::Sealed => Some("an operator of the server has to unseal it".to_owned()),
            wire::Kind::Internal | wire::Kind::AuditUnavailable => {
                Some("an operator finds the reason in the server's log".to_owned())
            }
            _ => None,
        };
        detail.hint.into_iter().chain(own).fold(self, Self::hint)
    }
}

fn kind_of(kind: wire::Kind) -> Kind {
    match kind {
        wire::Kind::AlreadyExists => Kind::AlreadyExists,
        wire::Kind::AuditUnavailable => Kind::AuditUnavailable,
        wire::Kind::Deleted => Kind::Deleted,
        wire::Kind::Forbidden => Kind::Forbidden,
        wire::Kind::InvalidRequest => Kind::InvalidRequest,
        wire::Kind::NotFound => Kind::NotFound,
        wire::Kind::QuotaExceeded => Kind::QuotaExceeded,
        wire::Kind::Sealed => Kind::Sealed,
        wire::Kind::Unauthenticated => Kind::Unauthenticated,
        wire::Kind::Unavailable => Kind::Unavailable,
        wire::Kind::Unsupported => Kind::Unsupported,
        wire::Kind::VersionConflict => Kind::VersionConflict,
        wire::Kind::Internal | wire::Kind::Unknown => Kind::Internal,
    }
}
