use std::fmt;

use super::chain::Position;
use super::checkpoint::CheckpointFault;
use super::recovery::Recovery;
use super::request::RequestId;

/// The first bad line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file it is in, as the caller named it.
    pub file: String,
    /// Its line number, from 1; 0 when no line can be named.
    pub line: u64,
    /// The sequence number concerned, where there is one.
    pub seq: Option<u64>,
    /// What is wrong.
    pub kind: FindingKind,
}

/// What is wrong with a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FindingKind {
    /// The line is no line of an audit log, or longer than a line can be.
    NotALine,
    /// The last line has no end.
    Torn,
    /// The hash does not follow from the line and the one before it.
    Edited,
    /// The lines with these numbers, first and last, are in no later place of the log.
    Removed {
        /// The first missing sequence number.
        first: u64,
        /// The last missing sequence number.
        last: u64,
    },
    /// The line that belongs here is intact, but in a later place.
    Reordered {
        /// The sequence number that belongs here.
        expected: u64,
        /// The file where that line is.
        found_file: String,
        /// The line number where that line is.
        found_line: u64,
    },
    /// The sequence number has come before: a line was repeated, inserted, or moved down.
    Repeated {
        /// The sequence number that belongs here.
        expected: u64,
    },
    /// The checkpoint does not vouch for the lines since the last position that is vouched for.
    Checkpoint {
        /// Why.
        fault: CheckpointFault,
        /// The last sequence number that a signature or a head vouches for.
        vouched_seq: u64,
    },
    /// The log ends too early.
    CutOff {
        /// The last sequence number there should be.
        until: u64,
        /// Who knows of it.
        source: AnchorSource,
    },
    /// The lines are consistent with one another and are not those that were written.
    HeadDiffers {
        /// Who knows another hash.
        source: AnchorSource,
        /// The last sequence number that a signature or a head vouches for.
        vouched_seq: u64,
    },
    /// The log has lines and no head.
    HeadMissing,
    /// The head was not written with the log's head key.
    HeadNotAuthentic,
    /// A writer noticed, before it wrote this line, what no crash explains.
    Recovered(Recovery),
    /// The store holds a change whose record is not in the log.
    MissingRecord(RequestId),
}

/// A position that the log has to pass through, known from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The position.
    pub position: Position,
    /// Who knows it.
    pub source: AnchorSource,
}

/// Who knows a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnchorSource {
    /// The head file, written when the lines were on the disk.
    DurableHead,
    /// The head file, written before the lines were surely on the disk.
    WrittenHead,
    /// The store.
    Store,
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        if self.line > 0 {
            write!(formatter, ", line {}", self.line)?;
        }
        if let Some(seq) = self.seq {
            write!(formatter, " (sequence number {seq})")?;
        }
        write!(formatter, ": {}", self.kind)
    }
}

impl std::error::Error for Finding {}

impl fmt::Display for FindingKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotALine => formatter.write_str(
                "this is not a line of an audit log: it was edited, or written by something else",
            ),
            Self::Torn => formatter.write_str(
                "the last line is incomplete: its writer stopped in the middle, or the file was cut",
            ),
            Self::Edited => formatter.write_str(
                "the hash does not match: this line was edited, or the one before it was edited \
                 and its hash recomputed",
            ),
            Self::Removed { first, last } if first == last => {
                write!(formatter, "the record before it, number {first}, was removed")
            }
            Self::Removed { first, last } => {
                write!(formatter, "the records before it, numbers {first} to {last}, were removed")
            }
            Self::Reordered { expected, found_file, found_line } => write!(
                formatter,
                "lines were reordered: record {expected} belongs here and is in {found_file}, \
                 line {found_line}"
            ),
            Self::Repeated { expected } => write!(
                formatter,
                "record {expected} belongs here, and this number has come before: a line was \
                 repeated, inserted or moved"
            ),
            Self::Checkpoint { fault, vouched_seq } => write!(
                formatter,
                "{}: the records after number {vouched_seq} may have been rewritten",
                fault.meaning()
            ),
            Self::CutOff { until, source } => write!(
                formatter,
                "the log ends here, and {source} knows records up to number {until}{}",
                source.cut_off_meaning()
            ),
            Self::HeadDiffers { source, vouched_seq } => write!(
                formatter,
                "{source} knows another record with this number: the records after number \
                 {vouched_seq} were rewritten"
            ),
            Self::HeadMissing => formatter.write_str(
                "the head file is missing: without it a cut-off end of the log goes unnoticed",
            ),
            Self::HeadNotAuthentic => formatter.write_str(
                "the head file was not written with this log's head key: it was edited or replaced",
            ),
            Self::Recovered(recovery) => {
                write!(formatter, "a writer noticed that {}", recovery.meaning())
            }
            Self::MissingRecord(id) => write!(
                formatter,
                "the store holds the change of request {id}, and its record is not in the log"
            ),
        }
    }
}

impl CheckpointFault {
    fn meaning(self) -> &'static str {
        match self {
            Self::Missing => "a signed checkpoint belongs here and there is none",
            Self::UnknownKey => "the checkpoint was signed with an unknown key",
            Self::Signature => "the checkpoint's signature does not match",
        }
    }
}

impl AnchorSource {
    fn cut_off_meaning(self) -> &'static str {
        match self {
            Self::DurableHead | Self::Store => ": its end was cut off",
            Self::WrittenHead => {
                ": its end was cut off, or was lost with the power before it reached the disk"
            }
        }
    }
}

impl fmt::Display for AnchorSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::DurableHead | Self::WrittenHead => "the head file",
            Self::Store => "the store",
        })
    }
}
