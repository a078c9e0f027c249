//! Which operations there are. The reference page and the test against AWS's service model are made from this.

use http::StatusCode;
use serde::Serialize;

use super::call::Call;
use super::constraint::{Allowed, Shape};
use super::fault::{Fault, TABLE};
use super::operations::*;
use super::read::read;
use super::reply::{Part, json_answer, json_text};
use super::{Member, Written};
use crate::door::Answer;

/// One operation of the API.
pub(super) trait Operation {
    /// The last part of its target.
    const NAME: &'static str;
    /// What it does, in a line.
    const ABOUT: &'static str;
    /// Members that it refuses, whatever they are.
    const REFUSED: &'static [Refused] = &[];
    /// Members that it takes some values of only.
    const PARTLY: &'static [Partly] = &[];
    /// What is said to who asks for it, where it is never done.
    const NEVER: Option<&'static str> = None;
    /// What it reads.
    type Request: Shape;
    /// What it answers.
    type Answer: Part + Serialize;

    /// The answer to a request that fits the service model.
    fn serve(_: &Call<'_>, _: Self::Request) -> Result<Self::Answer, Fault> {
        Err(Fault::unknown_operation())
    }
}

/// A member of the service model that an operation refuses.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// Its name.
    pub member: &'static str,
    /// What is said to who sends it.
    pub text: &'static str,
}

/// A member that an operation takes some values of.
#[derive(Clone, Copy, Debug)]
pub struct Partly {
    /// Its name.
    pub member: &'static str,
    /// Which values.
    pub about: &'static str,
}

/// An operation as the registry lists it.
#[derive(Clone, Copy)]
pub struct Entry {
    /// The last part of its target.
    pub name: &'static str,
    /// What it does, in a line.
    pub about: &'static str,
    /// The members that it reads.
    pub reads: &'static [Member],
    /// The members that it answers.
    pub writes: &'static [Written],
    /// Members that it refuses.
    pub refused: &'static [Refused],
    /// Members that it takes some values of.
    pub partly: &'static [Partly],
    /// What is said to who asks for it, where it is never done.
    pub never: Option<&'static str>,
    serve: fn(&Call<'_>, &[u8], Allowed) -> Result<Answer, Fault>,
    check: fn(&[u8]) -> Result<(), Fault>,
}

/// What is said to who asks for what there is not.
pub mod refusals {
    /// What has to do with secrets of other vendors.
    pub const EXTERNAL: &str =
        "You can't perform this operation because external secrets are not supported.";
    /// What has to do with other accounts.
    pub const ACCOUNTS: &str =
        "You can't perform this operation because cross-account replicas are not supported.";
    /// What a function of another account shows.
    pub const ROTATION_TOKEN: &str =
        "You can't use a RotationToken because no rotation of this secret gave one out.";
    /// A key of a key service.
    pub const KEYS: &str = "You can't use another KmsKeyId than alias/aws/secretsmanager: values are encrypted with \
                            the default key.";
}

/// What the service model has in answers and no answer here has, and why.
pub const UNANSWERED: &[(&str, &str)] = &[
    ("CrossAccountPrimary", "there is one account"),
    ("CrossAccountReplicas", "there is one account"),
    ("ExternalSecretRotationMetadata", "there are no external secrets"),
    ("ExternalSecretRotationRoleArn", "there are no external secrets"),
    ("KmsKeyId", "values are encrypted with the keys of the store, as with AWS's default key"),
    ("OwningService", "no service of AWS's owns a secret"),
    ("Type", "there are no external secrets"),
];

/// Errors of the service model that nothing here answers, and why.
pub const UNUSED_ERRORS: &[(&str, &str)] = &[
    ("DecryptionFailure", "there are no keys of a key service that could be missing"),
    ("EncryptionFailure", "there are no keys of a key service that could be missing"),
];

/// Operations that are answered from memory, on the thread that read the request.
pub const HOT: &[&str] = &["DescribeSecret", "GetSecretValue"];

/// Every operation.
pub const OPERATIONS: &[Entry] = &[
    Entry::of::<associate_cross_account_replica::AssociateCrossAccountReplica>(),
    Entry::of::<batch_get_secret_value::BatchGetSecretValue>(),
    Entry::of::<cancel_rotate_secret::CancelRotateSecret>(),
    Entry::of::<create_secret::CreateSecret>(),
    Entry::of::<delete_resource_policy::DeleteResourcePolicy>(),
    Entry::of::<delete_secret::DeleteSecret>(),
    Entry::of::<describe_secret::DescribeSecret>(),
    Entry::of::<disassociate_cross_account_replica::DisassociateCrossAccountReplica>(),
    Entry::of::<get_random_password::GetRandomPassword>(),
    Entry::of::<get_resource_policy::GetResourcePolicy>(),
    Entry::of::<get_secret_value::GetSecretValue>(),
    Entry::of::<list_resource_policies::ListResourcePolicies>(),
    Entry::of::<list_secret_version_ids::ListSecretVersionIds>(),
    Entry::of::<list_secrets::ListSecrets>(),
    Entry::of::<put_resource_policy::PutResourcePolicy>(),
    Entry::of::<put_secret_value::PutSecretValue>(),
    Entry::of::<remove_regions_from_replication::RemoveRegionsFromReplication>(),
    Entry::of::<replicate_secret_to_regions::ReplicateSecretToRegions>(),
    Entry::of::<restore_secret::RestoreSecret>(),
    Entry::of::<rotate_secret::RotateSecret>(),
    Entry::of::<stop_replication_to_replica::StopReplicationToReplica>(),
    Entry::of::<tag_resource::TagResource>(),
    Entry::of::<untag_resource::UntagResource>(),
    Entry::of::<update_secret::UpdateSecret>(),
    Entry::of::<update_secret_version_stage::UpdateSecretVersionStage>(),
    Entry::of::<validate_resource_policy::ValidateResourcePolicy>(),
];

impl Entry {
    const fn of<O: Operation>() -> Self {
        Self {
            name: O::NAME,
            about: O::ABOUT,
            reads: O::Request::MEMBERS,
            writes: O::Answer::MEMBERS,
            refused: O::REFUSED,
            partly: O::PARTLY,
            never: O::NEVER,
            serve: serve::<O>,
            check: check::<O>,
        }
    }

    /// Whether a body is a request of this operation, as far as its JSON and the service model say.
    ///
    /// # Errors
    /// The text of the refusal.
    pub fn check(&self, body: &[u8]) -> Result<(), String> {
        (self.check)(body).map_err(|fault| fault.message().to_owned())
    }

    /// The answer to a request of somebody who is known.
    pub(super) fn serve(
        &self,
        call: &Call<'_>,
        body: &[u8],
        allowed: Allowed,
    ) -> Result<Answer, Fault> {
        (self.serve)(call, body, allowed)
    }
}

fn check<O: Operation>(body: &[u8]) -> Result<(), Fault> {
    read::<O::Request>(body, Allowed::default()).map(drop)
}

fn serve<O: Operation>(call: &Call<'_>, body: &[u8], allowed: Allowed) -> Result<Answer, Fault> {
    let request = read::<O::Request>(body, allowed)?;
    if let Some(text) = O::NEVER {
        return Err(Fault::invalid_request(text));
    }
    if let Some(refused) = O::REFUSED.iter().find(|refused| request.has(refused.member)) {
        return Err(Fault::invalid_request(refused.text));
    }
    let answer = O::serve(call, request)?;
    Ok(if O::Answer::IS_EMPTY {
        json_text(StatusCode::OK, Vec::new())
    } else {
        json_answer(StatusCode::OK, &answer)
    })
}

/// The operation with this name.
pub fn find(name: &str) -> Option<&'static Entry> {
    OPERATIONS.iter().find(|entry| entry.name == name)
}

/// Every type of error that is answered: its name on the wire, its status, and the member that has its text.
pub fn errors() -> impl Iterator<Item = (&'static str, u16, &'static str)> {
    TABLE.iter().map(|row| (row.name, row.status.as_u16(), row.member))
}
