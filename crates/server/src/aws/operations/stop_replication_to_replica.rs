//! `StopReplicationToReplica`.

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
}
