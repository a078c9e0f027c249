//! What AWS's API calls whoever asks.

use std::fmt::Write as _;

use data_encoding::BASE32;
use strongroom_core::identifier::AppId;

use crate::identify::{Bearer, Identified};
use crate::room::Room;

/// The account of a server without regions.
const NO_ACCOUNT: &str = "000000000000";
/// How many bytes of an identifier the unique ids of AWS's API have: 16 characters.
const UNIQUE_BYTES: usize = 10;

/// Somebody as AWS's API names them.
enum Named<'a> {
    /// Who may do everything.
    Root,
    App(&'a str, AppId),
    /// A session of an app, or the bearer of a token that an app logged in for.
    AppSession(&'a str, AppId, String),
    TokenSession(&'a str, &'a Bearer, String),
    /// Somebody without a credential of a store.
    Other(&'a str),
}

impl Room<'_> {
    /// The account that everybody is in: that of the first region.
    pub(crate) fn account(&self) -> &str {
        self.places.iter().next().map_or(NO_ACCOUNT, |place| place.account.as_str())
    }
}

impl Identified {
    /// The ARN of whoever asks, as GetCallerIdentity tells it:
    /// ```text
    /// arn:aws:iam::ACCOUNT:root                                        who may do everything
    /// arn:aws:iam::ACCOUNT:user/NAME                                   an app
    /// arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION                   a session or a token of an app
    /// arn:aws:sts::ACCOUNT:assumed-role/token=DISPLAY NAME/SESSION     a session or a token of anybody else
    /// ```
    /// A display name is what its maker says. `token=` keeps it from being an app's, and what names of roles have not is
    /// written `=XX`, so that no two display names are one.
    pub(crate) fn arn(&self, account: &str) -> String {
        match self.named() {
            Named::Root => format!("arn:aws:iam::{account}:root"),
            Named::App(name, _) => format!("arn:aws:iam::{account}:user/{name}"),
            Named::AppSession(name, _, session) => role_session(account, name, &session),
            Named::TokenSession(name, _, session) => {
                role_session(account, &format!("token={}", escaped(name)), &session)
            }
            Named::Other(name) => format!("arn:aws:iam::{account}:user/other={}", escaped(name)),
        }
    }

    /// What resource policies call whoever asks, the closest name first. What is said of an app is said of its sessions
    /// too: an app begins them by itself, and must not leave what it is denied behind by that.
    pub(crate) fn arns(&self, account: &str) -> Vec<String> {
        let mut arns = vec![self.arn(account)];
        let role = |name: &str| format!("arn:aws:iam::{account}:role/{name}");
        match self.named() {
            Named::AppSession(name, ..) => {
                arns.extend([role(name), format!("arn:aws:iam::{account}:user/{name}")]);
            }
            Named::TokenSession(name, ..) => arns.push(role(&format!("token={}", escaped(name)))),
            Named::Root | Named::App(..) | Named::Other(_) => {}
        }
        arns
    }

    /// The unique id of whoever asks, as AWS's API has them
    /// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html>).
    pub(crate) fn user_id(&self, account: &str) -> String {
        match self.named() {
            Named::Root => account.to_owned(),
            Named::App(_, id) => format!("AIDA{}", unique(id.as_bytes())),
            Named::AppSession(_, id, session) => format!("AROA{}:{session}", unique(id.as_bytes())),
            Named::TokenSession(_, bearer, session) => {
                format!("AROA{}:{session}", unique(bearer.hash.as_bytes()))
            }
            Named::Other(name) => format!("other={}", escaped(name)),
        }
    }

    fn named(&self) -> Named<'_> {
        let name = self.principal.name();
        if self.principal.acl().is_root() {
            return Named::Root;
        }
        let session = |bearer: &Bearer| match &self.session {
            Some(session) => session.to_string(),
            None => bearer.hash.short(),
        };
        match (&self.app, &self.bearer) {
            (Some(app), _) => match &self.session {
                Some(session) => Named::AppSession(&app.name, app.id, session.to_string()),
                None => Named::App(&app.name, app.id),
            },
            (None, Some(bearer)) => match crate::apps::app_of(&bearer.token) {
                Some((app, id)) => Named::AppSession(app, id, session(bearer)),
                None => Named::TokenSession(name, bearer, session(bearer)),
            },
            (None, None) => Named::Other(name),
        }
    }
}

fn role_session(account: &str, role: &str, session: &str) -> String {
    format!("arn:aws:sts::{account}:assumed-role/{role}/{session}")
}

fn unique(bytes: &[u8]) -> String {
    BASE32.encode(bytes.get(..UNIQUE_BYTES).unwrap_or(bytes))
}

/// The text with `=XX` for every byte that is no letter, digit or one of `_.@-`.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'@' | b'-') {
            escaped.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(escaped, "={byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_display_names_are_written_alike() {
        assert_eq!(escaped("jwt-mary@example.com"), "jwt-mary@example.com");
        assert_eq!(escaped("a/b c*?=41"), "a=2Fb=20c=2A=3F=3D41");
        assert_eq!(escaped("ä"), "=C3=A4");
    }
}
