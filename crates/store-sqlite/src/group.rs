//! Committing a group of batches: one transaction, one sync, an outcome for each batch.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use strongroom_store::{Batch, CommitError, Key, Revision, Write};

use crate::Inner;
use crate::error::{Failure, Kind, is_write_refused};
use crate::files::IndexHeader;
use crate::query::{self, number};

/// Frames in the WAL (pages of 4 KiB) at which they are copied into the database.
const CHECKPOINT_FRAMES: u32 = 1_000;
/// Frames in the WAL at which it is emptied when the store closes: the next process that opens the store
/// reads all of them.
const CLOSE_FRAMES: u32 = 256;
/// Deletions that watchers can still be told about.
pub const DELETIONS_KEPT_MAX: u64 = 10_000;
/// The deletions are counted each time so many revisions have passed.
const PRUNE_REVISIONS: u64 = 64;

type Outcome = Result<Revision, CommitError>;

/// Owns the connection that writes.
pub(crate) struct Committer {
    inner: Arc<Inner>,
    connection: Option<Connection>,
    sync_took: Duration,
}

/// Why a group was not committed.
enum Refusal {
    /// It cannot go better for a part of the group.
    Group(Failure),
    /// One of the batches may be the reason; nothing was applied.
    SomeBatch(Failure),
}

/// The state of the store that a transaction started from.
struct Start {
    revision: Revision,
    header: Option<IndexHeader>,
    data_version: u64,
}

impl Committer {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self { inner, connection: None, sync_took: Duration::ZERO }
    }

    /// How long the last COMMIT took, its sync above all.
    pub(crate) fn sync_took(&self) -> Duration {
        self.sync_took
    }

    /// Commit the batches in their order, each seeing the effects of those before it, and then what `more`
    /// gives for the batches so far, until it gives none. One outcome for each.
    pub(crate) fn commit(
        &mut self,
        mut batches: Vec<Batch>,
        more: &mut dyn FnMut(&[Batch]) -> Vec<Batch>,
    ) -> Vec<Outcome> {
        match self.transact(&mut batches, more) {
            Ok(outcomes) => outcomes,
            Err(Refusal::SomeBatch(_)) if batches.len() > 1 => batches
                .into_iter()
                .flat_map(|one| self.commit(vec![one], &mut |_| vec![]))
                .collect(),
            Err(Refusal::Group(failure) | Refusal::SomeBatch(failure)) => {
                batches.iter().map(|_| Err(failure.to_commit_error())).collect()
            }
        }
    }

    /// Copy the WAL into the database when it is large. A failure is left to the next time.
    pub(crate) fn checkpoint_when_large(&mut self) {
        let Some(connection) = &self.connection else { return };
        let frames = match (self.inner.files.index_header(), self.inner.files.frames_copied()) {
            (Some(header), Some(copied)) => header.frames().saturating_sub(copied),
            _ => CHECKPOINT_FRAMES,
        };
        if frames >= CHECKPOINT_FRAMES {
            let _ = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        }
    }

    /// Leave a short WAL to the next process, if no other process has the store open now.
    pub(crate) fn close(self) {
        let Some(connection) = self.connection else { return };
        let frames = self.inner.files.index_header().map_or(u32::MAX, |header| header.frames());
        if frames >= CLOSE_FRAMES {
            let _ = connection.busy_timeout(Duration::ZERO);
            let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        }
    }

    fn transact(
        &mut self,
        batches: &mut Vec<Batch>,
        more: &mut dyn FnMut(&[Batch]) -> Vec<Batch>,
    ) -> Result<Vec<Outcome>, Refusal> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.inner.source.connect().map_err(|error| self.refuse(&error))?,
        };
        let start = match self.begin(&connection) {
            Ok(start) => start,
            Err(error) => {
                let refusal = self.refuse(&error);
                if matches!(refusal, Refusal::Group(Failure { kind: Kind::Busy, .. })) {
                    self.connection = Some(connection);
                }
                return Err(refusal);
            }
        };
        self.inner.cache.begin_commit();
        let result = self.apply_and_commit(connection, &start, batches, more);
        let own = result.as_ref().ok().and_then(|_| self.own_commit(&start));
        self.inner.cache.end_commit(own, written(batches));
        if result.is_ok() {
            self.inner.signal.raise();
        }
        result
    }

    fn begin(&self, connection: &Connection) -> rusqlite::Result<Start> {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        let start = || {
            Ok(Start {
                revision: query::meta(connection, "revision")?,
                header: self.inner.files.index_header(),
                data_version: data_version(connection)?,
            })
        };
        start().inspect_err(|_| roll_back(connection))
    }

    /// On success the connection is kept for the next group; after a failure a new one starts clean.
    fn apply_and_commit(
        &mut self,
        connection: Connection,
        start: &Start,
        batches: &mut Vec<Batch>,
        more: &mut dyn FnMut(&[Batch]) -> Vec<Batch>,
    ) -> Result<Vec<Outcome>, Refusal> {
        let subject = self.inner.source.path.display();
        let mut revision = start.revision;
        let mut outcomes = Vec::new();
        while let Some(next) = batches.get(outcomes.len()..).filter(|next| !next.is_empty()) {
            match apply(&connection, &mut revision, next) {
                Ok(applied) => outcomes.extend(applied),
                Err(error) => {
                    roll_back(&connection);
                    return Err(Refusal::SomeBatch(Failure::new(subject, &error)));
                }
            }
            batches.extend(more(batches));
        }
        if revision == start.revision {
            roll_back(&connection);
            self.connection = Some(connection);
            return Ok(outcomes);
        }
        let finished = finish(&connection, start.revision, revision);
        if let Err(error) = finished {
            roll_back(&connection);
            return Err(Refusal::SomeBatch(Failure::new(subject, &error)));
        }
        let started = Instant::now();
        let committed = connection.execute_batch("COMMIT");
        self.sync_took = started.elapsed();
        if let Err(error) = committed {
            let failure = Failure::new(subject, &error);
            roll_back(&connection);
            drop(connection);
            if is_write_refused(&error) {
                return Err(Refusal::SomeBatch(failure));
            }
            return Err(Refusal::Group(match self.settle(start.revision, revision) {
                Ok(()) => failure,
                Err(_) => failure.into_unknown(),
            }));
        }
        self.connection = Some(connection);
        Ok(outcomes)
    }

    /// After a COMMIT whose sync failed: nobody sees it now, but its frames may stand whole in the WAL, and
    /// when every process stopped here, the next one would find and apply them. A transaction that succeeds
    /// overwrites them: then it is certain that nothing was applied. It also passes over the revisions.
    fn settle(&mut self, before: Revision, attempted: Revision) -> Result<(), Failure> {
        let failure = |error| Failure::new(self.inner.source.path.display(), &error);
        let connection = self.inner.source.connect().map_err(failure)?;
        connection.execute_batch("BEGIN IMMEDIATE").map_err(failure)?;
        let now = query::meta(&connection, "revision").map_err(failure)?;
        if now != before {
            // Another process recovered the WAL or committed after the failure.
            return Err(Failure::unavailable("the outcome cannot be told"));
        }
        set_meta(&connection, "revision", attempted).map_err(failure)?;
        connection.execute_batch("COMMIT").map_err(failure)?;
        self.connection = Some(connection);
        Ok(())
    }

    /// The wal-index's headers before and after the transaction, when no other commit came between them.
    fn own_commit(&self, start: &Start) -> Option<(IndexHeader, IndexHeader)> {
        let before = start.header?;
        let after = self.inner.files.index_header()?;
        let unchanged = data_version(self.connection.as_ref()?).ok()? == start.data_version;
        let next = before.changes().wrapping_add(1) == after.changes() || before == after;
        (unchanged && next).then_some((before, after))
    }

    fn refuse(&self, error: &rusqlite::Error) -> Refusal {
        Refusal::Group(Failure::new(self.inner.source.path.display(), error))
    }
}

/// Apply each batch whose preconditions hold. `revision` grows with each.
fn apply(
    connection: &Connection,
    revision: &mut Revision,
    batches: &[Batch],
) -> rusqlite::Result<Vec<Outcome>> {
    let mut outcomes = Vec::with_capacity(batches.len());
    let deletes =
        |batch: &Batch| batch.writes.iter().any(|write| matches!(write, Write::Delete(_)));
    // Mostly there are none, and then a put need not look for its key among them.
    let deletions = has_deletions(connection)? || batches.iter().any(deletes);
    for batch in batches {
        outcomes.push(match failing(connection, batch)? {
            Some(key) => Err(CommitError::PreconditionFailed(key)),
            None => {
                *revision = Revision(revision.0 + 1);
                for (place, write) in batch.writes.iter().enumerate() {
                    apply_write(connection, number(*revision, place), write, deletions)?;
                }
                Ok(*revision)
            }
        });
    }
    Ok(outcomes)
}

fn has_deletions(connection: &Connection) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM deletions)")?
        .query_row([], |row| row.get(0))
}

fn failing(connection: &Connection, batch: &Batch) -> rusqlite::Result<Option<Key>> {
    for precondition in &batch.preconditions {
        if !precondition.holds(query::found(connection, precondition.key())?) {
            return Ok(Some(precondition.key().clone()));
        }
    }
    Ok(None)
}

fn apply_write(
    connection: &Connection,
    number: i64,
    write: &Write,
    deletions: bool,
) -> rusqlite::Result<()> {
    match write {
        Write::Put(key, value) => {
            if deletions {
                connection
                    .prepare_cached("DELETE FROM deletions WHERE key = ?1")?
                    .execute([key.as_str()])?;
            }
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO records (id, key, value) VALUES (?1, ?2, ?3)",
                )?
                .execute((number, key.as_str(), &value[..]))?;
        }
        Write::Delete(key) => {
            let deleted = connection
                .prepare_cached("DELETE FROM records WHERE key = ?1")?
                .execute([key.as_str()])?;
            if deleted > 0 {
                connection
                    .prepare_cached("INSERT OR REPLACE INTO deletions (id, key) VALUES (?1, ?2)")?
                    .execute((number, key.as_str()))?;
            }
        }
    }
    Ok(())
}

/// The last writes of a transaction.
fn finish(connection: &Connection, before: Revision, after: Revision) -> rusqlite::Result<()> {
    if before.0 / PRUNE_REVISIONS != after.0 / PRUNE_REVISIONS {
        prune(connection)?;
    }
    set_meta(connection, "revision", after)
}

/// Forget the older half of the deletions when there are too many.
fn prune(connection: &Connection) -> rusqlite::Result<()> {
    let kept: u64 = connection.query_row("SELECT count(*) FROM deletions", [], |row| row.get(0))?;
    if kept <= DELETIONS_KEPT_MAX {
        return Ok(());
    }
    let forgotten = kept - DELETIONS_KEPT_MAX / 2;
    let last: i64 = connection.query_row(
        "SELECT id FROM deletions ORDER BY id LIMIT 1 OFFSET ?1",
        [forgotten - 1],
        |row| row.get(0),
    )?;
    connection.execute("DELETE FROM deletions WHERE id <= ?1", [last])?;
    set_meta(connection, "compacted", query::revision(0, last)?)
}

fn set_meta(connection: &Connection, name: &str, value: Revision) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE meta SET value = ?2 WHERE name = ?1")?
        .execute((name, value.0))
        .map(|_| ())
}

/// SQLite's counter that moves when another connection has committed.
fn data_version(connection: &Connection) -> rusqlite::Result<u64> {
    connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0))
}

fn written(batches: &[Batch]) -> impl Iterator<Item = &Key> {
    batches.iter().flat_map(|batch| &batch.writes).map(Write::key)
}

/// A connection whose rollback fails is dropped by its caller, which rolls back too.
fn roll_back(connection: &Connection) {
    if !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
}
