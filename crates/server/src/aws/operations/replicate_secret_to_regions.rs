//! `ReplicateSecretToRegions`.

use crate::aws::parts::ReplicationStatus;
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
}
