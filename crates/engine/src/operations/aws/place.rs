use std::sync::Arc;

use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::MountId;
use strongroom_core::model::{AwsName, Secret, SecretPath};

use super::rule::{AwsClass, refuse};
use super::view::Named;
use crate::error::{Error, InvalidRequest};
use crate::keys;
use crate::mounts::{Location, MountKind};
use crate::records::Stored;
use crate::room::{Aspect, Room};
use crate::witness::{Authorized, Grant, Reads};

/// The text for a name that is none, recorded from AWS.
const INVALID_NAME: &str = "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!";
/// The characters after the last hyphen of a secret's ARN.
const SUFFIX_CHARS: usize = 6;
const SUFFIX_ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Where a request is addressed: a region of an account, which is one mount of versioned secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The region, such as `us-east-1`.
    pub region: String,
    /// The account's 12 digits.
    pub account: String,
    /// The mount's path, without a slash at its end.
    pub mount: String,
}

/// The regions that a server has.
#[derive(Clone, Debug, Default)]
pub struct Places(Vec<Arc<Place>>);

/// A secret as a client names it: its name, its ARN, or its ARN without the last hyphen and six characters.
#[derive(Clone, Debug)]
pub struct SecretRef {
    /// Where it was asked for.
    pub place: Arc<Place>,
    /// What the client said.
    pub id: String,
}

/// What is done to a secret: an action of AWS's, and what it is to the policies of the caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Act {
    /// As in `secretsmanager:GetSecretValue`.
    pub(crate) action: &'static str,
    pub(crate) aspect: Aspect,
}

impl Act {
    pub(crate) const fn new(action: &'static str, aspect: Aspect) -> Self {
        Self { action, aspect }
    }
}

impl Places {
    /// These regions; the first is where a request goes that names none.
    #[must_use]
    pub fn new(places: impl IntoIterator<Item = Place>) -> Self {
        Self(places.into_iter().map(Arc::new).collect())
    }

    /// The region with this name.
    #[must_use]
    pub fn region(&self, region: &str) -> Option<&Arc<Place>> {
        self.0.iter().find(|place| place.region == region)
    }

    /// The region that a mount is.
    #[must_use]
    pub fn mount(&self, mount: &str) -> Option<&Arc<Place>> {
        self.0.iter().find(|place| place.mount == mount)
    }

    /// All of them, the first one first.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Place>> {
        self.0.iter()
    }
}

impl Place {
    /// The ARN of a secret in this region.
    #[must_use]
    pub fn arn(&self, name: &str, secret: &Secret) -> String {
        let Self { region, account, .. } = self;
        format!("arn:aws:secretsmanager:{region}:{account}:secret:{name}-{}", suffix(secret))
    }

    pub(crate) fn named(&self, name: &str, secret: &Secret) -> Named {
        Named { arn: self.arn(name, secret), name: name.to_owned() }
    }

    /// What comes after `secret:` in an ARN of this region, or the name that was given.
    fn resource<'i>(&self, id: &'i str) -> Result<(&'i str, bool), Error> {
        let Some(rest) = id.strip_prefix("arn:") else { return Ok((id, false)) };
        let mut parts = rest.splitn(6, ':');
        let mut next = || parts.next().unwrap_or_default();
        let (partition, service, region, account) = (next(), next(), next(), next());
        let (kind, resource) = (next(), next());
        if (partition, service, kind) != ("aws", "secretsmanager", "secret") {
            return Err(refuse(AwsClass::Validation, INVALID_NAME));
        }
        if region != self.region || account != self.account {
            return Err(Error::NotFound(id.to_owned()));
        }
        Ok((resource, true))
    }
}

/// A secret that a client names, before it is known whether it is there.
pub(crate) struct Meant {
    pub(crate) location: Location,
    pub(crate) name: String,
    /// The last characters of its ARN, when the client said them.
    suffix: Option<String>,
}

/// A secret that the caller may do `C` to.
pub(crate) struct Opened<C> {
    pub(crate) proof: Authorized<C>,
    pub(crate) found: Stored<Secret>,
    pub(crate) named: Named,
}

impl SecretRef {
    /// Which secret is meant: for an ARN the one with these six characters, else the one whose name all of the text is.
    pub(crate) fn locate(&self, room: &Room<'_>) -> Result<Meant, Error> {
        let (text, is_arn) = self.place.resource(&self.id)?;
        let meant = |name: &str, suffix: Option<&str>| {
            let location = location_of(room, &self.place.mount, &aws_name(name)?)?;
            Ok(Meant { location, name: name.to_owned(), suffix: suffix.map(str::to_owned) })
        };
        let Some((name, given)) = split_suffix(text).filter(|_| is_arn) else {
            return meant(text, None);
        };
        // Whether there is one decides only which the policies are asked of.
        let full = meant(name, Some(given))?;
        if room.look(&full.location).is_some_and(|found| full.is(&found.value)) {
            return Ok(full);
        }
        let partial = meant(text, None)?;
        Ok(if room.look(&partial.location).is_some() { partial } else { full })
    }
}

impl Meant {
    pub(crate) fn is(&self, secret: &Secret) -> bool {
        self.suffix.as_ref().is_none_or(|given| *given == suffix(secret))
    }

    fn require(&self, secret: &Secret) -> Result<(), Error> {
        if self.is(secret) { Ok(()) } else { Err(Error::NotFound(self.location.to_string())) }
    }
}

impl Room<'_> {
    /// The region that a mount is.
    pub(crate) fn place_of(&self, mount: MountId) -> Option<&Arc<Place>> {
        self.places.mount(self.mounts.path_of(mount)?.as_str())
    }

    /// The secret that a client names, to change it.
    ///
    /// # Errors
    /// [`Error::Forbidden`] before anything is told of it; [`Error::NotFound`]
    pub(crate) fn open_at<C: Grant>(
        &self,
        asked: &SecretRef,
        act: Act,
    ) -> Result<Opened<C>, Error> {
        let meant = asked.locate(self)?;
        let proof = self.authorise::<C>(meant.location.clone(), act.aspect)?;
        let found = self.existing(&proof)?;
        meant.require(&found.value)?;
        let named = asked.place.named(&meant.name, &found.value);
        Ok(Opened { proof, found, named })
    }

    /// The secret that a client names, to read it.
    ///
    /// # Errors
    /// As [`Self::open_at`]
    pub(crate) fn read_at<C: Reads>(
        &self,
        asked: &SecretRef,
        act: Act,
    ) -> Result<(Authorized<C>, Arc<Secret>, Named), Error> {
        let meant = asked.locate(self)?;
        let proof = self.authorise::<C>(meant.location.clone(), act.aspect)?;
        let secret = self.metadata(&proof)?;
        meant.require(&secret)?;
        let named = asked.place.named(&meant.name, &secret);
        Ok((proof, secret, named))
    }
}

/// A name of AWS's.
///
/// # Errors
/// AWS's own words for a text that is none.
pub(crate) fn aws_name(text: &str) -> Result<AwsName, Error> {
    AwsName::new(text).map_err(|_| refuse(AwsClass::Validation, INVALID_NAME))
}

/// Where the secret with a name is, or would be made.
pub(crate) fn location_of(room: &Room<'_>, mount: &str, name: &AwsName) -> Result<Location, Error> {
    let serving = room.mounts.at(mount).filter(|found| found.kind == MountKind::KeyValue);
    let serving = serving.ok_or_else(|| Error::from(InvalidRequest::NoMount(mount.to_owned())))?;
    let path = match name.as_path() {
        Some(path) => path,
        None => {
            let key = keys::aws_alias(serving.id, name);
            let kept = room.records().read::<SecretPath>(RecordKind::Alias, &key)?;
            match kept {
                Some(kept) => kept.value,
                None => name.derived_path().map_err(|source| Error::name(name.as_str(), source))?,
            }
        }
    };
    room.location(&format!("{mount}/{path}"))
}

/// A secret's name at this door; `None` when its path has characters that names have not.
pub(crate) fn name_of(secret: &Secret, path: &SecretPath) -> Option<AwsName> {
    secret.aliases.aws.clone().or_else(|| AwsName::of_path(path))
}

/// A name and the six characters behind its last hyphen.
fn split_suffix(text: &str) -> Option<(&str, &str)> {
    let (name, suffix) = text.rsplit_once('-')?;
    let is_suffix =
        suffix.len() == SUFFIX_CHARS && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_suffix && !name.is_empty()).then_some((name, suffix))
}

/// The six characters that end a secret's ARN. They come from its identifier, which is random, so that a secret that is
/// made anew has others.
fn suffix(secret: &Secret) -> String {
    let mut bits = u128::from_be_bytes(*secret.arn_id.unwrap_or(secret.id).as_bytes());
    let mut text = String::with_capacity(SUFFIX_CHARS);
    for _ in 0..SUFFIX_CHARS {
        let index = (bits % SUFFIX_ALPHABET.len() as u128) as usize;
        bits /= SUFFIX_ALPHABET.len() as u128;
        text.extend(SUFFIX_ALPHABET.get(index).map(|byte| char::from(*byte)));
    }
    text
}

#[cfg(test)]
mod tests {
    use strongroom_core::identifier::SecretId;
    use strongroom_core::model::Limits;
    use strongroom_core::time::Timestamp;

    use super::*;

    #[test]
    fn a_suffix_is_six_letters_and_digits_of_the_identifier() {
        let of = |byte: u8| {
            let id = SecretId::from_bytes([byte; 16]);
            suffix(&Secret::new(id, Limits::default(), Timestamp(1)))
        };
        assert_eq!(of(0), "AAAAAA");
        let text = of(0xff);
        assert_eq!(split_suffix(&format!("name-{text}")), Some(("name", text.as_str())));
    }

    #[test]
    fn a_suffix_is_split_off_where_there_is_one() {
        assert_eq!(split_suffix("a-b-c1D2e3"), Some(("a-b", "c1D2e3")));
        for none in ["abc", "a-b", "a-12345", "a-1234567", "a-12_456", "-abcdef"] {
            assert_eq!(split_suffix(none), None, "{none}");
        }
    }
}
