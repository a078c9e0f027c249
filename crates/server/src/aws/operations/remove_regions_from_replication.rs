//! `RemoveRegionsFromReplication`.

use crate::aws::parts::ReplicationStatus;
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
}
