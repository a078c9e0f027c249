use strongroom_core::time::Seconds;
use strongroom_store::Batch;

use super::revocation::SAFETY_BUFFER;
use super::{CERTIFICATES, CertificateRecord, PKI, REVOKED};
use crate::error::Error;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// How many certificates one commit looks at.
const LOOKED_AT_MAX: usize = 60;

/// Forget certificates that ended some time ago, and their revocations: a part of them in one commit. Needs `update`
/// on `<mount>/tidy`.
#[derive(Debug)]
pub struct TidyCertificates {
    path: String,
    looked_at: usize,
    after: Option<String>,
    safety_buffer: Seconds,
}

/// How far it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TidyProgress {
    /// How many certificates were forgotten.
    pub forgotten: usize,
    /// Where to go on; `None` when all were looked at.
    pub after: Option<String>,
}

impl TidyCertificates {
    /// Go on behind this one. The safety buffer is at least 72 hours, for which revocations stay on lists.
    #[must_use]
    pub fn new(mount: &str, after: Option<&str>, safety_buffer: Seconds) -> Self {
        let after = after.map(str::to_owned);
        let looked_at = LOOKED_AT_MAX;
        Self { path: format!("{mount}/tidy"), looked_at, after, safety_buffer }
    }

    /// Forget nothing, for a caller who may tidy and named nothing that is to be tidied.
    #[must_use]
    pub fn nothing(mount: &str) -> Self {
        Self { looked_at: 0, ..Self::new(mount, None, SAFETY_BUFFER) }
    }
}

impl Operation for TidyCertificates {
    type Answer = TidyProgress;

    const NAME: &'static str = "pki-tidy";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<TidyProgress>, Error> {
        let proof = room.authorise_at::<Write>(&self.path, PKI)?;
        if self.looked_at == 0 {
            return Ok(Performed::read(TidyProgress { forgotten: 0, after: None }));
        }
        let mount = room.logical(&proof);
        let buffer = self.safety_buffer.max(SAFETY_BUFFER);
        let (names, more) = mount.names(CERTIFICATES, self.after.as_deref(), self.looked_at)?;
        let mut batch = Batch::default();
        let mut forgotten = 0;
        for name in &names {
            let record = format!("{CERTIFICATES}{name}");
            let found: Option<Stored<CertificateRecord>> = mount.read(&record)?;
            if found.is_some_and(|found| found.value.not_after.plus(buffer) < room.now) {
                mount.delete(&mut batch, &record)?;
                mount.delete(&mut batch, &format!("{REVOKED}{name}"))?;
                forgotten += 1;
            }
        }
        let after = names.into_iter().next_back().filter(|_| more);
        let progress = TidyProgress { forgotten, after };
        let performed = match forgotten {
            0 => Performed::read(progress),
            _ => Performed::change(progress, batch),
        };
        Ok(performed.naming("forgotten", forgotten.to_string()))
    }
}
