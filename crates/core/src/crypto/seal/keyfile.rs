//! A key file: one line of text that tells what it is and whether it is whole.
//!
//! ```text
//! strongroom-key-1 <64 hexadecimal digits> <8 hexadecimal digits: start of SHA-256 of the line before them>
//! ```
//! Lines that begin with `#` are comments.

use aws_lc_rs::digest;
use data_encoding::HEXLOWER_PERMISSIVE as HEX;
use zeroize::Zeroizing;

use super::UnsealKey;
use crate::memory::{KEY_BYTES, LockedKey};

const FORMAT: &str = "strongroom-key-1";
const COMMENT: &str = "\
# The key to a Strongroom store. Whoever can read this file can open the store.
# Keep a copy apart from the store and from its backups: without the key they cannot be opened.
";

/// Why a text is not a key file.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyfileError {
    /// The checksum does not match: the file was cut or altered.
    #[error("the key file is damaged: its checksum does not match")]
    Checksum,
    /// There is no key in it.
    #[error("this is not a key file: it has no line that begins with `{FORMAT}`")]
    NotAKeyfile,
}

/// The text of a key file that holds `key`.
#[must_use]
pub fn write_keyfile(key: &UnsealKey) -> Zeroizing<String> {
    let hex = Zeroizing::new(HEX.encode(key.0.expose()));
    let mut text = Zeroizing::new(String::with_capacity(COMMENT.len() + FORMAT.len() + 80));
    text.push_str(COMMENT);
    let line = Zeroizing::new([FORMAT, " ", &hex].concat());
    text.push_str(&line);
    text.push(' ');
    text.push_str(&checksum(&line));
    text.push('\n');
    text
}

/// The key in a key file.
///
/// # Errors
/// [`KeyfileError`]
pub fn read_keyfile(text: &[u8]) -> Result<UnsealKey, KeyfileError> {
    let text = std::str::from_utf8(text).map_err(|_| KeyfileError::NotAKeyfile)?;
    let line = text
        .lines()
        .map(str::trim)
        .find(|line| line.starts_with(FORMAT))
        .ok_or(KeyfileError::NotAKeyfile)?;
    let (body, sum) = line.rsplit_once(' ').ok_or(KeyfileError::Checksum)?;
    if checksum(body) != sum {
        return Err(KeyfileError::Checksum);
    }
    let hex = body.rsplit_once(' ').map_or("", |(_, hex)| hex);
    let bytes =
        HEX.decode(hex.as_bytes()).map(Zeroizing::new).map_err(|_| KeyfileError::Checksum)?;
    let bytes: &[u8; KEY_BYTES] =
        bytes.as_slice().try_into().map_err(|_| KeyfileError::Checksum)?;
    Ok(UnsealKey(LockedKey::filled_by(|key| key.copy_from_slice(bytes))))
}

/// Four bytes of SHA-256 over a line with 256 random bits tell a damaged file and nothing about the key.
fn checksum(line: &str) -> String {
    let digest = digest::digest(&digest::SHA256, line.as_bytes());
    HEX.encode(digest.as_ref().get(..4).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::super::test_random::Counting;
    use super::*;

    #[test]
    fn a_key_is_read_back_from_its_file_whatever_the_line_ends() {
        let key = UnsealKey::generate(&Counting::default());
        let text = write_keyfile(&key);
        for text in [text.as_str(), &text.replace('\n', "\r\n"), text.trim_end()] {
            let read = read_keyfile(text.as_bytes()).expect("reads");
            assert_eq!(read.0.expose(), key.0.expose());
        }
    }

    #[test]
    fn a_cut_or_altered_file_is_told_from_one_that_is_no_key_file() {
        let text = write_keyfile(&UnsealKey::generate(&Counting::default()));
        let cut = &text[..text.len() - 5];
        assert_eq!(read_keyfile(cut.as_bytes()).err(), Some(KeyfileError::Checksum));
        let shorter = text.replacen(|c: char| c.is_ascii_digit(), "", 3);
        assert!(read_keyfile(shorter.as_bytes()).is_err());
        for other in [&b""[..], b"hello", b"\xff\xfe", b"# strongroom-key-1"] {
            assert_eq!(read_keyfile(other).err(), Some(KeyfileError::NotAKeyfile));
        }
        assert_eq!(read_keyfile(b"strongroom-key-1").err(), Some(KeyfileError::Checksum));
    }
}
