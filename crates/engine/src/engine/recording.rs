//! What the audit log is told of an operation.

use super::Engine;
use crate::audit::{Outcome, Principal as RecordPrincipal, Record, RecordKind as AuditRecordKind};
use crate::error::{Error, Kind};
use crate::identify::Identified;
use crate::request::Request;
use crate::room::Operation;

impl Engine {
    pub(super) fn audit_refusal(
        &self,
        request: &Request,
        caller: Option<&Identified>,
        record: Record,
        error: Error,
    ) -> Error {
        let (kind, outcome) = match error.kind() {
            Kind::Forbidden | Kind::Unauthenticated => (AuditRecordKind::Denied, Outcome::Denied),
            _ => (AuditRecordKind::Error, Outcome::Failed),
        };
        let fields = match &error {
            Error::Forbidden { reason, capability, path, hint, .. } => {
                let place = Some(path).filter(|path| record.path.as_ref() != Some(*path));
                let place = place.map(|path| ("denied_path", path.clone()));
                let hint = hint.clone().map(|hint| ("hint", hint));
                let why = [("capability", capability.to_string()), ("reason", reason.clone())];
                record.fields.iter().cloned().chain(why).chain(place).chain(hint).collect()
            }
            Error::Unauthenticated(reason) => {
                let why = ("reason", reason.clone());
                record.fields.iter().cloned().chain([why]).collect()
            }
            _ => record.fields.clone(),
        };
        let record =
            Record { kind, outcome, status: Some(error.kind().as_str()), fields, ..record };
        match self.audit.append(&record) {
            Ok(receipt) => {
                self.export(request, caller, &record, &receipt);
                error
            }
            Err(unavailable) => unavailable.into(),
        }
    }

    pub(super) fn record<O: Operation>(
        &self,
        request: &Request,
        principal: Option<RecordPrincipal>,
        operation: &O,
        started: u64,
    ) -> Record {
        Record {
            time: self.clock.now().0,
            kind: AuditRecordKind::Access,
            request_id: request.id,
            principal,
            door: request.door.as_str(),
            operation: O::NAME,
            path: operation.subject().map(str::to_owned),
            version: None,
            outcome: Outcome::Allowed,
            status: None,
            source: request.source,
            client: request.client.clone(),
            duration_us: self.clock.elapsed_micros().saturating_sub(started),
            fields: operation
                .region()
                .map(|region| ("region", region.to_owned()))
                .into_iter()
                .collect(),
        }
    }
}
