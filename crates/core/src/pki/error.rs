//! Why no certificate is issued.

use super::key::KeyError;
use super::limits::{NAMES_MAX, REQUEST_LENGTH_MAX};
use super::subject::SubjectError;
use crate::time::Timestamp;

/// Why no certificate is issued, in Vault's words where Vault has them. Names are the client's own.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IssueError {
    /// The role, or the root, needs a common name.
    #[error(
        "the common_name field is required, or must be provided in a CSR with \"use_csr_common_name\" set to true, unless \"require_cn\" is set to false"
    )]
    CommonNameMissing,
    /// The role does not allow the common name.
    #[error("common name {name} not allowed by this role")]
    CommonName {
        /// The name.
        name: String,
    },
    /// The role does not allow a DNS name, or it is none.
    #[error("subject alternate name {name} not allowed by this role")]
    AlternativeName {
        /// The name.
        name: String,
    },
    /// The role does not allow an email address.
    #[error("email address {name} not allowed by this role")]
    EmailAddress {
        /// The address.
        name: String,
    },
    /// The role does not allow the serial number in the subject.
    #[error("serial_number {number} not allowed by this role")]
    SubjectSerialNumber {
        /// The number.
        number: String,
    },
    /// The role does not allow IP addresses.
    #[error("IP Subject Alternative Names are not allowed in this role")]
    IpAddresses,
    /// It is no IP address.
    #[error("the value {value:?} is not a valid IP address")]
    InvalidIpAddress {
        /// The value.
        value: String,
    },
    /// The role does not allow a URI.
    #[error("URI Subject Alternative Names were provided which are not valid for this role")]
    Uri,
    /// It is no URI.
    #[error("the provided URI Subject Alternative Name {uri:?} is not a valid URI")]
    InvalidUri {
        /// The value.
        uri: String,
    },
    /// A name is too long, has a control character in it, or is not ASCII where it must be.
    #[error("a name is too long or has characters that a certificate cannot have")]
    UncleanName,
    /// There are too many names.
    #[error("a certificate has at most {} names", NAMES_MAX)]
    TooManyNames,
    /// A domain that the root permits is none.
    #[error("permitted_dns_domains has an invalid domain")]
    PermittedDomain,
    /// The certificate would outlive its issuer.
    #[error(
        "cannot satisfy request, as TTL would result in notAfter of {not_after} that is beyond the expiration of the CA certificate at {issuer_not_after}"
    )]
    BeyondIssuer {
        /// When the certificate would end.
        not_after: Timestamp,
        /// When its issuer ends.
        issuer_not_after: Timestamp,
    },
    /// The certificate would end when it begins, or before.
    #[error("the certificate's life is empty")]
    EmptyLife,
    /// The life that was asked for exceeds the limit of the engine.
    #[error("the requested life is longer than 100 years")]
    LifeTooLong,
    /// The role has `key_type=any`, with which only requests are signed.
    #[error("role key type \"any\" not allowed for issuing certificates, only signing")]
    AnyKey,
    /// A request has another type of key than the role, or a shorter key.
    #[error("role requires keys of type {key_type} with at least {key_bits} bits")]
    RequestKey {
        /// The role's type.
        key_type: &'static str,
        /// The role's bits.
        key_bits: u32,
    },
    /// A request is no PEM of PKCS #10, or too long, or its key or a name is of a kind that is not supported.
    #[error(
        "certificate request could not be parsed, or is longer than {} bytes",
        REQUEST_LENGTH_MAX
    )]
    Request,
    /// A request is not signed with its own key.
    #[error("the certificate request's signature is not that of its key")]
    RequestSignature,
    /// There is no such key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The subject is refused.
    #[error(transparent)]
    Subject(#[from] SubjectError),
    /// The certificate could not be written or signed.
    #[error("the certificate could not be signed")]
    Signing,
}
