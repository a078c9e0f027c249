//! `AssociateCrossAccountReplica`.

use crate::aws::registry::{Operation, refusals};
use crate::aws::reply::Nothing;
use crate::aws::shape::structure;
use crate::aws::shapes::{ReplicaRestriction, RoleArn, SecretArn, SecretId};

/// Links a copy in another account.
pub struct AssociateCrossAccountReplica;

structure! {
    /// What it reads.
    Request("AssociateCrossAccountReplicaRequest") {
        secret_id: required SecretId = "SecretId",
        replica_arn: required SecretArn = "CrossAccountReplicaARN",
        restriction: optional ReplicaRestriction = "ReplicaRestriction",
        role_arn: optional RoleArn = "ReplicationRoleARN",
    }
}

impl Operation for AssociateCrossAccountReplica {
    const NAME: &'static str = "AssociateCrossAccountReplica";
    const ABOUT: &'static str = "Links a copy in another account";
    const NEVER: Option<&'static str> = Some(refusals::ACCOUNTS);
    type Request = Request;
    type Answer = Nothing;
}
