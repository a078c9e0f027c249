use std::fs::File;
use std::io;
use std::path::Path;

use strongroom_core::audit::{
    Anchor, AnchorSource, CheckpointVerifier, Finding, FindingKind, HeadKey, Position, RequestId,
    Summary, Verifier,
};

use super::directory::{self, Lock, segment_name};
use super::error::AuditError;
use super::head_file::Heads;
use super::lines::Piece;
use super::reader::{SegmentSize, open_at, segment_sizes};

/// What a log is verified against.
#[derive(Debug)]
pub struct Expectations<'a> {
    /// Checkpoints are signed by one of these keys.
    pub checkpoint_keys: Vec<CheckpointVerifier>,
    /// The head file is authenticated with this key.
    pub head_key: &'a HeadKey,
    /// The position that the store keeps, when it keeps one. It is read before the verification begins.
    pub store_head: Option<Position>,
    /// Requests whose changes are in the store, so that their records have to be in the log.
    pub requests: Vec<RequestId>,
}

/// A log in which nothing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifiedLog {
    /// What the lines say.
    pub summary: Summary,
    /// How many segments there are.
    pub segments: u64,
    /// The size of all segments, in bytes.
    pub bytes: u64,
}

/// Why a log was not verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The log is not what was written.
    #[error(transparent)]
    Finding(Box<Finding>),
    /// The log could not be read.
    #[error(transparent)]
    Unreadable(#[from] AuditError),
}

/// Verify the log in `directory` from its first line, as it was when this began: others may go on writing.
///
/// # Errors
/// [`VerifyError`]
pub fn verify(
    directory: &Path,
    expectations: &Expectations<'_>,
) -> Result<VerifiedLog, VerifyError> {
    let unreadable = |error| VerifyError::Unreadable(AuditError::from_io(directory, error));
    let (segments, heads) = snapshot(directory, expectations.head_key).map_err(unreadable)?;
    let verifier = verifier(expectations, heads.as_ref());
    let summary = read_lines(directory, &segments, verifier)
        .map_err(unreadable)?
        .and_then(|summary| check_heads(heads.as_ref(), &summary).map(|()| summary))
        .map_err(|finding| VerifyError::Finding(Box::new(finding)))?;
    let bytes = segments.iter().map(|segment| segment.bytes).sum();
    Ok(VerifiedLog { summary, segments: segments.len() as u64, bytes })
}

/// The sizes and the heads of one moment, in which no line is half written.
fn snapshot(directory: &Path, head_key: &HeadKey) -> io::Result<(Vec<SegmentSize>, Option<Heads>)> {
    let lock = Lock::open_existing(directory)?;
    let _guard = lock.as_ref().map(Lock::shared).transpose()?;
    let heads = match File::open(directory::head_path(directory)) {
        Ok(file) => Some(Heads::read(&file, head_key)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    Ok((segment_sizes(directory)?, heads))
}

fn verifier(expectations: &Expectations<'_>, heads: Option<&Heads>) -> Verifier {
    let mut verifier = Verifier::new(expectations.checkpoint_keys.clone());
    let durable = heads.and_then(|heads| heads.durable).map(|head| head.position);
    let written = heads.and_then(|heads| heads.written).map(|head| head.position);
    for (position, source) in [
        (written, AnchorSource::WrittenHead),
        (durable, AnchorSource::DurableHead),
        (expectations.store_head, AnchorSource::Store),
    ] {
        if let Some(position) = position {
            verifier.expect_position(Anchor { position, source });
        }
    }
    expectations.requests.iter().for_each(|id| verifier.expect_request(*id));
    verifier
}

fn read_lines(
    directory: &Path,
    segments: &[SegmentSize],
    mut verifier: Verifier,
) -> io::Result<Result<Summary, Finding>> {
    'segments: for segment in segments {
        let name = segment_name(segment.first_seq);
        let mut reader = open_at(directory, *segment, 0)?;
        let mut number = 0;
        while let Some(piece) = reader.next()? {
            number += 1;
            match piece {
                Piece::Line(line) if verifier.line(&name, number, line).is_break() => {
                    break 'segments;
                }
                Piece::Line(_) => {}
                Piece::Torn => verifier.torn_line(&name, number),
            }
        }
    }
    Ok(verifier.finish())
}

/// The head file itself is what it should be.
fn check_heads(heads: Option<&Heads>, summary: &Summary) -> Result<(), Finding> {
    let is_missing = heads.is_none_or(Heads::is_empty) && summary.lines > 0;
    let kind = if heads.is_some_and(|heads| heads.is_forged) {
        FindingKind::HeadNotAuthentic
    } else if is_missing {
        FindingKind::HeadMissing
    } else {
        return Ok(());
    };
    Err(Finding { file: "head".to_owned(), line: 0, seq: None, kind })
}
