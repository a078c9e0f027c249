//! Authorise, act, audit.

use std::cell::RefCell;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use strongroom_core::crypto::RecordKind;
use strongroom_core::crypto::seal::UnsealKey;
use strongroom_core::random::Random;
use strongroom_core::time::{Clock, Timestamp};
use strongroom_core::token::TtlLimits;
use strongroom_store::{Batch, CommitError, Entry, Precondition, Revision, Store};

use crate::audit::devices::Devices;
use crate::audit::{
    AuditLog, AuditOptions, AuditReceipt, Record, RecordKind as AuditRecordKind, STORED_BYTES_MAX,
};
use crate::due;
use crate::error::{Error, InvalidRequest};
use crate::identify::{Identified, Identifier};
use crate::jwt::{Fetch, NoFetch};
use crate::kept::Kept;
use crate::keys;
use crate::lifecycle::{Anchors, OpenError, Unsealed, encode_position};
use crate::login::PasswordGuard;
use crate::mounts::{MountKind, MountTable};
use crate::operations::aws::Places;
use crate::operations::jwt::JwtSources;
use crate::operations::wrapping::{AnswerToWrap, WrapAnswer};
use crate::operations::{RotateDataKey, Sweep};
use crate::outbox::{Outbox, WAITING_MAX};
use crate::principal::Principal;
use crate::quotas::Quotas;
use crate::records::{Records, decode, encode};
use crate::request::{Door, Request};
use crate::room::{Operation, Room};
use crate::tokens::IssuedToken;
use crate::turns::Turns;
use crate::witness::Performed;

mod apps;
mod around;
mod keeping;
mod recording;

pub use apps::AccessKeyFound;

/// How often an operation is performed anew because someone else changed the same records first.
const ATTEMPTS_MAX: usize = 100;

/// How many steps of what an operation left behind one request waits for.
const SETTLED_STEPS_MAX: usize = 256;

/// After how many commits a data key is followed by the next. A commit writes at most 2^7 records, and an AES-256-GCM
/// key with random nonces must not encrypt more than 2^32 messages (NIST SP 800-38D, section 8.3): this is half of it.
pub const DATA_KEY_COMMITS_MAX: u64 = 1 << 24;

/// What an engine is made of.
pub struct Parts<'a> {
    /// Where records are.
    pub store: Arc<dyn Store>,
    /// Where the audit log is.
    pub audit_directory: &'a Path,
    /// How the audit log is kept.
    pub audit_options: AuditOptions,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Where random bytes come from.
    pub random: Arc<dyn Random>,
    /// After how many commits a data key is followed by the next; [`DATA_KEY_COMMITS_MAX`] at most.
    pub data_key_commits_max: u64,
    /// What bounds the lifetimes of tokens and leases.
    pub ttl_limits: TtlLimits,
}

/// An open store with its rules.
pub struct Engine {
    store: Arc<dyn Store>,
    audit: Arc<AuditLog>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    unsealed: RwLock<Option<Arc<Unsealed>>>,
    mounts: Kept<MountTable>,
    outbox: Outbox,
    turns: Turns,
    data_key_commits_max: u64,
    ttl_limits: TtlLimits,
    devices: Devices,
    quotas: Quotas,
    fetch: Arc<dyn Fetch>,
    jwt_sources: JwtSources,
    places: Places,
    passwords: PasswordGuard,
    audit_options: AuditOptions,
    /// The key of a seal that the store is about to get.
    expected_key: Mutex<Option<Arc<UnsealKey>>>,
}

impl Engine {
    /// Open a store with the key that unseals it, and finish what a crash left undone.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn open(parts: Parts<'_>, key: &UnsealKey) -> Result<Self, OpenError> {
        let Parts { store, audit_directory, audit_options, clock, random, .. } = parts;
        let unsealed = Unsealed::open(&*store, key)?;
        let audit_keys = unsealed.audit_keys(&*store)?;
        let audit = Arc::new(AuditLog::open(audit_directory, audit_keys, audit_options.clone())?);
        // A damaged head must not keep the store shut; a verification and a check of the records tell of it.
        match unsealed.store_head(&*store) {
            Ok(Some(known)) => audit.expect_position(known)?,
            Ok(None) | Err(OpenError::Damaged(_)) => {}
            Err(error) => return Err(error),
        }
        let outbox = Outbox::default();
        let records = Records { store: &*store, keyring: &unsealed.keyring, random: &*random };
        outbox.recover(&records, &audit).map_err(|error| match error {
            Error::AuditUnavailable(error) => OpenError::Audit(error),
            other => OpenError::Damaged(other.to_string()),
        })?;
        if outbox.waiting() > WAITING_MAX {
            outbox.drain(&*store, &audit);
        }
        Ok(Self {
            store,
            audit,
            clock,
            random,
            unsealed: RwLock::new(Some(Arc::new(unsealed))),
            mounts: Kept::at(keys::fixed(keys::MOUNTS)),
            outbox,
            turns: Turns::default(),
            data_key_commits_max: parts.data_key_commits_max.min(DATA_KEY_COMMITS_MAX),
            ttl_limits: parts.ttl_limits,
            devices: Devices::new(),
            quotas: Quotas::new(),
            fetch: Arc::new(NoFetch),
            jwt_sources: JwtSources::default(),
            places: Places::default(),
            passwords: PasswordGuard::default(),
            audit_options,
            expected_key: Mutex::default(),
        })
    }

    /// The engine with something that reads from the network, which it has not by itself.
    #[must_use]
    pub fn with_fetch(mut self, fetch: Arc<dyn Fetch>) -> Self {
        self.fetch = fetch;
        self
    }

    /// The engine with regions of AWS's, which it has not by itself.
    #[must_use]
    pub fn with_places(mut self, places: Places) -> Self {
        self.places = places;
        self
    }

    /// Perform an operation: its answer, once it was authorised, done and audited.
    ///
    /// # Errors
    /// [`Error`]. A refusal is audited as well; when it cannot be, the error is
    /// [`Error::AuditUnavailable`].
    pub fn execute<O: Operation>(
        &self,
        request: &Request,
        operation: &O,
    ) -> Result<O::Answer, Error> {
        let started = self.clock.elapsed_micros();
        let caller: RefCell<Option<Arc<Identified>>> = RefCell::new(None);
        let principal = || caller.borrow().as_ref().map(|caller| caller.record());
        let record = || self.record::<O>(request, principal(), operation, started);
        let refused = |record: Record, error: Error| {
            self.audit_refusal(request, caller.borrow().as_deref(), record, error)
        };
        let mut attempts = 0;
        let mut turn = None;
        loop {
            attempts += 1;
            match self.attempt(request, operation, &caller, &record) {
                Ok(answer) => {
                    if O::SETTLES {
                        self.settle();
                    }
                    return Ok(answer);
                }
                Err(Attempt::Again(_)) if attempts < ATTEMPTS_MAX => {
                    if let Err(error) = self.refresh_keys() {
                        return Err(refused(record(), error));
                    }
                    // Who lost once goes on in turn with the others that did: of many who change one record at once
                    // only the first of each group gets through, and without turns some would lose every time.
                    if turn.is_none() {
                        turn = Some(self.turns.take(operation.subject()));
                    }
                }
                Err(Attempt::Again(error) | Attempt::Refused(error)) => {
                    return Err(refused(record(), error));
                }
                Err(Attempt::Unknown(error)) => {
                    // If the change is there, so is its record, under this request's number: the record of the failure
                    // must not be taken for it.
                    let failed = Record { request_id: Request::new_id(&*self.random), ..record() };
                    let fields = vec![("of_request", request.id.to_string())];
                    return Err(refused(Record { fields, ..failed }, error));
                }
                Err(Attempt::Audited(error)) => return Err(error),
            }
        }
    }

    /// Keep an answer that `request` was just given, for whoever shows the wrapping token first.
    ///
    /// The door asks for the request's caller, after an operation that was authorised with the time to live: it is not
    /// another use of the caller's token, which may be gone with this one.
    ///
    /// # Errors
    /// [`Error`]
    pub fn wrap(&self, request: &Request, answer: AnswerToWrap) -> Result<IssuedToken, Error> {
        let own = Request {
            id: Request::new_id(&*self.random),
            caller: Principal::engine().into(),
            asked: None,
            ..request.clone()
        };
        self.execute(&own, &WrapAnswer { answer, of_request: request.id })
    }

    /// Do what is due, at most `steps_max` steps of it: end tokens and leases, and remove what belonged to what was
    /// taken back. Answers when the next thing is due, if all that is due was done.
    ///
    /// # Errors
    /// [`Error`]
    pub fn sweep(&self, steps_max: usize) -> Result<Option<Timestamp>, Error> {
        let engine = Principal::engine();
        for _ in 0..steps_max {
            match due::first(&*self.store)? {
                Some(at) if at <= self.clock.now() => {}
                other => return Ok(other),
            }
            let request = Request::new(engine.clone(), Door::Engine, &*self.random);
            self.execute(&request, &Sweep)?;
        }
        due::first(&*self.store)
    }

    /// Remove what an operation left behind, as far as one request waits for it. What fails is done later.
    fn settle(&self) {
        let _ = self.sweep(SETTLED_STEPS_MAX);
    }

    /// The mount that serves a path, and what it is: for a door to choose what it asks, which is then authorised.
    ///
    /// # Errors
    /// [`Error`]
    pub fn mount_of(&self, path: &str) -> Result<Option<(String, MountKind)>, Error> {
        let unsealed = self.unsealed()?;
        let (_, mounts) = self.mounts(&unsealed).map_err(|attempt| match attempt {
            Attempt::Again(error) | Attempt::Refused(error) => error,
            Attempt::Unknown(error) | Attempt::Audited(error) => error,
        })?;
        let found = mounts.resolve(path).ok();
        Ok(found.map(|(mount_path, mount, _)| (mount_path.to_string(), mount.kind)))
    }

    /// The audit log.
    #[must_use]
    pub fn audit(&self) -> &Arc<AuditLog> {
        &self.audit
    }

    /// What the audit log is verified against.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn anchors(&self) -> Result<Anchors, OpenError> {
        let unsealed = self.unsealed().map_err(|_| OpenError::NotInitialised)?;
        unsealed.anchors(&*self.store)
    }

    /// The data keys' numbers and when each was made, oldest first.
    ///
    /// # Errors
    /// [`Error::Sealed`]
    pub fn data_keys(&self) -> Result<Vec<(u32, strongroom_core::time::Timestamp)>, Error> {
        Ok(self.unsealed()?.record.data_keys().collect())
    }

    /// Forget the keys. Every operation is refused from now on.
    pub fn seal(&self) {
        self.devices.reopen();
        *self.unsealed.write().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Take the keys into memory again, after [`Self::seal`] or after the store got another root key.
    ///
    /// # Errors
    /// [`OpenError`]
    pub fn unseal(&self, key: &UnsealKey) -> Result<(), OpenError> {
        let unsealed = Unsealed::open(&*self.store, key)?;
        *self.unsealed.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(unsealed));
        Ok(())
    }

    fn attempt<O: Operation>(
        &self,
        request: &Request,
        operation: &O,
        identified: &RefCell<Option<Arc<Identified>>>,
        record: &dyn Fn() -> Record,
    ) -> Result<O::Answer, Attempt> {
        let unsealed = self.unsealed().map_err(Attempt::Refused)?;
        let ((mounts_revision, mounts), now) = (self.mounts(&unsealed)?, self.clock.now());
        let records = self.records(&unsealed);
        let identifier =
            Identifier { store: &*self.store, unsealed: &unsealed, records, mounts: &mounts, now };
        let again = |error| match error {
            Error::Internal(_) | Error::VersionConflict(_) if self.keys_changed(&unsealed) => {
                Attempt::Again(error)
            }
            error => Attempt::Refused(error),
        };
        let caller = match O::OPEN {
            true => Arc::new(Identified::anonymous()),
            false => identifier.identify(request).map_err(again)?,
        };
        identified.replace(Some(Arc::clone(&caller)));
        let room = Room {
            store: &*self.store,
            unsealed: &unsealed,
            audit: &self.audit,
            devices: &self.devices,
            mounts,
            mounts_revision,
            caller: &caller,
            request,
            ttl_limits: self.ttl_limits,
            passwords: &self.passwords,
            random: &*self.random,
            fetch: &*self.fetch,
            jwt_sources: &self.jwt_sources,
            places: &self.places,
            now,
        };
        let performed = match operation.perform(&room) {
            Ok(performed) => performed,
            Err(error) => {
                if O::IS_USE {
                    self.count_use(&room);
                }
                return Err(again(error));
            }
        };
        let Performed { held, mut batch, version, fields, path } = performed;
        if O::IS_USE && caller.has_limited_uses() {
            room.use_token(batch.get_or_insert_default()).map_err(Attempt::Refused)?;
        }
        let record = record();
        let path = path.or_else(|| record.path.clone());
        let fields = record.fields.iter().cloned().chain(fields).collect();
        let record = Record { version, fields, path, ..record };
        let receipt = match batch {
            None => self.audit.append(&record).map_err(|error| Attempt::Audited(error.into()))?,
            Some(batch) => self.commit(request, &unsealed, batch, &record)?,
        };
        self.export(request, Some(&caller), &record, &receipt);
        Ok(held.release(&receipt))
    }

    /// A request that was refused is a use of a token with a number of them as well. When someone else changed the
    /// token first, that was another use of it.
    fn count_use(&self, room: &Room<'_>) {
        let mut batch = Batch::default();
        if room.caller.has_limited_uses() && room.use_token(&mut batch).is_ok() {
            let _ = self.store.commit(batch);
        }
    }

    /// Commit a change with its audit record, and append the record.
    fn commit(
        &self,
        request: &Request,
        unsealed: &Unsealed,
        mut batch: Batch,
        record: &Record,
    ) -> Result<AuditReceipt, Attempt> {
        self.outbox.flush(&self.audit).map_err(|error| Attempt::Audited(error.into()))?;
        let records = self.records(unsealed);
        batch
            .preconditions
            .push(Precondition::Unchanged(keys::fixed(keys::KEYRING), unsealed.revision));
        let rendered = record.to_bytes();
        if rendered.len() > STORED_BYTES_MAX {
            let rule = "the request names more than its audit record can hold";
            return Err(Attempt::Refused(InvalidRequest::Limit(rule).into()));
        }
        let head = encode_position(&self.audit.durable_position());
        if self.outbox.waiting() > WAITING_MAX {
            self.audit.sync().map_err(|error| Attempt::Audited(error.into()))?;
        }
        let place = self.audit.place();
        batch.writes.push(Outbox::entry(&records, request.id, place, rendered.clone()));
        let settled = self.outbox.take_durable(&self.audit, &batch);
        batch.writes.extend(
            settled.iter().map(|(id, _)| strongroom_store::Write::Delete(keys::outbox(*id))),
        );
        let head_key = keys::fixed(keys::AUDIT_HEAD);
        batch.writes.push(records.put_bytes(RecordKind::AuditHead, head_key, &head));
        let gives_other_keys =
            batch.writes.iter().any(|write| write.key().as_str() == keys::KEYRING);
        let revision = self.store.commit(batch).map_err(|error| {
            self.outbox.put_back(settled);
            match error {
                error @ CommitError::PreconditionFailed(_) => Attempt::Again(error.into()),
                error @ CommitError::Unknown(_) => Attempt::Unknown(error.into()),
                error => Attempt::Refused(error.into()),
            }
        })?;
        // The record is durable with the change. When the log cannot take it now, it is appended before the next
        // change, or by the next process that opens the store.
        let receipt = match self.audit.append_stored(&rendered) {
            Ok(receipt) => {
                self.outbox.settle(request.id, receipt.seq());
                receipt
            }
            Err(_) => {
                self.outbox.hold_back(request.id, rendered);
                AuditReceipt::in_the_store(self.audit.position())
            }
        };
        if gives_other_keys {
            // The change is done. Where the root key is another one now, this engine is sealed until it is told it.
            let _ = self.refresh_keys();
        } else if revision.0 - unsealed.record.active_since_revision().min(revision.0)
            > self.data_key_commits_max
        {
            self.follow_data_key(request, unsealed, revision);
        }
        Ok(receipt)
    }

    /// Make the next data key, because this one has encrypted much. When it cannot be made now, the next change tries
    /// again: the limit has room for that.
    fn follow_data_key(&self, request: &Request, unsealed: &Unsealed, revision: Revision) {
        let mut record = unsealed.record.clone();
        let made =
            record.rotate_data_key(&unsealed.kek, self.clock.now(), revision.0, &*self.random);
        let Ok(number) = made else { return };
        let key = keys::fixed(keys::KEYRING);
        let batch = Batch {
            preconditions: vec![Precondition::Unchanged(key.clone(), unsealed.revision)],
            writes: vec![strongroom_store::Write::Put(key, encode(&record).into())],
        };
        if self.store.commit(batch).is_err() || self.refresh_keys().is_err() {
            return;
        }
        let rotated = Record {
            kind: AuditRecordKind::System,
            request_id: Request::new_id(&*self.random),
            path: Some("sys/rotate".to_owned()),
            fields: vec![("data_key", number.to_string())],
            ..self.record::<RotateDataKey>(
                request,
                Some(Principal::engine().record()),
                &RotateDataKey,
                self.clock.elapsed_micros(),
            )
        };
        // The new key is in use whether the log has a line for it or not: nothing was asked and nothing is answered.
        let _ = self.audit.append(&rotated);
    }

    fn unsealed(&self) -> Result<Arc<Unsealed>, Error> {
        let unsealed = self.unsealed.read().unwrap_or_else(PoisonError::into_inner);
        unsealed.clone().ok_or(Error::Sealed)
    }

    fn keys_changed(&self, unsealed: &Unsealed) -> bool {
        let found = self.store.get(&keys::fixed(keys::KEYRING));
        found.is_ok_and(|entry| entry.is_some_and(|entry| entry.revision != unsealed.revision))
    }

    /// Read the keyring again when another process changed it. When it changed the root key as well, this engine
    /// cannot go on and seals itself; a store that cannot be read now changes nothing.
    fn refresh_keys(&self) -> Result<(), Error> {
        let unsealed = self.unsealed()?;
        if !self.keys_changed(&unsealed) {
            return Ok(());
        }
        let fresh = match Unsealed::with_root(&*self.store, Arc::clone(&unsealed.root)) {
            Ok(fresh) => fresh,
            Err(OpenError::Store(error)) => return Err(error.into()),
            Err(_) => match self.with_expected_key() {
                Some(fresh) => fresh,
                None => {
                    self.seal();
                    return Err(Error::Sealed);
                }
            },
        };
        *self.unsealed.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(fresh));
        Ok(())
    }

    fn mounts(&self, unsealed: &Unsealed) -> Result<(Revision, Arc<MountTable>), Attempt> {
        let missing = || Error::damaged(keys::MOUNTS, "it is missing");
        let make = |entry: Option<&Entry>, _: Option<&MountTable>| {
            let (key, entry) = (self.mounts.key(), entry.ok_or_else(missing)?);
            let bytes = self.records(unsealed).open(RecordKind::Mounts, key, &entry.value)?;
            let table: MountTable = decode(key, bytes.expose())?;
            Ok(table.with_built_in())
        };
        let read = || -> Result<(Revision, Arc<MountTable>), Error> {
            let (revision, table) = self.mounts.now(&*self.store, make)?;
            Ok((revision.ok_or_else(missing)?, table))
        };
        read().map_err(|error| match error {
            Error::Internal(_) if self.keys_changed(unsealed) => Attempt::Again(error),
            error => Attempt::Refused(error),
        })
    }

    fn records<'a>(&'a self, unsealed: &'a Unsealed) -> Records<'a> {
        Records { store: &*self.store, keyring: &unsealed.keyring, random: &*self.random }
    }
}

/// What one attempt came to, when it gave no answer.
enum Attempt {
    /// Someone else changed the records first.
    Again(Error),
    /// It failed, and its record is still to be written.
    Refused(Error),
    /// Whether the change was made is not known, and its record is still to be written.
    Unknown(Error),
    /// The audit log failed: there is no record to write.
    Audited(Error),
}

impl Drop for Engine {
    /// A process that ends keeps what it knows of the log in the head, and an outbox that waited for the disk is
    /// left for the next one.
    fn drop(&mut self) {
        let _ = self.audit.flush_head();
    }
}
