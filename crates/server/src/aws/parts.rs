//! Structures that stand in several answers.

use std::collections::BTreeMap;

use serde::ser::{Serialize, Serializer};
use strongroom_core::model::PayloadKind;
use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::aws::{ReplicaStatus, SecretView, ValueRead, VersionView};

use super::reply::{Moment, Part, answer};

/// The key that every secret is encrypted with, as AWS names the one that nobody chose.
pub const DEFAULT_KEY: &str = "DefaultEncryptionKey";

answer! {
    /// A tag.
    TagShown {
        key: always String = "Key",
        value: always String = "Value",
    }
}
answer! {
    /// A copy in another region.
    ReplicationStatus {
        region: always String = "Region",
        status: always String = "Status",
        message: maybe String = "StatusMessage",
        last_accessed: maybe Moment = "LastAccessedDate",
    }
}
answer! {
    /// When a secret is rotated.
    RotationRulesShown {
        after_days: maybe i64 = "AutomaticallyAfterDays",
        duration: maybe String = "Duration",
        schedule: maybe String = "ScheduleExpression",
    }
}
answer! {
    /// A version.
    VersionEntry {
        version_id: always String = "VersionId",
        stages: maybe Vec<String> = "VersionStages",
        last_accessed: maybe Moment = "LastAccessedDate",
        created: always Moment = "CreatedDate",
        kms_key_ids: always Vec<String> = "KmsKeyIds",
    }
}
answer! {
    /// A value, in a batch of them.
    SecretValueEntry {
        arn: always String = "ARN",
        name: always String = "Name",
        version_id: always String = "VersionId",
        binary: maybe BinaryShown = "SecretBinary",
        text: maybe TextShown = "SecretString",
        stages: always Vec<String> = "VersionStages",
        created: always Moment = "CreatedDate",
    }
}
answer! {
    /// A value as the agent of AWS's answers it: the date is a text.
    DatedText {
        arn: always String = "ARN",
        name: always String = "Name",
        version_id: always String = "VersionId",
        text: maybe TextShown = "SecretString",
        binary: maybe BinaryShown = "SecretBinary",
        stages: always Vec<String> = "VersionStages",
        created: always String = "CreatedDate",
    }
}
answer! {
    /// A secret of a batch that could not be read.
    ApiError {
        secret_id: always String = "SecretId",
        code: always String = "ErrorCode",
        message: always String = "Message",
    }
}
answer! {
    /// A secret in a list.
    SecretListEntry {
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
        versions: maybe BTreeMap<String, Vec<String>> = "SecretVersionsToStages",
        created: always Moment = "CreatedDate",
        primary_region: maybe String = "PrimaryRegion",
    }
}
answer! {
    /// Why a policy is not good.
    ValidationErrorsEntry {
        check: always String = "CheckName",
        message: always String = "ErrorMessage",
    }
}
answer! {
    /// One of a secret's policies.
    ResourcePolicySummary {
        name: always String = "PolicyName",
    }
}

/// A secret that is text, on its way to who may see it.
#[derive(Debug)]
pub struct TextShown(pub SecretValue);

/// A secret that is bytes, in base64 on the wire.
#[derive(Debug)]
pub struct BinaryShown(pub SecretValue);

impl Part for TextShown {}
impl Part for BinaryShown {}

impl Serialize for TextShown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.expose_text() {
            Some(text) => serializer.serialize_str(text),
            None => Err(serde::ser::Error::custom("a text is not UTF-8")),
        }
    }
}

impl Serialize for BinaryShown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = data_encoding::BASE64.encode(self.0.expose());
        serializer.serialize_str(&text)
    }
}

/// A value that was read.
pub fn value_entry(read: ValueRead) -> SecretValueEntry {
    let (kind, value) = (read.payload.kind(), read.payload.into_value());
    let (text, binary) = match kind {
        PayloadKind::Bytes => (None, Some(BinaryShown(value))),
        PayloadKind::Text | PayloadKind::Json => (Some(TextShown(value)), None),
    };
    SecretValueEntry {
        arn: read.named.arn.into(),
        name: read.named.name.into(),
        version_id: read.version.id.into(),
        binary,
        text,
        stages: read.version.stages.into(),
        created: Moment(read.version.created).into(),
    }
}

impl From<SecretValueEntry> for DatedText {
    fn from(entry: SecretValueEntry) -> Self {
        let SecretValueEntry { arn, name, version_id, binary, text, stages, created } = entry;
        let created = created.0.to_string().into();
        Self { arn, name, version_id, text, binary, stages, created }
    }
}

/// A version, without labels where it is deprecated.
pub fn version_entry(version: VersionView) -> VersionEntry {
    VersionEntry {
        version_id: version.id.into(),
        stages: (!version.stages.is_empty()).then_some(version.stages),
        last_accessed: None,
        created: Moment(version.created).into(),
        kms_key_ids: vec![DEFAULT_KEY.to_owned()].into(),
    }
}

/// Copies in other regions.
pub fn replication(replicas: Vec<ReplicaStatus>) -> Vec<ReplicationStatus> {
    let shown = |replica: ReplicaStatus| ReplicationStatus {
        region: replica.region.into(),
        // A copy changes in the commit that changes its secret.
        status: "InSync".to_owned().into(),
        message: None,
        last_accessed: None,
    };
    replicas.into_iter().map(shown).collect()
}

/// Tags; `None` where there are none.
pub fn tags_shown(tags: BTreeMap<String, String>) -> Option<Vec<TagShown>> {
    let shown = |(key, value): (String, String)| TagShown { key: key.into(), value: value.into() };
    (!tags.is_empty()).then(|| tags.into_iter().map(shown).collect())
}

/// Labels by version; `None` where there are no versions.
pub fn versions_shown(versions: Vec<VersionView>) -> Option<BTreeMap<String, Vec<String>>> {
    let stages = versions.into_iter().map(|version| (version.id, version.stages));
    let stages = stages.collect::<BTreeMap<_, _>>();
    (!stages.is_empty()).then_some(stages)
}

/// A secret in a list.
pub fn secret_entry(view: SecretView) -> SecretListEntry {
    SecretListEntry {
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
    }
}
