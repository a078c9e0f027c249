//! Leases: something given out for a time, which is taken back when the time is over.

use crate::identifier::MountId;
use crate::token::{Lifetime, TokenHash};

/// A lease as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Lease {
    /// `<path it was asked at>/<24 letters and digits>`
    #[n(0)]
    pub id: String,
    /// The mount that gave it out.
    #[n(1)]
    pub mount: MountId,
    /// The token it was given to, which takes it along when it goes.
    #[n(2)]
    pub token: Option<TokenHash>,
    /// How long it lives.
    #[n(3)]
    pub lifetime: Lifetime,
    /// What the mount needs to take it back.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub revocation: Vec<u8>,
}
