//! DER documents as text, and the one look inside them.

use data_encoding::BASE64;
use zeroize::Zeroizing;

/// RFC 7468: so many characters to a line.
const LINE_CHARS: usize = 64;
const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;

/// The document as PEM (RFC 7468), with a line break at its end.
pub(super) fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let encoded = Zeroizing::new(BASE64.encode(der));
    let length = encoded.len() + encoded.len() / LINE_CHARS + 2 * label.len() + 64;
    let mut text = Zeroizing::new(String::with_capacity(length));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    for (index, character) in encoded.chars().enumerate() {
        if index > 0 && index % LINE_CHARS == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text.push_str("\n-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

/// The private key inside a PKCS#8 document (RFC 5208, section 5): for RSA an `RSAPrivateKey` (RFC 8017, A.1.2).
pub(super) fn private_key_of(pkcs8: &[u8]) -> Option<&[u8]> {
    let (document, _) = element(SEQUENCE, pkcs8)?;
    let (_version, rest) = element(INTEGER, document)?;
    let (_algorithm, rest) = element(SEQUENCE, rest)?;
    element(OCTET_STRING, rest).map(|(key, _)| key)
}

/// The content of the element with this tag at the beginning, and what follows it.
fn element(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = der.split_first_chunk()?;
    if found != tag {
        return None;
    }
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => rest.split_first_chunk().map(|(&[length], rest)| (usize::from(length), rest))?,
        0x82 => rest
            .split_first_chunk()
            .map(|(&length, rest)| (usize::from(u16::from_be_bytes(length)), rest))?,
        _ => return None,
    };
    rest.split_at_checked(length)
}
