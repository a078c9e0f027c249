use super::place::{Act, Opened, SecretRef};
use super::rule::{AwsClass, refuse};
use super::view::Named;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Write};

/// Turn rotation off. No secret is rotated by a function, so there is none to turn off.
#[derive(Debug)]
pub struct CancelRotateSecret {
    /// Which secret.
    pub secret: SecretRef,
}

impl Operation for CancelRotateSecret {
    type Answer = Named;

    const NAME: &'static str = "aws-cancel-rotate-secret";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Named>, Error> {
        let act = Act::new("CancelRotateSecret", Aspect::Metadata);
        let Opened { found, named, .. } = room.open_at::<Write>(&self.secret, act, |_| {})?;
        if found.value.is_deleted() {
            return Err(Error::Deleted(named.name));
        }
        // The words that AWS has for it, although it is not enabled here.
        let text = "You tried to enable rotation on a secret that doesn't already have a Lambda function ARN configured and you didn't include such an ARN as a parameter in this call.";
        Err(refuse(AwsClass::InvalidRequest, text))
    }
}
