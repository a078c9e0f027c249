use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Take};
use std::os::unix::fs::FileExt;

use strongroom_core::audit::{LINE_BYTES_MAX, Position, SealedLine};

pub(super) const SEGMENT_END: &str = "segment-end";

const READ_BYTES: usize = 256 * 1024;
const BACKWARD_BYTES: usize = 4 * 1024;

/// How a segment ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tail {
    /// The last line that is one.
    pub last: Option<LastLine>,
    /// Where the last newline ends.
    pub complete_bytes: u64,
    /// What lies after the last newline.
    pub torn_bytes: u64,
    /// Whether something that is no line lies after the last line.
    pub is_damaged: bool,
}

/// The last line of a segment so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LastLine {
    /// Where it claims to be.
    pub position: Position,
    /// Whether the log goes on in the next segment.
    pub is_segment_end: bool,
}

/// Read how the first `size` bytes of a segment end. Reads backwards, in pieces.
pub(super) fn read_tail(file: &File, size: u64) -> io::Result<Tail> {
    let complete_bytes = line_start(file, size)?;
    let mut tail =
        Tail { last: None, complete_bytes, torn_bytes: size - complete_bytes, is_damaged: false };
    let mut end = complete_bytes;
    while end > 0 {
        let start = line_start(file, end - 1)?;
        tail.last = read_line(file, start, end - 1)?;
        if tail.last.is_some() {
            break;
        }
        tail.is_damaged = true;
        end = start;
    }
    Ok(tail)
}

/// Where the last `count` lines of the first `size` bytes begin, and how many there are if they are fewer.
pub(super) fn last_lines(file: &File, size: u64, count: usize) -> io::Result<(u64, usize)> {
    let mut start = line_start(file, size)?;
    for found in 0..count {
        if start == 0 {
            return Ok((0, found));
        }
        start = line_start(file, start - 1)?;
    }
    Ok((start, count))
}

/// Where the line begins that `end` is in: after the last newline before `end`.
fn line_start(file: &File, mut end: u64) -> io::Result<u64> {
    let mut buffer = [0; BACKWARD_BYTES];
    while end > 0 {
        let start = end.saturating_sub(BACKWARD_BYTES as u64);
        let length = usize::try_from(end - start).unwrap_or(BACKWARD_BYTES);
        let chunk = buffer.get_mut(..length).unwrap_or_default();
        file.read_exact_at(chunk, start)?;
        if let Some(at) = chunk.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}

fn read_line(file: &File, start: u64, end: u64) -> io::Result<Option<LastLine>> {
    let length = usize::try_from(end - start).unwrap_or(usize::MAX);
    if length > LINE_BYTES_MAX {
        return Ok(None);
    }
    let mut line = vec![0; length];
    file.read_exact_at(&mut line, start)?;
    Ok(SealedLine::parse(&line).map(|sealed| LastLine {
        position: sealed.claimed_position(),
        is_segment_end: sealed.line_type() == Some(SEGMENT_END.as_bytes()),
    }))
}

/// Reads a segment's lines forwards. Its memory is bounded whatever the file holds.
pub(super) struct LineReader {
    input: BufReader<Take<File>>,
    line: Vec<u8>,
    consumed: u64,
}

/// A piece of a segment.
pub(super) enum Piece<'a> {
    /// A line without its newline. One that is longer than lines may be is cut, and still too long.
    Line(&'a [u8]),
    /// The end of the file has no newline.
    Torn,
}

impl LineReader {
    /// Read `file` from where it is, `length` bytes at most.
    pub(super) fn new(file: File, length: u64) -> Self {
        let input = BufReader::with_capacity(READ_BYTES, file.take(length));
        Self { input, line: Vec::new(), consumed: 0 }
    }

    /// How many bytes the pieces so far had, with their newlines.
    pub(super) fn consumed(&self) -> u64 {
        self.consumed
    }

    /// The next line, `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Piece<'_>>> {
        self.line.clear();
        let most = LINE_BYTES_MAX as u64 + 2;
        let read = self.input.by_ref().take(most).read_until(b'\n', &mut self.line)?;
        self.consumed += read as u64;
        if read == 0 {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            return Ok(Some(Piece::Line(&self.line)));
        }
        if self.skip_line()? { Ok(Some(Piece::Line(&self.line))) } else { Ok(Some(Piece::Torn)) }
    }

    /// Skip to after the next newline, and say whether there was one.
    fn skip_line(&mut self) -> io::Result<bool> {
        loop {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                return Ok(false);
            }
            let newline = chunk.iter().position(|byte| *byte == b'\n');
            let used = newline.map_or(chunk.len(), |at| at + 1);
            self.input.consume(used);
            self.consumed += used as u64;
            if newline.is_some() {
                return Ok(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use strongroom_core::audit::{begin_line, seal_line};

    use super::*;

    fn file(content: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        io::Seek::rewind(&mut file).unwrap();
        file
    }

    fn line(previous: &Position, padding: usize) -> (Vec<u8>, Position) {
        let mut buffer = Vec::new();
        begin_line(&mut buffer, previous);
        buffer.extend_from_slice(format!("\"p\":\"{}\"", "x".repeat(padding)).as_bytes());
        let position = seal_line(&mut buffer, 0, previous);
        (buffer, position)
    }

    #[test]
    fn tail_of_whole_lines_is_the_last_one() {
        for padding in [1, 4_000, 5_000, 60_000] {
            let (mut content, first) = line(&Position::GENESIS, 10);
            let (second, position) = line(&first, padding);
            content.extend_from_slice(&second);
            let size = content.len() as u64;
            let last = Some(LastLine { position, is_segment_end: false });
            let expected = Tail { last, complete_bytes: size, torn_bytes: 0, is_damaged: false };
            assert_eq!(read_tail(&file(&content), size).unwrap(), expected);
        }
    }

    #[test]
    fn tail_tells_torn_and_damaged_ends_apart() {
        let (good, position) = line(&Position::GENESIS, 10);
        let last = || Some(LastLine { position, is_segment_end: false });
        let complete_bytes = good.len() as u64;
        let torn = [&good[..], &[b'{'; 9_000]].concat();
        assert_eq!(
            read_tail(&file(&torn), torn.len() as u64).unwrap(),
            Tail { last: last(), complete_bytes, torn_bytes: 9_000, is_damaged: false }
        );
        let damaged = [&good[..], b"noise\n\n", &[b'z'; LINE_BYTES_MAX + 9], b"\n"].concat();
        let size = damaged.len() as u64;
        assert_eq!(
            read_tail(&file(&damaged), size).unwrap(),
            Tail { last: last(), complete_bytes: size, torn_bytes: 0, is_damaged: true }
        );
        let empty = Tail { last: None, complete_bytes: 0, torn_bytes: 0, is_damaged: false };
        assert_eq!(read_tail(&file(b""), 0).unwrap(), empty);
    }

    #[test]
    fn reader_bounds_long_lines_and_reports_a_torn_end() {
        let long = vec![b'z'; LINE_BYTES_MAX * 9];
        let content = [b"a\n\n".as_slice(), &long, b"\nb\nc"].concat();
        let mut reader = LineReader::new(file(&content), content.len() as u64);
        let mut seen = Vec::new();
        while let Some(piece) = reader.next().unwrap() {
            seen.push(match piece {
                Piece::Line(line) => line.len(),
                Piece::Torn => usize::MAX,
            });
        }
        assert_eq!(seen, [1, 0, LINE_BYTES_MAX + 2, 1, usize::MAX]);
    }

    #[test]
    fn last_lines_begin_where_they_do() {
        let content = b"one\ntwo\nthree\n";
        let last = |count| last_lines(&file(content), content.len() as u64, count).unwrap();
        assert_eq!(last(0), (14, 0));
        assert_eq!(last(1), (8, 1));
        assert_eq!(last(3), (0, 3));
        assert_eq!(last(5), (0, 3));
    }
}
