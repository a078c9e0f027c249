use strongroom_core::crypto::RecordKind;
use strongroom_core::model::Secret;
use strongroom_store::Range;

use super::super::LISTED_MAX;
use crate::error::{Error, InvalidRequest};
use crate::records::decode;
use crate::room::{ListScope, Operation, Room};
use crate::witness::Performed;

/// How many names one search looks at.
pub const LOOKED_AT_MAX: usize = 100_000;
/// The longest text that is searched for, in bytes.
const TEXT_BYTES_MAX: usize = 256;

/// Find secrets by their names at any depth below a folder. Needs `list` on the folder; what the caller may not see is
/// not found.
///
/// A text without `*` is found anywhere in a name, whatever the case of its letters. A text with `*` must match the
/// whole name below the folder, `*` standing for any characters, `/` included.
#[derive(Debug)]
pub struct SearchSecrets {
    /// The canonical path of a folder, ending with `/`.
    pub prefix: String,
    /// What is searched for.
    pub text: String,
    /// Only what comes after this canonical path.
    pub after: Option<String>,
    /// At most this many, 1 to [`LISTED_MAX`].
    pub limit: usize,
}

/// A page of what was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct FoundPage {
    /// Canonical paths, in byte order.
    pub paths: Vec<String>,
    /// Where the next page begins, as `after`; `None` at the end.
    pub next: Option<String>,
}

impl Operation for SearchSecrets {
    type Answer = FoundPage;

    const NAME: &'static str = "secrets-search";

    fn subject(&self) -> Option<&str> {
        Some(&self.prefix)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<FoundPage>, Error> {
        let scope = room.authorise_list(&self.prefix)?;
        if self.text.is_empty() || self.text.len() > TEXT_BYTES_MAX {
            return Err(InvalidRequest::Limit("1 to 256 bytes are searched for").into());
        }
        let limit = self.limit.clamp(1, LISTED_MAX);
        let wanted = self.text.to_lowercase();
        let mut page = FoundPage::default();
        let mut range = Range { keys_only: true, ..scope.range(self.after.clone()) };
        let mut looked_at = 0;
        // One more than the page holds tells that there is a next one.
        while page.paths.len() <= limit {
            let found = room.store.list(&range)?;
            for entry in &found.entries {
                let Some((path, relative)) = scope.paths(&entry.key) else { continue };
                if page.paths.len() <= limit
                    && matches(&wanted, &relative.to_lowercase())
                    && self.is_shown(room, &scope, &path, &entry.key)?
                {
                    page.paths.push(path);
                }
            }
            looked_at += found.entries.len();
            let Some(last) = found.entries.last().filter(|_| found.more) else { break };
            if looked_at >= LOOKED_AT_MAX && page.paths.len() <= limit {
                let rule = "the folder holds too many names: search in a folder below";
                return Err(InvalidRequest::Limit(rule).into());
            }
            range.after = Some(last.key.to_string());
        }
        if page.paths.len() > limit {
            page.paths.truncate(limit);
            page.next = page.paths.last().cloned();
        }
        Ok(Performed::read(page))
    }
}

impl SearchSecrets {
    /// Whether the caller may see it and it is not deleted. It may be gone since it was listed.
    fn is_shown(
        &self,
        room: &Room<'_>,
        scope: &ListScope,
        path: &str,
        key: &strongroom_store::Key,
    ) -> Result<bool, Error> {
        if !room.may_see(scope, path) {
            return Ok(false);
        }
        let Some(entry) = room.store.get(key)? else { return Ok(false) };
        let bytes = room.records().open(RecordKind::Secret, key, &entry.value)?;
        let secret: Secret = decode(key, bytes.expose())?;
        Ok(!secret.is_deleted())
    }
}

/// Whether a name holds a text, or matches it where it has `*`. Linear in the name for each part between two `*`.
fn matches(wanted: &str, name: &str) -> bool {
    let Some((head, rest)) = wanted.split_once('*') else { return name.contains(wanted) };
    let Some(mut left) = name.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let tail = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else { return false };
        left = left.get(at + part.len()..).unwrap_or_default();
    }
    left.ends_with(tail)
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_stands_for_anything_and_a_text_is_found_anywhere() {
        for (wanted, name, is_found) in [
            ("key", "app/key_1", true),
            ("key", "app/other", false),
            ("*", "a", true),
            ("app/*", "app/key", true),
            ("app/*", "my/app/key", false),
            ("*key", "app/key", true),
            ("*key", "app/keys", false),
            ("a*b*c", "a/b/c", true),
            ("a*b*c", "a/c/b", false),
            ("ab*ba", "aba", false),
            ("a*a", "a", false),
            ("a**a", "aa", true),
        ] {
            assert_eq!(matches(wanted, name), is_found, "{wanted} {name}");
        }
    }
}
