//! What a client may ask for at most.

use crate::time::Seconds;

/// Names in a certificate: its common name and its DNS, email, IP and URI alternative names together.
pub const NAMES_MAX: usize = 100;
/// Bytes of a common name, a DNS name or an email address.
pub const NAME_LENGTH_MAX: usize = 255;
/// Bytes of a URI, in a certificate or in the mount's settings.
pub const URI_LENGTH_MAX: usize = 2_048;
/// Bytes of a value of a subject: an organisation, a street address.
pub const SUBJECT_VALUE_LENGTH_MAX: usize = 128;
/// Entries of a list in a role.
pub const ROLE_LIST_MAX: usize = 256;
/// Bytes of an entry of a list in a role.
pub const ROLE_ENTRY_LENGTH_MAX: usize = 1_024;
/// DNS domains that a root may permit.
pub const PERMITTED_DOMAINS_MAX: usize = 100;
/// URLs of one kind in the mount's settings.
pub const URLS_MAX: usize = 16;
/// The longest life of a certificate, and the furthest that its beginning may lie back: 100 years of 365 days.
pub const LIFETIME_MAX: Seconds = Seconds(100 * 365 * 86_400);
/// Bytes of a certificate signing request in PEM.
pub const REQUEST_LENGTH_MAX: usize = 32_768;
/// Certificates in a revocation list, at 39 bytes each: a list is one record of the store.
pub const REVOCATIONS_MAX: usize = 30_000;
/// Components of an object identifier.
pub const OBJECT_IDENTIFIER_LENGTH_MAX: usize = 32;
/// Bytes of a certificate of others, in DER.
pub const CERTIFICATE_LENGTH_MAX: usize = 32_768;
