//! `ReplicateSecretToRegions`.

use strongroom_engine::operations::aws as engine;

use crate::aws::call::Call;
use crate::aws::fault::Fault;
use crate::aws::parts::{ReplicationStatus, replication};
use crate::aws::registry::{Operation, Partly};
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{AddReplicaRegionList, SecretId, truth};

/// Copies a secret to other regions.
pub struct ReplicateSecretToRegions;

structure! {
    /// What it reads.
    Request("ReplicateSecretToRegionsRequest") {
        secret_id: required SecretId = "SecretId",
        replicas: required AddReplicaRegionList = "AddReplicaRegions",
        force_overwrite: optional truth::Boolean = "ForceOverwriteReplicaSecret",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        replication: always Vec<ReplicationStatus> = "ReplicationStatus",
    }
}

impl Operation for ReplicateSecretToRegions {
    const NAME: &'static str = "ReplicateSecretToRegions";
    const ABOUT: &'static str = "Copies a secret to other regions";
    const PARTLY: &'static [Partly] = &[Partly {
        member: "AddReplicaRegions",
        about: "`KmsKeyId` is the default key only: `alias/aws/secretsmanager`",
    }];
    type Request = Request;
    type Answer = Answer;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let replicate = engine::ReplicateSecretToRegions {
            secret: call.secret(request.secret_id)?,
            replicas: call.replicas(Some(request.replicas))?,
            force_overwrite: request.force_overwrite.is_some_and(|force| force.0),
        };
        let replicated = call.ask_about(&replicate.secret.id, &replicate)?;
        Ok(Answer {
            arn: replicated.named.arn.into(),
            replication: replication(replicated.replicas).into(),
        })
    }
}
