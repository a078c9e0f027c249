//! Why a token is not accepted.

use super::fetch::FetchError;
use super::key_set::KeySetError;

/// Why a token is not accepted. Nothing of the token is in it but names of claims that the configuration has as well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwtError {
    /// It is signed with an algorithm that is not allowed.
    #[error("token signed with unexpected algorithm")]
    Algorithm,
    /// It is for others.
    #[error("aud claim does not match any bound audience")]
    Audience,
    /// A claim has not the value that it must have.
    #[error("claim {0:?} does not match any associated bound claim values")]
    Claim(String),
    /// A claim is not of a type that can be used.
    #[error("claim {0:?} has a type that cannot be used")]
    ClaimType(String),
    /// Its header has an extension that is not understood.
    #[error("token with a critical header that is not understood")]
    Critical,
    /// Its time is over.
    #[error("invalid expiration time (exp) claim: token is expired")]
    Expired,
    /// It is of the future.
    #[error("invalid issued at (iat) claim: token issued in the future")]
    IssuedInFuture,
    /// It is of someone else.
    #[error("invalid issuer (iss) claim")]
    Issuer,
    /// The issuer's document gives no keys.
    #[error("the keys of the issuer cannot be used: {0}")]
    Keys(#[from] KeySetError),
    /// The issuer's document cannot be had.
    #[error("the keys of the issuer cannot be fetched: {0}")]
    Fetch(#[from] FetchError),
    /// It is no signed token in compact form, or its claims are no JSON object.
    #[error("malformed token")]
    Malformed,
    /// A claim is not there.
    #[error("claim {0:?} not found in token")]
    MissingClaim(String),
    /// It is another login's.
    #[error("invalid ID token nonce")]
    Nonce,
    /// It says nothing of when it is valid.
    #[error("no issued at (iat), not before (nbf), or expiration time (exp) claims in token")]
    NoTimes,
    /// Its time has not come.
    #[error("invalid not before (nbf) claim: token not yet valid")]
    NotYetValid,
    /// No key has verified it.
    #[error("failed to verify the token's signature")]
    Signature,
    /// It is about someone else.
    #[error("sub claim does not match bound subject")]
    Subject,
    /// It is too large.
    #[error("the token is too large")]
    TooLarge,
    /// It names more groups than a login can have.
    #[error("the token names too many groups")]
    TooManyGroups,
    /// It is for someone, and the role does not say for whom.
    #[error("audience claim found in JWT but no audiences bound to the role")]
    UnboundAudience,
    /// The issuer has no key with its identifier for its algorithm.
    #[error("no known key successfully validated the token signature")]
    UnknownKey,
}
