//! Serial numbers of certificates.

use std::fmt;

use data_encoding::HEXLOWER;

use crate::random::{self, Random};

const LENGTH: usize = 20;

/// The serial number of a certificate: 20 bytes, a positive number (RFC 5280, section 4.1.2.2). Shown as Vault does,
/// in pairs of hexadecimal digits with colons.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(transparent)]
pub struct SerialNumber(#[cbor(n(0), with = "minicbor::bytes")] [u8; LENGTH]);

impl SerialNumber {
    /// A number with 158 random bits: the first bit is clear, so that it is positive, and the second set, so that it
    /// always has 20 bytes.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        let [first, rest @ ..] = random::array::<LENGTH>(random);
        let mut bytes = [0; LENGTH];
        for (target, byte) in bytes.iter_mut().zip([first & 0x7f | 0x40].iter().chain(&rest)) {
            *target = *byte;
        }
        Self(bytes)
    }

    /// From pairs of hexadecimal digits with colons, or with hyphens as Vault's paths have them, in either case.
    /// `None` for anything but 20 bytes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let pairs = text.split([':', '-']);
        if text.len() != LENGTH * 3 - 1 || !pairs.clone().all(|pair| pair.len() == 2) {
            return None;
        }
        let digits = pairs.collect::<String>().to_ascii_lowercase();
        HEXLOWER.decode(digits.as_bytes()).ok()?.try_into().ok().map(Self)
    }

    /// The number, most significant byte first.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, byte) in self.0.iter().enumerate() {
            let colon = if place == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct All(u8);

    impl Random for All {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn a_serial_number_is_positive_and_has_twenty_bytes() {
        let serial = SerialNumber::generate(&All(0xff)).to_string();
        assert_eq!(serial, ["7f", &":ff".repeat(19)].concat());
        assert_eq!(SerialNumber::generate(&All(0)).to_string(), ["40", &":00".repeat(19)].concat());
    }

    #[test]
    fn both_separators_and_cases_are_read() {
        let serial = SerialNumber::generate(&All(0xab));
        let text = serial.to_string();
        assert_eq!(SerialNumber::parse(&text), Some(serial));
        assert_eq!(SerialNumber::parse(&text.replace(':', "-").to_uppercase()), Some(serial));
        for wrong in ["", "ab", &text[..56], &format!("{text}:ab"), &text.replace("ab", "ag")] {
            assert_eq!(SerialNumber::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "[0-9a-f:-]{0,70}|\\PC{0,60}") {
            if let Some(serial) = SerialNumber::parse(&text) {
                prop_assert_eq!(serial.to_string(), text.replace('-', ":").to_lowercase());
            }
        }
    }
}
