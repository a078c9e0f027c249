use std::collections::BTreeSet;

use strongroom_core::aws::token::ClientRequestToken;
use strongroom_core::model::{Label, Payload, Placement, Selector};
use strongroom_store::Batch;

use super::place::{Act, Opened, SecretRef};
use super::versions::{self, NewValue, Wrote};
use super::view::{Named, stages};
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Write};

/// Add a version. Without labels it becomes the current one.
#[derive(Debug)]
pub struct PutSecretValue {
    /// Which secret.
    pub secret: SecretRef,
    /// The token of the request, which is the version's identifier from then on.
    pub client_token: ClientRequestToken,
    /// What it holds.
    pub payload: Payload,
    /// The labels that it takes from the versions that have them.
    pub stages: Option<BTreeSet<Label>>,
}

/// A version that was added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Put {
    /// The secret's ARN and name.
    pub named: Named,
    /// The version's identifier.
    pub version_id: String,
    /// Its labels.
    pub stages: Vec<String>,
}

const ACT: Act = Act::new("PutSecretValue", Aspect::Data);

impl Operation for PutSecretValue {
    type Answer = Put;

    const NAME: &'static str = "aws-put-secret-value";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Put>, Error> {
        let Opened { proof, found, named } = room.open_at::<Write>(&self.secret, ACT, |_| {})?;
        let mut secret = found.value.clone();
        let mut batch = Batch::default();
        let value = NewValue {
            token: &self.client_token,
            payload: &self.payload,
            placement: match &self.stages {
                Some(stages) => Placement::Labels(stages.clone()),
                None => Placement::Current,
            },
            arn: &named.arn,
        };
        if secret.is_deleted() {
            return Err(Error::Deleted(named.name));
        }
        let location = proof.location();
        let wrote = versions::write(room, &mut batch, location, &mut secret, value)?;
        let (Wrote::New(number) | Wrote::Already(number)) = wrote;
        let labels = secret.version(&Selector::Number(number)).map(stages).unwrap_or_default();
        let put = Put { named, version_id: self.client_token.as_str().to_owned(), stages: labels };
        let performed = match wrote {
            Wrote::Already(_) => Performed::read(put),
            Wrote::New(_) => {
                room.put_secret(&mut batch, location, &secret, Some(&found))?;
                Performed::change(put, batch)
            }
        };
        Ok(performed.of_version(number.0).at(location))
    }
}
