//! Wakes a connection's task for what it need not look at for each request.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Wake, Waker};

/// What is polled with its context is polled again only once it has called for it, however often the task is woken for
/// something else. Until the first time it counts as having called.
pub(super) struct Nudge {
    shared: Arc<Shared>,
    waker: Waker,
    task: Option<Waker>,
}

struct Shared {
    is_due: AtomicBool,
    task: Mutex<Option<Waker>>,
}

impl Nudge {
    pub fn new() -> Self {
        let shared = Arc::new(Shared { is_due: AtomicBool::new(true), task: Mutex::default() });
        let waker = Waker::from(Arc::clone(&shared));
        Self { shared, waker, task: None }
    }

    /// Whether what is polled with [`Self::context`] has called since the last time.
    pub fn take(&mut self, task: &Context<'_>) -> bool {
        if !self.task.as_ref().is_some_and(|known| known.will_wake(task.waker())) {
            *self.shared.lock() = Some(task.waker().clone());
            self.task = Some(task.waker().clone());
        }
        // Looked at after the task is known: whoever calls later wakes it.
        let is_due = &self.shared.is_due;
        is_due.load(Ordering::Acquire) && is_due.swap(false, Ordering::AcqRel)
    }

    /// What to poll with.
    pub fn context(&self) -> Context<'_> {
        Context::from_waker(&self.waker)
    }

    /// Take once more.
    pub fn again(&self) {
        self.shared.is_due.store(true, Ordering::Release);
    }
}

impl Shared {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Waker>> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wake for Shared {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.is_due.store(true, Ordering::Release);
        if let Some(task) = &*self.lock() {
            task.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Task(AtomicUsize);

    impl Wake for Task {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn a_call_wakes_the_task_that_polled_last_and_counts_once() {
        let tasks = [Arc::new(Task::default()), Arc::new(Task::default())];
        let wakers = tasks.clone().map(Waker::from);
        let [first, second] = [&wakers[0], &wakers[1]].map(Context::from_waker);
        let mut nudge = Nudge::new();
        assert!(nudge.take(&first), "it begins as if called");
        let called = nudge.context().waker().clone();
        assert!(!nudge.take(&first));
        called.wake_by_ref();
        called.wake_by_ref();
        assert!(nudge.take(&first) && !nudge.take(&first));
        assert!(!nudge.take(&second), "another task is no call");
        called.wake();
        let woken = tasks.map(|task| task.0.load(Ordering::SeqCst));
        assert_eq!(woken, [2, 1]);
        assert!(nudge.take(&second));
        nudge.again();
        assert!(nudge.take(&second) && !nudge.take(&second));
    }
}
