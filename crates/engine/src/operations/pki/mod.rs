//! Certificates: a mount's root, roles, certificates and revocation list, as Vault's `pki` has them
//! (<https://developer.hashicorp.com/vault/api-docs/secret/pki>). The rules are those of
//! [`strongroom_core::pki`]. A mount has one issuer.

mod certificates;
mod issue;
mod revocation;
mod roles;
mod root;
mod tidy;
mod urls;

pub use certificates::{
    CERTIFICATES_LISTED_MAX, CertificateRead, ListCertificates, ReadCertificate,
};
pub use issue::{Certified, IssueCertificate};
pub(crate) use revocation::take_back;
pub use revocation::{ReadRevocationList, RevokeCertificate, RotateRevocationList};
pub use roles::{DeletePkiRole, ListPkiRoles, ReadPkiRole, WritePkiRole};
pub use root::{DeletePkiRoot, GeneratePkiRoot, PkiRoot, ReadPkiIssuer};
pub use tidy::{TidyCertificates, TidyProgress};
pub use urls::{ReadPkiUrls, UrlsChange, WritePkiUrls};

use strongroom_core::pki::{IssueError, Issuer, Lifetimes, SerialNumber, Urls};
use strongroom_core::time::Timestamp;

use crate::error::Error;
use crate::logical::Logical;
use crate::mounts::MountKind;
use crate::records::Stored;
use crate::room::Room;
use crate::witness::Authorized;

const PKI: &[MountKind] = &[MountKind::Pki];

const ISSUER: &str = "issuer";
const URLS: &str = "urls";
const CERTIFICATES: &str = "certs/";
const REVOKED: &str = "revoked/";

/// How many names one answer lists.
const LISTED_MAX: usize = 1_000;

/// A certificate that is kept, which is one that can be revoked.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
struct CertificateRecord {
    #[cbor(n(0), with = "minicbor::bytes")]
    der: Vec<u8>,
    #[n(1)]
    not_after: Timestamp,
}

/// The mount's issuer.
fn issuer(mount: &Logical<'_>) -> Result<Stored<Issuer>, Error> {
    let missing = || Error::rule("no default issuer currently configured");
    mount.read(ISSUER)?.ok_or_else(missing)
}

/// The mount's URLs; none when nobody set any.
fn urls(mount: &Logical<'_>) -> Result<Urls, Error> {
    let found: Option<Stored<Urls>> = mount.read(URLS)?;
    Ok(found.map(|found| found.value).unwrap_or_default())
}

/// How long certificates of the mount live when their role does not say.
fn lifetimes<C>(room: &Room<'_>, proof: &Authorized<C>) -> Lifetimes {
    let mount = room.mounts.by_id(proof.location().mount);
    let limits = mount.map_or(room.ttl_limits, |(_, mount)| mount.ttl_limits(room.ttl_limits));
    Lifetimes { default: limits.default, max: limits.max }
}

/// Where something of this serial number is kept.
fn serial_record(prefix: &str, serial: SerialNumber) -> String {
    format!("{prefix}{}", serial.to_string().replace(':', "-"))
}

/// The serial number in a client's words.
fn serial_number(text: &str) -> Result<SerialNumber, Error> {
    SerialNumber::parse(text).ok_or_else(|| Error::rule("invalid serial number"))
}

fn refused(error: IssueError) -> Error {
    Error::rule(error.to_string())
}
