//! From the audit log to records, a round at a time.

use std::collections::HashMap;
use std::sync::PoisonError;

use strongroom_core::crypto::RecordKind;
use strongroom_core::usage::Usage;
use strongroom_store::{Batch, CommitError, Key, Precondition};

use super::line::{Event, Mention, events};
use super::subject::Subject;
use super::{UsagePlace, UsageRecord, place_key};
use crate::audit::AuditLog;
use crate::audit::tail::{Mark, ReadOn, Visit, read_on};
use crate::error::Error;
use crate::keys;
use crate::lifecycle::Unsealed;
use crate::mounts::MountTable;
use crate::records::{Records, Stored};
use crate::room::Room;

/// How many things one round holds in memory: each is a record of less than 2 KiB.
const SUBJECTS_MAX: usize = 4_096;
/// How many things that are mentioned one round looks up.
const MENTIONS_MAX: usize = 4 * SUBJECTS_MAX;
/// How many records one commit has: each is a precondition and a write, of the 128 operations that a commit has.
const SUBJECTS_PER_COMMIT: usize = 60;
/// How often a round is begun anew because another process was first.
const ATTEMPTS_MAX: usize = 50;
/// How much of the log may tell of no use before the place moves, in bytes.
const IDLE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Folds the audit log into records.
pub(crate) struct Folder<'a> {
    pub(crate) unsealed: &'a Unsealed,
    pub(crate) records: Records<'a>,
    pub(crate) mounts: &'a MountTable,
    pub(crate) audit: &'a AuditLog,
}

/// What one round has in memory.
#[derive(Default)]
struct Round {
    /// Where what was mentioned is in `slots`; `None` for what is not there.
    places: HashMap<Mention<'static>, Option<usize>>,
    slots: Vec<Slot>,
    last_ms: u64,
    failed: Option<Error>,
}

struct Slot {
    key: Key,
    found: Option<Stored<UsageRecord>>,
    usage: Option<Usage>,
}

/// What came of a round.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    /// There is no more.
    Done,
    /// There may be more.
    More,
    /// Another process changed the same records first.
    Again,
}

impl<'a> Folder<'a> {
    pub(crate) fn of(room: &'a Room<'_>) -> Self {
        Self {
            unsealed: room.unsealed,
            records: room.records(),
            mounts: &room.mounts,
            audit: room.audit,
        }
    }

    /// Fold all that the log has now. One of this process's threads does at a time.
    ///
    /// # Errors
    /// [`Error`]
    pub(crate) fn fold_all(&self) -> Result<(), Error> {
        let _turn = self.unsealed.usage.lock().unwrap_or_else(PoisonError::into_inner);
        let mut lost = 0;
        loop {
            match self.round(SUBJECTS_MAX)? {
                Outcome::Done => return Ok(()),
                Outcome::More => lost = 0,
                Outcome::Again if lost < ATTEMPTS_MAX => lost += 1,
                Outcome::Again => {
                    let reason = "the records of uses change too often".to_owned();
                    return Err(Error::VersionConflict(reason));
                }
            }
        }
    }

    fn round(&self, subjects_max: usize) -> Result<Outcome, Error> {
        let found: Option<Stored<UsagePlace>> =
            self.records.read(RecordKind::Usage, &place_key())?;
        let place = found.as_ref().map(|found| found.value.clone()).unwrap_or_default();
        let mut round = Round::default();
        let read = {
            let visit = &mut |line: &[u8]| self.visit(&mut round, &place, line, subjects_max);
            read_on(self.audit.directory(), &place.from, place.to.as_ref(), visit)?
        };
        if let Some(error) = round.failed {
            return Err(error);
        }
        let end = match read {
            ReadOn::To(end) => end,
            // The log was cut, or is another one. What it has from before was counted when it was read.
            ReadOn::Cut => {
                let counted_ms = place.counted_ms.max(place.last_ms);
                let round = place.round + 1;
                let next = UsagePlace { from: Mark::start(), to: None, round, counted_ms, ..place };
                return self.commit(found.as_ref(), &next, &[]).map(|done| done.or(Outcome::More));
            }
        };
        let last_ms = place.last_ms.max(round.last_ms);
        if place.to.is_none() && round.slots.is_empty() && is_near(&place.from, &end) {
            return Ok(Outcome::Done);
        }
        let done =
            UsagePlace { from: end.clone(), to: None, round: place.round + 1, last_ms, ..place };
        let mut slots: Vec<_> = round.slots.iter().collect();
        let more = Outcome::More;
        if slots.len() <= SUBJECTS_PER_COMMIT {
            return self.commit(found.as_ref(), &done, &slots).map(|done| done.or(more));
        }
        if place.to.is_none() {
            let begun = UsagePlace { to: Some(end), ..place };
            return self.commit(found.as_ref(), &begun, &[]).map(|done| done.or(more));
        }
        let rest = slots.split_off(slots.len() - slots.len() % SUBJECTS_PER_COMMIT);
        for part in slots.chunks(SUBJECTS_PER_COMMIT) {
            let committed = self.commit_part(place.round, part)?;
            if committed == Outcome::Again {
                return Ok(committed);
            }
        }
        self.commit(found.as_ref(), &done, &rest).map(|done| done.or(more))
    }

    /// Take a line in, unless the round has as much as it holds. A round whose end is agreed on takes all that is in it.
    fn visit(
        &self,
        round: &mut Round,
        place: &UsagePlace,
        line: &[u8],
        subjects_max: usize,
    ) -> Visit {
        let is_full = round.slots.len() >= subjects_max || round.places.len() >= MENTIONS_MAX;
        if round.failed.is_some() || (is_full && place.to.is_none()) {
            return Visit::Stop;
        }
        events(line, &mut |event| {
            round.last_ms = round.last_ms.max(event.at.0);
            if event.at.0 > place.counted_ms
                && round.failed.is_none()
                && let Err(error) = self.take(round, place.round, event)
            {
                round.failed = Some(error);
            }
        });
        Visit::Taken
    }

    fn take(&self, round: &mut Round, number: u64, event: Event<'_>) -> Result<(), Error> {
        let at = match round.places.get(&event.what) {
            Some(known) => *known,
            None => self.place(round, number, &event.what)?,
        };
        let Some(slot) = at.and_then(|at| round.slots.get_mut(at)) else { return Ok(()) };
        if event.is_end {
            // What was there before has gone, and what the record has is of what is there now.
            slot.usage = slot.found.as_ref().map(|found| found.value.usage.clone());
            return Ok(());
        }
        match &mut slot.usage {
            Some(usage) => usage.note(event.at, &event.by, event.version),
            None => slot.usage = Some(Usage::first_use(event.at, &event.by, event.version)),
        }
        Ok(())
    }

    /// Look up what is mentioned for the first time in a round. What has this round already is passed over.
    fn place(
        &self,
        round: &mut Round,
        number: u64,
        mention: &Mention<'_>,
    ) -> Result<Option<usize>, Error> {
        let subject: Option<Subject> = match self.subject(mention) {
            Ok(subject) => subject,
            // What is damaged is found by a check of the records, and keeps no other from being counted.
            Err(Error::Internal(_)) => None,
            Err(error) => return Err(error),
        };
        let mut at = None;
        if let Some(subject) = subject {
            let key = subject.key(self.unsealed.token_key()?);
            let found: Option<Stored<UsageRecord>> = self.records.read(RecordKind::Usage, &key)?;
            let is_done = found.as_ref().is_some_and(|found| found.value.round > number);
            if !is_done {
                let usage = found.as_ref().map(|found| found.value.usage.clone());
                at = Some(round.slots.len());
                round.slots.push(Slot { key, found, usage });
            }
        }
        round.places.insert(mention.clone().into_owned(), at);
        Ok(at)
    }

    /// Records of a round whose end is agreed on.
    fn commit_part(&self, round: u64, slots: &[&Slot]) -> Result<Outcome, Error> {
        let mut batch = Batch::default();
        self.put(&mut batch, round, slots);
        self.apply(batch)
    }

    /// The place with records that belong to it, on the condition that nobody changed any of them.
    fn commit(
        &self,
        found: Option<&Stored<UsagePlace>>,
        place: &UsagePlace,
        slots: &[&Slot],
    ) -> Result<Outcome, Error> {
        let mut batch = Batch::default();
        batch.preconditions.push(match found {
            Some(found) => found.unchanged(place_key()),
            None => Precondition::Absent(place_key()),
        });
        batch.writes.push(self.records.put(RecordKind::Usage, place_key(), place));
        self.put(&mut batch, place.round.saturating_sub(1), slots);
        self.apply(batch)
    }

    fn put(&self, batch: &mut Batch, round: u64, slots: &[&Slot]) {
        for slot in slots {
            let Some(usage) = slot.usage.clone() else { continue };
            batch.preconditions.push(match &slot.found {
                Some(found) => found.unchanged(slot.key.clone()),
                None => Precondition::Absent(slot.key.clone()),
            });
            let record = UsageRecord { usage, round: round + 1 };
            let write = self.records.put(RecordKind::Usage, slot.key.clone(), &record);
            batch.writes.push(write);
        }
    }

    fn apply(&self, mut batch: Batch) -> Result<Outcome, Error> {
        let keyring = Precondition::Unchanged(keys::fixed(keys::KEYRING), self.unsealed.revision);
        batch.preconditions.push(keyring);
        match self.records.store.commit(batch) {
            Ok(_) => Ok(Outcome::Done),
            Err(CommitError::PreconditionFailed(_)) => Ok(Outcome::Again),
            Err(error) => Err(error.into()),
        }
    }
}

impl Outcome {
    /// What follows when a commit was made.
    fn or(self, next: Self) -> Self {
        if self == Self::Again { self } else { next }
    }
}

/// Whether there is so little between two marks that it may be read again.
fn is_near(from: &Mark, to: &Mark) -> bool {
    from.segment == to.segment && to.offset.saturating_sub(from.offset) < IDLE_BYTES_MAX
}
