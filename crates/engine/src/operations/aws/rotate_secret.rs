use super::place::{Act, Opened, SecretRef};
use super::rule::{AwsClass, refuse};
use super::view::Named;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Write};

/// Rotate a secret by a function. This server runs no functions of AWS Lambda: it is refused as AWS refuses one that it
/// cannot invoke, and nothing is kept of it.
#[derive(Debug)]
pub struct RotateSecret {
    /// Which secret.
    pub secret: SecretRef,
    /// The ARN of the function.
    pub function: Option<String>,
}

impl Operation for RotateSecret {
    type Answer = Named;

    const NAME: &'static str = "aws-rotate-secret";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Named>, Error> {
        let act = Act::new("RotateSecret", Aspect::Metadata);
        let Opened { found, named, .. } = room.open_at::<Write>(&self.secret, act, |facts| {
            facts.add_some("secretsmanager:rotationlambdaarn", &self.function);
        })?;
        if found.value.is_deleted() {
            return Err(Error::Deleted(named.name));
        }
        found.value.require_primary()?;
        Err(match self.function {
            None => {
                let text = "No Lambda rotation function ARN is associated with this secret.";
                refuse(AwsClass::InvalidRequest, text)
            }
            Some(_) => {
                let text = "Secrets Manager cannot invoke the specified Lambda function. Ensure that the function policy grants access to the principal secretsmanager.amazonaws.com.";
                refuse(AwsClass::AccessDenied, text)
            }
        })
    }
}
