//! What is around an operation: the rate limits before it, the audit devices after it.

use std::net::IpAddr;
use std::path::Path;

use super::Engine;
use crate::audit::devices::{DevicesAllowed, Exported};
use crate::audit::{AuditReceipt, Outcome, Record, RecordKind};
use crate::error::{Error, Kind};
use crate::identify::Identified;
use crate::quotas::{Refused, Throttled};
use crate::request::{Caller, Door, Request};

impl Engine {
    /// Count a request at the rate limits, before anything is done for it.
    ///
    /// # Errors
    /// [`Throttled`]
    pub fn admit(&self, path: &str, source: Option<IpAddr>) -> Result<(), Throttled> {
        let Ok(unsealed) = self.unsealed() else { return Ok(()) };
        let now_micros = || self.clock.elapsed_micros();
        let admitted = self.quotas.admit(&self.records(&unsealed), path, source, now_micros);
        if let Err(Throttled { to_note: Some(refused), .. }) = &admitted {
            self.note_throttled(refused, source);
        }
        admitted
    }

    /// Tell the audit log of requests that a rate limit refused. They are refused whether it takes the record or not.
    fn note_throttled(&self, refused: &Refused, source: Option<IpAddr>) {
        let limit = if refused.path.is_empty() { "everything" } else { &refused.path };
        let record = Record {
            time: self.clock.now().0,
            kind: RecordKind::Denied,
            request_id: Request::new_id(&*self.random),
            principal: None,
            door: Door::Vault.as_str(),
            operation: "rate-limit",
            path: None,
            version: None,
            outcome: Outcome::Denied,
            status: Some(Kind::QuotaExceeded.as_str()),
            source,
            client: None,
            duration_us: 0,
            fields: vec![("limit_on", limit.to_owned()), ("refused", refused.requests.to_string())],
        };
        let _ = self.audit.append(&record);
    }

    /// Say what audit devices may reach. Until then they reach nothing. The folder of the audit log itself is none of
    /// theirs.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`]
    pub fn allow_audit_devices(&self, allowed: DevicesAllowed) -> Result<(), Error> {
        if let Some(folder) = &allowed.folder {
            let found = |path: &Path| {
                path.canonicalize().map_err(|error| Error::Unavailable(error.to_string()))
            };
            let (folder, log) = (found(folder)?, found(self.audit.directory())?);
            if folder.starts_with(&log) {
                return Err(Error::rule("audit devices cannot write where the audit log is"));
            }
        }
        self.devices.allow(allowed);
        Ok(())
    }

    /// Give the audit devices their copies of a record that the log has. A sealed store's devices are not known.
    pub(super) fn export(
        &self,
        request: &Request,
        caller: Option<&Identified>,
        record: &Record,
        receipt: &AuditReceipt,
    ) {
        let Ok(unsealed) = self.unsealed() else { return };
        // A table that cannot be read says nothing of where to write; a check of the records tells of it.
        let Ok(devices) = self.devices.open(&self.records(&unsealed)) else { return };
        if devices.is_empty() {
            return;
        }
        let mounts = self.mounts(&unsealed).ok().map(|(_, mounts)| mounts);
        let token = match &request.caller {
            Caller::Token(text) => Some(&**text),
            _ => None,
        };
        let (seq, mounts) = (receipt.seq(), mounts.as_deref());
        let exported = Exported { record, seq, token, caller, mounts };
        devices.iter().for_each(|device| device.write(&exported));
    }
}
