//! What every operation is asked with.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use strongroom_core::audit::RequestId;
use strongroom_core::policy::ParameterValue;
use strongroom_core::random::{self, Random};
use strongroom_core::token::PlainToken;

use crate::apps::ProvenApp;
use crate::audit::RecordClient;
use crate::principal::Principal;

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Door {
    /// The command line.
    Cli,
    /// The engine itself: what is due.
    Engine,
    /// The HTTP API of HashiCorp Vault.
    Vault,
    /// Strongroom's own HTTP API.
    Native,
    /// The API of AWS Secrets Manager.
    Aws,
}

/// Who asks, from where, under which number.
#[derive(Clone, Debug)]
pub struct Request {
    /// The request's number, in its answer and its audit record.
    pub id: RequestId,
    /// Who asks.
    pub caller: Caller,
    /// Where it came in.
    pub door: Door,
    /// The network address it came from.
    pub source: Option<IpAddr>,
    /// Whether it came over TLS.
    pub encrypted: bool,
    /// The program that asks.
    pub client: Option<RecordClient>,
    /// What policies may say more of than the path; only a door whose clients send it has it.
    pub asked: Option<Asked>,
}

/// Who asks: what the engine makes a [`Principal`] of before anything else.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Somebody whose identity is known without a token.
    Known(Principal),
    /// The bearer of a token.
    Token(Arc<PlainToken>),
    /// Somebody without a token: no policy allows them anything.
    Anonymous,
    /// An app that showed one of its credentials.
    App(ProvenApp),
    /// Somebody whose proof was not good, and why: they are refused, and the audit log has the reason.
    Refused(String),
}

/// What a request carries beside its path, as far as policies speak of it.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The names and values of the parameters of its body, at the uppermost level.
    pub parameters: Vec<(String, ParameterValue)>,
    /// How long its answer is to be wrapped for.
    pub wrap_ttl: Option<Duration>,
}

impl From<Principal> for Caller {
    fn from(principal: Principal) -> Self {
        Self::Known(principal)
    }
}

impl Door {
    /// The word that audit records use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
            Self::Engine => "engine",
            Self::Vault => "vault",
            Self::Native => "native",
            Self::Aws => "aws",
        }
    }
}

impl Request {
    /// A request with a new number.
    pub fn new(caller: impl Into<Caller>, door: Door, random: &dyn Random) -> Self {
        let (id, caller) = (Self::new_id(random), caller.into());
        Self { id, caller, door, source: None, encrypted: false, client: None, asked: None }
    }

    pub(crate) fn new_id(random: &dyn Random) -> RequestId {
        RequestId(u128::from_be_bytes(random::array(random)))
    }
}
