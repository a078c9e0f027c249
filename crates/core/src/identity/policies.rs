//! The policies that an entity or a group gives.

use std::collections::BTreeSet;

use minicbor::{Decode, Decoder, Encode, Encoder, decode, encode};

use crate::policy::{PolicyName, PolicyNameError};

/// The most policies of one entity or group.
pub const IDENTITY_POLICIES_MAX: usize = 256;

/// Names of policies, sorted and each once, never `root`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityPolicies(BTreeSet<PolicyName>);

/// Why texts are no policies that identity can give.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityPoliciesError {
    /// A text is not the name of a policy.
    #[error(transparent)]
    Name(#[from] PolicyNameError),
    /// `root`, however it is written.
    #[error("policies cannot contain root")]
    Root,
    /// Too many.
    #[error("an entity or a group has at most {IDENTITY_POLICIES_MAX} policies")]
    TooMany,
}

impl IdentityPolicies {
    /// # Errors
    /// [`IdentityPoliciesError`]
    pub fn new<T: AsRef<str>>(texts: &[T]) -> Result<Self, IdentityPoliciesError> {
        if texts.len() > IDENTITY_POLICIES_MAX {
            return Err(IdentityPoliciesError::TooMany);
        }
        let mut names = BTreeSet::new();
        for text in texts {
            let name = PolicyName::new(text.as_ref())?;
            if name.is_root() {
                return Err(IdentityPoliciesError::Root);
            }
            names.insert(name);
        }
        Ok(Self(names))
    }

    /// Those of both.
    ///
    /// # Errors
    /// [`IdentityPoliciesError::TooMany`]
    pub fn united(&self, other: &Self) -> Result<Self, IdentityPoliciesError> {
        let names: BTreeSet<_> = self.0.union(&other.0).cloned().collect();
        if names.len() > IDENTITY_POLICIES_MAX {
            return Err(IdentityPoliciesError::TooMany);
        }
        Ok(Self(names))
    }

    /// The names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &PolicyName> {
        self.0.iter()
    }
}

impl<C> Encode<C> for IdentityPolicies {
    fn encode<W: encode::Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), encode::Error<W::Error>> {
        let texts: Vec<&str> = self.0.iter().map(PolicyName::as_str).collect();
        texts.encode(encoder, context)
    }
}

/// A record that names `root` is damaged, and is not read.
impl<'b, C> Decode<'b, C> for IdentityPolicies {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, decode::Error> {
        let texts: Vec<&str> = Vec::decode(decoder, context)?;
        Self::new(&texts).map_err(|error| decode::Error::message(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // CVE-2025-5999 and CVE-2025-64761: ` root` and `ROOT` passed the comparison with `root` and were it afterwards.
    #[test]
    fn root_is_refused_however_it_is_written() {
        for text in ["root", "ROOT", " root", "root ", "\tRoOt\n", " ROOT "] {
            let made = IdentityPolicies::new(&["dev", text]);
            assert_eq!(made, Err(IdentityPoliciesError::Root), "{text:?}");
        }
        for text in ["ro\u{200b}ot", "\u{a0}root", "root\0", "root,dev"] {
            let made = IdentityPolicies::new(&[text]);
            assert!(matches!(made, Err(IdentityPoliciesError::Name(_))), "{text:?}");
        }
    }

    #[test]
    fn a_record_that_names_root_is_not_read() {
        let bytes = minicbor::to_vec(["root"]).unwrap();
        assert!(minicbor::decode::<IdentityPolicies>(&bytes).is_err());
    }

    #[test]
    fn names_are_sorted_and_each_is_there_once() {
        let policies = IdentityPolicies::new(&["ops", " Dev", "dev", "default"]).unwrap();
        let names: Vec<_> = policies.names().map(PolicyName::as_str).collect();
        assert_eq!(names, ["default", "dev", "ops"]);
        let bytes = minicbor::to_vec(&policies).unwrap();
        assert_eq!(minicbor::decode::<IdentityPolicies>(&bytes).unwrap(), policies);
    }

    #[test]
    fn there_is_a_most_number_of_policies() {
        let texts = |from: usize, count: usize| -> Vec<String> {
            (from..from + count).map(|n| format!("p{n}")).collect()
        };
        let full = IdentityPolicies::new(&texts(0, IDENTITY_POLICIES_MAX)).unwrap();
        let more = IdentityPolicies::new(&texts(0, IDENTITY_POLICIES_MAX + 1));
        assert_eq!(more, Err(IdentityPoliciesError::TooMany));
        let other = IdentityPolicies::new(&texts(IDENTITY_POLICIES_MAX, 1)).unwrap();
        assert_eq!(full.united(&other), Err(IdentityPoliciesError::TooMany));
        assert_eq!(full.united(&full).unwrap(), full);
    }
}
