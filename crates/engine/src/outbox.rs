//! Audit records that are committed with their change.
//!
//! A change and its record must not part. So the record is in the same commit as the change, under
//! `sys/audit/outbox/<request id>`, and is appended to the log right after it. Once the log is on disk the entry is
//! deleted along with a later change. After a crash in between, the next process to open the store appends what the
//! log does not have: a record appears at least once, and twice if a process opens the store just between another's
//! commit and its append.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use minicbor::bytes::ByteVec;
use strongroom_core::audit::RequestId;
use strongroom_core::crypto::RecordKind;
use strongroom_store::{Batch, Range, ReadError, Store, Write};

use crate::audit::{AuditError, AuditLog, Place};
use crate::error::Error;
use crate::keys;
use crate::records::Records;

/// The most entries that one commit deletes, so that a change stays within a batch.
pub(crate) const SETTLED_PER_COMMIT_MAX: usize = 16;
/// How many entries may wait for the disk before a commit waits for it as well, so that they do not pile up in a
/// process that has no flusher.
pub(crate) const WAITING_MAX: usize = 128;
/// How many entries one commit deletes that does nothing else.
const DRAINED_PER_COMMIT: usize = 100;

#[derive(minicbor::Encode, minicbor::Decode)]
struct Waiting {
    /// A place in the log that the record lies after.
    #[n(0)]
    segment: u64,
    #[n(1)]
    offset: u64,
    #[n(2)]
    record: ByteVec,
}

/// Entries whose records are in the log, with the sequence number that must be on disk before they may go.
#[derive(Default)]
pub(crate) struct Outbox {
    settled: Mutex<VecDeque<(RequestId, u64)>>,
    /// Records of commits that the log could not take.
    unlogged: Mutex<Vec<(RequestId, Vec<u8>)>>,
}

impl Outbox {
    /// The write that commits a record with its change.
    pub(crate) fn entry(
        records: &Records<'_>,
        id: RequestId,
        place: Place,
        record: Vec<u8>,
    ) -> Write {
        let Place { segment, offset } = place;
        let waiting = Waiting { segment, offset, record: record.into() };
        records.put(RecordKind::AuditOutbox, keys::outbox(id), &waiting)
    }

    /// The record of `id` is in the log at `seq`. A request that changed something more than once has one entry, which
    /// may go when the last of its records is on disk.
    pub(crate) fn settle(&self, id: RequestId, seq: u64) {
        let mut settled = self.lock();
        settled.retain(|(known, _)| *known != id);
        settled.push_back((id, seq));
    }

    /// The log could not take the record of `id`, whose change is committed.
    pub(crate) fn hold_back(&self, id: RequestId, record: Vec<u8>) {
        self.unlogged.lock().unwrap_or_else(PoisonError::into_inner).push((id, record));
    }

    /// Append what the log could not take before. While it still cannot, nothing else may be done.
    pub(crate) fn flush(&self, audit: &AuditLog) -> Result<(), AuditError> {
        let mut unlogged = self.unlogged.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((id, record)) = unlogged.first() {
            let receipt = audit.append_stored(record)?;
            self.settle(*id, receipt.seq());
            unlogged.remove(0);
        }
        Ok(())
    }

    /// Deletions of entries whose records are on disk, for the next commit to carry.
    /// Those that `batch` writes itself wait for another.
    pub(crate) fn take_durable(&self, audit: &AuditLog, batch: &Batch) -> Vec<(RequestId, u64)> {
        let durable = audit.durable_position().seq;
        let mut settled = self.lock();
        let ready = settled.iter().take_while(|(_, seq)| *seq <= durable).count();
        let taken: Vec<_> = settled.drain(..ready.min(SETTLED_PER_COMMIT_MAX)).collect();
        let is_written =
            |id: RequestId| batch.writes.iter().any(|write| *write.key() == keys::outbox(id));
        let (later, now): (Vec<_>, Vec<_>) = taken.into_iter().partition(|(id, _)| is_written(*id));
        settled.extend(later);
        now
    }

    /// How many entries are in the store though their records are in the log.
    pub(crate) fn waiting(&self) -> usize {
        self.lock().len()
    }

    /// Delete what earlier processes left, when that is much: it is looked through at every opening. A store that
    /// cannot be written keeps it.
    pub(crate) fn drain(&self, store: &dyn Store, audit: &AuditLog) {
        while self.waiting() > SETTLED_PER_COMMIT_MAX && audit.sync().is_ok() {
            let mut settled = self.lock();
            let count = settled.len().min(DRAINED_PER_COMMIT);
            let taken: Vec<_> = settled.drain(..count).collect();
            drop(settled);
            let writes = taken.iter().map(|(id, _)| Write::Delete(keys::outbox(*id))).collect();
            if store.commit(Batch { preconditions: Vec::new(), writes }).is_err() {
                return self.put_back(taken);
            }
        }
    }

    /// The commit that carried the deletions failed.
    pub(crate) fn put_back(&self, entries: Vec<(RequestId, u64)>) {
        let mut settled = self.lock();
        for entry in entries.into_iter().rev() {
            settled.push_front(entry);
        }
    }

    /// Append what an earlier process committed and did not append.
    pub(crate) fn recover(&self, records: &Records<'_>, audit: &AuditLog) -> Result<(), Error> {
        let mut waiting = Vec::new();
        for id in ids(records.store)? {
            match records.read::<Waiting>(RecordKind::AuditOutbox, &keys::outbox(id)) {
                Ok(Some(found)) => waiting.push((id, found.value)),
                // One damaged entry must not keep the store shut. It stays, so that a verification misses its record
                // in the log, and a check of the records names it.
                Ok(None) | Err(Error::Internal(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let Some(since) = waiting.iter().map(|(_, entry)| (entry.segment, entry.offset)).min()
        else {
            return Ok(());
        };
        let all: Vec<RequestId> = waiting.iter().map(|(id, _)| *id).collect();
        let since = Place { segment: since.0, offset: since.1 };
        let logged = audit.contains_request_ids(since, &all)?;
        for (id, entry) in waiting {
            if !logged.contains(&id) {
                let _receipt = audit.append_stored(&entry.record)?;
            }
            self.settle(id, audit.position().seq);
        }
        Ok(())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<(RequestId, u64)>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The requests whose records wait in the store.
pub(crate) fn ids(store: &dyn Store) -> Result<Vec<RequestId>, ReadError> {
    let mut found = Vec::new();
    let mut range = Range { keys_only: true, ..Range::prefix(keys::AUDIT_OUTBOX) };
    loop {
        let page = store.list(&range)?;
        let ids = page.entries.iter().filter_map(|entry| {
            entry.key.as_str().strip_prefix(keys::AUDIT_OUTBOX)?.parse::<RequestId>().ok()
        });
        found.extend(ids);
        match page.entries.last() {
            Some(last) if page.more => range.after = Some(last.key.to_string()),
            _ => return Ok(found),
        }
    }
}
