//! Reading on in the log from where one stopped, also when the log was rotated, trimmed or cut in between.

use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use minicbor::bytes::ByteVec;

use super::directory::{self, Lock};
use super::error::AuditError;
use super::lines::{LineReader, Piece};
use super::reader::{SegmentSize, open_at, segment_sizes};

/// How much of the line before a mark is kept, in bytes, to know the log again: its end has the line's hash.
const KNOWN_BYTES: u64 = 96;

/// A place in the log where a line begins, with the end of the line before it.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(crate) struct Mark {
    #[n(0)]
    pub(crate) segment: u64,
    #[n(1)]
    pub(crate) offset: u64,
    #[n(2)]
    known: ByteVec,
}

/// How far a reader came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ReadOn {
    /// To here: to the end, or to where it was to stop.
    To(Mark),
    /// Nowhere: the log does not go on from the mark.
    Cut,
}

/// What to do with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Visit {
    /// It was taken; go on.
    Taken,
    /// It was not; stop before it.
    Stop,
}

impl Mark {
    /// Where a log begins.
    pub(crate) fn start() -> Self {
        Self { segment: 0, offset: 0, known: Vec::new().into() }
    }

    fn is_start(&self) -> bool {
        *self == Self::start()
    }
}

impl Default for Mark {
    fn default() -> Self {
        Self::start()
    }
}

/// Show `visit` the lines of the log in `directory` from a mark on, up to another one or the end as it is now. Holds no
/// lock while it reads. Of a log whose oldest segments are gone it begins with the oldest that is there.
///
/// # Errors
/// [`AuditError`]
pub(crate) fn read_on(
    directory: &Path,
    from: &Mark,
    to: Option<&Mark>,
    visit: &mut dyn FnMut(&[u8]) -> Visit,
) -> Result<ReadOn, AuditError> {
    let mut read = || -> io::Result<ReadOn> {
        let sizes = {
            let lock = Lock::open_existing(directory)?;
            let _guard = lock.as_ref().map(Lock::shared).transpose()?;
            segment_sizes(directory)?
        };
        if !goes_on(directory, &sizes, from)? {
            return Ok(ReadOn::Cut);
        }
        walk(directory, &sizes, from, to, visit)
    };
    read().map_err(|error| AuditError::from_io(directory, error))
}

/// Whether the log has the line before the mark, or begins behind it.
fn goes_on(directory: &Path, sizes: &[SegmentSize], from: &Mark) -> io::Result<bool> {
    if from.is_start() {
        return Ok(true);
    }
    let Some(segment) = sizes.iter().find(|size| size.first_seq == from.segment) else {
        return Ok(sizes.first().is_some_and(|first| first.first_seq > from.segment));
    };
    if segment.bytes < from.offset {
        return Ok(false);
    }
    let mut found = vec![0; from.known.len()];
    let Some(start) = from.offset.checked_sub(from.known.len() as u64 + 1) else {
        return Ok(from.offset == 0 && from.known.is_empty());
    };
    let file = directory::read_segment(directory, segment.first_seq)?;
    FileExt::read_exact_at(&file, &mut found, start)?;
    Ok(found == from.known[..])
}

fn walk(
    directory: &Path,
    sizes: &[SegmentSize],
    from: &Mark,
    to: Option<&Mark>,
    visit: &mut dyn FnMut(&[u8]) -> Visit,
) -> io::Result<ReadOn> {
    let mut place = (from.segment, from.offset);
    let end = to.map(|to| (to.segment, to.offset));
    for segment in sizes.iter().filter(|size| size.first_seq >= from.segment) {
        let offset = if segment.first_seq == from.segment { from.offset } else { 0 };
        place = (segment.first_seq, offset);
        let mut reader: LineReader = open_at(directory, *segment, offset)?;
        loop {
            if end.is_some_and(|end| place >= end) {
                return marked(directory, place);
            }
            let Some(Piece::Line(line)) = reader.next()? else { break };
            if visit(line) == Visit::Stop {
                return marked(directory, place);
            }
            place.1 = offset + reader.consumed();
        }
    }
    marked(directory, place)
}

/// The mark of a place, with what lies before it.
fn marked(directory: &Path, (segment, offset): (u64, u64)) -> io::Result<ReadOn> {
    let length = offset.saturating_sub(1).min(KNOWN_BYTES);
    let mut known = vec![0; usize::try_from(length).unwrap_or_default()];
    if length > 0 {
        let file = directory::read_segment(directory, segment)?;
        FileExt::read_exact_at(&file, &mut known, offset - 1 - length)?;
    }
    Ok(ReadOn::To(Mark { segment, offset, known: known.into() }))
}
