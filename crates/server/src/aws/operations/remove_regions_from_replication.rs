//! `RemoveRegionsFromReplication`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::Call;
use crate::aws::fault::Fault;
use crate::aws::parts::{ReplicationStatus, replication};
use crate::aws::registry::Operation;
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{RemoveReplicaRegionList, SecretId};

/// Takes a secret's copies away.
pub struct RemoveRegionsFromReplication;

structure! {
    /// What it reads.
    Request("RemoveRegionsFromReplicationRequest") {
        secret_id: required SecretId = "SecretId",
        regions: required RemoveReplicaRegionList = "RemoveReplicaRegions",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        replication: always Vec<ReplicationStatus> = "ReplicationStatus",
    }
}

impl Operation for RemoveRegionsFromReplication {
    const NAME: &'static str = "RemoveRegionsFromReplication";
    const ABOUT: &'static str = "Takes a secret's copies away";
    type Request = Request;
    type Answer = Answer;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let remove = engine::RemoveRegionsFromReplication {
            secret: call.secret(request.secret_id)?,
            regions: request.regions.0.into_iter().map(|region| region.0).collect(),
        };
        // A copy with many versions is erased in several commits.
        loop {
            let removed = call.ask_about(&remove.secret.id, &remove)?;
            if removed.is_done {
                return Ok(Answer {
                    arn: removed.named.arn.into(),
                    replication: replication(removed.replicas).into(),
                });
            }
        }
    }
}
