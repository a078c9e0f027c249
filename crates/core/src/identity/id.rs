//! The identifiers of entities, aliases and groups: UUIDs, as Vault's clients expect.

use std::fmt;
use std::str::FromStr;

use crate::identifier::{UuidText, bits, uuid_bits};
use crate::random::Random;

/// A text is not an identifier of the identity store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an identifier is a UUID")]
pub struct IdentityIdError;

macro_rules! uuid {
    ($(#[$doc:meta])* $name:ident) => {
        bits! { $(#[$doc])* $name }

        impl $name {
            /// A new random identifier (UUID version 4, RFC 9562 section 5.4).
            #[must_use]
            pub fn generate(random: &dyn Random) -> Self {
                Self(uuid_bits(random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                UuidText(&self.0).fmt(f)
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
