//! ARNs of secrets, and what a `SecretId` can mean.
//!
//! `arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-XXXXXX`, with six random characters, so that a policy that names
//! a secret that was deleted does not speak of the one that was made in its place
//! (<https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html>).

use std::fmt;
use std::str::FromStr;

use crate::identifier::SecretId;
use crate::model::AwsName;

/// The longest `SecretId`, in characters.
pub const SECRET_ID_CHARS_MAX: usize = 2_048;
/// The longest region, in characters.
pub const REGION_CHARS_MAX: usize = 128;
/// What AWS answers to a name that it does not allow (`ValidationException`).
pub const INVALID_NAME: &str = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the \
                                following: -/_+=.@!";
/// How many characters AWS adds to a name.
const SUFFIX_CHARS: usize = 6;
const SUFFIX_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// A region: `^([a-z]+-)+\d+$`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region(String);

/// An account: twelve digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(String);

/// The six characters after a secret's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ArnSuffix(String);

/// The full name of a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretArn {
    /// Where it is.
    pub region: Region,
    /// Whose it is.
    pub account: AccountId,
    /// What it is called.
    pub name: AwsName,
    /// What AWS added.
    pub suffix: ArnSuffix,
}

/// What a client names a secret with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretReference {
    /// Its name.
    Name(AwsName),
    /// Its ARN, with or without the six characters.
    Arn {
        /// Where it is.
        region: Region,
        /// Whose it is.
        account: AccountId,
        /// Its name and the six characters, if what follows `secret:` can be read so.
        full: Option<(AwsName, ArnSuffix)>,
        /// Its name, if what follows `secret:` can be one.
        partial: Option<AwsName>,
    },
}

/// A secret to look for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Candidate {
    /// The one with this name, if its ARN has this suffix.
    Full(AwsName, ArnSuffix),
    /// The one with this name, whatever its ARN has.
    Named(AwsName),
}

/// A text is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArnError {
    /// An account is twelve digits.
    #[error("an account is twelve digits")]
    Account,
    /// A text that begins with `arn:` is not the ARN of a secret.
    #[error("an ARN of a secret is arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME")]
    Form,
    /// The name has characters that AWS has not, or too many. `Display` is AWS's message.
    #[error("{INVALID_NAME}")]
    Name,
    /// A region is lower-case words and a number, joined by `-`.
    #[error("a region is written like eu-central-1")]
    Region,
    /// Six letters and digits.
    #[error("six letters or digits follow the name in an ARN")]
    Suffix,
}

impl Region {
    /// # Errors
    /// [`ArnError::Region`]
    pub fn new(text: &str) -> Result<Self, ArnError> {
        let (words, number) = text.rsplit_once('-').ok_or(ArnError::Region)?;
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase());
        let is_number = !number.is_empty() && number.bytes().all(|c| c.is_ascii_digit());
        if text.len() > REGION_CHARS_MAX || !is_number || !words.split('-').all(is_word) {
            return Err(ArnError::Region);
        }
        Ok(Self(text.to_owned()))
    }

    /// The region as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AccountId {
    /// # Errors
    /// [`ArnError::Account`]
    pub fn new(text: &str) -> Result<Self, ArnError> {
        if text.len() != 12 || !text.bytes().all(|c| c.is_ascii_digit()) {
            return Err(ArnError::Account);
        }
        Ok(Self(text.to_owned()))
    }

    /// The account as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ArnSuffix {
    /// # Errors
    /// [`ArnError::Suffix`]
    pub fn new(text: &str) -> Result<Self, ArnError> {
        if text.len() != SUFFIX_CHARS || !text.bytes().all(|c| c.is_ascii_alphanumeric()) {
            return Err(ArnError::Suffix);
        }
        Ok(Self(text.to_owned()))
    }

    /// The characters that go with a secret's identifier. It is random, so that a secret that is made anew under a name
    /// has others: the digits of `id mod 62^6` to the base 62, the least first.
    #[must_use]
    pub fn of_id(id: SecretId) -> Self {
        let (mut bits, base) = (u128::from_be_bytes(*id.as_bytes()), SUFFIX_ALPHABET.len() as u128);
        let mut text = String::with_capacity(SUFFIX_CHARS);
        for _ in 0..SUFFIX_CHARS {
            let digit = usize::try_from(bits % base).ok();
            text.extend(digit.and_then(|digit| SUFFIX_ALPHABET.get(digit)).map(|c| char::from(*c)));
            bits /= base;
        }
        Self(text)
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SecretReference {
    /// Reads a `SecretId`.
    ///
    /// # Errors
    /// [`ArnError::Form`] and its kin for what begins with `arn:` and is no ARN of a secret, which AWS answers as a
    /// secret that is not there; [`ArnError::Name`] otherwise.
    pub fn parse(text: &str) -> Result<Self, ArnError> {
        if !text.starts_with("arn:") {
            return AwsName::new(text).map(Self::Name).map_err(|_| ArnError::Name);
        }
        if text.len() > SECRET_ID_CHARS_MAX {
            return Err(ArnError::Form);
        }
        let mut parts = text.splitn(7, ':');
        let mut next = || parts.next().ok_or(ArnError::Form);
        for expected in ["arn", "aws", "secretsmanager"] {
            if next()? != expected {
                return Err(ArnError::Form);
            }
        }
        let (region, account) = (Region::new(next()?)?, AccountId::new(next()?)?);
        if next()? != "secret" {
            return Err(ArnError::Form);
        }
        let tail = next()?;
        let full = split_suffix(tail);
        let partial = AwsName::new(tail).ok();
        if full.is_none() && partial.is_none() {
            return Err(ArnError::Name);
        }
        Ok(Self::Arn { region, account, full, partial })
    }

    /// The secrets to look for, in this order: the one with exactly this ARN, then the one with this name.
    pub fn candidates(&self) -> impl Iterator<Item = Candidate> {
        let (full, named) = match self {
            Self::Name(name) => (None, Some(name)),
            Self::Arn { full, partial, .. } => (full.as_ref(), partial.as_ref()),
        };
        let full = full.map(|(name, suffix)| Candidate::Full(name.clone(), suffix.clone()));
        full.into_iter().chain(named.cloned().map(Candidate::Named))
    }
}

/// Whether a name ends as an ARN's suffix does, `-` and six letters or digits: a partial ARN of it can mean another
/// secret, so that AWS advises against such names.
#[must_use]
pub fn is_ambiguous(name: &AwsName) -> bool {
    split_suffix(name.as_str()).is_some()
}

fn split_suffix(tail: &str) -> Option<(AwsName, ArnSuffix)> {
    let (name, suffix) = tail.rsplit_once('-')?;
    Some((AwsName::new(name).ok()?, ArnSuffix::new(suffix).ok()?))
}

impl FromStr for SecretArn {
    type Err = ArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match SecretReference::parse(text)? {
            SecretReference::Arn { region, account, full: Some((name, suffix)), .. } => {
                Ok(Self { region, account, name, suffix })
            }
            _ => Err(ArnError::Form),
        }
    }
}

impl fmt::Display for SecretArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, account, name, suffix } = self;
        write!(f, "arn:aws:secretsmanager:{region}:{account}:secret:{name}-{}", suffix.0)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidates(text: &str) -> Vec<String> {
        let reference = SecretReference::parse(text).unwrap();
        let write = |candidate| match candidate {
            Candidate::Full(name, suffix) => format!("{name}+{}", suffix.as_str()),
            Candidate::Named(name) => name.to_string(),
        };
        reference.candidates().map(write).collect()
    }

    const PREFIX: &str = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:";

    #[test]
    fn an_arn_is_looked_for_whole_and_then_as_a_name() {
        assert_eq!(candidates("prod/db"), ["prod/db"]);
        assert_eq!(candidates("prod/db-a1b2c3"), ["prod/db-a1b2c3"], "a name is no ARN");
        assert_eq!(candidates(&format!("{PREFIX}prod/db")), ["prod/db"]);
        assert_eq!(
            candidates(&format!("{PREFIX}prod/db-a1b2c3")),
            ["prod/db+a1b2c3", "prod/db-a1b2c3"]
        );
        assert_eq!(
            candidates(&format!("{PREFIX}db-a1b2c3-d4e5f6")),
            ["db-a1b2c3+d4e5f6", "db-a1b2c3-d4e5f6"]
        );
        assert_eq!(candidates(&format!("{PREFIX}db-a1b2c")), ["db-a1b2c"]);
    }

    #[test]
    fn the_longest_name_has_an_arn() {
        let name = "n".repeat(512);
        assert_eq!(candidates(&format!("{PREFIX}{name}-a1b2c3")), [format!("{name}+a1b2c3")]);
        assert_eq!(SecretReference::parse(&format!("{PREFIX}n{name}-a1b2c3")), Err(ArnError::Name));
    }

    #[test]
    fn what_is_no_arn_of_a_secret_is_refused() {
        for (text, error) in [
            ("arn:", ArnError::Form),
            ("arn:aws:kms:eu-central-1:000000000000:secret:a", ArnError::Form),
            ("arn:gcp:secretsmanager:eu-central-1:000000000000:secret:a", ArnError::Form),
            ("arn:aws:secretsmanager:eu:000000000000:secret:a", ArnError::Region),
            ("arn:aws:secretsmanager:eu-central-1:0:secret:a", ArnError::Account),
            ("arn:aws:secretsmanager:eu-central-1:000000000000:key:a", ArnError::Form),
            ("arn:aws:secretsmanager:eu-central-1:000000000000:secret", ArnError::Form),
            ("arn:aws:secretsmanager:eu-central-1:000000000000:secret:", ArnError::Name),
            ("arn:aws:secretsmanager:eu-central-1:000000000000:secret:a:b", ArnError::Name),
            ("a b", ArnError::Name),
            ("", ArnError::Name),
        ] {
            assert_eq!(SecretReference::parse(text), Err(error), "{text}");
        }
        let long = format!("arn:{}", "a".repeat(SECRET_ID_CHARS_MAX));
        assert_eq!(SecretReference::parse(&long), Err(ArnError::Form));
        assert_eq!(format!("{PREFIX}db").parse::<SecretArn>(), Err(ArnError::Form));
        assert_eq!(ArnError::Name.to_string(), INVALID_NAME);
    }

    #[test]
    fn a_region_is_words_and_a_number() {
        for good in ["eu-central-1", "us-gov-west-1", "a-0"] {
            assert_eq!(Region::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "1", "-1", "eu-central-", "eu--1", "EU-central-1", "eu-central-1a", "eu1-1"]
        {
            assert_eq!(Region::new(bad), Err(ArnError::Region), "{bad}");
        }
        assert!(Region::new(&format!("{}-1", "a".repeat(REGION_CHARS_MAX - 2))).is_ok());
        assert!(Region::new(&format!("{}-1", "a".repeat(REGION_CHARS_MAX - 1))).is_err());
    }

    #[test]
    fn names_that_end_as_arns_do_are_ambiguous() {
        for (name, ambiguous) in
            [("db-a1b2c3", true), ("db-a1b2c", false), ("db-a1b2c34", false), ("-a1b2c3", false)]
        {
            assert_eq!(is_ambiguous(&AwsName::new(name).unwrap()), ambiguous, "{name}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn an_arn_is_read_as_it_is_written(
            name in "[A-Za-z0-9/_+=.@-]{1,40}",
            id in any::<[u8; 16]>(),
            account in "[0-9]{12}",
        ) {
            let arn = SecretArn {
                region: Region::new("eu-central-1").unwrap(),
                account: AccountId::new(&account).unwrap(),
                name: AwsName::new(name).unwrap(),
                suffix: ArnSuffix::of_id(SecretId::from_bytes(id)),
            };
            prop_assert_eq!(arn.to_string().parse(), Ok(arn.clone()));
            let reference = SecretReference::parse(&arn.to_string()).unwrap();
            let first = reference.candidates().next();
            prop_assert_eq!(first, Some(Candidate::Full(arn.name, arn.suffix)));
        }
    }
}
