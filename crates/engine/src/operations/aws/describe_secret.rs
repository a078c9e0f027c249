use super::place::{Act, SecretRef};
use super::view::SecretView;
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Read};

/// Read what is known of a secret and its versions, without values. Answers for a deleted secret too.
#[derive(Debug)]
pub struct DescribeSecret {
    /// Which secret.
    pub secret: SecretRef,
}

const ACT: Act = Act::new("DescribeSecret", Aspect::Metadata);

impl Operation for DescribeSecret {
    type Answer = SecretView;

    const NAME: &'static str = "aws-describe-secret";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<SecretView>, Error> {
        let (proof, known, named) = room.read_at::<Read>(&self.secret, ACT, |_| {})?;
        let secret = &known.secret;
        Ok(Performed::read(SecretView::of(secret, named, room)).at(proof.location()))
    }
}
