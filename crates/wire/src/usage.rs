//! Calls about how secrets and credentials were used.

use serde::{Deserialize, Serialize};
use strongroom_core::usage;

use crate::{Call, Time, is_false};

/// How something was used.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadUsage {
    /// What.
    pub of: UsageOf,
}

/// What a usage is asked of.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum UsageOf {
    /// The secret with this path.
    Secret(String),
    /// The token with this accessor.
    Token(String),
    /// A secret id of a role.
    SecretId {
        /// The path of the AppRole mount, such as `auth/approle`.
        mount: String,
        /// The role's name.
        role: String,
        /// The secret id's accessor.
        accessor: String,
    },
}

/// How the secrets below a folder were used.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListUsage {
    /// The path of the folder, ending with `/`.
    pub prefix: String,
    /// Only those that nobody read for so many seconds, and that are as old.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_for_secs: Option<u64>,
    /// Only what comes after this path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
    /// At most this many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// How something was used; all but `used` is absent when it never was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Whether it ever was.
    #[serde(default, skip_serializing_if = "is_false")]
    pub used: bool,
    /// When first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Time>,
    /// When last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Time>,
    /// How often.
    #[serde(default)]
    pub total: u64,
    /// How often on each of the last 30 days with a use, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<DayUse>,
    /// By whom, the last first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<UserUse>,
    /// Which versions, the last first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<VersionUse>,
}

/// The uses of one day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayUse {
    /// The beginning of the day, in UTC.
    pub day: Time,
    /// How often.
    pub count: u64,
}

/// The uses by one user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserUse {
    /// A principal's name; of a credential the address that it came from.
    pub name: String,
    /// When last.
    pub last: Time,
    /// How often.
    pub count: u64,
}

/// The last use of a version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionUse {
    /// Its number.
    pub version: u64,
    /// When last.
    pub last: Time,
}

/// How a secret was used.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecretUsage {
    /// Its path.
    pub path: String,
    /// When it was made.
    pub created: Time,
    /// How it was used.
    pub usage: Usage,
}

/// A page of secrets with their usage.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UsagePage {
    /// The entries; there may be none though another page follows.
    pub entries: Vec<SecretUsage>,
    /// Where the next page begins, as `after`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

const MILLISECONDS_PER_DAY: u64 = 86_400_000;

impl From<Option<usage::Usage>> for Usage {
    fn from(found: Option<usage::Usage>) -> Self {
        let Some(found) = found else { return Self::default() };
        let day = |day: &usage::DayUse| DayUse {
            day: Time(strongroom_core::time::Timestamp(day.day * MILLISECONDS_PER_DAY)),
            count: day.count,
        };
        let user = |user: &usage::UserUse| UserUse {
            name: user.name.clone(),
            last: user.last.into(),
            count: user.count,
        };
        let version =
            |used: &usage::VersionUse| VersionUse { version: used.version, last: used.last.into() };
        Self {
            used: true,
            first: Some(found.first.into()),
            last: Some(found.last.into()),
            total: found.total,
            days: found.days().iter().map(day).collect(),
            by: found.users().map(user).collect(),
            versions: found.versions().map(version).collect(),
        }
    }
}

impl From<Usage> for Option<usage::Usage> {
    fn from(told: Usage) -> Self {
        let (first, last) = (told.first?, told.last?);
        let days = told
            .days
            .iter()
            .map(|day| usage::DayUse { day: day.day.0.0 / MILLISECONDS_PER_DAY, count: day.count });
        let users = told.by.iter().rev().map(|user| usage::UserUse {
            name: user.name.clone(),
            last: user.last.into(),
            count: user.count,
        });
        let versions = told
            .versions
            .iter()
            .rev()
            .map(|used| usage::VersionUse { version: used.version, last: used.last.into() });
        Some(usage::Usage::from_parts(
            (first.into(), last.into()),
            told.total,
            days.collect(),
            users.collect(),
            versions.collect(),
        ))
    }
}

impl Call for ReadUsage {
    type Answer = Usage;

    const NAME: &'static str = "usage-read";
    const ABOUT: &'static str = "When, how often and by whom something was used";
    const READS: bool = true;
}

impl Call for ListUsage {
    type Answer = UsagePage;

    const NAME: &'static str = "usage-list";
    const ABOUT: &'static str = "How the secrets below a folder were used";
    const READS: bool = true;
}

#[cfg(test)]
mod tests {
    use strongroom_core::time::Timestamp;

    use super::*;

    #[test]
    fn a_usage_comes_back_as_it_was() {
        let mut found = usage::Usage::first_use(Timestamp(1_790_000_000_123), "ada", Some(1));
        found.note(Timestamp(1_790_100_000_456), "bob", Some(2));
        found.note(Timestamp(1_790_100_000_457), "ada", None);
        for found in [None, Some(found)] {
            let text = serde_json::to_string(&Usage::from(found.clone())).expect("writes");
            let read: Usage = serde_json::from_str(&text).expect("reads");
            assert_eq!(Option::<usage::Usage>::from(read), found, "{text}");
        }
    }
}
