//! The identifiers of entities, aliases and groups: UUIDs, as Vault's clients expect.

use std::fmt;
use std::str::FromStr;

use crate::random::Random;

/// A text is not an identifier of the identity store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is a UUID")]
pub struct IdentityIdError;

macro_rules! uuid {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(minicbor::Encode, minicbor::Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] [u8; 16]);

        impl $name {
            /// A new random identifier (UUID version 4, RFC 9562 section 5.4).
            #[must_use]
            pub fn generate(random: &dyn Random) -> Self {
                let bits = u128::from_be_bytes(crate::random::array(random));
                Self(with_version_4(bits).to_be_bytes())
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
                write_uuid(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        /// Reads the form with hyphens, and no other: an identifier has one text.
        impl FromStr for $name {
            type Err = IdentityIdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse_uuid(text).map(Self).ok_or(IdentityIdError)
            }
        }
    };
}

uuid! {
    /// An entity, for as long as it exists, whatever its name.
    EntityId
}
uuid! {
    /// An alias of an entity or of an external group.
    AliasId
}
uuid! {
    /// A group, whatever its name.
    GroupId
}

/// Where the hyphens of a UUID stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// RFC 9562 section 5.4: version 4 in bits 48 to 51, variant 2 in bits 64 and 65.
fn with_version_4(bits: u128) -> u128 {
    let version = bits & !(0xf << 76) | 0x4 << 76;
    version & !(0x3 << 62) | 0x2 << 62
}

fn write_uuid(bytes: &[u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            f.write_str("-")?;
        }
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

fn parse_uuid(text: &str) -> Option<[u8; 16]> {
    let mut digits = String::with_capacity(32);
    for (index, character) in text.chars().enumerate() {
        if HYPHENS.contains(&index) {
            (character == '-').then_some(())?;
        } else {
            matches!(character, '0'..='9' | 'a'..='f').then_some(())?;
            digits.push(character);
        }
    }
    if digits.len() != 32 {
        return None;
    }
    u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_read_back_from_its_text() {
        let id = EntityId::from_bytes([0x1f; 16]);
        assert_eq!(id.to_string(), "1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn a_new_identifier_is_a_uuid_of_version_4() {
        struct Ones;
        impl Random for Ones {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.fill(0xff);
            }
        }
        let id = GroupId::generate(&Ones);
        assert_eq!(id.to_string(), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    }

    #[test]
    fn an_identifier_has_no_second_text() {
        for text in [
            "",
            "None",
            "1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f",
            "1F1F1F1F-1f1f-1f1f-1f1f-1f1f1f1f1f1f",
            "1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1",
            "1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f1",
            "1f1f1f1f-1f1f-1f1f-1f1f+1f1f1f1f1f1f",
            "+f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f",
            " 1f1f1f1f-1f1f-1f1f-1f1f-1f1f1f1f1f1f",
        ] {
            assert_eq!(text.parse::<AliasId>(), Err(IdentityIdError), "{text:?}");
        }
    }
}
