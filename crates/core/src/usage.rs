//! What is known of how something was used: when, how often and by whom, of bounded size however often it is.

use crate::time::Timestamp;

/// Of how many users each is told apart, those of the last uses.
pub const USERS_MAX: usize = 8;
/// Of how many days the uses are counted apart, the last ones with today.
pub const DAYS_MAX: usize = 30;
/// Of how many versions the last use is known, those that were used last.
pub const VERSIONS_MAX: usize = 16;
/// The longest name of a user, in bytes; a longer one is cut.
pub const USER_BYTES_MAX: usize = 128;

const MILLISECONDS_PER_DAY: u64 = 86_400_000;

/// How something was used, from its first use on.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Usage {
    /// When first.
    #[n(0)]
    pub first: Timestamp,
    /// When last.
    #[n(1)]
    pub last: Timestamp,
    /// How often.
    #[n(2)]
    pub total: u64,
    /// How often on each day with a use, the last [`DAYS_MAX`] days; oldest first.
    #[n(3)]
    days: Vec<DayUse>,
    /// By whom, [`USERS_MAX`] at most; who used it last comes last.
    #[n(4)]
    users: Vec<UserUse>,
    /// Which versions, [`VERSIONS_MAX`] at most; the one that was used last comes last.
    #[n(5)]
    versions: Vec<VersionUse>,
}

/// The uses of one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct DayUse {
    /// The day, in days since 1970-01-01 in UTC.
    #[n(0)]
    pub day: u64,
    /// How often.
    #[n(1)]
    pub count: u64,
}

/// The uses by one user.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct UserUse {
    /// Who: a principal's name, or an address.
    #[n(0)]
    pub name: String,
    /// When last.
    #[n(1)]
    pub last: Timestamp,
    /// How often, since the user is one of those that are told apart.
    #[n(2)]
    pub count: u64,
}

/// The last use of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct VersionUse {
    /// The version's number.
    #[n(0)]
    pub version: u64,
    /// When last.
    #[n(1)]
    pub last: Timestamp,
}

impl Usage {
    /// After one use.
    #[must_use]
    pub fn first_use(at: Timestamp, by: &str, version: Option<u64>) -> Self {
        let (days, users, versions) = (Vec::new(), Vec::new(), Vec::new());
        let mut usage = Self { first: at, last: at, total: 0, days, users, versions };
        usage.note(at, by, version);
        usage
    }

    /// What a reader kept of a usage that was told over a network.
    #[must_use]
    pub fn from_parts(
        span: (Timestamp, Timestamp),
        total: u64,
        days: Vec<DayUse>,
        users: Vec<UserUse>,
        versions: Vec<VersionUse>,
    ) -> Self {
        Self { first: span.0, last: span.1, total, days, users, versions }
    }

    /// Another use. Uses come in the order of the audit log, in which times may go back a little.
    pub fn note(&mut self, at: Timestamp, by: &str, version: Option<u64>) {
        self.first = self.first.min(at);
        self.last = self.last.max(at);
        self.total = self.total.saturating_add(1);
        self.note_day(at.0 / MILLISECONDS_PER_DAY);
        self.note_user(at, by);
        if let Some(version) = version {
            self.note_version(at, version);
        }
    }

    /// The uses of each day with one, oldest first.
    #[must_use]
    pub fn days(&self) -> &[DayUse] {
        &self.days
    }

    /// Who used it, the last first.
    pub fn users(&self) -> impl ExactSizeIterator<Item = &UserUse> {
        self.users.iter().rev()
    }

    /// Which versions were used, the last first.
    pub fn versions(&self) -> impl ExactSizeIterator<Item = &VersionUse> {
        self.versions.iter().rev()
    }

    /// When a version was last used.
    #[must_use]
    pub fn version_last(&self, version: u64) -> Option<Timestamp> {
        self.versions.iter().find(|used| used.version == version).map(|used| used.last)
    }

    /// The day of the last use, at its beginning in UTC: a date without a time, as AWS's `LastAccessedDate`
    /// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html>).
    #[must_use]
    pub fn last_date(&self) -> Timestamp {
        Timestamp(self.last.0 - self.last.0 % MILLISECONDS_PER_DAY)
    }

    fn note_day(&mut self, day: u64) {
        match self.days.iter().rposition(|known| known.day <= day) {
            Some(place) => match self.days.get_mut(place) {
                Some(known) if known.day == day => known.count = known.count.saturating_add(1),
                _ => self.days.insert(place + 1, DayUse { day, count: 1 }),
            },
            None => self.days.insert(0, DayUse { day, count: 1 }),
        }
        let newest = self.days.last().map_or(day, |known| known.day);
        let oldest = (newest + 1).saturating_sub(DAYS_MAX as u64);
        self.days.retain(|known| known.day >= oldest);
    }

    fn note_user(&mut self, at: Timestamp, by: &str) {
        let by = by.get(..by.floor_char_boundary(USER_BYTES_MAX)).unwrap_or_default();
        // Most uses are by who used it last.
        match self.users.iter().rposition(|user| user.name == by) {
            Some(place) => {
                if let Some(user) = self.users.get_mut(place) {
                    user.count = user.count.saturating_add(1);
                    user.last = user.last.max(at);
                }
                if let Some(later) = self.users.get_mut(place..) {
                    later.rotate_left(1);
                }
            }
            None => {
                if self.users.len() >= USERS_MAX {
                    self.users.remove(0);
                }
                self.users.push(UserUse { name: by.to_owned(), last: at, count: 1 });
            }
        }
    }

    fn note_version(&mut self, at: Timestamp, version: u64) {
        match self.versions.iter().rposition(|used| used.version == version) {
            Some(place) => {
                if let Some(used) = self.versions.get_mut(place) {
                    used.last = used.last.max(at);
                }
                if let Some(later) = self.versions.get_mut(place..) {
                    later.rotate_left(1);
                }
            }
            None => {
                if self.versions.len() >= VERSIONS_MAX {
                    self.versions.remove(0);
                }
                self.versions.push(VersionUse { version, last: at });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = MILLISECONDS_PER_DAY;

    fn counts(usage: &Usage) -> Vec<(u64, u64)> {
        usage.days().iter().map(|day| (day.day, day.count)).collect()
    }

    #[test]
    fn uses_are_counted_in_all_and_for_each_day_of_the_last_thirty() {
        let mut usage = Usage::first_use(Timestamp(5), "ada", None);
        usage.note(Timestamp(7), "ada", None);
        usage.note(Timestamp(DAY), "ada", None);
        assert_eq!(counts(&usage), [(0, 2), (1, 1)]);
        for day in 2..100 {
            usage.note(Timestamp(day * DAY + 1), "ada", None);
        }
        assert_eq!(usage.days().len(), DAYS_MAX);
        assert_eq!(usage.days().first().map(|day| day.day), Some(70));
        assert_eq!((usage.first, usage.last), (Timestamp(5), Timestamp(99 * DAY + 1)));
        assert_eq!((usage.total, usage.last_date()), (101, Timestamp(99 * DAY)));
    }

    #[test]
    fn a_use_whose_time_goes_back_is_of_its_own_day() {
        let mut usage = Usage::first_use(Timestamp(2 * DAY), "ada", Some(1));
        usage.note(Timestamp(2 * DAY - 1), "ada", Some(1));
        assert_eq!(counts(&usage), [(1, 1), (2, 1)]);
        assert_eq!((usage.first, usage.last), (Timestamp(2 * DAY - 1), Timestamp(2 * DAY)));
        assert_eq!(usage.version_last(1), Some(Timestamp(2 * DAY)));
        // One from before the days that are kept is in the total only.
        usage.note(Timestamp(90 * DAY), "ada", None);
        usage.note(Timestamp(DAY), "ada", None);
        assert_eq!((counts(&usage), usage.total), (vec![(90, 1)], 4));
    }

    #[test]
    fn the_users_and_versions_of_the_last_uses_are_told_apart() {
        let mut usage = Usage::first_use(Timestamp(0), "u0", Some(0));
        for number in 1..100_u64 {
            usage.note(Timestamp(number), &format!("u{number}"), Some(number));
            usage.note(Timestamp(number), "always", Some(1_000));
        }
        let names: Vec<_> = usage.users().map(|user| user.name.clone()).collect();
        assert_eq!(names, ["always", "u99", "u98", "u97", "u96", "u95", "u94", "u93"]);
        assert_eq!(usage.users().next().map(|user| user.count), Some(99));
        assert_eq!(usage.versions().len(), VERSIONS_MAX);
        assert_eq!(usage.version_last(99), Some(Timestamp(99)));
        assert_eq!(usage.version_last(0), None);
    }

    #[test]
    fn a_long_name_is_cut_between_characters() {
        let usage = Usage::first_use(Timestamp(0), &"\u{e4}".repeat(200), None);
        assert_eq!(usage.users().next().map(|user| user.name.len()), Some(USER_BYTES_MAX));
    }
}
