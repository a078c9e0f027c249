use std::fmt;

use strongroom_core::pki::{
    Format, Issuer, NewRoot, PrivateKeyFormat, Rendered, SerialNumber, Warning,
};
use strongroom_core::time::Timestamp;
use strongroom_store::Batch;

use super::{
    CERTIFICATES, CertificateRecord, ISSUER, PKI, lifetimes, refused, serial_record, urls,
};
use crate::error::Error;
use crate::mounts::MountKind;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Delete, Performed, Write};

/// Make the mount's root, where there is none. Needs `update` on `<mount>/root/generate/internal`, or on
/// `…/exported`, which answers the key.
pub struct GeneratePkiRoot {
    path: String,
    exported: bool,
    root: NewRoot,
    format: Format,
    key_format: PrivateKeyFormat,
}

/// A root that was made.
#[derive(Debug)]
pub struct PkiRoot {
    /// Its certificate, and its key when that is exported.
    pub rendered: Rendered,
    /// Its serial number.
    pub serial: SerialNumber,
    /// When it ends.
    pub not_after: Timestamp,
    /// What was asked for and not given.
    pub warnings: Vec<Warning>,
}

/// Remove the mount's issuer with its key. Certificates that were issued stay, and cannot be put on a list any more.
/// Needs `delete` and `sudo` on `<mount>/root`.
#[derive(Debug)]
pub struct DeletePkiRoot {
    path: String,
}

/// The certificate of the mount's issuer, in DER. It is for everybody.
#[derive(Debug)]
pub struct ReadPkiIssuer {
    path: String,
}

impl GeneratePkiRoot {
    /// A root of this kind.
    #[must_use]
    pub fn new(
        mount: &str,
        exported: bool,
        root: NewRoot,
        format: Format,
        key_format: PrivateKeyFormat,
    ) -> Self {
        let word = if exported { "exported" } else { "internal" };
        Self { path: format!("{mount}/root/generate/{word}"), exported, root, format, key_format }
    }
}

impl fmt::Debug for GeneratePkiRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GeneratePkiRoot").field("path", &self.path).finish_non_exhaustive()
    }
}

impl DeletePkiRoot {
    /// That of this mount.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/root") }
    }
}

impl ReadPkiIssuer {
    /// That of this mount.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/cert/ca") }
    }
}

impl Operation for GeneratePkiRoot {
    type Answer = PkiRoot;

    const NAME: &'static str = "pki-root-generate";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<PkiRoot>, Error> {
        let proof = room.authorise_at::<Write>(&self.path, PKI)?;
        let mount = room.logical(&proof);
        if mount.holds(ISSUER)? {
            return Err(Error::AlreadyExists("an issuer of this mount".to_owned()));
        }
        let (urls, lifetimes) = (urls(&mount)?, lifetimes(room, &proof));
        let made = Issuer::generate_root(&self.root, &urls, lifetimes, room.now, room.random);
        let made = made.map_err(refused)?;
        let rendered = made.issuer.render(self.exported, self.format, self.key_format);
        let rendered = rendered.map_err(|error| refused(error.into()))?;
        let (serial, not_after) = (made.issuer.serial(), made.issuer.not_after());
        let mut batch = Batch::default();
        mount.put(&mut batch, ISSUER, &made.issuer, None::<&Stored<Issuer>>)?;
        let kept = CertificateRecord { der: made.issuer.certificate().to_vec(), not_after };
        let name = serial_record(CERTIFICATES, serial);
        mount.put(&mut batch, &name, &kept, None::<&Stored<CertificateRecord>>)?;
        let root = PkiRoot { rendered, serial, not_after, warnings: made.warnings };
        Ok(Performed::change(root, batch).naming("serial", serial.to_string()))
    }
}

impl Operation for DeletePkiRoot {
    type Answer = ();

    const NAME: &'static str = "pki-root-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = room.authorise_protected::<Delete>(&self.path, PKI)?;
        let mut batch = Batch::default();
        room.logical(&proof).delete(&mut batch, ISSUER)?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ReadPkiIssuer {
    type Answer = Vec<u8>;

    const NAME: &'static str = "pki-issuer-read";

    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<u8>>, Error> {
        let proof = room.authorise_open(&self.path, MountKind::Pki)?;
        let found: Option<Stored<Issuer>> = room.logical(&proof).read(ISSUER)?;
        let found = found.ok_or_else(|| Error::NotFound(self.path.clone()))?;
        Ok(Performed::read(found.value.certificate().to_vec()))
    }
}
