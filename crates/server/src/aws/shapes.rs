//! The shapes of Secrets Manager's service model that requests hold, under the model's names but for a `Type` at their
//! end.

use strongroom_core::secret::SecretValue;

use super::constraint::{At, Checks, Pattern, Rules, Shape};
use super::shape::{
    RawBytes, RawSecret, RawTruth, check_secret, list_shapes, number_shapes, structure, text_shapes,
};

/// The longest secret value of AWS's, in bytes.
pub const SECRET_BYTES_MAX: usize = 65_536;

const fn text(shape: &'static str, least: u64, most: u64) -> Rules {
    Rules::length(shape, Some(least), Some(most))
}

text_shapes! {
    /// A name, an ARN, or an ARN without its random end.
    SecretId = text("SecretIdType", 1, 2_048);
    /// The name of a new secret.
    Name = text("NameType", 1, 512);
    /// What makes a request that is sent again do nothing; the id of the version that it makes.
    ClientRequestToken = text("ClientRequestTokenType", 32, 64);
    /// The id of a version.
    SecretVersionId = text("SecretVersionIdType", 32, 64);
    /// A staging label.
    SecretVersionStage = text("SecretVersionStageType", 1, 256);
    /// What a secret is for.
    Description = Rules::length("DescriptionType", None, Some(2_048));
    /// A key of AWS's key management.
    KmsKeyId = text("KmsKeyIdType", 0, 2_048);
    /// The kind of an external secret.
    MedeaType = text("MedeaTypeType", 0, 256);
    /// The ARN of a secret.
    SecretArn = text("SecretARNType", 20, 2_048);
    /// The ARN of a role.
    RoleArn = text("RoleARNType", 20, 2_048);
    /// Which organisations may have a copy.
    ReplicaRestriction = Rules::word("ReplicaRestrictionType", &["SameOrg", "NoRestriction"]);
    /// The ARN of a function that rotates a secret.
    RotationLambdaArn = text("RotationLambdaARNType", 0, 2_048);
    /// A secret's policy, in JSON.
    NonEmptyResourcePolicy = text("NonEmptyResourcePolicyType", 1, 20_480);
    /// The name of one of a secret's policies.
    ResourcePolicyName = text("ResourcePolicyNameType", 1, 64)
        .matching(Pattern { text: r"[0-9A-Za-z\-\_]+", holds: is_policy_name });
    /// Where the next page begins.
    NextToken = text("NextTokenType", 1, 4_096);
    /// A tag's name.
    TagKey = text("TagKeyType", 1, 128);
    /// A tag's value.
    TagValue = text("TagValueType", 0, 256);
    /// A region.
    Region = text("RegionType", 1, 128)
        .matching(Pattern { text: r"^([a-z]+-)+\d+$", holds: is_region });
    /// What a filter looks at.
    FilterKey = Rules::word(
        "FilterNameStringType",
        &["description", "name", "tag-key", "tag-value", "primary-region", "owning-service", "all"],
    );
    /// What a filter looks for; what begins with `!` is what it does not want.
    FilterValue = Rules::length("FilterValueStringType", None, Some(512))
        .matching(Pattern { text: r"^\!?[a-zA-Z0-9 :_@\/\+\=\.\-\!]*$", holds: is_filter_value });
    /// Up or down.
    SortOrder = Rules::word("SortOrderType", &["asc", "desc"]);
    /// What a list is in the order of.
    SortBy = Rules::word(
        "SortByType",
        &["created-date", "last-accessed-date", "last-changed-date", "name"],
    );
    /// Characters that a password does not have.
    ExcludeCharacters = text("ExcludeCharactersType", 0, 4_096);
    /// How long a rotation window is open.
    RotationDuration = text("DurationType", 2, 3)
        .matching(Pattern { text: "[0-9]+h", holds: is_hours });
    /// `rate(...)` or `cron(...)`.
    ScheduleExpression = text("ScheduleExpressionType", 1, 256)
        .matching(Pattern { text: r"[0-9A-Za-z\(\)#\?\*\-\/, ]+", holds: is_schedule });
    /// What a rotation function shows for its writes.
    RotationToken = text("RotationTokenType", 36, 256)
        .matching(Pattern { text: r"^[a-zA-Z0-9\-]+$", holds: is_rotation_token })
        .sensitive();
    /// The name of a member of an external secret's metadata.
    MetadataKey = text("ExternalSecretRotationMetadataItemKeyType", 1, 256);
    /// Its value.
    MetadataValue = text("ExternalSecretRotationMetadataItemValueType", 1, 2_048);
}

number_shapes! {
    /// The most that one page holds.
    MaxResults = Rules::value("MaxResultsType", 1, 100);
    /// The most secrets that one page holds.
    MaxResultsBatch = Rules::value("MaxResultsBatchType", 1, 20);
    /// The length of a password, in characters.
    PasswordLength = Rules::value("PasswordLengthType", 1, 4_096);
    /// Days between rotations.
    AutomaticallyRotateAfterDays = Rules::value("AutomaticallyRotateAfterDaysType", 1, 1_000);
    /// Days that a deleted secret can still be restored.
    RecoveryWindowInDays = Rules::of("RecoveryWindowInDaysType");
}

list_shapes! {
    /// Tags.
    TagList(Tag) = Rules::of("TagListType");
    /// Names of tags.
    TagKeyList(TagKey) = Rules::of("TagKeyListType");
    /// Regions that get a copy.
    AddReplicaRegionList(ReplicaRegion) =
        Rules::length("AddReplicaRegionListType", Some(1), None);
    /// Regions that lose their copy.
    RemoveReplicaRegionList(Region) =
        Rules::length("RemoveReplicaRegionListType", Some(1), None);
    /// Staging labels.
    SecretVersionStages(SecretVersionStage) =
        Rules::length("SecretVersionStagesType", Some(1), Some(20));
    /// Secrets.
    SecretIdList(SecretId) = Rules::length("SecretIdListType", Some(1), Some(20));
    /// Filters, all of which have to let a secret through.
    FiltersList(Filter) = Rules::length("FiltersListType", None, Some(10));
    /// Values, one of which has to fit.
    FilterValuesList(FilterValue) =
        Rules::length("FilterValuesStringList", Some(1), Some(10));
    /// What an external secret's rotation needs.
    MetadataList(MetadataItem) = Rules::of("ExternalSecretRotationMetadataType");
}

structure! {
    /// A tag.
    Tag("Tag") {
        key: optional TagKey = "Key",
        value: optional TagValue = "Value",
    }
}
structure! {
    /// A region that gets a copy, and the key that encrypts it there.
    ReplicaRegion("ReplicaRegionType") {
        region: optional Region = "Region",
        kms_key_id: optional KmsKeyId = "KmsKeyId",
    }
}
structure! {
    /// What secrets have to have.
    Filter("Filter") {
        key: optional FilterKey = "Key",
        values: optional FilterValuesList = "Values",
    }
}
structure! {
    /// When a secret is rotated.
    RotationRules("RotationRulesType") {
        after_days: optional AutomaticallyRotateAfterDays = "AutomaticallyAfterDays",
        duration: optional RotationDuration = "Duration",
        schedule: optional ScheduleExpression = "ScheduleExpression",
    }
}
structure! {
    /// A member of an external secret's metadata.
    MetadataItem("ExternalSecretRotationMetadataItem") {
        key: optional MetadataKey = "Key",
        value: optional MetadataValue = "Value",
    }
}

/// Yes or no, under the names that the model has for it.
pub mod truth {
    use super::*;

    macro_rules! truths {
        ($($name:ident = $shape:literal;)*) => { $(
            /// Yes or no.
            #[derive(Clone, Copy, Debug, PartialEq, Eq)]
            pub struct $name(pub bool);

            impl Shape for $name {
                type Raw = RawTruth;
                const RULES: Rules = Rules::of($shape);

                fn check(raw: RawTruth, _: &At<'_>, _: &mut Checks) -> Option<Self> {
                    Some(Self(raw.0))
                }
            }
        )* };
    }

    truths! {
        Boolean = "BooleanType";
        ExcludeNumbers = "ExcludeNumbersType";
        ExcludePunctuation = "ExcludePunctuationType";
        ExcludeUppercase = "ExcludeUppercaseType";
        ExcludeLowercase = "ExcludeLowercaseType";
        IncludeSpace = "IncludeSpaceType";
        RequireEachIncludedType = "RequireEachIncludedTypeType";
    }
}

/// A secret that is text.
#[derive(Debug)]
pub struct SecretString(pub SecretValue);

/// A secret that is bytes.
#[derive(Debug)]
pub struct SecretBinary(pub SecretValue);

impl Shape for SecretString {
    type Raw = RawSecret;
    const RULES: Rules = text("SecretStringType", 1, SECRET_BYTES_MAX as u64).sensitive();

    fn check(raw: RawSecret, at: &At<'_>, checks: &mut Checks) -> Option<Self> {
        check_secret(&Self::RULES, raw.0, at, checks).map(Self)
    }
}

impl Shape for SecretBinary {
    type Raw = RawBytes;
    const RULES: Rules = text("SecretBinaryType", 1, SECRET_BYTES_MAX as u64).sensitive();

    fn check(raw: RawBytes, at: &At<'_>, checks: &mut Checks) -> Option<Self> {
        check_secret(&Self::RULES, raw.0, at, checks).map(Self)
    }
}

fn is_policy_name(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether a text is the name of a region.
pub fn is_region(text: &str) -> bool {
    let Some((words, number)) = text.rsplit_once('-') else { return false };
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number && words.split('-').all(is_word)
}

fn is_filter_value(text: &str) -> bool {
    let also = b" :_@/+=.-!";
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || also.contains(&byte))
}

fn is_hours(text: &str) -> bool {
    let digits = text.strip_suffix('h').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_schedule(text: &str) -> bool {
    let also = b"()#?*-/, ";
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || also.contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

fn is_rotation_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
