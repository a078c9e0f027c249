//! 128-bit identifiers, a type for each thing that has one.

use std::fmt;
use std::str::FromStr;

use crate::random::Random;

/// A text is not an identifier: 32 hexadecimal digits were wanted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is 32 hexadecimal digits")]
pub struct IdentifierError;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(minicbor::Encode, minicbor::Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

        impl $name {
            /// A new identifier from 16 random bytes.
            pub fn generate(random: &dyn Random) -> Self {
                Self(crate::random::array(random))
            }

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

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let mut digits = [0; 32];
                f.write_str(data_encoding::HEXLOWER.encode_mut_str(&self.0, &mut digits))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
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
    fn anything_but_32_hexadecimal_digits_is_refused() {
        for text in ["", "0f", "+f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f", &"0".repeat(33), &"g".repeat(32)]
        {
            assert_eq!(text.parse::<VersionId>(), Err(IdentifierError), "{text}");
        }
    }
}
