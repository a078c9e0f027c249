//! Generators of new values.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use zeroize::Zeroizing;

use crate::formats::Value;

/// Characters of a password, or random bytes: at least.
pub const GENERATED_LENGTH_MIN: usize = 8;
/// Characters of a password, or random bytes: at most.
pub const GENERATED_LENGTH_MAX: usize = 1024;
/// Draws after which a source of randomness is taken to be broken; a good one needs two or three.
const DRAWS_MAX: usize = 10_000;

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &[u8] = b"0123456789";
/// The unreserved marks of RFC 3986: a password can stand in a URL, a shell and a file as it is.
const SYMBOLS: &[u8] = b"-._~";

/// How a new value is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generator {
    /// Letters, digits and the marks `-._~`, at least one of each class.
    Password {
        /// Characters.
        length: usize,
        /// Whether there are marks.
        symbols: bool,
    },
    /// Random bytes as hexadecimal digits.
    Hex {
        /// Bytes; twice as many digits.
        bytes: usize,
    },
    /// Random bytes as padded base64.
    Base64 {
        /// Bytes.
        bytes: usize,
    },
    /// A random UUID (RFC 9562, version 4).
    Uuid,
}

/// A generator that cannot be read or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GeneratorError {
    /// No such generator.
    #[error("is not a generator; there are password:32, hex:32, base64:32 and uuid")]
    Unknown,
    /// Too short to be safe, or too long.
    #[error("has a length outside {GENERATED_LENGTH_MIN} to {GENERATED_LENGTH_MAX}")]
    Length,
    /// The source of randomness repeats itself.
    #[error("cannot be used: the source of randomness is broken")]
    Randomness,
}

impl Generator {
    /// Reads `password:32`, `hex:32`, `base64:32` or `uuid`.
    ///
    /// # Errors
    /// [`GeneratorError::Unknown`] and [`GeneratorError::Length`].
    pub fn parse(text: &str) -> Result<Self, GeneratorError> {
        let (word, number) = match text.split_once(':') {
            Some((word, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                (word, Some(number.parse().map_err(|_| GeneratorError::Length)?))
            }
            Some(_) => return Err(GeneratorError::Unknown),
            None => (text, None),
        };
        Self::of_parts(word, number, true)
    }

    /// The same from the parts of the table form.
    ///
    /// # Errors
    /// [`GeneratorError::Unknown`] and [`GeneratorError::Length`].
    pub fn of_parts(
        word: &str,
        length: Option<usize>,
        symbols: bool,
    ) -> Result<Self, GeneratorError> {
        let generator = match (word, length) {
            ("uuid", None) => return Ok(Self::Uuid),
            ("password", Some(length)) => Self::Password { length, symbols },
            ("hex", Some(bytes)) => Self::Hex { bytes },
            ("base64", Some(bytes)) => Self::Base64 { bytes },
            _ => return Err(GeneratorError::Unknown),
        };
        let fits = |length: usize| (GENERATED_LENGTH_MIN..=GENERATED_LENGTH_MAX).contains(&length);
        if length.is_some_and(fits) { Ok(generator) } else { Err(GeneratorError::Length) }
    }

    /// A new value; every value of its shape is equally likely.
    ///
    /// # Errors
    /// [`GeneratorError::Randomness`] when the source repeats itself.
    pub fn generate(self, random: &mut dyn FnMut(&mut [u8])) -> Result<Value, GeneratorError> {
        let mut bytes_of = |count: usize| {
            let mut bytes = Zeroizing::new(vec![0_u8; count]);
            random(&mut bytes);
            bytes
        };
        match self {
            Self::Password { length, symbols } => password(length, symbols, random),
            Self::Hex { bytes } => Ok(Value::new(HEXLOWER.encode(&bytes_of(bytes)))),
            Self::Base64 { bytes } => Ok(Value::new(BASE64.encode(&bytes_of(bytes)))),
            Self::Uuid => Ok(uuid(&bytes_of(16))),
        }
    }
}

impl fmt::Display for Generator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { length, .. } => write!(formatter, "password:{length}"),
            Self::Hex { bytes } => write!(formatter, "hex:{bytes}"),
            Self::Base64 { bytes } => write!(formatter, "base64:{bytes}"),
            Self::Uuid => formatter.write_str("uuid"),
        }
    }
}

/// Draws whole passwords until one has every class, so that no place or class is more likely.
fn password(
    length: usize,
    symbols: bool,
    random: &mut dyn FnMut(&mut [u8]),
) -> Result<Value, GeneratorError> {
    let mut classes = vec![LOWER, UPPER, DIGITS];
    if symbols {
        classes.push(SYMBOLS);
    }
    let alphabet = classes.concat();
    for _ in 0..DRAWS_MAX {
        let mut password = Value::new(String::with_capacity(length));
        for _ in 0..length {
            password.push(char::from(pick(&alphabet, random)?));
        }
        let has = |class: &&[u8]| password.bytes().any(|byte| class.contains(&byte));
        if classes.iter().all(has) {
            return Ok(password);
        }
    }
    Err(GeneratorError::Randomness)
}

/// One of at most 256 bytes. Random bytes past the last whole multiple of the number are drawn again,
/// as a remainder would favour the first of them.
fn pick(alphabet: &[u8], random: &mut dyn FnMut(&mut [u8])) -> Result<u8, GeneratorError> {
    let whole = 256 - 256 % alphabet.len();
    let mut drawn = Zeroizing::new([0_u8]);
    for _ in 0..DRAWS_MAX {
        random(drawn.as_mut_slice());
        let [byte] = *drawn;
        let number = usize::from(byte);
        if number < whole
            && let Some(byte) = alphabet.get(number % alphabet.len())
        {
            return Ok(*byte);
        }
    }
    Err(GeneratorError::Randomness)
}

fn uuid(random: &[u8]) -> Value {
    let mut value = Value::default();
    for (index, byte) in random.iter().enumerate() {
        let byte = match index {
            6 => (byte & 0x0f) | 0x40,
            8 => (byte & 0x3f) | 0x80,
            _ => *byte,
        };
        if matches!(index, 4 | 6 | 8 | 10) {
            value.push('-');
        }
        value.push_str(&HEXLOWER.encode(&[byte]));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::kind::Kind;

    /// SplitMix64.
    fn seeded(mut state: u64) -> impl FnMut(&mut [u8]) {
        move |bytes| {
            for byte in bytes {
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                *byte = (mixed >> 56) as u8;
            }
        }
    }

    #[test]
    fn generators_are_read_up_to_their_limits_and_refused_past_them() {
        for text in ["password:8", "password:1024", "hex:32", "base64:16", "uuid"] {
            assert_eq!(Generator::parse(text).unwrap().to_string(), text);
        }
        for text in ["password:7", "password:1025", "hex:0", "hex:99999999999999999999999"] {
            assert_eq!(Generator::parse(text), Err(GeneratorError::Length), "{text}");
        }
        for text in ["", "password", "uuid:4", "rsa:2048", "hex:-1", "hex:x"] {
            assert_eq!(Generator::parse(text), Err(GeneratorError::Unknown), "{text}");
        }
    }

    #[test]
    fn every_password_has_every_class_and_its_length() {
        let mut random = seeded(1);
        for _ in 0..500 {
            let generator = Generator::parse("password:8").unwrap();
            let password = generator.generate(&mut random).unwrap();
            assert_eq!(password.len(), 8);
            for class in [LOWER, UPPER, DIGITS, SYMBOLS] {
                assert!(password.bytes().any(|byte| class.contains(&byte)));
            }
        }
        let plain = Generator::of_parts("password", Some(40), false).unwrap();
        let password = plain.generate(&mut random).unwrap();
        assert!(password.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn no_character_of_a_password_is_favoured() {
        // Every byte once: 66 characters of 256 leave 58 bytes that are drawn again.
        let alphabet: Vec<u8> = [LOWER, UPPER, DIGITS, SYMBOLS].concat();
        let mut counts = std::collections::BTreeMap::new();
        let mut next = 0_u32;
        let mut every_byte = |bytes: &mut [u8]| {
            for byte in bytes {
                *byte = (next % 256) as u8;
                next += 1;
            }
        };
        for _ in 0..66 * 3 {
            *counts.entry(pick(&alphabet, &mut every_byte).unwrap()).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), 66);
        assert!(counts.values().all(|count| *count == 3), "{counts:?}");
    }

    #[test]
    fn encoded_bytes_and_uuids_have_their_type() {
        let mut random = seeded(2);
        for (text, kind, length) in
            [("hex:32", Kind::Hex, 64), ("base64:32", Kind::Base64, 44), ("uuid", Kind::Uuid, 36)]
        {
            let value = Generator::parse(text).unwrap().generate(&mut random).unwrap();
            assert_eq!(kind.check(&value), Ok(()), "{text}");
            assert_eq!(value.len(), length, "{text}");
        }
        let uuid = Generator::Uuid.generate(&mut |bytes| bytes.fill(0xff)).unwrap();
        assert_eq!(uuid.as_str(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn a_source_that_repeats_itself_is_found_out() {
        for constant in [0, 255] {
            let generator = Generator::parse("password:16").unwrap();
            let outcome = generator.generate(&mut |bytes| bytes.fill(constant));
            assert_eq!(outcome, Err(GeneratorError::Randomness));
        }
    }
}
