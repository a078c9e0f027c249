//! A certificate authority: issuers, roles, certificates, requests and revocation lists (RFC 5280), with the rules of
//! Vault's `pki` secrets engine.
//!
//! Times and serial numbers come from the caller. Keys of RSA and ECDSA are the exception: the crypto provider has no
//! way to make them but with its own random generator.
//!
//! # Where it is stricter than Vault
//! - Control characters, NUL among them, are in no name, with `enforce_hostnames` or without.
//! - An alternative name that is neither an email address nor a host name is refused; Vault leaves it out and says
//!   nothing. A URI must have a scheme.
//! - A label that begins with `xn--` must be the Punycode of a label that is not ASCII.
//! - An unknown key usage is refused; Vault ignores it.
//! - Names have limits, see [`limits`].
//!
//! # What it does not do
//! Keys of P-224 and of RSA with 8192 bits, PSS signatures, two values of one attribute of a subject, intermediate
//! authorities, other names (`other_sans`), user identifiers, and identity templates in roles. What can be asked for
//! here is refused with an error that names it; the fields that [`RoleSettings`] does not have are for the door to
//! refuse.

mod certificate;
mod der;
mod error;
mod hostname;
mod issue;
mod issuer;
mod key;
pub mod limits;
mod names;
mod parsed;
mod punycode;
mod render;
mod request;
mod revocation;
mod role;
mod serial;
mod signer;
mod subject;
mod subject_key;
mod urls;
mod usage;

pub use error::IssueError;
pub use issue::{Issuance, IssueRequest, Issued, Lifetimes, Warning};
pub use issuer::{Issuer, LeafNotAfter, NewRoot, Root};
pub use key::{KeyAlgorithm, KeyError, PrivateKey};
pub use parsed::ParsedCertificate;
pub use render::{Format, PrivateKeyFormat, Rendered, pem_certificate, pem_revocation_list};
pub use revocation::{Revocation, RevocationList, RevocationListError};
pub use role::{Role, RoleError, RoleSettings};
pub use serial::SerialNumber;
pub use subject::{SubjectAttributes, SubjectError};
pub use urls::{Urls, UrlsError};

#[cfg(test)]
mod samples;
