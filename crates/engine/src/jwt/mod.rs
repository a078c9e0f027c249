//! JSON Web Tokens (RFC 7519): those that others sign, for the JWT and OIDC auth methods, and our own, for identity
//! tokens.
//!
//! A token is verified in this order, and nothing of it is looked at before its turn: its size, its header, its
//! algorithm against those that the configuration allows, its signature, its times, its issuer, audience and subject,
//! its other claims. A verified token is a [`Claims`]; only [`KeySet::verify`] and what is built on it makes one.
//! There is no HMAC here and no `none`, so that no public key can be taken for a shared secret.
//!
//! No I/O: documents come through the caller's [`Fetch`], the time is a parameter.

mod algorithm;
mod bindings;
mod claims;
mod error;
mod fetch;
mod json;
mod jws;
mod key;
mod key_set;
mod named_key;
mod oidc;
mod pending;
mod pkcs1;
mod redirect;
mod signing;
mod source;
#[cfg(test)]
mod tests;
mod times;

pub use algorithm::{Algorithm, Algorithms, UnknownAlgorithm};
pub use bindings::{
    BINDINGS_MAX, Bindings, BindingsError, ClaimValue, GROUPS_MAX, Login, Matching,
};
pub use claims::Claims;
pub use error::JwtError;
pub use fetch::{DOCUMENT_BYTES_MAX, Fetch, FetchError, FormRequest, NoFetch};
pub use json::{JSON_DEPTH_MAX, JSON_VALUES_MAX, Json, JsonError};
pub use jws::{KEY_ID_BYTES_MAX, TOKEN_BYTES_MAX};
pub use key::VerificationKey;
pub use key_set::{KEYS_MAX, KeySet, KeySetError};
pub use named_key::{
    EXPIRING_KEYS_MAX, NamedKey, NamedKeyError, Periods, PublishedKey, jwks_document, verify_own,
};
pub use oidc::{Client, IdTokenRules, OidcError, Provider, ResponseMode};
pub use pending::{
    KeptCode, PENDING_LOGIN_SECS, PendingLogin, StartRequest, Started, StateKey, start,
};
pub use redirect::is_redirect_allowed;
pub use signing::{SigningError, SigningKey, SigningKeyRecord};
pub use source::{KEYS_FRESH_SECS, KEYS_USABLE_SECS, KeySource, Origin, REFETCH_SECS};
pub use times::{Leeway, Leeways};
