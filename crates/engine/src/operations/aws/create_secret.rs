use std::collections::BTreeMap;
use std::sync::Arc;

use strongroom_core::aws::token::{ClientRequestToken, text_of};
use strongroom_core::model::{Payload, Placement, Secret, VERSIONS_MAX};
use strongroom_store::{Batch, Precondition};

use super::place::{Act, Place, aws_name, location_of};
use super::replication::add_replicas;
use super::rule::{AwsClass, refuse};
use super::tags;
use super::versions::{self, NewValue, Wrote};
use super::view::{Named, ReplicaStatus, replicas_of};
use crate::error::Error;
use crate::keys;
use crate::mounts::Location;
use crate::operations::new_secret;
use crate::records::Stored;
use crate::room::{Aspect, Operation, Room};
use crate::witness::Performed;

/// Make a secret, with a value or without.
#[derive(Debug)]
pub struct CreateSecret {
    /// Where.
    pub place: Arc<Place>,
    /// Its name.
    pub name: String,
    /// The token of the request: a client that tries again makes no second one.
    pub client_token: ClientRequestToken,
    /// What it is for.
    pub description: Option<String>,
    /// Its first value.
    pub payload: Option<Payload>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Where copies of it are made.
    pub replicas: Vec<Arc<Place>>,
    /// Whether a copy may take the place of a secret of its name.
    pub force_overwrite_replicas: bool,
}

/// A secret that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// Its ARN and name.
    pub named: Named,
    /// The first version's identifier.
    pub version_id: Option<String>,
    /// Its copies.
    pub replicas: Vec<ReplicaStatus>,
}

const ACT: Act = Act::new("CreateSecret", Aspect::Data);

impl Operation for CreateSecret {
    type Answer = Created;

    const NAME: &'static str = "aws-create-secret";

    fn subject(&self) -> Option<&str> {
        Some(&self.name)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Created>, Error> {
        let name = aws_name(&self.name)?;
        let location = location_of(room, &self.place.mount, &name)?;
        let (proof, found) = room.authorise_write(location, ACT.aspect)?;
        let location = proof.location();
        if let Some(found) = found {
            return Ok(self.again(room, &found)?.at(location));
        }
        tags::check(&self.tags)?;
        let mut batch = Batch::default();
        let mut secret = new_secret(room, &mut batch, location)?;
        // What is dropped before is what this door's own rule drops.
        secret.limits.versions_max = VERSIONS_MAX;
        secret.description.clone_from(&self.description);
        secret.aws_tags.clone_from(&self.tags);
        if name.as_path().is_none() {
            let key = keys::aws_alias(location.mount, &name);
            batch.preconditions.push(Precondition::Absent(key.clone()));
            batch.writes.push(room.alias(key, location.path()));
            secret.aliases.aws = Some(name);
        }
        let version = self.first_version(room, &mut batch, location, &mut secret)?;
        add_replicas(
            room,
            &mut batch,
            location,
            &mut secret,
            &self.replicas,
            self.force_overwrite_replicas,
        )?;
        room.put_secret(&mut batch, location, &secret, None)?;
        let created =
            self.created(room, &secret, version.map(|_| self.client_token.as_str().to_owned()));
        let performed = Performed::change(created, batch).at(location);
        Ok(match version {
            Some(number) => performed.of_version(number),
            None => performed,
        })
    }
}

impl CreateSecret {
    fn first_version(
        &self,
        room: &Room<'_>,
        batch: &mut Batch,
        location: &Location,
        secret: &mut Secret,
    ) -> Result<Option<u64>, Error> {
        let Some(payload) = &self.payload else { return Ok(None) };
        let value = NewValue {
            token: &self.client_token,
            payload,
            placement: Placement::Current,
            arn: &self.place.arn(&self.name, secret),
        };
        match versions::write(room, batch, location, secret, value)? {
            Wrote::New(number) | Wrote::Already(number) => Ok(Some(number.0)),
        }
    }

    /// What is answered where there is one: success to whoever made it, and asks the same again.
    fn again(&self, room: &Room<'_>, found: &Stored<Secret>) -> Result<Performed<Created>, Error> {
        let secret = &found.value;
        if secret.is_deleted() {
            let text = "You can't create this secret because a secret with this name is already scheduled for deletion.";
            return Err(refuse(AwsClass::InvalidRequest, text));
        }
        let made = self.client_token.find(secret);
        if let (Some(version), Some(payload)) = (made, &self.payload)
            && versions::holds(room, secret, version, payload)?
        {
            let number = version.number.0;
            let created = self.created(room, secret, Some(text_of(version).into_owned()));
            return Ok(Performed::read(created).of_version(number));
        }
        let text = format!("The operation failed because the secret {} already exists.", self.name);
        Err(refuse(AwsClass::ResourceExists, text))
    }

    fn created(&self, room: &Room<'_>, secret: &Secret, version_id: Option<String>) -> Created {
        let named = self.place.named(&self.name, secret);
        Created { named, version_id, replicas: replicas_of(secret, room) }
    }
}
