//! What a node needs of the engine that it keeps.

use std::sync::{Arc, PoisonError};

use strongroom_core::crypto::seal::UnsealKey;

use super::{Attempt, Engine};
use crate::audit::{AuditError, DevicesAllowed, Record, RecordKind as AuditRecordKind};
use crate::error::Error;
use crate::lifecycle::Unsealed;
use crate::logical::Logical;
use crate::mounts;
use crate::node::NodeParts;
use crate::operations::aws::Places;
use crate::operations::seal::SealStore;
use crate::operations::system::{NoteVersion, VERSIONS_RECORD, Versions};
use crate::principal::Principal;
use crate::request::{Door, Request};
use crate::usage::Folder;

impl Engine {
    /// Whether the keys are not in memory.
    pub(crate) fn is_sealed(&self) -> bool {
        self.unsealed().is_err()
    }

    /// Go on with this key when the store is found to have another root key, instead of being sealed.
    pub(crate) fn expect_key(&self, key: Option<Arc<UnsealKey>>) {
        *self.expected_key.lock().unwrap_or_else(PoisonError::into_inner) = key;
    }

    /// Take the expected key's root key into memory, if the store has it already.
    pub(crate) fn take_expected_key(&self) {
        if self.refresh_keys().is_ok() {
            self.expect_key(None);
        }
    }

    /// Bring the records of uses up to what the audit log tells now.
    ///
    /// # Errors
    /// [`Error`]
    pub(crate) fn fold_usage(&self) -> Result<(), Error> {
        let unsealed = self.unsealed()?;
        let (_, mounts) = self.mounts(&unsealed).map_err(|attempt| match attempt {
            Attempt::Again(error) | Attempt::Refused(error) => error,
            Attempt::Unknown(error) | Attempt::Audited(error) => error,
        })?;
        let folder = Folder {
            unsealed: &unsealed,
            records: self.records(&unsealed),
            mounts: &mounts,
            audit: &self.audit,
        };
        folder.fold_all()
    }

    /// Names the store: the same in every process that has it open, and nothing else of it.
    pub(crate) fn store_id(&self) -> Result<[u8; 16], Error> {
        let hash = self.unsealed()?.token_key()?.hash_bytes(b"strongroom/store-id/1");
        Ok(hash.as_bytes().first_chunk().copied().unwrap_or_default())
    }

    /// What this engine was made of.
    pub(crate) fn node_parts(&self) -> NodeParts {
        NodeParts {
            store: Arc::clone(&self.store),
            storage: None,
            audit_directory: self.audit.directory().to_owned(),
            audit_options: self.audit_options.clone(),
            clock: Arc::clone(&self.clock),
            random: Arc::clone(&self.random),
            data_key_commits_max: self.data_key_commits_max,
            ttl_limits: self.ttl_limits,
            fetch: Arc::clone(&self.fetch),
            places: Places::default(),
            audit_devices: DevicesAllowed::clone(&self.devices.allowed()),
            has_background: false,
        }
    }

    /// Tell the audit log that the keys are in memory, and how often that was tried in vain before: while they are
    /// not, nothing can be told.
    pub(crate) fn note_unsealed(&self, request: &Request, failed: u64) -> Result<(), AuditError> {
        let now = self.clock.elapsed_micros();
        let record = Record {
            kind: AuditRecordKind::System,
            operation: "unseal",
            path: Some("sys/unseal".to_owned()),
            fields: vec![("failed_attempts", failed.to_string())],
            ..self.record(request, None, &SealStore, now)
        };
        self.audit.append(&record).map(drop)
    }

    /// Have the store remember that this version serves it, the first time that it does.
    pub(crate) fn note_version(&self) -> Result<(), Error> {
        let unsealed = self.unsealed()?;
        let system = Logical::new(self.records(&unsealed), mounts::fixed(mounts::SYSTEM));
        let known = system.read::<Versions>(VERSIONS_RECORD)?;
        if known.is_some_and(|versions| versions.value.has_this()) {
            return Ok(());
        }
        let request = Request::new(Principal::engine(), Door::Engine, &*self.random);
        self.execute(&request, &NoteVersion)
    }

    pub(super) fn with_expected_key(&self) -> Option<Unsealed> {
        let expected = self.expected_key.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Unsealed::open(&*self.store, &*expected?).ok()
    }
}
