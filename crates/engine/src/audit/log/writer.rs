use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use strongroom_core::audit::{
    CheckpointKey, Head, HeadStrength, LINE_BYTES_MAX, Position, Recovery, begin_line,
    checkpoint_due, seal_line,
};

use super::super::burst::Burst;
use super::super::directory::{self, Place, segment_name};
use super::super::error::AuditError;
use super::super::head_file::{HeadFile, Heads};
use super::super::lines::{SEGMENT_END, read_tail};
use super::super::record::push_member;
use super::super::recovery::Notice;
use super::AuditOptions;
use strongroom_core::time::Timestamp;

/// A size that no file has: the segment's end has to be read before anything is written.
const UNKNOWN_SIZE: u64 = u64::MAX;

/// What a handle knows about the end of the log. Every method is called under the log's lock, except those
/// that say otherwise.
pub(super) struct Writer {
    /// The sequence number of the segment's first line.
    pub segment: u64,
    pub file: Arc<File>,
    pub position: Position,
    /// Whether lines were written that no head of this handle covers.
    pub is_head_due: bool,
    pub burst: Burst,
    size: u64,
    is_ended: bool,
    /// Whether the file is no longer the one that its path names.
    is_displaced: bool,
    notices: Vec<Notice>,
    writeback_from: u64,
    buffer: Vec<u8>,
    prepared: Prepared,
}

/// What the writer knows once the buffer is written.
#[derive(Clone, Copy)]
struct Prepared {
    position: Position,
    is_ended: bool,
}

impl Writer {
    /// Open the last segment, or the first when there is none. [`Writer::catch_up`] reads its end.
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let position = Position::GENESIS;
        let segment = directory::segments(directory)?.last().copied().unwrap_or(1);
        Ok(Self {
            segment,
            file: Arc::new(directory::open_segment(directory, segment)?.0),
            position,
            is_head_due: false,
            burst: Burst::default(),
            size: UNKNOWN_SIZE,
            is_ended: false,
            is_displaced: false,
            notices: Vec::new(),
            writeback_from: 0,
            buffer: Vec::new(),
            prepared: Prepared { position, is_ended: false },
        })
    }

    /// Learn what other handles have written since, move on to the segment that takes the next line, and drop
    /// what a crash left of a line.
    pub(super) fn catch_up(&mut self, directory: &Path) -> io::Result<()> {
        loop {
            let (links, size) = links_and_size(&self.file)?;
            if links == 0 || self.is_displaced {
                self.reopen(directory)?;
                continue;
            }
            if size != self.size {
                self.read_end(directory, size)?;
            }
            if !self.is_ended {
                return Ok(());
            }
            self.next_segment(directory)?;
        }
    }

    /// Whether the next line can be written without [`Writer::catch_up`], if nobody else wrote.
    pub(super) fn is_ready(&self) -> bool {
        self.size != UNKNOWN_SIZE && !self.is_ended && !self.is_displaced
    }

    /// Look whether someone moved the segment away, or put another in its place. Too slow for each append, it
    /// is done with each sync. Needs no lock.
    pub(super) fn check_file(&mut self, directory: &Path) {
        let named = std::fs::symlink_metadata(directory.join(segment_name(self.segment)));
        if let (Ok(open), Ok(named)) = (self.file.metadata(), named.as_ref()) {
            self.is_displaced |= (open.dev(), open.ino()) != (named.dev(), named.ino());
        }
        let is_gone = named.is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        self.is_displaced |= is_gone;
    }

    /// Compare the log's end with what the heads know, when it is opened.
    pub(super) fn compare(&mut self, heads: &Heads) {
        let seq = self.position.seq;
        let missing =
            |head: Option<Head>| head.map(|head| head.position.seq).filter(|known| *known > seq);
        if heads.is_forged {
            self.notice(Notice::new(Recovery::HeadNotAuthentic));
        } else if heads.is_empty() && seq > 0 {
            self.notice(Notice::new(Recovery::HeadMissing));
        }
        if let Some(last_seq) = missing(heads.durable) {
            self.notice(Notice::lines(Recovery::CutOff, seq + 1, last_seq));
        } else if let Some(last_seq) = missing(heads.written) {
            self.notice(Notice::lines(Recovery::UnsyncedLoss, seq + 1, last_seq));
        }
    }

    /// Remember to tell of something with the next append. Needs no lock.
    pub(super) fn notice(&mut self, notice: Notice) {
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
        }
    }

    /// A place that every later line lies after. Needs no lock.
    pub(super) fn place(&self) -> Place {
        let offset = if self.size == UNKNOWN_SIZE { 0 } else { self.size };
        Place { segment: self.segment, offset }
    }

    /// The file, and from where in it no writeback was asked for. Needs no lock.
    pub(super) fn take_writeback(&mut self) -> (Arc<File>, u64) {
        let from = self.writeback_from;
        self.writeback_from = self.place().offset;
        (Arc::clone(&self.file), from)
    }

    /// Render the record, and every line that has to come with it, into the buffer. Returns the record's
    /// position.
    pub(super) fn prepare(
        &mut self,
        key: &CheckpointKey,
        options: &AuditOptions,
        members: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Position, AuditError> {
        self.buffer.clear();
        let mut lines = Lines { buffer: &mut self.buffer, position: self.position, key, options };
        for notice in &self.notices {
            lines.push_own(|buffer| notice.push_members(buffer))?;
        }
        let record = lines.push(members)?;
        let size = self.size.saturating_add(lines.buffer.len() as u64);
        let is_ended = size >= options.segment_bytes_max;
        if is_ended {
            lines.push_segment_end()?;
        }
        self.prepared = Prepared { position: lines.position, is_ended };
        Ok(record)
    }

    /// Write what was prepared with one call of the system, or nothing of it.
    pub(super) fn write(&mut self, head: &HeadFile) -> io::Result<()> {
        let size = std::mem::replace(&mut self.size, UNKNOWN_SIZE);
        write_whole(&self.file, &self.buffer, size)?;
        self.size = size.saturating_add(self.buffer.len() as u64);
        self.position = self.prepared.position;
        self.is_ended = self.prepared.is_ended;
        self.is_head_due = true;
        let resets_heads = self.notices.iter().any(Notice::resets_heads);
        self.notices.clear();
        if resets_heads {
            let (position, segment) = (self.position, self.segment);
            self.file.sync_data()?;
            head.reset(&Head { position, segment, strength: HeadStrength::Durable })?;
        }
        Ok(())
    }

    fn read_end(&mut self, directory: &Path, size: u64) -> io::Result<()> {
        let tail = read_tail(&self.file, size)?;
        if tail.torn_bytes > 0 {
            self.file.set_len(tail.complete_bytes)?;
            self.notice(Notice::torn(tail.torn_bytes));
        }
        if tail.is_damaged {
            self.notice(Notice::new(Recovery::DamagedLine));
        }
        let (found, is_ended) = match tail.last {
            Some(last) => (last.position, last.is_segment_end),
            None => (position_before(directory, self.segment)?, false),
        };
        if found.seq < self.position.seq {
            self.notice(Notice::lines(Recovery::CutOff, found.seq + 1, self.position.seq));
        }
        self.position = found;
        self.is_ended = is_ended;
        self.size = tail.complete_bytes;
        Ok(())
    }

    /// The segment was deleted or moved. What is left of the log is compared with what this handle knows.
    fn reopen(&mut self, directory: &Path) -> io::Result<()> {
        let Self { segment, file, .. } = Self::open(directory)?;
        self.switch_to(segment, file);
        Ok(())
    }

    /// Go on in the segment after one that has ended. The ended one is synced first, so that a sync of the last
    /// segment is a sync of the log.
    fn next_segment(&mut self, directory: &Path) -> io::Result<()> {
        self.file.sync_data()?;
        let segment = self.position.seq.saturating_add(1);
        let (file, is_new) = directory::open_segment(directory, segment)?;
        self.switch_to(segment, Arc::new(file));
        if is_new {
            self.size = 0;
        }
        Ok(())
    }

    fn switch_to(&mut self, segment: u64, file: Arc<File>) {
        self.segment = segment;
        self.file = file;
        self.size = UNKNOWN_SIZE;
        self.is_ended = false;
        self.is_displaced = false;
        self.writeback_from = 0;
    }
}

/// The last line before a segment, however many empty segments lie between.
fn position_before(directory: &Path, segment: u64) -> io::Result<Position> {
    for earlier in
        directory::segments(directory)?.into_iter().rev().filter(|first| *first < segment)
    {
        let file = directory::read_segment(directory, earlier)?;
        if let Some(last) = read_tail(&file, file.metadata()?.len())?.last {
            return Ok(last.position);
        }
    }
    Ok(Position::GENESIS)
}

/// How many names a file has, and its size in bytes.
///
/// On Linux it does not ask for the times: a file whose times were asked for gets new ones with its next write, which
/// doubles what that costs.
#[cfg(target_os = "linux")]
fn links_and_size(file: &File) -> io::Result<(u64, u64)> {
    use rustix::fs::{AtFlags, StatxFlags, statx};
    let wanted = StatxFlags::NLINK | StatxFlags::SIZE;
    let found = statx(file, "", AtFlags::EMPTY_PATH, wanted)?;
    Ok((found.stx_nlink.into(), found.stx_size))
}

#[cfg(not(target_os = "linux"))]
fn links_and_size(file: &File) -> io::Result<(u64, u64)> {
    let found = file.metadata()?;
    Ok((found.nlink(), found.len()))
}

/// Append `bytes` to a file of `size` bytes. When not all of them fit, the file is cut back to `size`.
fn write_whole(mut file: &File, bytes: &[u8], size: u64) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let written = match file.write(rest) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            result => result,
        };
        match written {
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) => {
                if rest.len() < bytes.len() {
                    file.set_len(size)?;
                }
                return Err(error);
            }
        }
    }
    Ok(())
}

/// Renders lines, each linked to the one before, with the checkpoints that are due between them.
struct Lines<'a> {
    buffer: &'a mut Vec<u8>,
    position: Position,
    key: &'a CheckpointKey,
    options: &'a AuditOptions,
}

impl Lines<'_> {
    /// Append a line, a checkpoint before it when a crash kept one from being written, and a checkpoint after
    /// it when one is due. Returns the line's position.
    fn push(&mut self, members: impl FnOnce(&mut Vec<u8>)) -> Result<Position, AuditError> {
        self.push_due_checkpoint()?;
        let start = begin_line(self.buffer, &self.position);
        members(self.buffer);
        let position = seal_line(self.buffer, start, &self.position);
        if self.buffer.len() - start > LINE_BYTES_MAX + 1 {
            return Err(AuditError::RecordTooLong);
        }
        self.position = position;
        self.push_due_checkpoint()?;
        Ok(position)
    }

    /// Append a line of the log's own, which has a time and then `members`.
    fn push_own(&mut self, members: impl FnOnce(&mut Vec<u8>)) -> Result<Position, AuditError> {
        let time = self.time();
        self.push(|buffer| {
            buffer.extend_from_slice(b"\"time\":\"");
            buffer.extend_from_slice(time.as_bytes());
            buffer.push(b'"');
            members(buffer);
        })
    }

    /// Append the line that ends a segment. It is the last, so that a checkpoint that is due after it begins
    /// the next segment.
    fn push_segment_end(&mut self) -> Result<(), AuditError> {
        let time = self.time();
        let start = begin_line(self.buffer, &self.position);
        self.buffer.extend_from_slice(format!("\"time\":\"{time}\"").as_bytes());
        push_member(self.buffer, "type", SEGMENT_END);
        let next = segment_name(self.position.seq.saturating_add(2));
        push_member(self.buffer, "next", &next);
        self.position = seal_line(self.buffer, start, &self.position);
        Ok(())
    }

    fn push_due_checkpoint(&mut self) -> Result<(), AuditError> {
        if checkpoint_due(&self.position) {
            let time = self.time();
            self.position = self.key.push_line(self.buffer, &self.position, &time)?;
        }
        Ok(())
    }

    fn time(&self) -> String {
        let mut text = Vec::new();
        Timestamp((self.options.clock)()).push_rfc3339(&mut text);
        String::from_utf8(text).unwrap_or_default()
    }
}
