//! The two numbers of an RSA public key, from the encoding that the crypto provider gives.

/// `n` and `e` of a DER `RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER }` (RFC 8017 appendix
/// A.1.1), big-endian without leading zeros.
pub fn components(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (sequence, rest) = element(der, 0x30)?;
    let (modulus, sequence) = element(sequence, 0x02)?;
    let (exponent, end) = element(sequence, 0x02)?;
    (rest.is_empty() && end.is_empty()).then(|| (trimmed(modulus), trimmed(exponent)))
}

/// The content of the element with this tag at the beginning, and what follows it.
fn element(der: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = der.split_first()?;
    let (length, rest) = rest.split_first()?;
    if *found != tag {
        return None;
    }
    let (length, rest) = match length {
        0x00..=0x7f => (usize::from(*length), rest),
        0x81 | 0x82 => {
            let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let length = digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit));
            (length, rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

/// The bytes without zeros at the beginning.
pub fn trimmed(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_numbers_of_a_key_are_read() {
        let der = [0x30, 0x09, 0x02, 0x02, 0x00, 0x81, 0x02, 0x03, 0x01, 0x00, 0x01];
        assert_eq!(components(&der), Some((vec![0x81], vec![1, 0, 1])));
        for end in 0..der.len() {
            assert_eq!(components(&der[..end]), None);
        }
        assert_eq!(components(&[&der[..], &[0]].concat()), None);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = components(&bytes);
        }
    }
}
