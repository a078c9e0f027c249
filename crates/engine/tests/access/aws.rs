use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use strongroom_core::aws::labels::StageUpdate;
use strongroom_core::aws::token::ClientRequestToken;
use strongroom_core::model::Label;
use strongroom_engine::operations::aws::*;
use strongroom_engine::{Error, Kind};
use strongroom_testkit::{payload, places};

use super::Case;

const READ: &str = r#"path "secret/app/KEY" { capabilities = ["read"] }"#;
const UPDATE: &str = r#"path "secret/app/KEY" { capabilities = ["update"] }"#;
const DELETE: &str = r#"path "secret/app/KEY" { capabilities = ["delete"] }"#;
const TOKEN: &str = "00000000-0000-4000-8000-000000000001";

pub const CASES: &[Case] = &[
    Case {
        name: "AssumeRole",
        policy: r#"path "sys/apps/shop/assume" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let arn = "arn:aws:iam::123456789012:role/shop";
            actor.ask(&AssumeRole::new(arn, "deploy", None)).map(drop)
        },
    },
    Case {
        name: "RevokeSessions",
        policy: r#"path "sys/apps/shop/sessions" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&RevokeSessions::new("shop")),
    },
    Case {
        name: "CancelRotateSecret",
        policy: UPDATE,
        ask: |actor, _| past_access(actor.ask(&CancelRotateSecret { secret: key() })),
    },
    Case {
        name: "CreateSecret",
        policy: r#"path "secret/app/NEW" { capabilities = ["create"] }"#,
        ask: |actor, _| {
            actor
                .ask(&CreateSecret {
                    place: home(),
                    name: "app/NEW".into(),
                    client_token: token(),
                    description: None,
                    payload: Some(payload("new")),
                    tags: BTreeMap::new(),
                    replicas: Vec::new(),
                    force_overwrite_replicas: false,
                })
                .map(drop)
        },
    },
    Case {
        name: "DeleteResourcePolicy",
        policy: SUDO,
        ask: |actor, _| actor.ask(&DeleteResourcePolicy { secret: key() }).map(drop),
    },
    Case {
        name: "DeleteSecret",
        policy: DELETE,
        ask: |actor, _| {
            actor.ask(&DeleteSecret { secret: key(), window: Window::Days(7) }).map(drop)
        },
    },
    Case {
        name: "DescribeSecret",
        policy: READ,
        ask: |actor, _| actor.ask(&DescribeSecret { secret: key() }).map(drop),
    },
    Case {
        name: "GetResourcePolicy",
        policy: READ,
        ask: |actor, _| actor.ask(&GetResourcePolicy { secret: key() }).map(drop),
    },
    Case {
        name: "GetSecretValue",
        policy: READ,
        ask: |actor, _| {
            let asked = GetSecretValue { secret: key(), version_id: None, stage: None };
            actor.ask(&asked).map(drop)
        },
    },
    Case {
        name: "ListSecretVersionIds",
        policy: READ,
        ask: |actor, _| {
            let (secret, limit) = (key(), 10);
            let asked = ListSecretVersionIds { secret, deprecated: true, after: None, limit };
            actor.ask(&asked).map(drop)
        },
    },
    Case {
        name: "PutResourcePolicy",
        policy: SUDO,
        ask: |actor, _| {
            let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",
                "Action":"secretsmanager:DeleteSecret","Resource":"*"}]}"#;
            let (secret, policy) = (key(), policy.to_owned());
            actor.ask(&PutResourcePolicy { secret, policy, block_public: true }).map(drop)
        },
    },
    Case {
        name: "PutSecretValue",
        policy: UPDATE,
        ask: |actor, _| {
            let (secret, client_token) = (key(), token());
            let payload = payload("new");
            actor.ask(&PutSecretValue { secret, client_token, payload, stages: None }).map(drop)
        },
    },
    Case {
        name: "RemoveRegionsFromReplication",
        policy: UPDATE,
        ask: |actor, _| {
            let regions = vec!["eu-west-1".to_owned()];
            past_access(actor.ask(&RemoveRegionsFromReplication { secret: key(), regions }))
        },
    },
    Case {
        name: "ReplicateSecretToRegions",
        policy: UPDATE,
        ask: |actor, _| {
            let replicas = vec![Arc::clone(places().region("eu-west-1").expect("a region"))];
            let asked =
                ReplicateSecretToRegions { secret: key(), replicas, force_overwrite: false };
            past_access(actor.ask(&asked))
        },
    },
    Case {
        name: "RestoreSecret",
        policy: DELETE,
        ask: |actor, _| actor.ask(&RestoreSecret { secret: key() }).map(drop),
    },
    Case {
        name: "RotateSecret",
        policy: UPDATE,
        ask: |actor, _| past_access(actor.ask(&RotateSecret { secret: key(), function: None })),
    },
    Case {
        name: "StopReplicationToReplica",
        policy: UPDATE,
        ask: |actor, _| past_access(actor.ask(&StopReplicationToReplica { secret: key() })),
    },
    Case {
        name: "TagResource",
        policy: UPDATE,
        ask: |actor, _| {
            let tags = BTreeMap::from([("team".to_owned(), "a".to_owned())]);
            actor.ask(&TagResource { secret: key(), tags })
        },
    },
    Case {
        name: "UntagResource",
        policy: UPDATE,
        ask: |actor, _| {
            let keys = BTreeSet::from(["team".to_owned()]);
            actor.ask(&UntagResource { secret: key(), keys })
        },
    },
    Case {
        name: "UpdateSecret",
        policy: UPDATE,
        ask: |actor, _| {
            let (secret, client_token) = (key(), token());
            let description = Some("new".to_owned());
            actor.ask(&UpdateSecret { secret, client_token, description, payload: None }).map(drop)
        },
    },
    Case {
        name: "ValidateResourcePolicy",
        policy: READ,
        ask: |actor, _| {
            let (secret, policy) = (Some(key()), "{}".to_owned());
            actor.ask(&ValidateResourcePolicy { place: home(), secret, policy }).map(drop)
        },
    },
    Case {
        name: "UpdateSecretVersionStage",
        policy: UPDATE,
        ask: |actor, _| {
            let label = Label::new("blue").expect("a label");
            let update = StageUpdate { label, remove_from: None, move_to: Some(token()) };
            let asked = UpdateSecretVersionStage { secret: key(), update };
            match actor.ask(&asked) {
                // There is no such version: whoever may, learns that.
                Err(error) if error.kind() == Kind::InvalidRequest => Ok(()),
                other => other.map(drop),
            }
        },
    },
];

/// Who may write a policy lets others in.
const SUDO: &str = r#"path "secret/app/KEY" { capabilities = ["update", "sudo"] }"#;

fn token() -> ClientRequestToken {
    ClientRequestToken::new(TOKEN).expect("a token")
}

fn home() -> Arc<Place> {
    Arc::clone(places().region("us-east-1").expect("a region"))
}

fn key() -> SecretRef {
    SecretRef { place: home(), id: "app/KEY".into() }
}

/// There is nothing to do in the room of the table: whoever may, learns that.
fn past_access<T>(answer: Result<T, Error>) -> Result<(), Error> {
    match answer {
        Err(error) if error.kind() == Kind::InvalidRequest => Ok(()),
        other => other.map(drop),
    }
}
