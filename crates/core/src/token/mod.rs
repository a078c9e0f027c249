//! Tokens: what they are stored as, how long they live, and how a bearer's text is recognised.
//!
//! A token is shown once, when it is made. What is kept of it is `HMAC-SHA256(token key, text)` (RFC 2104), so that
//! neither the store nor a log gives anybody a token. The rules of lifetimes are those of Vault's token store
//! (<https://developer.hashicorp.com/vault/docs/concepts/tokens>).

mod lifetime;
mod text;

pub use lifetime::{AskedLifetime, Lifetime, RenewError, TTL_DEFAULT, TTL_MAX, TtlLimits};
pub use text::{
    Accessor, BATCH_PREFIX, PlainToken, SERVICE_PREFIX, TOKEN_BYTES_MAX, TokenHash, TokenKey,
    alphanumeric,
};

use core::net::IpAddr;
use std::collections::BTreeMap;

use ipnet::IpNet;

use crate::identifier::MountId;
use crate::time::{Seconds, Timestamp};

/// The most tokens in a line from an orphan to a descendant.
pub const TOKEN_DEPTH_MAX: usize = 64;

/// A token as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Token {
    /// Names the token without being it.
    #[n(0)]
    pub accessor: Accessor,
    /// Whether it is kept, or carries itself.
    #[n(1)]
    pub kind: TokenKind,
    /// Names of its own policies, sorted; those of its entity come on top.
    #[n(2)]
    pub policies: Vec<String>,
    /// For people who read logs.
    #[n(3)]
    pub display_name: String,
    /// What its maker noted.
    #[n(4)]
    pub metadata: BTreeMap<String, String>,
    /// The path at which it was made.
    #[n(5)]
    pub path: String,
    /// The auth mount that made it.
    #[n(6)]
    pub mount: MountId,
    /// How long it lives.
    #[n(7)]
    pub lifetime: Lifetime,
    /// How many requests are left to it; any number when `None`.
    #[n(8)]
    pub uses_left: Option<u64>,
    /// The token that made it and takes it along when it goes; an orphan has none.
    #[n(9)]
    pub parent: Option<TokenHash>,
    /// Whose it is.
    #[n(10)]
    pub entity: Option<String>,
    /// The networks it may be used from; every one when empty.
    #[n(11)]
    pub bound_cidrs: Vec<String>,
    /// The token role it was made by.
    #[n(12)]
    pub role: Option<String>,
    /// Set on a token that carries a wrapped answer and is good for nothing else.
    #[n(13)]
    pub wraps: Option<Wrapping>,
    /// What the auth method needs to renew it: a role's or a user's name.
    #[n(14)]
    pub login: BTreeMap<String, String>,
}

/// How a token is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
#[non_exhaustive]
pub enum TokenKind {
    /// A record in the store.
    #[n(1)]
    Service,
    /// No record: its text is the encrypted token. It cannot be renewed, revoked or have children.
    #[n(2)]
    Batch,
}

/// What a wrapping token carries.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Wrapping {
    /// The path whose answer was wrapped.
    #[n(0)]
    pub creation_path: String,
    /// The accessor of the token inside the answer, if it holds one.
    #[n(1)]
    pub wrapped_accessor: Option<String>,
}

/// Why a token is not accepted now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// It has been used as often as it may.
    #[error("the token has no uses left")]
    UsedUp,
    /// It is used from outside its networks.
    #[error("the token may not be used from this address")]
    Address,
}

impl Token {
    /// Whether it may be used now and from this address; an unknown address is outside every network.
    ///
    /// # Errors
    /// [`Unusable`]
    pub fn check_usable(&self, source: Option<IpAddr>, now: Timestamp) -> Result<(), Unusable> {
        if self.lifetime.has_ended(now) {
            return Err(Unusable::Expired);
        }
        if self.uses_left == Some(0) {
            return Err(Unusable::UsedUp);
        }
        if !is_within(&self.bound_cidrs, source) {
            return Err(Unusable::Address);
        }
        Ok(())
    }

    /// Whether it never ends and its policies are `root`.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.policies.iter().any(|policy| policy == "root")
    }

    /// How long it has to live, in seconds; 0 when it does not end.
    #[must_use]
    pub fn ttl(&self, now: Timestamp) -> Seconds {
        self.lifetime.left(now)
    }
}

/// Whether an address is in one of the networks, or there are none. A network that does not parse holds nobody.
#[must_use]
pub fn is_within(cidrs: &[String], source: Option<IpAddr>) -> bool {
    if cidrs.is_empty() {
        return true;
    }
    let Some(source) = source.map(|address| address.to_canonical()) else { return false };
    cidrs.iter().filter_map(|cidr| network(cidr)).any(|network| network.contains(&source))
}

/// A network as Vault writes one, `10.0.0.0/8`; a bare address is the network of that address.
#[must_use]
pub fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests;
