use std::collections::BTreeMap;
use std::sync::Arc;

use strongroom_core::aws::arn::{ArnError, ArnSuffix, Candidate, INVALID_NAME, SecretReference};
use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::MountId;
use strongroom_core::model::{AwsName, Secret, SecretPath};
use strongroom_core::policy::Capability;

use super::rule::{AwsClass, refuse};
use super::view::Named;
use crate::error::{Error, InvalidRequest};
use crate::keys;
use crate::metadata::KnownSecret;
use crate::mounts::{Location, MountKind};
use crate::records::Stored;
use crate::room::{Aspect, Room};
use crate::witness::{Authorized, Grant, Reads, Write};

/// Where a request is addressed: a region of an account, which is one mount of versioned secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// What is known of a request, under the names that conditions of AWS's policies have for it, in small letters.
#[derive(Debug, Default)]
pub(crate) struct Facts(BTreeMap<String, Vec<String>>);

impl Facts {
    /// One more value under a name.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.0.entry(name.to_ascii_lowercase()).or_default().push(value.into());
    }

    /// One more value under a name, if there is one.
    pub(crate) fn add_some(&mut self, name: &str, value: &Option<String>) {
        if let Some(value) = value {
            self.add(name, value.as_str());
        }
    }

    /// The values under a name.
    pub(crate) fn get(&self, name: &str) -> Option<Vec<String>> {
        self.0.get(name).cloned()
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
        format!(
            "arn:aws:secretsmanager:{region}:{account}:secret:{name}-{}",
            suffix(secret).as_str()
        )
    }

    pub(crate) fn named(&self, name: &str, secret: &Secret) -> Named {
        Named { arn: self.arn(name, secret), name: name.to_owned() }
    }
}

/// A secret that a client names, before it is known whether it is there.
pub(crate) struct Meant {
    pub(crate) location: Location,
    pub(crate) name: AwsName,
    /// The last characters of its ARN, when the client said them.
    suffix: Option<ArnSuffix>,
}

/// A secret that the caller may do `C` to.
pub(crate) struct Opened<C> {
    pub(crate) proof: Authorized<C>,
    pub(crate) found: Stored<Secret>,
    pub(crate) named: Named,
}

impl SecretRef {
    /// Which secret is meant: for an ARN the one that has exactly this one, else the one whose name all of the text is.
    pub(crate) fn locate(&self, room: &Room<'_>) -> Result<Meant, Error> {
        let reference = SecretReference::parse(&self.id).map_err(|error| match error {
            ArnError::Name => refuse(AwsClass::Validation, INVALID_NAME),
            _ => Error::NotFound(self.id.clone()),
        })?;
        if let SecretReference::Arn { region, account, .. } = &reference
            && (region.as_str() != self.place.region || account.as_str() != self.place.account)
        {
            return Err(Error::NotFound(self.id.clone()));
        }
        // Whether there is one decides only which the policies are asked of.
        let mut first = None;
        for candidate in reference.candidates() {
            let (name, suffix) = match candidate {
                Candidate::Full(name, suffix) => (name, Some(suffix)),
                Candidate::Named(name) => (name, None),
            };
            let location = location_of(room, &self.place.mount, &name)?;
            let meant = Meant { location, name, suffix };
            if first.is_none() && matches!(reference, SecretReference::Name(_)) {
                return Ok(meant);
            }
            if room.look(&meant.location).is_some_and(|found| meant.is(&found.secret)) {
                return Ok(meant);
            }
            first = first.or(Some(meant));
        }
        first.ok_or_else(|| Error::NotFound(self.id.clone()))
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
        facts: impl Fn(&mut Facts),
    ) -> Result<Opened<C>, Error> {
        let meant = asked.locate(self)?;
        let (proof, _) = self.authorise_act::<C>(&asked.place, &meant, act, &facts)?;
        let found = self.existing(&proof)?;
        meant.require(&found.value)?;
        let named = asked.place.named(meant.name.as_str(), &found.value);
        Ok(Opened { proof, found, named })
    }

    /// The secret that a client names, for the root to change what is said of who may.
    pub(crate) fn open_as_root(
        &self,
        asked: &SecretRef,
        meant: &Meant,
        act: Act,
    ) -> Result<Opened<Write>, Error> {
        self.require_on(&meant.location, act.aspect, Capability::Update)?;
        let proof = Authorized::new(meant.location.clone());
        let found = self.existing(&proof)?;
        meant.require(&found.value)?;
        let named = asked.place.named(meant.name.as_str(), &found.value);
        Ok(Opened { proof, found, named })
    }

    /// Whether the caller may do everything.
    pub(crate) fn is_root(&self) -> bool {
        self.caller.principal.acl().is_root()
    }

    /// The secret that a client names, to read it.
    ///
    /// # Errors
    /// As [`Self::open_at`]
    pub(crate) fn read_at<C: Reads>(
        &self,
        asked: &SecretRef,
        act: Act,
        facts: impl Fn(&mut Facts),
    ) -> Result<(Authorized<C>, Arc<KnownSecret>, Named), Error> {
        let meant = asked.locate(self)?;
        let (proof, known) = self.authorise_act::<C>(&asked.place, &meant, act, &facts)?;
        let known = match known {
            Some(known) => known,
            None => self.known(&proof)?,
        };
        meant.require(&known.secret)?;
        let named = asked.place.named(meant.name.as_str(), &known.secret);
        Ok((proof, known, named))
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

/// The six characters that end a secret's ARN. They come from its identifier, which is random, so that a secret that is
/// made anew has others.
fn suffix(secret: &Secret) -> ArnSuffix {
    ArnSuffix::of_id(secret.arn_id.unwrap_or(secret.id))
}
