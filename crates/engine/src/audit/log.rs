use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::Advice;
use strongroom_core::audit::{
    CheckpointKey, CheckpointVerifier, Head, HeadKey, HeadStrength, Position, Recovery, RequestId,
};

use super::burst::BurstSignal;
use super::directory::{self, Lock, LockGuard, Place};
use super::error::AuditError;
use super::flusher::{FlushSignal, Flusher};
use super::head_file::HeadFile;
use super::reader::find_request_ids;
use super::record::{Record, stored_members};
use super::recovery::Notice;
use writer::Writer;

mod writer;

/// The default of [`AuditOptions::segment_bytes_max`].
pub const SEGMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The time, in milliseconds since 1970-01-01T00:00:00Z, for the lines that the log writes of itself.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The audit log in a directory. Any number of these, in any number of processes, may append to one directory:
/// they share one chain.
pub struct AuditLog {
    directory: PathBuf,
    options: AuditOptions,
    checkpoint_key: CheckpointKey,
    lock: Lock,
    head: HeadFile,
    writer: Mutex<Writer>,
    /// How far this handle has synced. Held during a sync, so that those who wait find it done for them.
    synced: Mutex<Synced>,
    /// The last position that is on the disk, for who must not wait for a sync to read it.
    durable: Mutex<Position>,
    sync_failed: AtomicBool,
    flush_signal: FlushSignal,
    burst_signal: BurstSignal,
}

/// The keys of a log.
#[derive(Debug)]
pub struct AuditKeys {
    /// Signs checkpoints.
    pub checkpoint: CheckpointKey,
    /// Authenticates the head file.
    pub head: HeadKey,
}

/// How a log is written.
#[derive(Clone)]
pub struct AuditOptions {
    /// When records reach the disk.
    pub sync: SyncMode,
    /// The size, in bytes, at which a segment ends and the next begins.
    pub segment_bytes_max: u64,
    /// The time for checkpoints and the log's other own lines.
    pub clock: Clock,
}

/// When records reach the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncMode {
    /// Before an append returns; appends that wait share one sync.
    Always,
    /// Within a second, by the [`Flusher`], or when [`AuditLog::sync`] is called.
    EverySecond,
}

/// Proof that a record is in the log. Only an append makes it.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "an audit receipt is what releases the response"]
pub struct AuditReceipt {
    position: Position,
}

#[derive(Clone, Copy, Default)]
struct Synced {
    lines_seq: u64,
    head_seq: u64,
}

impl AuditLog {
    /// Open the log in `directory`, which is made when only it is missing. What a crash left is repaired with
    /// the next append, which tells of it in a recovery line.
    ///
    /// # Errors
    /// [`AuditError`]
    pub fn open(
        directory: &Path,
        keys: AuditKeys,
        options: AuditOptions,
    ) -> Result<Self, AuditError> {
        Self::try_open(directory, keys, options)
            .map_err(|error| AuditError::from_io(directory, error))
    }

    /// Append a record. When this returns, the record is in the kernel, and with [`SyncMode::Always`] on the disk.
    ///
    /// # Errors
    /// [`AuditError`]. The record was not written, except that with [`SyncMode::Always`], or after a sync has
    /// failed, a failing sync is reported although the record is in the log.
    pub fn append(&self, record: &Record) -> Result<AuditReceipt, AuditError> {
        self.append_members(|buffer| record.push_members(buffer))
    }

    /// Append a record that [`Record::to_bytes`] rendered earlier.
    ///
    /// # Errors
    /// As [`AuditLog::append`], and [`AuditError::StoredRecordInvalid`].
    pub fn append_stored(&self, record: &[u8]) -> Result<AuditReceipt, AuditError> {
        let members = stored_members(record)?;
        self.append_members(|buffer| buffer.extend_from_slice(members))
    }

    /// The last line that this handle knows of; another process may have written more.
    #[must_use]
    pub fn position(&self) -> Position {
        self.writer().position
    }

    /// A place that every later append lies after.
    #[must_use]
    pub fn place(&self) -> Place {
        self.writer().place()
    }

    /// Where the log is.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What checks this log's checkpoints.
    #[must_use]
    pub fn checkpoint_verifier(&self) -> &CheckpointVerifier {
        self.checkpoint_key.verifier()
    }

    /// Which of `ids` have a record after `since`. Reads only what lies after it.
    ///
    /// # Errors
    /// [`AuditError`]
    pub fn contains_request_ids(
        &self,
        since: Place,
        ids: &[RequestId],
    ) -> Result<BTreeSet<RequestId>, AuditError> {
        let ids = ids.iter().copied().collect();
        // The lock belongs to the open file: while it is taken for reading, nothing may hold it for writing.
        let mut writer = self.writer();
        self.give_lock_back(&mut writer);
        find_request_ids(&self.directory, &self.lock, since, &ids)
            .map_err(|error| self.error(error))
    }

    /// Put everything appended so far on the disk, and then a head that says so.
    ///
    /// # Errors
    /// [`AuditError`]. Until a sync succeeds, every append syncs before it succeeds.
    pub fn sync(&self) -> Result<(), AuditError> {
        let mut synced = self.synced();
        self.sync_lines(&mut synced, 0)?;
        if synced.head_seq < synced.lines_seq {
            self.head.sync().map_err(|error| self.error(error))?;
            synced.head_seq = synced.lines_seq;
        }
        Ok(())
    }

    /// The last position that this handle knows to be on the disk. Does not wait for a sync.
    pub(crate) fn durable_position(&self) -> Position {
        *self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The store knows this position. A log that ends before it says so, for good, with its next line.
    pub(crate) fn expect_position(&self, known: Position) -> Result<(), AuditError> {
        let (mut writer, _lock) = self.lock_writer().map_err(|error| self.error(error))?;
        writer.catch_up(&self.directory).map_err(|error| self.error(error))?;
        let seq = writer.position.seq;
        if seq < known.seq {
            writer.notice(Notice::lines(Recovery::CutOff, seq + 1, known.seq));
        }
        Ok(())
    }

    /// Write a head without waiting for the disk, so that it outlives this process.
    ///
    /// # Errors
    /// [`AuditError`]
    pub fn flush_head(&self) -> Result<(), AuditError> {
        self.try_flush_head().map_err(|error| self.error(error))
    }

    /// Ask the kernel to begin writing what was appended to the disk, without waiting. Does nothing where the
    /// system has no way to ask.
    pub fn start_writeback(&self) {
        let (file, from) = self.writer().take_writeback();
        // Linux begins to write dirty pages of a range that will not be needed. It is advice: a failure means
        // that the pages are written when the kernel would have written them anyway.
        #[cfg(target_os = "linux")]
        let _ = rustix::fs::fadvise(&*file, from, None, Advice::DontNeed);
        #[cfg(not(target_os = "linux"))]
        let _ = (file, from);
    }

    /// Start the thread that syncs within a second of an append, until the returned guard is dropped. Meanwhile this
    /// handle keeps the log's lock for a few milliseconds at a time.
    ///
    /// # Errors
    /// [`AuditError::Failed`] when the system gives no thread.
    pub fn start_flusher(self: &Arc<Self>) -> Result<Flusher, AuditError> {
        Flusher::start(Arc::clone(self)).map_err(|error| self.error(error))
    }

    pub(super) fn flush_signal(&self) -> &FlushSignal {
        &self.flush_signal
    }

    pub(super) fn burst_signal(&self) -> &BurstSignal {
        &self.burst_signal
    }

    /// Give the lock back, when a burst keeps it.
    pub(super) fn end_burst(&self) {
        self.give_lock_back(&mut self.writer());
    }

    fn give_lock_back(&self, writer: &mut Writer) {
        if std::mem::take(&mut writer.burst.is_on) {
            self.lock.give_back();
        }
    }

    fn try_open(directory: &Path, keys: AuditKeys, options: AuditOptions) -> io::Result<Self> {
        directory::ensure_directory(directory)?;
        let lock = Lock::open(directory)?;
        let head = HeadFile::new(directory::open_head(directory)?, keys.head);
        let guard = lock.exclusive()?;
        let heads = head.read()?;
        if heads.is_empty() && directory::segments(directory)?.is_empty() {
            // The head comes first: a log without one has lost it.
            let position = Position::GENESIS;
            head.advance(&Head { position, segment: 1, strength: HeadStrength::Durable })?;
            head.sync()?;
        }
        let mut writer = Writer::open(directory)?;
        writer.catch_up(directory)?;
        writer.compare(&heads);
        drop(guard);
        let durable = heads.durable.map_or(Position::GENESIS, |head| head.position);
        let synced = Synced::default();
        Ok(Self {
            directory: directory.to_owned(),
            options,
            checkpoint_key: keys.checkpoint,
            lock,
            head,
            writer: Mutex::new(writer),
            durable: Mutex::new(durable),
            synced: Mutex::new(synced),
            sync_failed: AtomicBool::new(false),
            flush_signal: FlushSignal::default(),
            burst_signal: BurstSignal::default(),
        })
    }

    fn append_members(
        &self,
        members: impl FnOnce(&mut Vec<u8>),
    ) -> Result<AuditReceipt, AuditError> {
        let position = {
            let (mut writer, lock) = self.lock_writer().map_err(|error| self.error(error))?;
            let appended = self.append_line(&mut writer, members);
            match &appended {
                Ok(_) if self.burst_signal.begin(&mut writer.burst) => lock.keep(),
                Ok(_) => {}
                Err(_) => self.give_lock_back(&mut writer),
            }
            appended?
        };
        if self.options.sync == SyncMode::Always || self.sync_failed.load(Ordering::Acquire) {
            self.sync_lines(&mut self.synced(), position.seq)?;
        } else {
            self.flush_signal.mark();
        }
        Ok(AuditReceipt { position })
    }

    fn append_line(
        &self,
        writer: &mut Writer,
        members: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Position, AuditError> {
        if !(writer.burst.is_on && writer.is_ready()) {
            writer.catch_up(&self.directory).map_err(|error| self.error(error))?;
        }
        let position = writer.prepare(&self.checkpoint_key, &self.options, members)?;
        writer.write(&self.head).map_err(|error| self.error(error))?;
        Ok(position)
    }

    /// Sync the lines up to `seq` at least; 0 means all there are. A durable head follows the lines.
    fn sync_lines(&self, synced: &mut Synced, seq: u64) -> Result<(), AuditError> {
        let (file, segment, position) = {
            let mut writer = self.writer();
            writer.check_file(&self.directory);
            (Arc::clone(&writer.file), writer.segment, writer.position)
        };
        let wanted = if seq == 0 { position.seq } else { seq };
        if synced.lines_seq >= wanted && !self.sync_failed.load(Ordering::Acquire) {
            return Ok(());
        }
        if let Err(error) = file.sync_data() {
            self.sync_failed.store(true, Ordering::Release);
            let first_seq = synced.lines_seq.saturating_add(1);
            let notice = Notice::lines(Recovery::SyncFailed, first_seq, position.seq);
            self.writer().notice(notice);
            return Err(self.error(error));
        }
        let head = Head { position, segment, strength: HeadStrength::Durable };
        self.advance_head(&head).map_err(|error| self.error(error))?;
        self.sync_failed.store(false, Ordering::Release);
        synced.lines_seq = position.seq;
        *self.durable.lock().unwrap_or_else(PoisonError::into_inner) = position;
        Ok(())
    }

    fn advance_head(&self, head: &Head) -> io::Result<()> {
        let (_writer, _lock) = self.lock_writer()?;
        self.head.advance(head)
    }

    fn try_flush_head(&self) -> io::Result<()> {
        // Not what the segment holds now, but what this handle knows was written: a head tells of a cut.
        let (mut writer, _lock) = self.lock_writer()?;
        writer.is_head_due = false;
        let (position, segment) = (writer.position, writer.segment);
        self.head.advance(&Head { position, segment, strength: HeadStrength::Written })
    }

    /// The writer and the log's lock, in the one order in which both are taken. They are given back in the other one: bind
    /// each to a name, since a tuple drops the writer first. Whoever took that then would find the lock held by this
    /// handle, go on, and lose it in the midst of an append.
    fn lock_writer(&self) -> io::Result<(MutexGuard<'_, Writer>, LockGuard<'_>)> {
        let writer = self.writer();
        let lock = if writer.burst.is_on { self.lock.kept() } else { self.lock.exclusive()? };
        Ok((writer, lock))
    }

    /// A panic leaves the writer as it was or marked to be read again, so that its poison means nothing.
    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn synced(&self) -> MutexGuard<'_, Synced> {
        self.synced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, error: io::Error) -> AuditError {
        AuditError::from_io(&self.directory, error)
    }
}

impl Drop for AuditLog {
    fn drop(&mut self) {
        if self.writer().is_head_due {
            // Without a head, a cut-off of the last lines goes unnoticed; the lines themselves are written.
            let _ = self.try_flush_head();
        }
    }
}

impl fmt::Debug for AuditLog {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuditLog")
            .field("directory", &self.directory)
            .finish_non_exhaustive()
    }
}

impl AuditReceipt {
    /// The record's sequence number.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.position.seq
    }

    /// For a record that is durable in the store, with the change it tells of, while the log cannot take it. The
    /// position is that of the record before.
    pub(crate) fn in_the_store(position: Position) -> Self {
        Self { position }
    }

    /// The record's position in the chain.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }
}

impl AuditOptions {
    /// The defaults: synced every second, segments of [`SEGMENT_BYTES_MAX`].
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { sync: SyncMode::EverySecond, segment_bytes_max: SEGMENT_BYTES_MAX, clock }
    }
}

impl fmt::Debug for AuditOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("AuditOptions")
            .field("sync", &self.sync)
            .field("segment_bytes_max", &self.segment_bytes_max)
            .finish_non_exhaustive()
    }
}
