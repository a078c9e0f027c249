use std::borrow::Cow;

use strongroom_core::model::Selector;

use super::read_secret::{SecretRead, read_version};
use crate::error::{Error, InvalidRequest, Kind};
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// The most secrets that one request reads.
pub const READ_SECRETS_MAX: usize = 10_000;

/// Read the current values of several secrets in one request, as `run` does: for each, the first of its candidate
/// paths that has a readable value.
#[derive(Debug)]
pub struct ReadSecrets {
    /// What the audit record says was read, such as the project's path.
    pub subject: String,
    /// For each secret its name and its candidate paths, best first.
    pub wanted: Vec<(String, Vec<String>)>,
}

impl Operation for ReadSecrets {
    /// In the order asked for; `None` where no candidate has a readable value.
    type Answer = Vec<Option<SecretRead>>;

    const NAME: &'static str = "secrets-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.subject)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        if self.wanted.len() > READ_SECRETS_MAX {
            return Err(InvalidRequest::Limit("at most 10,000 secrets are read at once").into());
        }
        let answer = self
            .wanted
            .iter()
            .map(|(_, candidates)| first_readable(room, candidates))
            .collect::<Result<Vec<_>, _>>()?;
        let mut names = String::new();
        for ((name, _), found) in self.wanted.iter().zip(&answer) {
            if let Some(read) = found {
                let separator = if names.is_empty() { "" } else { " " };
                let named = named(&self.subject, name, &read.path);
                names.push_str(&format!("{separator}{named}@{}", read.version.number));
            }
        }
        Ok(Performed::read(answer).naming("read", shorten(names)))
    }
}

/// How an audit record names a secret: by its name, or by its path with `/` before it where it was found elsewhere than
/// the name says. Spaces stand between them, so one within is written as in a URL.
fn named<'n>(subject: &str, name: &'n str, path: &str) -> Cow<'n, str> {
    let named = match path.strip_prefix(subject) == Some(name) {
        true => Cow::Borrowed(name),
        false => Cow::Owned(format!("/{path}")),
    };
    if !named.contains([' ', '%']) {
        return named;
    }
    Cow::Owned(named.replace('%', "%25").replace(' ', "%20"))
}

fn first_readable(room: &Room<'_>, candidates: &[String]) -> Result<Option<SecretRead>, Error> {
    for path in candidates {
        match read_version(room, path, &Selector::Current) {
            Ok(read) => return Ok(Some(read)),
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Deleted) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// An audit line has a limit; a list of thousands of names is cut with a mark.
pub(super) fn shorten(mut names: String) -> String {
    const BYTES_MAX: usize = 16_384;
    if names.len() > BYTES_MAX {
        let end = names.floor_char_boundary(BYTES_MAX);
        names.truncate(end);
        names.push('…');
    }
    names
}
