use std::fmt;

use aws_lc_rs::digest;

use super::recovery::Recovery;
use super::request::RequestId;

/// The longest line, in bytes, without its newline.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

const LINK_DOMAIN: &[u8] = b"strongroom audit v1\0";
const BODY_START: &[u8] = b"{\"seq\":";
const HASH_START: &[u8] = b",\"hash\":\"";
const HASH_END: &[u8] = b"\"}";
const TYPE_PATTERN: &[u8] = b",\"type\":\"";
const REASON_PATTERN: &[u8] = b",\"reason\":\"";
const REQUEST_PATTERN: &[u8] = b",\"request_id\":\"";
const HEX_BYTES: usize = 64;
/// The digits of the largest sequence number.
const DECIMAL_BYTES_MAX: usize = 20;
const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The hash of a line and, through the hash before it, of every line before. Not a secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainHash([u8; 32]);

/// A place in the chain: the line's sequence number and its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The sequence number; the first line has 1, the empty log is at 0.
    pub seq: u64,
    /// The line's hash; all zero for the empty log.
    pub hash: ChainHash,
}

/// A line taken apart: what is hashed, and what it claims the hash is. Parsing proves nothing about the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedLine<'a> {
    /// The line up to `,"hash"`.
    pub body: &'a [u8],
    /// The sequence number that the body begins with.
    pub seq: u64,
    /// The hash that the line ends with.
    pub hash: ChainHash,
}

/// `SHA-256("strongroom audit v1\0" || previous.hash || body)` (FIPS 180-4).
///
/// The body begins with the sequence number, so that the hash binds it as well.
#[must_use]
pub fn link(previous: &Position, body: &[u8]) -> ChainHash {
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(LINK_DOMAIN);
    context.update(&previous.hash.0);
    context.update(body);
    let mut hash = [0; 32];
    hash.copy_from_slice(context.finish().as_ref());
    ChainHash(hash)
}

/// Begin the line after `previous` at the end of `buffer` with `{"seq":N,`. Returns where the line begins;
/// the caller appends the other members, the last without a comma, and calls [`seal_line`] with that place.
pub fn begin_line(buffer: &mut Vec<u8>, previous: &Position) -> usize {
    let start = buffer.len();
    buffer.extend_from_slice(BODY_START);
    push_decimal(buffer, previous.seq.saturating_add(1));
    buffer.push(b',');
    start
}

/// End the line that begins at `start` with its hash, the brace and a newline. Returns the line's position.
pub fn seal_line(buffer: &mut Vec<u8>, start: usize, previous: &Position) -> Position {
    let hash = link(previous, buffer.get(start..).unwrap_or_default());
    buffer.extend_from_slice(HASH_START);
    hash.push_hex(buffer);
    buffer.extend_from_slice(HASH_END);
    buffer.push(b'\n');
    Position { seq: previous.seq.saturating_add(1), hash }
}

/// Append the decimal digits of `number`, without allocating.
pub fn push_decimal(buffer: &mut Vec<u8>, mut number: u64) {
    let mut digits = [b'0'; DECIMAL_BYTES_MAX];
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    buffer.extend_from_slice(digits.get(DECIMAL_BYTES_MAX - used..).unwrap_or_default());
}

/// The string member `name` of a line that this program rendered: the text between `,"name":"` and the next
/// quote. A string never holds that pattern, because a quote within a string is escaped.
fn string_member<'a>(body: &'a [u8], pattern: &[u8]) -> Option<&'a [u8]> {
    let start = body.windows(pattern.len()).position(|window| window == pattern)?;
    let rest = body.get(start + pattern.len()..)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    rest.get(..end)
}

/// The number at the start of `bytes`, in the one way that [`push_decimal`] writes it, and what follows.
pub(super) fn parse_decimal(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (digits, rest) = bytes.split_at_checked(length)?;
    if digits.is_empty() || (digits.len() > 1 && digits.first() == Some(&b'0')) {
        return None;
    }
    let number = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((number, rest))
}

impl ChainHash {
    /// The hash of the empty log.
    pub const ZERO: Self = Self([0; 32]);

    /// The hash with these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Append 64 lower-case hexadecimal digits.
    pub fn push_hex(&self, buffer: &mut Vec<u8>) {
        let mut hex = [0; HEX_BYTES];
        for (pair, byte) in hex.chunks_exact_mut(2).zip(self.0) {
            if let [high, low] = pair {
                *high = hex_digit(byte >> 4);
                *low = hex_digit(byte & 0x0f);
            }
        }
        buffer.extend_from_slice(&hex);
    }

    /// Parse exactly 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        if hex.len() != HEX_BYTES {
            return None;
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(hex.chunks_exact(2)) {
            let [high, low] = pair else { return None };
            *byte = (hex_value(*high)? << 4) | hex_value(*low)?;
        }
        Some(Self(hash))
    }
}

fn hex_digit(nibble: u8) -> u8 {
    HEX_DIGITS.get(usize::from(nibble)).copied().unwrap_or_default()
}

fn hex_value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

impl fmt::Display for ChainHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl Position {
    /// Where the empty log is.
    pub const GENESIS: Self = Self { seq: 0, hash: ChainHash::ZERO };
}

impl<'a> SealedLine<'a> {
    /// Take apart a line without its newline. `None` when it is too long or has not the shape that
    /// [`begin_line`] and [`seal_line`] give.
    #[must_use]
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        if line.len() > LINE_BYTES_MAX {
            return None;
        }
        let rest = line.strip_suffix(HASH_END)?;
        let (rest, hex) = rest.split_at_checked(rest.len().checked_sub(HEX_BYTES)?)?;
        let body = rest.strip_suffix(HASH_START)?;
        let (seq, members) = parse_decimal(body.strip_prefix(BODY_START)?)?;
        if members.first() != Some(&b',') {
            return None;
        }
        Some(Self { body, seq, hash: ChainHash::from_hex(hex)? })
    }

    /// The line's `type`, as the body has it.
    #[must_use]
    pub fn line_type(&self) -> Option<&'a [u8]> {
        string_member(self.body, TYPE_PATTERN)
    }

    /// The line's request id, when it has one.
    #[must_use]
    pub fn request_id(&self) -> Option<RequestId> {
        string_member(self.body, REQUEST_PATTERN).and_then(RequestId::from_hex)
    }

    /// The reason that a recovery line gives.
    #[must_use]
    pub fn recovery(&self) -> Option<Recovery> {
        string_member(self.body, REASON_PATTERN).and_then(Recovery::parse)
    }

    /// Where the line claims to be. Only a [`super::Verifier`] knows whether that is so.
    #[must_use]
    pub fn claimed_position(&self) -> Position {
        Position { seq: self.seq, hash: self.hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `printf 'strongroom audit v1\0<32 zero bytes>{"seq":1,"a":"b"' | sha256sum`.
    const FIRST_HASH: &str = "8a7e1e72e744552c65b763a6812456151eaa4a440d78563e496a1ea3c52890ba";

    #[test]
    fn first_line_has_the_hash_that_sha256sum_gives() {
        let mut buffer = Vec::new();
        let start = begin_line(&mut buffer, &Position::GENESIS);
        buffer.extend_from_slice(b"\"a\":\"b\"");
        let position = seal_line(&mut buffer, start, &Position::GENESIS);
        assert_eq!(position.seq, 1);
        assert_eq!(position.hash.to_string(), FIRST_HASH);
        let line = format!("{{\"seq\":1,\"a\":\"b\",\"hash\":\"{FIRST_HASH}\"}}\n");
        assert_eq!(String::from_utf8(buffer).unwrap(), line);
    }

    #[test]
    fn sealed_line_is_taken_apart_again() {
        let mut buffer = b"earlier\n".to_vec();
        let start = begin_line(&mut buffer, &Position { seq: 41, hash: ChainHash::ZERO });
        buffer.extend_from_slice(b"\"a\":1");
        let position = seal_line(&mut buffer, start, &Position { seq: 41, hash: ChainHash::ZERO });
        let line = buffer.get(start..buffer.len() - 1).unwrap();
        let sealed = SealedLine::parse(line).unwrap();
        assert_eq!(sealed.body, b"{\"seq\":42,\"a\":1");
        assert_eq!(sealed.claimed_position(), position);
    }

    #[test]
    fn what_is_no_line_is_refused() {
        let hash = "0".repeat(64);
        for line in [
            String::new(),
            "{}".to_owned(),
            format!("{{\"seq\":,\"hash\":\"{hash}\"}}"),
            format!("{{\"seq\":01,\"a\":1,\"hash\":\"{hash}\"}}"),
            format!("{{\"seq\":1,\"hash\":\"{hash}\"}}"),
            format!("{{\"seq\":18446744073709551616,\"a\":1,\"hash\":\"{hash}\"}}"),
            format!("{{\"seq\":1,\"a\":1,\"hash\":\"{}\"}}", "A".repeat(64)),
            format!("{{\"seq\":1,\"a\":1,\"hash\":\"{hash}\"}} "),
            format!("{{\"seq\":1,\"a\":\"{}\",\"hash\":\"{hash}\"}}", "x".repeat(LINE_BYTES_MAX)),
        ] {
            assert_eq!(SealedLine::parse(line.as_bytes()), None, "{line:.80}");
        }
    }

    #[test]
    fn decimal_digits_are_those_of_the_standard_library() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, u64::MAX - 1, u64::MAX] {
            let mut buffer = Vec::new();
            push_decimal(&mut buffer, number);
            assert_eq!(buffer, number.to_string().into_bytes());
            assert_eq!(parse_decimal(&buffer), Some((number, &[][..])));
        }
    }

    #[test]
    fn hash_survives_hexadecimal() {
        let hash = ChainHash::from_bytes(std::array::from_fn(|index| index as u8 * 7));
        let mut hex = Vec::new();
        hash.push_hex(&mut hex);
        assert_eq!(hex, hash.to_string().into_bytes());
        assert_eq!(ChainHash::from_hex(&hex), Some(hash));
    }
}
