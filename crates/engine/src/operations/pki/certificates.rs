use strongroom_core::pki::Revocation;
use strongroom_core::time::Timestamp;

use super::{CERTIFICATES, CertificateRecord, PKI, REVOKED, serial_number, serial_record};
use crate::error::Error;
use crate::mounts::MountKind;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{List, Performed};

/// A certificate that is kept. It is for everybody.
#[derive(Debug)]
pub struct ReadCertificate {
    path: String,
    serial: String,
}

/// The most serial numbers of one page.
pub const CERTIFICATES_LISTED_MAX: usize = 10_000;

/// What is known of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateRead {
    /// The certificate in DER.
    pub der: Vec<u8>,
    /// When it was revoked, if it was and has not ended before.
    pub revoked_at: Option<Timestamp>,
}

/// Serial numbers of certificates that are kept, with hyphens as they are in paths. Needs `list` on `<mount>/certs`.
#[derive(Debug)]
pub struct ListCertificates {
    path: String,
    after: Option<String>,
    limit: usize,
}

impl ReadCertificate {
    /// The one with this serial number.
    #[must_use]
    pub fn new(mount: &str, serial: &str) -> Self {
        Self { path: format!("{mount}/cert/{serial}"), serial: serial.to_owned() }
    }
}

impl ListCertificates {
    /// At most `limit` of those of this mount, behind this one; [`CERTIFICATES_LISTED_MAX`] when there is no limit.
    #[must_use]
    pub fn new(mount: &str, after: Option<String>, limit: Option<usize>) -> Self {
        let limit = limit.unwrap_or(CERTIFICATES_LISTED_MAX).clamp(1, CERTIFICATES_LISTED_MAX);
        Self { path: format!("{mount}/certs"), after, limit }
    }
}

impl Operation for ReadCertificate {
    type Answer = CertificateRead;

    const NAME: &'static str = "pki-certificate-read";

    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<CertificateRead>, Error> {
        let proof = room.authorise_open(&self.path, MountKind::Pki)?;
        let (mount, serial) = (room.logical(&proof), serial_number(&self.serial)?);
        let name = serial_record(CERTIFICATES, serial);
        let found: Option<Stored<CertificateRecord>> = mount.read(&name)?;
        let found = found.ok_or_else(|| Error::NotFound(self.path.clone()))?;
        let revocation: Option<Stored<Revocation>> = mount.read(&serial_record(REVOKED, serial))?;
        let revoked_at = revocation.map(|revocation| revocation.value.revoked_at);
        Ok(Performed::read(CertificateRead { der: found.value.der, revoked_at }))
    }
}

impl Operation for ListCertificates {
    /// The serial numbers, and whether there are more.
    type Answer = (Vec<String>, bool);

    const NAME: &'static str = "pki-certificates-list";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let proof = room.authorise_at::<List>(&self.path, PKI)?;
        let after = self.after.as_deref();
        Ok(Performed::read(room.logical(&proof).names(CERTIFICATES, after, self.limit)?))
    }
}
