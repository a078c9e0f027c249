//! `StopReplicationToReplica`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::Call;
use crate::aws::fault::Fault;
use crate::aws::registry::Operation;
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::SecretId;

/// Makes a copy a secret of its own.
pub struct StopReplicationToReplica;

structure! {
    /// What it reads.
    Request("StopReplicationToReplicaRequest") {
        secret_id: required SecretId = "SecretId",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
    }
}

impl Operation for StopReplicationToReplica {
    const NAME: &'static str = "StopReplicationToReplica";
    const ABOUT: &'static str = "Makes a copy a secret of its own";
    type Request = Request;
    type Answer = Answer;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let stop = engine::StopReplicationToReplica { secret: call.secret(request.secret_id)? };
        let stopped = call.ask_about(&stop.secret.id, &stop)?;
        Ok(Answer { arn: stopped.named.arn.into() })
    }
}
