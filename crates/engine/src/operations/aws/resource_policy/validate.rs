use std::sync::Arc;

use strongroom_core::aws::arn::AccountId;
use strongroom_core::aws::policy::{Caller, Finding};

use super::super::place::{Act, Place, SecretRef};
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Read};

/// Look a policy over, as one for a secret or for any.
#[derive(Debug)]
pub struct ValidateResourcePolicy {
    /// Where.
    pub place: Arc<Place>,
    /// For which secret.
    pub secret: Option<SecretRef>,
    /// The policy.
    pub policy: String,
}

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFinding {
    /// The check that found it.
    pub check: String,
    /// What it is.
    pub message: String,
}

impl Operation for ValidateResourcePolicy {
    type Answer = Vec<PolicyFinding>;

    const NAME: &'static str = "aws-validate-resource-policy";

    fn subject(&self) -> Option<&str> {
        self.secret.as_ref().map(|secret| secret.id.as_str())
    }

    fn region(&self) -> Option<&str> {
        Some(&self.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<PolicyFinding>>, Error> {
        room.require_known()?;
        let arn = match &self.secret {
            Some(secret) => {
                let act = Act::new("ValidateResourcePolicy", Aspect::Metadata);
                room.read_at::<Read>(secret, act, |_| {})?.2.arn
            }
            None => "*".to_owned(),
        };
        let account = AccountId::new(&self.place.account)
            .map_err(|_| Error::damaged("the account", "it is not twelve digits"))?;
        let arns = room.caller.arns(&self.place.account);
        let arns: Vec<&str> = arns.iter().map(String::as_str).collect();
        let caller = Caller { arns: &arns, account: &account };
        let finding = |finding: Finding| PolicyFinding {
            check: finding.check_name().to_owned(),
            message: finding.to_string(),
        };
        let found = Finding::all(&self.policy, caller, &arn).into_iter().map(finding).collect();
        Ok(Performed::read(found))
    }
}
