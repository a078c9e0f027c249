//! `DeleteSecret`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::Call;
use crate::aws::fault::Fault;
use crate::aws::registry::Operation;
use crate::aws::reply::{Moment, answer};
use crate::aws::shape::structure;
use crate::aws::shapes::{RecoveryWindowInDays, SecretId, truth};

/// Deletes a secret: after a window of days, or at once.
pub struct DeleteSecret;

structure! {
    /// What it reads.
    Request("DeleteSecretRequest") {
        secret_id: required SecretId = "SecretId",
        window_days: optional RecoveryWindowInDays = "RecoveryWindowInDays",
        force: optional truth::Boolean = "ForceDeleteWithoutRecovery",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        name: always String = "Name",
        deletion_date: always Moment = "DeletionDate",
    }
}

impl Operation for DeleteSecret {
    const NAME: &'static str = "DeleteSecret";
    const ABOUT: &'static str = "Deletes a secret: after a window of days, or at once";
    type Request = Request;
    type Answer = Answer;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let delete = engine::DeleteSecret {
            secret: call.secret(request.secret_id)?,
            window: window(request.window_days, request.force)?,
        };
        // A secret with many versions is erased in several commits.
        loop {
            let deleted = call.ask_about(&delete.secret.id, &delete)?;
            if deleted.is_done {
                return Ok(Answer {
                    arn: deleted.named.arn.into(),
                    name: deleted.named.name.into(),
                    deletion_date: Moment(deleted.deletion_date).into(),
                });
            }
        }
    }
}

/// How many days a deleted secret can be restored, where the request does not say.
const WINDOW_DAYS: u32 = 30;
const BOTH: &str =
    "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.";
const NO_WINDOW: &str = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).";

fn window(
    days: Option<RecoveryWindowInDays>,
    force: Option<truth::Boolean>,
) -> Result<engine::Window, Fault> {
    match (days, force.is_some_and(|force| force.0)) {
        (Some(_), true) => Err(Fault::invalid_parameter(BOTH)),
        (None, true) => Ok(engine::Window::None),
        (None, false) => Ok(engine::Window::Days(WINDOW_DAYS)),
        (Some(days), false) => match u32::try_from(days.0) {
            Ok(days @ 7..=30) => Ok(engine::Window::Days(days)),
            _ => Err(Fault::invalid_parameter(NO_WINDOW)),
        },
    }
}
