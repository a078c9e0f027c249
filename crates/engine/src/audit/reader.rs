use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use strongroom_core::audit::{RequestId, SealedLine};

use super::directory::{self, Lock, Place};
use super::error::AuditError;
use super::lines::{LineReader, Piece, last_lines};
use super::record::{RecordKind, StoredError};
use strongroom_core::time::Timestamp;

/// Reads a log as it was when it was opened. It checks no hashes: [`super::verify()`] does.
#[derive(Debug)]
pub struct Reader {
    directory: PathBuf,
    segments: Vec<SegmentSize>,
}

/// A segment and how much of it there was.
#[derive(Clone, Copy, Debug)]
pub(super) struct SegmentSize {
    pub first_seq: u64,
    pub bytes: u64,
}

/// A line, parsed. Members that this version does not know are passed over, and are in [`Entry::raw`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// The sequence number.
    pub seq: u64,
    /// The time, RFC 3339 in UTC with milliseconds.
    pub time: String,
    /// What the line is: a record's kind, `checkpoint`, `recovery` or `segment-end`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The request's number, 32 hexadecimal digits.
    pub request_id: Option<String>,
    /// Who asked.
    pub principal: Option<ReadPrincipal>,
    /// Where the request came in.
    pub door: Option<String>,
    /// What was asked.
    pub operation: Option<String>,
    /// The canonical path.
    pub path: Option<String>,
    /// The secret's version.
    pub version: Option<u64>,
    /// `allowed`, `denied` or `failed`.
    pub outcome: Option<String>,
    /// The kind of the error.
    pub status: Option<String>,
    /// The address the request came from.
    pub source: Option<String>,
    /// The program that asked.
    pub client: Option<Client>,
    /// How long it took, in microseconds.
    pub duration_us: Option<u64>,
    /// What else the operation named.
    pub fields: BTreeMap<String, String>,
    /// Why a recovery line was written.
    pub reason: Option<String>,
    /// The line's hash, 64 hexadecimal digits.
    pub hash: String,
    #[serde(skip)]
    raw: String,
}

/// Who asked, as read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ReadPrincipal {
    /// The principal's name.
    pub name: String,
    /// What it is.
    pub kind: String,
}

/// The program that asked, as read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Client {
    /// The program's name.
    pub program: String,
    /// Its process number.
    pub pid: Option<u32>,
}

/// Which entries a query gives. `None` lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Not before this time, in milliseconds since 1970-01-01T00:00:00Z.
    pub since: Option<u64>,
    /// Before this time, in milliseconds since 1970-01-01T00:00:00Z.
    pub until: Option<u64>,
    /// With such a path.
    pub path: Option<PathFilter>,
    /// By the principal of this name.
    pub principal: Option<String>,
    /// With this operation.
    pub operation: Option<String>,
    /// With this outcome.
    pub outcome: Option<super::Outcome>,
    /// Of this request.
    pub request_id: Option<RequestId>,
}

/// Which paths a query gives.
#[derive(Clone, Debug)]
pub enum PathFilter {
    /// Those that begin so.
    Prefix(String),
    /// Those that match, where `*` stands for any run of characters, the slash included.
    Glob(String),
}

/// The entries of a log, oldest first.
pub struct Entries {
    directory: PathBuf,
    segments: VecDeque<SegmentSize>,
    offset: u64,
    current: Option<LineReader>,
    filter: CompiledFilter,
    skipped: u64,
}

struct CompiledFilter {
    filter: Filter,
    since: Option<String>,
    until: Option<String>,
    request_id: Option<String>,
}

impl Reader {
    /// Open the log in `directory` to read it. It may be read-only, and others may go on writing.
    ///
    /// # Errors
    /// [`AuditError`]
    pub fn open(directory: &Path) -> Result<Self, AuditError> {
        let snapshot = || -> io::Result<Vec<SegmentSize>> {
            let lock = Lock::open_existing(directory)?;
            let _guard = lock.as_ref().map(Lock::shared).transpose()?;
            segment_sizes(directory)
        };
        let segments = snapshot().map_err(|error| AuditError::from_io(directory, error))?;
        Ok(Self { directory: directory.to_owned(), segments })
    }

    /// The last `count` lines of any kind. Reads no more than those.
    ///
    /// # Errors
    /// [`AuditError`]
    pub fn tail(&self, count: usize) -> Result<Entries, AuditError> {
        let (skip, offset) =
            self.find_tail(count).map_err(|error| AuditError::from_io(&self.directory, error))?;
        let segments = self.segments.iter().copied().skip(skip).collect();
        Ok(self.entries(segments, offset, Filter::default()))
    }

    /// The entries that a filter lets through.
    #[must_use]
    pub fn query(&self, filter: Filter) -> Entries {
        self.entries(self.segments.iter().copied().collect(), 0, filter)
    }

    fn entries(&self, segments: VecDeque<SegmentSize>, offset: u64, filter: Filter) -> Entries {
        let filter = CompiledFilter::new(filter);
        let directory = self.directory.clone();
        Entries { directory, segments, offset, current: None, filter, skipped: 0 }
    }

    /// In which segment, and where in it, the last `count` lines begin.
    fn find_tail(&self, count: usize) -> io::Result<(usize, u64)> {
        let mut wanted = count;
        for (index, segment) in self.segments.iter().enumerate().rev() {
            let file = directory::read_segment(&self.directory, segment.first_seq)?;
            let (offset, found) = last_lines(&file, segment.bytes, wanted)?;
            wanted -= found;
            if wanted == 0 {
                return Ok((index, offset));
            }
        }
        Ok((0, 0))
    }
}

impl Entries {
    /// How many lines were passed over because they are not JSON of the log's shape.
    #[must_use]
    pub fn skipped(&self) -> u64 {
        self.skipped
    }

    fn next_entry(&mut self) -> io::Result<Option<Entry>> {
        loop {
            let Some(reader) = &mut self.current else {
                let Some(segment) = self.segments.pop_front() else { return Ok(None) };
                let offset = std::mem::take(&mut self.offset);
                self.current = Some(open_at(&self.directory, segment, offset)?);
                continue;
            };
            match reader.next()? {
                None => self.current = None,
                Some(Piece::Torn) => self.skipped += 1,
                Some(Piece::Line(line)) => match Entry::from_line(line) {
                    Some(entry) if self.filter.accepts(&entry) => return Ok(Some(entry)),
                    Some(_) => {}
                    None => self.skipped += 1,
                },
            }
        }
    }
}

impl Iterator for Entries {
    type Item = Result<Entry, AuditError>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.next_entry().transpose()?;
        if entry.is_err() {
            self.segments.clear();
            self.current = None;
        }
        Some(entry.map_err(|error| AuditError::from_io(&self.directory, error)))
    }
}

impl Entry {
    /// The line as it is in the log, without its newline.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Whether the line tells of an operation, and is not one of the log's own.
    #[must_use]
    pub fn is_record(&self) -> bool {
        use RecordKind::{Access, Denied, Error, System};
        [Access, Denied, Error, System].iter().any(|kind| kind.as_str() == self.kind)
    }

    /// Parse a record that [`super::Record::to_bytes`] rendered.
    ///
    /// # Errors
    /// [`StoredError`]
    pub fn from_stored(bytes: &[u8]) -> Result<Self, StoredError> {
        let mut entry: Self = serde_json::from_slice(bytes).map_err(|_| StoredError)?;
        let request_id = entry.request_id.as_deref().unwrap_or_default();
        if entry.seq != 0 || !entry.hash.is_empty() || request_id.parse::<RequestId>().is_err() {
            return Err(StoredError);
        }
        entry.raw = String::from_utf8(bytes.to_vec()).map_err(|_| StoredError)?;
        Ok(entry)
    }

    fn from_line(line: &[u8]) -> Option<Self> {
        SealedLine::parse(line)?;
        let mut entry: Self = serde_json::from_slice(line).ok()?;
        entry.raw = String::from_utf8(line.to_vec()).ok()?;
        Some(entry)
    }
}

impl CompiledFilter {
    fn new(filter: Filter) -> Self {
        let text = |time: u64| {
            let mut buffer = Vec::new();
            Timestamp(time).push_rfc3339(&mut buffer);
            String::from_utf8(buffer).unwrap_or_default()
        };
        Self {
            since: filter.since.map(text),
            until: filter.until.map(text),
            request_id: filter.request_id.map(|id| id.to_string()),
            filter,
        }
    }

    fn accepts(&self, entry: &Entry) -> bool {
        let is = |wanted: Option<&str>, found: Option<&str>| wanted.is_none() || wanted == found;
        let principal = entry.principal.as_ref().map(|principal| principal.name.as_str());
        let path =
            |filter: &PathFilter| entry.path.as_deref().is_some_and(|path| filter.matches(path));
        self.since.as_ref().is_none_or(|since| entry.time >= *since)
            && self.until.as_ref().is_none_or(|until| entry.time < *until)
            && self.filter.path.as_ref().is_none_or(path)
            && is(self.filter.principal.as_deref(), principal)
            && is(self.filter.operation.as_deref(), entry.operation.as_deref())
            && is(self.filter.outcome.map(|outcome| outcome.as_str()), entry.outcome.as_deref())
            && is(self.request_id.as_deref(), entry.request_id.as_deref())
    }
}

impl PathFilter {
    fn matches(&self, path: &str) -> bool {
        match self {
            Self::Prefix(prefix) => path.starts_with(prefix.as_str()),
            Self::Glob(glob) => glob_matches(glob, path),
        }
    }
}

/// Whether the parts between the stars come in order: the first at the start, the last at the end, each of the
/// others at the first place it fits, which leaves the most for those after it.
fn glob_matches(glob: &str, path: &str) -> bool {
    let Some((first, rest)) = glob.split_once('*') else { return glob == path };
    let Some(mut path) = path.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in middle.split('*') {
        let Some((_, after)) = path.split_once(part) else { return false };
        path = after;
    }
    path.ends_with(last)
}

/// All segments and their sizes. The caller holds the log's lock, so that the sizes end at whole lines.
pub(super) fn segment_sizes(directory: &Path) -> io::Result<Vec<SegmentSize>> {
    let size = |first_seq: u64| {
        let bytes = directory::read_segment(directory, first_seq)?.metadata()?.len();
        Ok(SegmentSize { first_seq, bytes })
    };
    directory::segments(directory)?.into_iter().map(size).collect()
}

/// Read a segment from an offset to the size it had.
pub(super) fn open_at(
    directory: &Path,
    segment: SegmentSize,
    offset: u64,
) -> io::Result<LineReader> {
    let mut file: File = directory::read_segment(directory, segment.first_seq)?;
    file.seek(SeekFrom::Start(offset))?;
    Ok(LineReader::new(file, segment.bytes.saturating_sub(offset)))
}

/// Which of `ids` have a line after `since`.
pub(super) fn find_request_ids(
    directory: &Path,
    lock: &Lock,
    since: Place,
    ids: &BTreeSet<RequestId>,
) -> io::Result<BTreeSet<RequestId>> {
    let segments = {
        let _guard = lock.shared()?;
        segment_sizes(directory)?
    };
    let mut found = BTreeSet::new();
    for segment in segments.into_iter().filter(|segment| segment.first_seq >= since.segment) {
        let offset = if segment.first_seq == since.segment { since.offset } else { 0 };
        let mut reader = open_at(directory, segment, offset)?;
        while let Some(piece) = reader.next()? {
            let Piece::Line(line) = piece else { continue };
            let id = SealedLine::parse(line).and_then(|sealed| sealed.request_id());
            found.extend(id.filter(|id| ids.contains(id)));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn glob_stars_stand_for_any_run_of_characters() {
        for (glob, path, expected) in [
            ("a/b", "a/b", true),
            ("a/b", "a/bc", false),
            ("a/*", "a/b/c", true),
            ("*", "", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*b*", "abc", true),
            ("a*b*c", "a1b2b3c", true),
            ("a*b*c", "a1c2", false),
            ("**x", "yx", true),
        ] {
            assert_eq!(glob_matches(glob, path), expected, "{glob} {path}");
        }
    }
}
