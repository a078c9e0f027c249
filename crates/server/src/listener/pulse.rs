//! Whether a connection lives: what runs on it, what it says, and for how long it has done nothing.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};

/// Shared by a connection's input and output, its requests, and its [`Watch`].
pub(super) struct Pulse {
    /// Requests that run, and answers that are streamed.
    running: AtomicU32,
    /// Requests that ended, wrapping.
    ended: AtomicU32,
    /// Something came in since the last request began. True from the start: a connection owes its first request.
    is_owing: AtomicBool,
    /// Something went out since the watch looked.
    wrote: AtomicBool,
}

/// Ends when it is dropped.
pub(super) struct Beat(Arc<Pulse>);

/// Looks at a pulse in even steps.
pub(super) struct Watch {
    ended: u32,
    rested: Duration,
    limits: Rest,
}

/// How long a connection may do nothing.
#[derive(Clone, Copy)]
pub(super) struct Rest {
    /// With a part of a request's head; `None` where a part of a head cannot be told from anything else (HTTP/2).
    pub head: Option<Duration>,
    /// Without.
    pub idle: Duration,
    /// From one look to the next.
    pub step: Duration,
}

/// What to do with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Keep,
    /// It rests too long: end it in order.
    Rests,
    /// It does not bring its request to an end, or did not end when it was told to.
    Hangs,
}

impl Pulse {
    pub fn new() -> Arc<Self> {
        Arc::new(Self {
            running: AtomicU32::new(0),
            ended: AtomicU32::new(0),
            is_owing: AtomicBool::new(true),
            wrote: AtomicBool::new(false),
        })
    }

    /// A request's head has been read.
    pub fn begin(self: &Arc<Self>) -> Beat {
        self.is_owing.store(false, Relaxed);
        self.running.fetch_add(1, Relaxed);
        Beat(Arc::clone(self))
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        // What came in meanwhile was this request's body. The begin of another one that came with it is only watched
        // once more of it comes.
        self.0.is_owing.store(false, Relaxed);
        self.0.ended.fetch_add(1, Relaxed);
        self.0.running.fetch_sub(1, Relaxed);
    }
}

impl Watch {
    pub fn new(limits: Rest) -> Self {
        Self { ended: 0, rested: Duration::ZERO, limits }
    }

    /// Called once every [`Rest::step`].
    pub fn look(&mut self, pulse: &Pulse) -> Verdict {
        let ended = pulse.ended.load(Relaxed);
        let wrote = pulse.wrote.swap(false, Relaxed);
        if pulse.running.load(Relaxed) > 0 || ended != self.ended || wrote {
            self.ended = ended;
            self.rested = Duration::ZERO;
            return Verdict::Keep;
        }
        self.rested += self.limits.step;
        let owes = pulse.is_owing.load(Relaxed);
        if owes && self.limits.head.is_some_and(|head| self.rested >= head) {
            return Verdict::Hangs;
        }
        match self.rested.checked_sub(self.limits.idle) {
            None => Verdict::Keep,
            Some(beyond) if beyond < self.limits.step => Verdict::Rests,
            Some(_) => Verdict::Hangs,
        }
    }
}

/// Input and output that beat.
pub(super) struct Beating<T> {
    inner: T,
    pulse: Arc<Pulse>,
}

impl<T> Beating<T> {
    pub fn new(inner: T, pulse: Arc<Pulse>) -> Self {
        Self { inner, pulse }
    }
}

impl<T: Read + Unpin> Read for Beating<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let read = Pin::new(&mut this.inner).poll_read(context, buffer);
        if read.is_ready() {
            this.pulse.is_owing.store(true, Relaxed);
        }
        read
    }
}

impl<T: Write + Unpin> Beating<T> {
    fn wrote(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if matches!(written, Poll::Ready(Ok(1..))) {
            self.pulse.wrote.store(true, Relaxed);
        }
        written
    }
}

impl<T: Write + Unpin> Write for Beating<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(context, bytes);
        this.wrote(written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write_vectored(context, slices);
        this.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(head: Option<u64>) -> Rest {
        let [idle, step] = [6, 1].map(Duration::from_secs);
        Rest { head: head.map(Duration::from_secs), idle, step }
    }

    fn looks(watch: &mut Watch, pulse: &Pulse, count: usize) -> Vec<Verdict> {
        (0..count).map(|_| watch.look(pulse)).collect()
    }

    #[test]
    fn connection_that_never_says_its_request_hangs() {
        let (pulse, mut watch) = (Pulse::new(), Watch::new(limits(Some(2))));
        assert_eq!(looks(&mut watch, &pulse, 2), [Verdict::Keep, Verdict::Hangs]);
    }

    #[test]
    fn connection_rests_between_requests_until_the_idle_limit_and_hangs_when_it_does_not_end() {
        let (pulse, mut watch) = (Pulse::new(), Watch::new(limits(Some(2))));
        drop(pulse.begin());
        let mut wanted = vec![Verdict::Keep; 6];
        wanted.extend([Verdict::Rests, Verdict::Hangs]);
        assert_eq!(looks(&mut watch, &pulse, 8), wanted);
    }

    #[test]
    fn running_request_keeps_the_connection() {
        let (pulse, mut watch) = (Pulse::new(), Watch::new(limits(Some(2))));
        let beat = pulse.begin();
        assert_eq!(looks(&mut watch, &pulse, 100), [Verdict::Keep; 100]);
        drop(beat);
    }

    #[test]
    fn part_of_a_second_head_hangs_only_where_it_can_be_told() {
        for (head, wanted) in [(Some(2), Verdict::Hangs), (None, Verdict::Keep)] {
            let (pulse, mut watch) = (Pulse::new(), Watch::new(limits(head)));
            drop(pulse.begin());
            assert_eq!(looks(&mut watch, &pulse, 1), [Verdict::Keep]);
            pulse.is_owing.store(true, Relaxed);
            assert_eq!(looks(&mut watch, &pulse, 2), [Verdict::Keep, wanted]);
        }
    }

    #[test]
    fn client_that_takes_an_answer_slowly_keeps_the_connection() {
        let (pulse, mut watch) = (Pulse::new(), Watch::new(limits(None)));
        for _ in 0..20 {
            pulse.wrote.store(true, Relaxed);
            assert_eq!(looks(&mut watch, &pulse, 5), [Verdict::Keep; 5]);
        }
    }
}
