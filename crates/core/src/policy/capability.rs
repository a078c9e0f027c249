//! What a rule can grant, and a set of it.

use std::fmt;

/// One thing a caller can do to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Write where nothing is yet.
    Create,
    /// Read.
    Read,
    /// Write over what is there.
    Update,
    /// Change a part of what is there.
    Patch,
    /// Delete.
    Delete,
    /// List the names below.
    List,
    /// Use a path that is kept for operators, as well as the capability that the operation needs.
    Sudo,
    /// Nothing at all, whatever else is granted on the same path.
    Deny,
}

impl Capability {
    /// Every capability, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Patch,
        Self::Delete,
        Self::List,
        Self::Sudo,
        Self::Deny,
    ];

    /// The word that a policy uses for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::List => "list",
            Self::Sudo => "sudo",
            Self::Deny => "deny",
        }
    }

    /// The capability of a policy's word, `None` for any other word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.as_str() == word)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A set of capabilities. A set that holds [`Capability::Deny`] holds nothing else.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Capabilities(u8);

impl Capabilities {
    /// Nothing is granted.
    pub const NONE: Self = Self(0);
    /// Nothing is granted, and no other rule on the same path grants it.
    pub const DENY: Self = Self(Capability::Deny.bit());
    /// Everything but [`Capability::Deny`]: what root has on every path.
    pub const ALL: Self = Self(!Capability::Deny.bit());

    /// Whether the capability is in the set.
    #[must_use]
    pub const fn contains(self, capability: Capability) -> bool {
        self.0 & capability.bit() != 0
    }

    /// Whether the set grants nothing: it is empty, or it is [`Capabilities::DENY`].
    #[must_use]
    pub const fn grants_nothing(self) -> bool {
        self.0 & Self::ALL.0 == 0
    }

    /// The set with one more capability; [`Capability::Deny`] takes the others away.
    #[must_use]
    pub const fn with(self, capability: Capability) -> Self {
        self.union(Self(capability.bit()))
    }

    /// Both sets together; a deny in either leaves only the deny.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        let both = self.0 | other.0;
        if both & Self::DENY.0 != 0 { Self::DENY } else { Self(both) }
    }

    /// The capabilities of the set, in the order of [`Capability::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Capability> {
        Capability::ALL.into_iter().filter(move |capability| self.contains(*capability))
    }
}

impl FromIterator<Capability> for Capabilities {
    fn from_iter<I: IntoIterator<Item = Capability>>(capabilities: I) -> Self {
        capabilities.into_iter().fold(Self::NONE, Self::with)
    }
}

/// The words, with commas between: `read, list`; `nothing` for the empty set.
impl fmt::Display for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::NONE {
            return f.write_str("nothing");
        }
        for (index, capability) in self.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{capability}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Capabilities({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deny_takes_every_other_capability_away() {
        let granted = Capabilities::from_iter([Capability::Read, Capability::List]);
        assert_eq!(granted.with(Capability::Deny), Capabilities::DENY);
        assert_eq!(Capabilities::DENY.with(Capability::Read), Capabilities::DENY);
        assert!(Capabilities::DENY.grants_nothing());
        assert!(!granted.grants_nothing());
    }

    #[test]
    fn every_word_names_its_capability_and_nothing_else_does() {
        for capability in Capability::ALL {
            assert_eq!(Capability::from_word(capability.as_str()), Some(capability));
        }
        for word in ["", "Read", "write", "root", "scan", " read"] {
            assert_eq!(Capability::from_word(word), None, "{word:?}");
        }
    }

    #[test]
    fn root_has_everything_but_deny() {
        let shown = Capabilities::ALL.to_string();
        assert_eq!(shown, "create, read, update, patch, delete, list, sudo");
        assert_eq!(Capabilities::NONE.to_string(), "nothing");
        assert_eq!(Capabilities::DENY.to_string(), "deny");
    }
}
