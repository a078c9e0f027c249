use strongroom_core::aws::random_password::PasswordRules;
use strongroom_core::secret::SecretValue;

use super::rule::{AwsClass, refuse};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// Make a random password. It is kept nowhere: whoever is known may ask.
#[derive(Debug)]
pub struct GetRandomPassword {
    /// What it is made of.
    pub rules: PasswordRules,
}

impl Operation for GetRandomPassword {
    type Answer = SecretValue;

    const NAME: &'static str = "aws-get-random-password";

    fn subject(&self) -> Option<&str> {
        None
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<SecretValue>, Error> {
        room.require_known()?;
        let password = self.rules.generate(room.random);
        let password = password.map_err(|e| refuse(AwsClass::InvalidParameter, e.to_string()))?;
        Ok(Performed::read(SecretValue::from(password)))
    }
}
