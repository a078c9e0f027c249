//! What AWS Secrets Manager's API asks of a secret, a file for each operation.
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Operations.html>
//!
//! The rules of that API stand here: what a client request token means, how labels move, what a name and an ARN are.
//! Secrets are those of every other door. [`Room::open_at`](crate::room::Room) is the one way to one: it finds the
//! secret that a client names, and asks the policies of the caller and of the secret.
//!
//! # Adding an operation
//! A file with the operation, a line below, and a case in `tests/access/aws.rs`.

mod batch_get_secret_value;
mod cancel_rotate_secret;
mod create_secret;
mod delete_secret;
mod describe_secret;
mod get_random_password;
mod get_secret_value;
mod list_secret_version_ids;
mod list_secrets;
mod place;
mod put_secret_value;
mod replication;
mod resource_policy;
mod restore_secret;
mod rotate_secret;
mod rule;
mod sessions;
mod tags;
mod update_secret;
mod update_secret_version_stage;
mod versions;
mod view;

pub use batch_get_secret_value::{BATCH_MAX, BatchGetSecretValue, BatchRead, Which};
pub use cancel_rotate_secret::CancelRotateSecret;
pub use create_secret::{CreateSecret, Created};
pub use delete_secret::{DeleteSecret, Deleted, Window};
pub use describe_secret::DescribeSecret;
pub use get_random_password::GetRandomPassword;
pub use get_secret_value::{GetSecretValue, ValueRead};
pub use list_secret_version_ids::{ListSecretVersionIds, VersionsPage};
pub use list_secrets::{ListSecrets, SecretsPage};
pub use place::{Place, Places, SecretRef};
pub use put_secret_value::{Put, PutSecretValue};
pub use replication::{
    RemoveRegionsFromReplication, ReplicateSecretToRegions, Replicated, StopReplicationToReplica,
};
pub use resource_policy::{
    DeleteResourcePolicy, GetResourcePolicy, PolicyFinding, PolicyRead, PutResourcePolicy,
    ValidateResourcePolicy,
};
pub use restore_secret::RestoreSecret;
pub use rotate_secret::RotateSecret;
pub use rule::AwsClass;
pub use sessions::{
    AssumeRole, AssumeRoleWithWebIdentity, CallerIdentity, GetCallerIdentity, NewSession,
    ROLE_ARN_CHARS_MAX, RevokeSessions, SESSION_NAME_CHARS_MAX, SESSION_NAME_CHARS_MIN,
    SESSION_SECS_DEFAULT, SESSION_SECS_MAX, SESSION_SECS_MIN, SESSIONS_MAX, SessionForCaller,
    WebIdentitySession,
};
pub use tags::{TAGS_MAX, TagResource, UntagResource};
pub use update_secret::{UpdateSecret, Updated};
pub use update_secret_version_stage::UpdateSecretVersionStage;
pub use view::{Named, ReplicaStatus, SecretView, VersionView};

pub(crate) use place::{Act, Facts, Meant};
pub(crate) use replication::removal;
pub(crate) use sessions::{
    SessionOwner, SessionRecord, end_session, prefix_of_app, prefix_of_token, remove_sessions,
};
