//! The queue of batches, and the one thread that commits what waits in it.
//!
//! A caller puts its batch into the queue and sleeps until it has an outcome. The thread takes all that waits as
//! one group, and the group shares one sync. A lone writer waits for nobody. When several wrote at the same
//! time, the thread gives those who were just answered a moment to come back with their next batch, so that they
//! do not fall into two halves that sync in turns.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, Thread};
use std::time::Duration;

use strongroom_store::{Batch, CommitError, Revision};

use crate::Inner;
use crate::group::Committer;

/// Batches that wait; a caller that finds more waits for room first.
const QUEUE_BATCHES_MAX: usize = 1_024;
/// Batches in one group.
const GROUP_BATCHES_MAX: usize = 256;
/// Bytes of values in one group, unless a single batch has more.
const GROUP_BYTES_MAX: usize = 4 << 20;
/// How long a group waits at most for those who were in the group before.
const GATHER_MAX: Duration = Duration::from_micros(200);

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
        while let Some(group) = self.take(writers) {
            let (batches, answers): (Vec<Batch>, Vec<Answer>) =
                group.into_iter().map(|pending| (pending.batch, pending.answer)).unzip();
            let outcomes = committer.commit(&batches);
            writers = answers.len() + self.lock().waiting.len();
            for (answer, outcome) in answers.into_iter().zip(outcomes) {
                answer.give(outcome);
            }
            committer.checkpoint_when_large();
        }
        committer.close();
    }

    /// The next group, or `None` when the store is closed. `writers` says how many wrote a moment ago.
    fn take(&self, writers: usize) -> Option<Vec<Pending>> {
        let mut state = self.lock();
        if writers > 1 {
            state.wanted = writers.min(GROUP_BATCHES_MAX);
            (state, _) = self
                .arrived
                .wait_timeout_while(state, GATHER_MAX, |state| {
                    !state.closed && state.waiting.len() < state.wanted
                })
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.wanted = 1;
        state = self
            .arrived
            .wait_while(state, |state| !state.closed && state.waiting.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        state.wanted = 0;
        let mut bytes = 0;
        let mut group = Vec::new();
        while let Some(next) = state.waiting.front() {
            bytes += next.batch.writes.iter().map(value_bytes).sum::<usize>();
            if !group.is_empty() && (group.len() == GROUP_BATCHES_MAX || bytes > GROUP_BYTES_MAX) {
                break;
            }
            group.extend(state.waiting.pop_front());
        }
        self.taken.notify_all();
        (!group.is_empty()).then_some(group)
    }
}

fn value_bytes(write: &strongroom_store::Write) -> usize {
    match write {
        strongroom_store::Write::Put(_, value) => value.len(),
        strongroom_store::Write::Delete(_) => 0,
    }
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
