use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// Who asks, as AWS's API names them
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>). Whoever is known may ask.
#[derive(Debug)]
pub struct GetCallerIdentity;

/// Somebody, as AWS's API names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerIdentity {
    /// Their ARN.
    pub arn: String,
    /// The account that everybody is in.
    pub account: String,
    /// Their unique id.
    pub user_id: String,
}

impl Operation for GetCallerIdentity {
    type Answer = CallerIdentity;

    const NAME: &'static str = "aws-get-caller-identity";

    fn subject(&self) -> Option<&str> {
        None
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<CallerIdentity>, Error> {
        room.require_known()?;
        let account = room.account().to_owned();
        let (arn, user_id) = (room.caller.arn(&account), room.caller.user_id(&account));
        Ok(Performed::read(CallerIdentity { arn, account, user_id }))
    }
}
