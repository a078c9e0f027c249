//! `DescribeSecret`.

use std::collections::BTreeMap;

use strongroom_engine::operations::aws as engine;

use crate::aws::call::Call;
use crate::aws::fault::Fault;
use crate::aws::parts::{
    ReplicationStatus, RotationRulesShown, TagShown, replication, tags_shown, versions_shown,
};
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

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let describe = engine::DescribeSecret { secret: call.secret(request.secret_id)? };
        let view = call.ask_about(&describe.secret.id, &describe)?;
        let replicas = (!view.replicas.is_empty()).then(|| replication(view.replicas));
        Ok(Answer {
            arn: view.named.arn.into(),
            name: view.named.name.into(),
            description: view.description,
            rotation_enabled: None,
            rotation_lambda_arn: None,
            rotation_rules: None,
            last_rotated: None,
            last_changed: Some(Moment(view.last_changed)),
            last_accessed: view.last_accessed.map(Moment),
            deleted: view.deleted.map(Moment),
            next_rotation: None,
            tags: tags_shown(view.tags),
            versions: versions_shown(view.versions),
            created: Moment(view.created).into(),
            primary_region: view.primary_region,
            replication: replicas,
        })
    }
}
