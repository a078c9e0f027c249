//! 128-bit identifiers, a type for each thing that has one.

use std::fmt;
use std::str::FromStr;

use crate::random::Random;

/// A text is not an identifier: 32 hexadecimal digits were wanted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is 32 hexadecimal digits")]
pub struct IdentifierError;

/// A type of 128 bits, without a text.
macro_rules! bits {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(minicbor::Encode, minicbor::Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

        impl $name {
            /// The identifier with these bits.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(bytes)
            }

            /// The identifier's bits.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }
    };
}
pub(crate) use bits;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        bits! { $(#[$doc])* $name }

        impl $name {
            /// A new identifier from 16 random bytes.
            pub fn generate(random: &dyn Random) -> Self {
                Self(crate::random::array(random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut digits = [0; 32];
                f.write_str(data_encoding::HEXLOWER.encode_mut_str(&self.0, &mut digits))
            }
        }

        impl FromStr for $name {
            type Err = IdentifierError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let digits_only = text.bytes().all(|byte| byte.is_ascii_hexdigit());
                if text.len() != 32 || !digits_only {
                    return Err(IdentifierError);
                }
                let bits = u128::from_str_radix(text, 16).map_err(|_| IdentifierError)?;
                Ok(Self(bits.to_be_bytes()))
            }
        }
    };
}

identifier! {
    /// A secret, for as long as it exists, whatever its path.
    SecretId
}
identifier! {
    /// A version of a secret: Azure's 32 hexadecimal digits, AWS's UUID.
    VersionId
}
identifier! {
    /// A mount, whatever its path.
    MountId
}
identifier! {
    /// A role of an auth mount: one that is deleted and made again under its name is another.
    RoleKey
}
identifier! {
    /// An app: one that is deleted and made again under its name is another.
    AppId
}

/// A random UUID in its usual text (version 4, RFC 9562 section 5.4): 122 random bits.
#[must_use]
pub fn uuid(random: &dyn Random) -> String {
    UuidText(&uuid_bits(random)).to_string()
}

/// The bits of a random UUID: version 4 in bits 48 to 51, variant 2 in bits 64 and 65.
pub(crate) fn uuid_bits(random: &dyn Random) -> [u8; 16] {
    let drawn = u128::from_be_bytes(crate::random::array(random));
    let version = drawn & !(0xf << 76) | 0x4 << 76;
    (version & !(0x3 << 62) | 0x2 << 62).to_be_bytes()
}

/// Bits as the text of a UUID.
pub(crate) struct UuidText<'b>(pub(crate) &'b [u8; 16]);

impl fmt::Display for UuidText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if matches!(index, 4 | 6 | 8 | 10) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_read_back_from_its_text() {
        let id = SecretId::from_bytes([0x0f; 16]);
        assert_eq!(id.to_string(), "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_uuid_has_its_version_and_variant() {
        struct Fixed(u8);
        impl Random for Fixed {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.fill(self.0);
            }
        }
        assert_eq!(uuid(&Fixed(0xff)), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid(&Fixed(0x12)), "12121212-1212-4212-9212-121212121212");
        assert_eq!(uuid(&Fixed(0)), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn anything_but_32_hexadecimal_digits_is_refused() {
        for text in ["", "0f", "+f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f", &"0".repeat(33), &"g".repeat(32)]
        {
            assert_eq!(text.parse::<VersionId>(), Err(IdentifierError), "{text}");
        }
    }
}
