use std::fmt;
use std::str::FromStr;

use data_encoding::HEXLOWER;

const HEX_BYTES: usize = 32;

/// The number of one request, drawn at random by whoever received it; 32 lower-case hexadecimal digits as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u128);

/// A text that is not 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a request id is 32 lower-case hexadecimal digits")]
pub struct RequestIdError;

impl RequestId {
    /// Parse exactly 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn from_hex(hex: &[u8]) -> Option<Self> {
        let lower = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if hex.len() != HEX_BYTES || !hex.iter().all(lower) {
            return None;
        }
        u128::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok().map(Self)
    }
}

impl RequestId {
    /// Append the digits.
    pub fn push_hex(self, buffer: &mut Vec<u8>) {
        let mut digits = [0; HEX_BYTES];
        HEXLOWER.encode_mut(&self.0.to_be_bytes(), &mut digits);
        buffer.extend_from_slice(&digits);
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut digits = [0; HEX_BYTES];
        formatter.write_str(HEXLOWER.encode_mut_str(&self.0.to_be_bytes(), &mut digits))
    }
}

impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::from_hex(text.as_bytes()).ok_or(RequestIdError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_id_survives_text() {
        let id = RequestId(0xab);
        assert_eq!(id.to_string(), "000000000000000000000000000000ab");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn text_that_is_no_request_id_is_refused() {
        for text in ["", "ab", "+0000000000000000000000000000000", &"A".repeat(32), &"0".repeat(33)]
        {
            assert_eq!(text.parse::<RequestId>(), Err(RequestIdError), "{text}");
        }
    }
}
