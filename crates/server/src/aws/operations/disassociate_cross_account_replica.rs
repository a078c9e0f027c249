//! `DisassociateCrossAccountReplica`.

use crate::aws::registry::{Operation, refusals};
use crate::aws::reply::Nothing;
use crate::aws::shape::structure;
use crate::aws::shapes::{SecretArn, SecretId};

/// Ends the link of a copy in another account.
pub struct DisassociateCrossAccountReplica;

structure! {
    /// What it reads.
    Request("DisassociateCrossAccountReplicaRequest") {
        secret_id: required SecretId = "SecretId",
        replica_arn: required SecretArn = "CrossAccountReplicaARN",
    }
}

impl Operation for DisassociateCrossAccountReplica {
    const NAME: &'static str = "DisassociateCrossAccountReplica";
    const ABOUT: &'static str = "Ends the link of a copy in another account";
    const NEVER: Option<&'static str> = Some(refusals::ACCOUNTS);
    type Request = Request;
    type Answer = Nothing;
}
