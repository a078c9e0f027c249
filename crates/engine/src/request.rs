//! What every operation is asked with.

use strongroom_core::audit::RequestId;
use strongroom_core::random::{self, Random};

use crate::audit::RecordClient;
use crate::principal::Principal;

/// Where a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Door {
    /// The command line.
    Cli,
}

/// Who asks, from where, under which number.
#[derive(Clone, Debug)]
pub struct Request {
    /// The request's number, in its answer and its audit record.
    pub id: RequestId,
    /// Who asks.
    pub principal: Principal,
    /// Where it came in.
    pub door: Door,
    /// The network address it came from.
    pub source: Option<String>,
    /// The program that asks.
    pub client: Option<RecordClient>,
}

impl Door {
    /// The word that audit records use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cli => "cli",
        }
    }
}

impl Request {
    /// A request with a new number.
    pub fn new(principal: Principal, door: Door, random: &dyn Random) -> Self {
        Self { id: Self::new_id(random), principal, door, source: None, client: None }
    }

    pub(crate) fn new_id(random: &dyn Random) -> RequestId {
        RequestId(u128::from_be_bytes(random::array(random)))
    }
}
