use strongroom_core::lease::Lease;
use strongroom_core::pki::limits::REVOCATIONS_MAX;
use strongroom_core::pki::{Issuer, Revocation, RevocationList, SerialNumber};
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_store::{Batch, Precondition, Write as StoreWrite};

use super::{
    CERTIFICATES, CertificateRecord, LISTED_MAX, PKI, REVOKED, issuer, serial_number, serial_record,
};
use crate::error::Error;
use crate::logical::Logical;
use crate::mounts::MountKind;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read, Write};

const LIST: &str = "crl";
/// A serial number that was revoked, while the list does not have it.
const STALE: &str = "crl-stale";
/// How long a list is valid, as Vault's.
const EXPIRY: Seconds = Seconds(72 * 3_600);
/// How long before its end a list is made anew, as Vault's.
const RENEWAL: Seconds = Seconds(12 * 3_600);
/// How long a revocation stays on the list when its certificate has ended, as Vault's tidy: another clock may be
/// behind.
pub(super) const SAFETY_BUFFER: Seconds = Seconds(72 * 3_600);

/// Revoke a certificate that is kept. One that is revoked stays revoked since it was. Needs `update` on
/// `<mount>/revoke`.
#[derive(Debug)]
pub struct RevokeCertificate {
    path: String,
    serial: String,
}

/// The list of revoked certificates, signed anew when it does not have them all or ends soon. It is for everybody.
#[derive(Debug)]
pub struct ReadRevocationList {
    path: String,
}

/// Sign the list of revoked certificates anew. Needs `read` on `<mount>/crl/rotate`, as in Vault.
#[derive(Debug)]
pub struct RotateRevocationList {
    path: String,
}

#[derive(minicbor::Encode, minicbor::Decode)]
struct ListRecord {
    #[cbor(n(0), with = "minicbor::bytes")]
    der: Vec<u8>,
    #[n(1)]
    number: u64,
    #[n(2)]
    next_update: Timestamp,
    /// Who signed it.
    #[n(3)]
    issuer: SerialNumber,
}

impl RevokeCertificate {
    /// The one with this serial number.
    #[must_use]
    pub fn new(mount: &str, serial: &str) -> Self {
        Self { path: format!("{mount}/revoke"), serial: serial.to_owned() }
    }
}

impl ReadRevocationList {
    /// That of this mount.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/cert/crl") }
    }
}

impl RotateRevocationList {
    /// That of this mount.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/crl/rotate") }
    }
}

impl Operation for RevokeCertificate {
    type Answer = Revocation;

    const NAME: &'static str = "pki-revoke";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Revocation>, Error> {
        let proof = room.authorise_at::<Write>(&self.path, PKI)?;
        let mount = room.logical(&proof);
        let serial = serial_number(&self.serial)?;
        if mount.holds(super::ISSUER)? && issuer(&mount)?.value.serial() == serial {
            return Err(Error::rule("adding issuer to its own CRL is not allowed"));
        }
        let mut batch = Batch::default();
        let missing = || Error::rule(format!("certificate with serial {serial} not found"));
        let revocation = revoke(&mount, &mut batch, serial, room.now)?.ok_or_else(missing)?;
        Ok(Performed::change(revocation, batch).naming("serial", serial.to_string()))
    }
}

impl Operation for ReadRevocationList {
    /// The list in DER.
    type Answer = Vec<u8>;

    const NAME: &'static str = "pki-crl-read";

    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<u8>>, Error> {
        let proof = room.authorise_open(&self.path, MountKind::Pki)?;
        let mount = room.logical(&proof);
        if !mount.holds(super::ISSUER)? {
            return Err(Error::NotFound(self.path.clone()));
        }
        match Lists::read(&mount)? {
            Lists { issuer, found: Some(found), stale: None }
                if found.value.issuer == issuer.serial()
                    && found.value.next_update > room.now.plus(RENEWAL) =>
            {
                Ok(Performed::read(found.value.der))
            }
            lists => lists.sign(room, &mount),
        }
    }
}

impl Operation for RotateRevocationList {
    /// The list in DER.
    type Answer = Vec<u8>;

    const NAME: &'static str = "pki-crl-rotate";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<u8>>, Error> {
        let proof = room.authorise_at::<Read>(&self.path, PKI)?;
        let mount = room.logical(&proof);
        Lists::read(&mount)?.sign(room, &mount)
    }
}

/// What a list is made from.
struct Lists {
    issuer: Issuer,
    /// The list that was signed last.
    found: Option<Stored<ListRecord>>,
    stale: Option<Stored<SerialNumber>>,
}

impl Lists {
    fn read(mount: &Logical<'_>) -> Result<Self, Error> {
        let issuer = issuer(mount)?.value;
        Ok(Self { issuer, found: mount.read(LIST)?, stale: mount.read(STALE)? })
    }

    /// The next list.
    fn sign(self, room: &Room<'_>, mount: &Logical<'_>) -> Result<Performed<Vec<u8>>, Error> {
        let Self { issuer, found, stale } = self;
        let number = found.as_ref().map_or(0, |list| list.value.number).saturating_add(1);
        let revocations = revocations(mount, room.now)?;
        let list = RevocationList::sign(&issuer, &revocations, number, room.now, EXPIRY);
        let list = list.map_err(|error| Error::rule(error.to_string()))?;
        let der = list.der().to_vec();
        let next_update = room.now.plus(EXPIRY);
        let record = ListRecord { der: der.clone(), number, next_update, issuer: issuer.serial() };
        let mut batch = Batch::default();
        mount.put(&mut batch, LIST, &record, found.as_ref())?;
        // Whoever revokes meanwhile changes this record.
        let key = mount.key(STALE)?;
        match stale {
            Some(stale) => {
                batch.preconditions.push(stale.unchanged(key.clone()));
                batch.writes.push(StoreWrite::Delete(key));
            }
            None => batch.preconditions.push(Precondition::Absent(key)),
        }
        Ok(Performed::change(der, batch).naming("number", number.to_string()))
    }
}

/// Revoke the certificate that a lease was given for. One that is not kept, or has ended, needs no revocation.
pub(crate) fn take_back(room: &Room<'_>, batch: &mut Batch, lease: &Lease) -> Result<(), Error> {
    let mount = room.logical_of(lease.mount);
    let damaged = |_| Error::damaged(&lease.id, "it names no certificate");
    let serial: SerialNumber = minicbor::decode(&lease.revocation).map_err(damaged)?;
    revoke(&mount, batch, serial, room.now).map(drop)
}

/// `None` when there is no such certificate. One that has ended is not put on the list.
fn revoke(
    mount: &Logical<'_>,
    batch: &mut Batch,
    serial: SerialNumber,
    now: Timestamp,
) -> Result<Option<Revocation>, Error> {
    let name = serial_record(REVOKED, serial);
    let before: Option<Stored<Revocation>> = mount.read(&name)?;
    if let Some(before) = before {
        return Ok(Some(before.value));
    }
    let certificate = mount.read(&serial_record(CERTIFICATES, serial))?;
    let Some(Stored::<CertificateRecord> { value: certificate, .. }) = certificate else {
        return Ok(None);
    };
    let revocation = Revocation { serial, revoked_at: now, not_after: certificate.not_after };
    if certificate.not_after > now {
        mount.overwrite(batch, &name, &revocation)?;
        // Several may be revoked in one commit, which writes a record once.
        let stale = mount.key(STALE)?;
        if !batch.writes.iter().any(|write| *write.key() == stale) {
            mount.overwrite(batch, STALE, &serial)?;
        }
    }
    Ok(Some(revocation))
}

/// Those that belong on a list that is made now.
fn revocations(mount: &Logical<'_>, now: Timestamp) -> Result<Vec<Revocation>, Error> {
    let mut revocations = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let (names, more) = mount.names(REVOKED, after.as_deref(), LISTED_MAX)?;
        for name in &names {
            let found: Option<Stored<Revocation>> = mount.read(&format!("{REVOKED}{name}"))?;
            let found = found.map(|found| found.value);
            revocations.extend(found.filter(|one| !one.may_be_forgotten(now, SAFETY_BUFFER)));
        }
        after = names.into_iter().next_back();
        // Beyond the limit the list is refused; there is no need to read on.
        if !more || after.is_none() || revocations.len() > REVOCATIONS_MAX {
            return Ok(revocations);
        }
    }
}
