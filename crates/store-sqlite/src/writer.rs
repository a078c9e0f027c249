//! The queue of batches, and the one thread that commits what waits in it.
//!
//! A caller puts its batch into the queue and sleeps until it has an outcome. The thread takes all that waits as
//! one group, and the group shares one sync. A lone writer waits for nobody. When several wrote at the same
//! time, the thread takes in what arrives while it applies the group, and gives those who were just answered a
//! moment to come back with their next batch, so that they do not fall into two halves that sync in turns.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use strongroom_store::{Batch, CommitError, Revision, Write};

use crate::Inner;
use crate::group::Committer;

/// Batches that wait; a caller that finds more waits for room first.
const QUEUE_BATCHES_MAX: usize = 1_024;
/// Batches in one group.
const GROUP_BATCHES_MAX: usize = 256;
/// Bytes of values in one group, unless a single batch has more.
const GROUP_BYTES_MAX: usize = 4 << 20;
/// How long a group waits for the next of those who were in the group before: half of what the last sync took, and at
/// least and at most so long. Waiting costs them less than the whole sync that they would wait for otherwise.
const GATHER_MIN: Duration = Duration::from_micros(200);
const GATHER_MAX: Duration = Duration::from_millis(2);
/// So many of them are awaited at a time: each wait costs two switches of threads.
const GATHER_BATCHES: usize = 8;

pub(crate) struct Writer {
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<()>>>,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    /// The thread waits here for batches.
    arrived: Condvar,
    /// Callers wait here for room.
    taken: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Pending>,
    /// The thread sleeps until so many wait.
    wanted: usize,
    closed: bool,
}

struct Pending {
    batch: Batch,
    answer: Answer,
}

/// Wakes the caller when it is dropped, with an outcome or without.
struct Answer {
    slot: Arc<Mutex<Slot>>,
    caller: Thread,
}

#[derive(Default)]
struct Slot {
    outcome: Option<Result<Revision, CommitError>>,
    over: bool,
}

impl Writer {
    pub(crate) fn new(inner: Arc<Inner>) -> Self {
        Self { queue: Arc::default(), thread: Mutex::default(), inner }
    }

    pub(crate) fn commit(&self, batch: Batch) -> Result<Revision, CommitError> {
        self.start()?;
        let slot = Arc::new(Mutex::new(Slot::default()));
        let answer = Answer { slot: Arc::clone(&slot), caller: std::thread::current() };
        self.queue.push(Pending { batch, answer });
        loop {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            if slot.over {
                let lost = || CommitError::Unknown("the writing thread stopped".into());
                return slot.outcome.take().unwrap_or_else(|| Err(lost()));
            }
            drop(slot);
            std::thread::park();
        }
    }

    /// Start the thread, unless it runs.
    fn start(&self) -> Result<(), CommitError> {
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if thread.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return Ok(());
        }
        let queue = Arc::clone(&self.queue);
        let inner = Arc::clone(&self.inner);
        let started = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || queue.serve(Committer::new(inner)))
            .map_err(|error| CommitError::Unavailable(format!("no writing thread: {error}")))?;
        *thread = Some(started);
        Ok(())
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.arrived.notify_all();
        let thread = self.thread.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = thread.take() {
            // A panic of the thread was told to the callers that waited for it.
            let _ = thread.join();
        }
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, pending: Pending) {
        let mut state = self
            .taken
            .wait_while(self.lock(), |state| state.waiting.len() >= QUEUE_BATCHES_MAX)
            .unwrap_or_else(PoisonError::into_inner);
        state.waiting.push_back(pending);
        if state.waiting.len() == state.wanted {
            self.arrived.notify_one();
        }
    }

    fn serve(&self, mut committer: Committer) {
        let mut writers = 1;
        let mut answers = Vec::new();
        while let Some(first) = self.take_first(&mut answers) {
            let patience = (committer.sync_took() / 2).clamp(GATHER_MIN, GATHER_MAX);
            let outcomes = committer
                .commit(first, &mut |taken| self.take_more(taken, writers, patience, &mut answers));
            writers = answers.len() + self.lock().waiting.len();
            for (answer, outcome) in answers.drain(..).zip(outcomes) {
                answer.give(outcome);
            }
            committer.checkpoint_when_large();
        }
        committer.close();
    }

    /// What waits, as soon as anything does; `None` when the store is closed.
    fn take_first(&self, answers: &mut Vec<Answer>) -> Option<Vec<Batch>> {
        let mut state = self.lock();
        state.wanted = 1;
        state = self
            .arrived
            .wait_while(state, |state| !state.closed && state.waiting.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        let batches = self.take(&mut state, &[], answers);
        (!batches.is_empty()).then_some(batches)
    }

    /// What arrived while `taken` was applied, or arrives in a moment, when fewer were taken than the `writers`
    /// of the last group.
    fn take_more(
        &self,
        taken: &[Batch],
        writers: usize,
        patience: Duration,
        answers: &mut Vec<Answer>,
    ) -> Vec<Batch> {
        let mut state = self.lock();
        let missing = writers.saturating_sub(taken.len());
        if state.waiting.is_empty() && missing > 0 {
            state.wanted = missing.min(GATHER_BATCHES);
            (state, _) = self
                .arrived
                .wait_timeout_while(state, patience, |state| {
                    !state.closed && state.waiting.len() < state.wanted
                })
                .unwrap_or_else(PoisonError::into_inner);
        }
        self.take(&mut state, taken, answers)
    }

    /// As much of what waits as fits into a group with `taken`.
    fn take(&self, state: &mut State, taken: &[Batch], answers: &mut Vec<Answer>) -> Vec<Batch> {
        state.wanted = 0;
        let mut bytes: usize = taken.iter().map(value_bytes).sum();
        let mut batches = Vec::new();
        while let Some(next) = state.waiting.front() {
            bytes += value_bytes(&next.batch);
            let count = taken.len() + batches.len();
            if count > 0 && (count == GROUP_BATCHES_MAX || bytes > GROUP_BYTES_MAX) {
                break;
            }
            if let Some(pending) = state.waiting.pop_front() {
                batches.push(pending.batch);
                answers.push(pending.answer);
            }
        }
        self.taken.notify_all();
        batches
    }
}

fn value_bytes(batch: &Batch) -> usize {
    let bytes = |write: &Write| match write {
        Write::Put(_, value) => value.len(),
        Write::Delete(_) => 0,
    };
    batch.writes.iter().map(bytes).sum()
}

impl Answer {
    fn give(self, outcome: Result<Revision, CommitError>) {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).outcome = Some(outcome);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        self.caller.unpark();
    }
}
