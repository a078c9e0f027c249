//! `CreateSecret`.

use std::sync::Arc;

use strongroom_engine::operations::aws as engine;

use crate::aws::call::{Call, check_key, client_token, name, payload, tags};
use crate::aws::fault::Fault;
use crate::aws::parts::{ReplicationStatus, replication};
use crate::aws::registry::{Operation, Partly, Refused, refusals};
use crate::aws::reply::answer;
use crate::aws::shape::structure;
use crate::aws::shapes::{
    AddReplicaRegionList, ClientRequestToken, Description, KmsKeyId, MedeaType, Name, SecretArn,
    SecretBinary, SecretString, TagList, truth,
};

/// Makes a secret, with its first value if it has one.
pub struct CreateSecret;

structure! {
    /// What it reads.
    Request("CreateSecretRequest") {
        name: required Name = "Name",
        client_token: optional ClientRequestToken = "ClientRequestToken",
        description: optional Description = "Description",
        kms_key_id: optional KmsKeyId = "KmsKeyId",
        binary: optional SecretBinary = "SecretBinary",
        text: optional SecretString = "SecretString",
        tags: optional TagList = "Tags",
        replicas: optional AddReplicaRegionList = "AddReplicaRegions",
        force_overwrite: optional truth::Boolean = "ForceOverwriteReplicaSecret",
        kind: optional MedeaType = "Type",
        cross_account_primary: optional SecretArn = "CrossAccountPrimaryARN",
    }
}

answer! {
    /// What it answers.
    Answer {
        arn: always String = "ARN",
        name: always String = "Name",
        version_id: maybe String = "VersionId",
        replication: maybe Vec<ReplicationStatus> = "ReplicationStatus",
    }
}

impl Operation for CreateSecret {
    const NAME: &'static str = "CreateSecret";
    const ABOUT: &'static str = "Makes a secret, with its first value if it has one";
    const REFUSED: &'static [Refused] = &[
        Refused { member: "Type", text: refusals::EXTERNAL },
        Refused { member: "CrossAccountPrimaryARN", text: refusals::ACCOUNTS },
    ];
    const PARTLY: &'static [Partly] =
        &[Partly { member: "KmsKeyId", about: "the default key only: `alias/aws/secretsmanager`" }];
    type Request = Request;
    type Answer = Answer;

    fn serve(call: &Call<'_>, request: Request) -> Result<Self::Answer, Fault> {
        let client_token = client_token(request.client_token)?;
        check_key(request.kms_key_id.as_ref())?;
        let create = engine::CreateSecret {
            place: Arc::clone(call.place()),
            name: name(request.name)?,
            client_token,
            description: request.description.map(|description| description.0),
            payload: payload(request.text, request.binary)?,
            tags: tags(request.tags)?,
            replicas: call.replicas(request.replicas)?,
            force_overwrite_replicas: request.force_overwrite.is_some_and(|force| force.0),
        };
        let made = call.ask_about(&create.name, &create)?;
        let replicas = (!made.replicas.is_empty()).then(|| replication(made.replicas));
        Ok(Answer {
            arn: made.named.arn.into(),
            name: made.named.name.into(),
            version_id: made.version_id,
            replication: replicas,
        })
    }
}
