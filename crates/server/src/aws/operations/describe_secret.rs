//! `DescribeSecret`.

use std::collections::BTreeMap;

use crate::aws::parts::{ReplicationStatus, RotationRulesShown, TagShown};
use crate::aws::registry::Operation;
use crate::aws::reply::{Moment, answer};
use crate::aws::shape::structure;
use crate::aws::shapes::SecretId;

/// What is known of a secret, but for its values.
pub struct DescribeSecret;

structure! {
    /// What it reads.
    Request("DescribeSecretRequest") {
        secret_id: required SecretId = "SecretId",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        name: always String = "Name",
        description: maybe String = "Description",
        rotation_enabled: maybe bool = "RotationEnabled",
        rotation_lambda_arn: maybe String = "RotationLambdaARN",
        rotation_rules: maybe RotationRulesShown = "RotationRules",
        last_rotated: maybe Moment = "LastRotatedDate",
        last_changed: maybe Moment = "LastChangedDate",
        last_accessed: maybe Moment = "LastAccessedDate",
        deleted: maybe Moment = "DeletedDate",
        next_rotation: maybe Moment = "NextRotationDate",
        tags: maybe Vec<TagShown> = "Tags",
        versions: maybe BTreeMap<String, Vec<String>> = "VersionIdsToStages",
        created: always Moment = "CreatedDate",
        primary_region: maybe String = "PrimaryRegion",
        replication: maybe Vec<ReplicationStatus> = "ReplicationStatus",
    }
}

impl Operation for DescribeSecret {
    const NAME: &'static str = "DescribeSecret";
    const ABOUT: &'static str = "What is known of a secret, but for its values";
    type Request = Request;
    type Answer = Answer;
}
