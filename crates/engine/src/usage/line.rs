//! What a line of the audit log says of uses.

use std::borrow::Cow;

use serde::Deserialize;
use strongroom_core::time::Timestamp;

/// What a line says was used, by the words of the log.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Mention<'a> {
    /// The secret with this canonical path.
    Secret(Cow<'a, str>),
    /// The token whose hash begins so.
    Token(Cow<'a, str>),
    /// The secret id with this accessor, of a role, at the path of a login.
    SecretId { login: Cow<'a, str>, role: Cow<'a, str>, accessor: Cow<'a, str> },
    /// What names a credential of the app of this name.
    Credential { app: Cow<'a, str>, id: Cow<'a, str> },
}

/// One use, or the end of what was used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Event<'a> {
    pub(super) what: Mention<'a>,
    pub(super) at: Timestamp,
    pub(super) by: Cow<'a, str>,
    pub(super) version: Option<u64>,
    /// It was removed for good: what comes after it is of another one.
    pub(super) is_end: bool,
}

impl Mention<'_> {
    pub(super) fn into_owned(self) -> Mention<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Secret(path) => Mention::Secret(owned(path)),
            Self::Token(short) => Mention::Token(owned(short)),
            Self::SecretId { login, role, accessor } => Mention::SecretId {
                login: owned(login),
                role: owned(role),
                accessor: owned(accessor),
            },
            Self::Credential { app, id } => Mention::Credential { app: owned(app), id: owned(id) },
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    time: Cow<'a, str>,
    #[serde(borrow)]
    principal: Principal<'a>,
    #[serde(borrow)]
    operation: Cow<'a, str>,
    #[serde(borrow)]
    path: Cow<'a, str>,
    version: Option<u64>,
    #[serde(borrow)]
    outcome: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow)]
    fields: Fields<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Principal<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

/// What operations name that tells of uses.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Fields<'a> {
    /// Of reads of several: names or paths, each with its version.
    #[serde(borrow)]
    read: Cow<'a, str>,
    #[serde(borrow)]
    role: Cow<'a, str>,
    #[serde(borrow)]
    secret_id_accessor: Cow<'a, str>,
}

/// The kinds of principals that show a credential, which their name ends with behind `#`.
const BEARERS: &[&str] = &["token", "app"];
/// How many characters of a token's hash a principal's name ends with.
const TOKEN_CHARS: usize = 16;

/// Show `note` what a line tells of uses. One that is no record tells of none.
pub(super) fn events<'a>(line: &'a [u8], note: &mut dyn FnMut(Event<'a>)) {
    let Ok(line) = serde_json::from_slice::<Line<'a>>(line) else { return };
    let Some(at) = Timestamp::parse_rfc3339(line.time.as_bytes()) else { return };
    let (name, shown) = match BEARERS.contains(&&*line.principal.kind) {
        true => split(&line.principal.name),
        false => (line.principal.name.clone(), None),
    };
    if let Some(shown) = shown {
        let what = match name.strip_prefix("app:") {
            Some(app) if shown.len() != TOKEN_CHARS => {
                Mention::Credential { app: Cow::Owned(app.to_owned()), id: shown }
            }
            _ => Mention::Token(shown),
        };
        note(Event { what, at, by: line.source.clone(), version: None, is_end: false });
    }
    if line.outcome != "allowed" {
        return;
    }
    let (version, is_end) = (line.version, line.operation == "secret-purge");
    match &*line.operation {
        "secret-read" | "aws-get-secret-value" | "secret-purge" => {
            note(Event { what: Mention::Secret(line.path), at, by: name, version, is_end });
        }
        "secrets-read" | "aws-batch-get-secret-value" => {
            for item in line.fields.read.split(' ') {
                let Some((named, version)) = item.rsplit_once('@') else { continue };
                let Ok(version) = version.parse() else { continue };
                let named = plain(named);
                let path = match named.strip_prefix('/') {
                    Some(path) => path.to_owned(),
                    None if line.operation == "secrets-read" => format!("{}{named}", line.path),
                    None => named.into_owned(),
                };
                let (what, version) = (Mention::Secret(Cow::Owned(path)), Some(version));
                note(Event { what, at, by: name.clone(), version, is_end: false });
            }
        }
        "approle-login" if !line.fields.secret_id_accessor.is_empty() => {
            let (role, accessor) = (line.fields.role, line.fields.secret_id_accessor);
            let what = Mention::SecretId { login: line.path, role, accessor };
            note(Event { what, at, by: line.source, version: None, is_end: false });
        }
        _ => {}
    }
}

/// A name with what was written as in a URL.
fn plain(named: &str) -> Cow<'_, str> {
    if !named.contains('%') {
        return Cow::Borrowed(named);
    }
    Cow::Owned(named.replace("%20", " ").replace("%25", "%"))
}

fn split<'a>(name: &Cow<'a, str>) -> (Cow<'a, str>, Option<Cow<'a, str>>) {
    match name {
        Cow::Borrowed(text) => match text.rsplit_once('#') {
            Some((name, shown)) => (Cow::Borrowed(name), Some(Cow::Borrowed(shown))),
            None => (Cow::Borrowed(text), None),
        },
        Cow::Owned(text) => match text.rsplit_once('#') {
            Some((name, shown)) => {
                (Cow::Owned(name.to_owned()), Some(Cow::Owned(shown.to_owned())))
            }
            None => (Cow::Owned(text.clone()), None),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Vec<String> {
        let mut found = Vec::new();
        events(line.as_bytes(), &mut |event| {
            let end = if event.is_end { " end" } else { "" };
            let version = event.version.map(|version| format!("@{version}")).unwrap_or_default();
            found.push(format!("{:?}{version} {}{end}", event.what, event.by));
        });
        found
    }

    fn line(principal: &str, rest: &str) -> String {
        format!(
            r#"{{"seq":1,"time":"2026-01-02T03:04:05.678Z","type":"access",{principal}{rest}}}"#
        )
    }

    #[test]
    fn a_read_is_a_use_of_the_secret_and_of_the_token_that_was_shown() {
        let token = r#""principal":{"name":"app:web#0123456789abcdef","kind":"token"},"#;
        let read = r#""operation":"secret-read","path":"secret/a","version":3,"outcome":"allowed","source":"::1","fields":{"x":"y"},"hash":"0""#;
        let found = of(&line(token, read));
        assert_eq!(found, [r#"Token("0123456789abcdef") ::1"#, r#"Secret("secret/a")@3 app:web"#]);
        let denied = read.replace("allowed", "denied");
        assert_eq!(of(&line(token, &denied)), [r#"Token("0123456789abcdef") ::1"#]);
        let owner = r#""principal":{"name":"ada#1","kind":"owner"},"#;
        assert_eq!(of(&line(owner, read)), [r#"Secret("secret/a")@3 ada#1"#]);
        let key = r#""principal":{"name":"app:web#AKIA234567ABCDEFGHIJ","kind":"app"},"#;
        let found = of(&line(key, read));
        assert_eq!(found[0], r#"Credential { app: "web", id: "AKIA234567ABCDEFGHIJ" } ::1"#);
    }

    #[test]
    fn every_secret_of_a_read_of_several_is_used() {
        let owner = r#""principal":{"name":"ada","kind":"owner"},"#;
        let read = r#""operation":"secrets-read","path":"secret/app/dev/","outcome":"allowed","fields":{"read":"A@1 /secret/app/base/B%20b@2 C@x D@D@3 E%2520@4 F@5…"}"#;
        let found = of(&line(owner, read));
        assert_eq!(
            found,
            [
                r#"Secret("secret/app/dev/A")@1 ada"#,
                r#"Secret("secret/app/base/B b")@2 ada"#,
                r#"Secret("secret/app/dev/D@D")@3 ada"#,
                r#"Secret("secret/app/dev/E%20")@4 ada"#
            ]
        );
    }

    #[test]
    fn a_login_is_a_use_of_its_secret_id_and_a_purge_the_end_of_a_secret() {
        let nobody = r#""principal":{"name":"anonymous","kind":"anonymous"},"#;
        let login = r#""operation":"approle-login","path":"auth/approle/login","outcome":"allowed","source":"10.0.0.1","fields":{"secret_id_accessor":"x","role":"web"}"#;
        let found = of(&line(nobody, login));
        let expected =
            r#"SecretId { login: "auth/approle/login", role: "web", accessor: "x" } 10.0.0.1"#;
        assert_eq!(found, [expected]);
        let purge = r#""operation":"secret-purge","path":"secret/a","outcome":"allowed""#;
        assert_eq!(of(&line(nobody, purge)), [r#"Secret("secret/a") anonymous end"#]);
    }

    #[test]
    fn what_is_no_record_tells_of_nothing() {
        for text in ["", "{", "[]", r#"{"type":"checkpoint","time":"x"}"#, r#"{"time":7}"#] {
            assert!(of(text).is_empty(), "{text}");
        }
    }
}
