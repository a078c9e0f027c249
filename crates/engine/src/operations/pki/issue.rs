use strongroom_core::lease::Lease;
use strongroom_core::pki::{Issuance, IssueRequest, Issued};
use strongroom_core::time::Seconds;
use strongroom_core::token::Lifetime;
use strongroom_store::Batch;

use super::roles::role;
use super::{
    CERTIFICATES, CertificateRecord, PKI, issuer, lifetimes, refused, serial_record, urls,
};
use crate::error::Error;
use crate::records::{Stored, encode};
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Issue a certificate by a role: with a new key, which needs `update` on `<mount>/issue/<role>`, or for a request,
/// which needs `update` on `<mount>/sign/<role>`. When the role says so, the certificate carries a lease, and is
/// revoked when that is revoked.
#[derive(Debug)]
pub struct IssueCertificate {
    path: String,
    role: String,
    request: IssueRequest,
    csr: Option<String>,
}

/// A certificate that was issued. There is no `Debug`: its key is in it.
pub struct Certified {
    /// The certificate.
    pub issued: Issued,
    /// Its lease, if it carries one.
    pub lease: Option<Lease>,
}

impl IssueCertificate {
    /// With a new key.
    #[must_use]
    pub fn issue(mount: &str, role: &str, request: IssueRequest) -> Self {
        Self { path: format!("{mount}/issue/{role}"), role: role.to_owned(), request, csr: None }
    }

    /// For a signing request in PEM.
    #[must_use]
    pub fn sign(mount: &str, role: &str, csr: String, request: IssueRequest) -> Self {
        let path = format!("{mount}/sign/{role}");
        Self { path, role: role.to_owned(), request, csr: Some(csr) }
    }
}

impl Operation for IssueCertificate {
    type Answer = Certified;

    const NAME: &'static str = "pki-issue";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Certified>, Error> {
        let proof = room.authorise_at::<Write>(&self.path, PKI)?;
        let mount = room.logical(&proof);
        let (role, issuer, urls) =
            (role(&mount, &self.role)?, issuer(&mount)?.value, urls(&mount)?);
        let lifetimes = lifetimes(room, &proof);
        let (now, random) = (room.now, room.random);
        let issuance =
            Issuance { issuer: &issuer, role: &role, urls: &urls, lifetimes, now, random };
        let issued = match &self.csr {
            Some(csr) => issuance.sign(csr, &self.request),
            None => issuance.issue(&self.request),
        };
        let issued = issued.map_err(refused)?;
        let mut batch = Batch::default();
        if !role.settings().no_store {
            let not_after = issued.not_after;
            let kept = CertificateRecord { der: issued.certificate.clone(), not_after };
            let name = serial_record(CERTIFICATES, issued.serial);
            mount.put(&mut batch, &name, &kept, None::<&Stored<CertificateRecord>>)?;
        }
        let lease = match role.settings().generate_lease {
            true => {
                let revocation = encode(&issued.serial);
                let lifetime = lifetime(room, &issued);
                Some(room.lease(&mut batch, proof.location(), lifetime, revocation)?)
            }
            false => None,
        };
        let serial = issued.serial.to_string();
        Ok(Performed::change(Certified { issued, lease }, batch).naming("serial", serial))
    }
}

/// As long as the certificate, and not to be renewed.
fn lifetime(room: &Room<'_>, issued: &Issued) -> Lifetime {
    let ttl = Seconds(issued.not_after.0.saturating_sub(room.now.0) / 1_000);
    Lifetime { ttl, expires: Some(issued.not_after), ..Lifetime::endless(room.now) }
}
