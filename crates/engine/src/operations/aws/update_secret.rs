use strongroom_core::aws::token::ClientRequestToken;
use strongroom_core::model::{Payload, Placement};
use strongroom_store::Batch;

use super::place::{Act, Opened, SecretRef};
use super::versions::{self, NewValue, Wrote};
use super::view::Named;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Write};

/// Change what a secret is for, add a version that becomes the current one, or both.
#[derive(Debug)]
pub struct UpdateSecret {
    /// Which secret.
    pub secret: SecretRef,
    /// The token of the request.
    pub client_token: ClientRequestToken,
    /// What it is for.
    pub description: Option<String>,
    /// The new value.
    pub payload: Option<Payload>,
}

/// A secret that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    /// Its ARN and name.
    pub named: Named,
    /// The new version's identifier, when there is one.
    pub version_id: Option<String>,
}

/// What of a secret is changed decides which of Vault's paths may grant it.
fn act(update: &UpdateSecret) -> Act {
    let aspect = if update.payload.is_some() { Aspect::Data } else { Aspect::Metadata };
    Act::new("UpdateSecret", aspect)
}

impl Operation for UpdateSecret {
    type Answer = Updated;

    const NAME: &'static str = "aws-update-secret";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Updated>, Error> {
        let Opened { proof, found, named } =
            room.open_at::<Write>(&self.secret, act(self), |facts| {
                facts.add_some("secretsmanager:description", &self.description);
            })?;
        let mut secret = found.value.clone();
        if secret.is_deleted() {
            return Err(Error::Deleted(named.name));
        }
        let mut batch = Batch::default();
        let location = proof.location();
        let mut version = None;
        if let Some(payload) = &self.payload {
            let token = &self.client_token;
            let value = NewValue { token, payload, placement: Placement::Current, arn: &named.arn };
            let wrote = versions::write(room, &mut batch, location, &mut secret, value)?;
            let (Wrote::New(number) | Wrote::Already(number)) = wrote;
            version = Some(number.0);
        }
        if let Some(description) = &self.description {
            secret.description = Some(description.clone()).filter(|text| !text.is_empty());
        }
        let version_id = version.map(|_| self.client_token.as_str().to_owned());
        let updated = Updated { named, version_id };
        let performed = if secret == found.value {
            Performed::read(updated)
        } else {
            secret.updated = room.now;
            room.put_secret(&mut batch, location, &secret, Some(&found))?;
            Performed::change(updated, batch)
        };
        let performed = performed.at(location);
        Ok(match version {
            Some(number) => performed.of_version(number),
            None => performed,
        })
    }
}
