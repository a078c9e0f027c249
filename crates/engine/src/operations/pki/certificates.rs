use super::{CERTIFICATES, CertificateRecord, LISTED_MAX, PKI, serial_number, serial_record};
use crate::error::Error;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{List, Performed, Read};

/// A certificate that is kept, in DER. Needs `read` on `<mount>/cert/<serial>`.
#[derive(Debug)]
pub struct ReadCertificate {
    path: String,
    serial: String,
}

/// Serial numbers of certificates that are kept, with hyphens as they are in paths. Needs `list` on `<mount>/certs`.
#[derive(Debug)]
pub struct ListCertificates {
    path: String,
    after: Option<String>,
}

impl ReadCertificate {
    /// The one with this serial number.
    #[must_use]
    pub fn new(mount: &str, serial: &str) -> Self {
        Self { path: format!("{mount}/cert/{serial}"), serial: serial.to_owned() }
    }
}

impl ListCertificates {
    /// Those of this mount, behind this one.
    #[must_use]
    pub fn new(mount: &str, after: Option<&str>) -> Self {
        Self { path: format!("{mount}/certs"), after: after.map(str::to_owned) }
    }
}

impl Operation for ReadCertificate {
    type Answer = Vec<u8>;

    const NAME: &'static str = "pki-certificate-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<u8>>, Error> {
        let proof = room.authorise_at::<Read>(&self.path, PKI)?;
        let name = serial_record(CERTIFICATES, serial_number(&self.serial)?);
        let found: Option<Stored<CertificateRecord>> = room.logical(&proof).read(&name)?;
        let found = found.ok_or_else(|| Error::NotFound(self.path.clone()))?;
        Ok(Performed::read(found.value.der))
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
        Ok(Performed::read(room.logical(&proof).names(CERTIFICATES, after, LISTED_MAX)?))
    }
}
