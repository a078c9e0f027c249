use std::collections::{BTreeMap, BTreeSet};

use strongroom_core::model::Secret;
use strongroom_store::Batch;

use super::place::{Act, Facts, Opened, SecretRef};
use super::rule::{AwsClass, refuse};
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Write};

/// The most tags of a secret.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_TagResource.html>
pub const TAGS_MAX: usize = 50;

/// Set tags; those of other keys stay.
#[derive(Debug)]
pub struct TagResource {
    /// Which secret.
    pub secret: SecretRef,
    /// Keys with values.
    pub tags: BTreeMap<String, String>,
}

/// Remove tags. A key that is not there is passed over.
#[derive(Debug)]
pub struct UntagResource {
    /// Which secret.
    pub secret: SecretRef,
    /// The keys.
    pub keys: BTreeSet<String>,
}

impl Operation for TagResource {
    type Answer = ();

    const NAME: &'static str = "aws-tag-resource";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let act = Act::new("TagResource", Aspect::Metadata);
        let facts = |facts: &mut Facts| {
            for (key, value) in &self.tags {
                facts.add("aws:tagkeys", key);
                facts.add(&format!("aws:requesttag/{key}"), value);
            }
        };
        change(room, &self.secret, act, self.tags.keys(), facts, |secret| {
            secret.aws_tags.extend(self.tags.clone());
        })
    }
}

impl Operation for UntagResource {
    type Answer = ();

    const NAME: &'static str = "aws-untag-resource";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let act = Act::new("UntagResource", Aspect::Metadata);
        let facts = |facts: &mut Facts| {
            self.keys.iter().for_each(|key| facts.add("aws:tagkeys", key));
        };
        change(room, &self.secret, act, self.keys.iter(), facts, |secret| {
            secret.aws_tags.retain(|key, _| !self.keys.contains(key));
        })
    }
}

fn change<'k>(
    room: &Room<'_>,
    asked: &SecretRef,
    act: Act,
    keys: impl Iterator<Item = &'k String>,
    facts: impl Fn(&mut Facts),
    edit: impl FnOnce(&mut Secret),
) -> Result<Performed<()>, Error> {
    let Opened { proof, found, named } = room.open_at::<Write>(asked, act, facts)?;
    let mut secret = found.value.clone();
    if secret.is_deleted() {
        return Err(Error::Deleted(named.name));
    }
    edit(&mut secret);
    check(&secret.aws_tags)?;
    let keys = keys.map(String::as_str).collect::<Vec<_>>().join(" ");
    if secret == found.value {
        return Ok(Performed::read(()).at(proof.location()).naming("tags", keys));
    }
    secret.updated = room.now;
    let mut batch = Batch::default();
    room.put_secret(&mut batch, proof.location(), &secret, Some(&found))?;
    Ok(Performed::change((), batch).at(proof.location()).naming("tags", keys))
}

/// That there are not too many, and none of those that AWS keeps for itself.
pub(super) fn check(tags: &BTreeMap<String, String>) -> Result<(), Error> {
    if tags.len() > TAGS_MAX {
        let text = format!("You can't have more than {TAGS_MAX} tags on a secret.");
        return Err(refuse(AwsClass::InvalidParameter, text));
    }
    if tags.keys().any(|key| key.to_ascii_lowercase().starts_with("aws:")) {
        let text = "Tag keys that begin with aws: are reserved.";
        return Err(refuse(AwsClass::InvalidParameter, text));
    }
    Ok(())
}
