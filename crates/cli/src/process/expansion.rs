//! A hint for `strongroom run -- curl -H "Authorization: Bearer $API_KEY"`: the shell that the command
//! was typed in has put its own `$API_KEY`, mostly nothing, into the words before Strongroom ran.
//!
//! Nothing in the words says so for certain, and a hint that is wrong teaches people not to read
//! hints. So each rule asks for a shape that people do not type on purpose:
//!
//! - **A hole** (an empty word, `--token=`, `Bearer ` with nothing behind, `://:@`) counts only when
//!   some secret's name is unset or empty in the parent's environment, since only such a name can
//!   have left a hole, and only when no word mentions a secret as `$NAME`: who did, knows.
//!   An empty word is common for some options and programs (`sed -i ''`, `git commit -m ""`, `grep ""`),
//!   which are left out; `KEY=` only counts when the key sounds like a credential or like a secret's name.
//! - **A filling** counts when the parent's value of a secret's name, or the stored value, is in a word
//!   and has at least [`TELLING_BYTES`] bytes: `1`, `true` and `prod` are in many words by chance.
//! - **A name that nobody expands** (`-- echo '$API_KEY'`) counts for a few programs known to take their
//!   words as they are. Others (make, ssh, awk, docker) may well expand it themselves.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The least length of a value that is looked for in the words.
const TELLING_BYTES: usize = 8;

const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "ksh", "fish", "ash"];

/// Programs that never expand a `$NAME` themselves.
const LITERAL: &[&str] =
    &["echo", "printf", "curl", "wget", "http", "https", "psql", "mysql", "redis-cli"];

/// Options whose empty argument has a meaning of its own, and programs that take an empty word for a
/// pattern or a test.
const EMPTY_AFTER: &[&str] = &["-i", "-m", "-N", "-e", "-E", "-P", "-p", "-I", "-d", "--message"];
const EMPTY_FOR: &[&str] =
    &["grep", "egrep", "fgrep", "rg", "sed", "awk", "test", "[", "ssh-keygen", "find"];

/// What a key that carries a credential is called.
const CREDENTIAL_WORDS: &[&str] = &[
    "token",
    "key",
    "apikey",
    "secret",
    "password",
    "passwd",
    "pass",
    "pwd",
    "auth",
    "authorization",
    "bearer",
    "credential",
    "credentials",
];

/// A hint when the words look as if a shell had expanded the name of a secret in them, or as if
/// somebody expected that it would. `secrets` are names and values as the program gets them, `parent`
/// looks a name up in the parent's environment. No value is in the hint.
pub fn expansion_hint<'a>(
    program: &OsStr,
    arguments: &[OsString],
    secrets: impl IntoIterator<Item = (&'a str, &'a str)>,
    parent: impl Fn(&str) -> Option<OsString>,
) -> Option<String> {
    let secrets: Vec<_> = secrets.into_iter().collect();
    let program = Path::new(program).file_name()?.to_str()?;
    let words: Vec<_> = arguments.iter().map(|word| word.to_string_lossy()).collect();
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    if let Some(name) = mentioned(&words, &secrets) {
        return LITERAL.contains(&program).then(|| not_expanded(program, name));
    }
    if let Some((position, name)) = filled(&words, &secrets, &parent) {
        return Some(expanded(&format!("argument {position} holds a value of {name}"), name));
    }
    let unset = |name: &str| parent(name).is_none_or(|value| value.is_empty());
    let holes: Vec<&str> =
        secrets.iter().map(|(name, _)| *name).filter(|name| unset(name)).collect();
    let name = *holes.first()?;
    if program == "echo" && words.is_empty() {
        return Some(expanded("echo has nothing to print", name));
    }
    let position = hole(program, &words, &holes)?;
    Some(expanded(&format!("argument {position} has nothing where a value was meant"), name))
}

fn expanded(what: &str, name: &str) -> String {
    format!(
        "{what}: the shell expanded it before strongroom ran; let a shell inside do it: \
         strongroom run -- sh -c '... \"${name}\" ...'"
    )
}

fn not_expanded(program: &str, name: &str) -> String {
    format!(
        "{program} takes ${name} as it is, no shell expands it; let one: \
         strongroom run -- sh -c '{program} \"${name}\"'"
    )
}

/// The secret that a word mentions as `$NAME` or `${NAME...`.
fn mentioned<'a>(words: &[&str], secrets: &[(&'a str, &str)]) -> Option<&'a str> {
    let is_name = |byte: char| byte.is_ascii_alphanumeric() || byte == '_';
    let mentions = |word: &str, name: &str| {
        word.split('$').skip(1).any(|rest| {
            let rest = rest.strip_prefix('{').unwrap_or(rest);
            rest.strip_prefix(name).is_some_and(|after| !after.starts_with(is_name))
        })
    };
    let mut names = secrets.iter().map(|(name, _)| *name);
    names.find(|name| words.iter().any(|word| mentions(word, name)))
}

/// The first word that holds the parent's or the stored value of a secret, from 1.
fn filled<'a>(
    words: &[&str],
    secrets: &[(&'a str, &str)],
    parent: &impl Fn(&str) -> Option<OsString>,
) -> Option<(usize, &'a str)> {
    for (name, stored) in secrets {
        let of_parent = parent(name);
        let of_parent = of_parent.as_deref().and_then(OsStr::to_str);
        for value in [Some(*stored), of_parent].into_iter().flatten() {
            let found = words.iter().position(|word| word.contains(value));
            if let Some(index) = found.filter(|_| value.len() >= TELLING_BYTES) {
                return Some((index + 1, *name));
            }
        }
    }
    None
}

/// The first word with a hole, from 1.
fn hole(program: &str, words: &[&str], names: &[&str]) -> Option<usize> {
    let mut before = "";
    for (index, word) in words.iter().enumerate() {
        let is_script =
            SHELLS.contains(&program) && before.starts_with('-') && before.ends_with('c');
        let found = if word.is_empty() {
            !EMPTY_FOR.contains(&program) && !EMPTY_AFTER.contains(&before)
        } else if is_script {
            script_has_hole(word, names)
        } else {
            word_has_hole(word, names)
        };
        if found {
            return Some(index + 1);
        }
        before = word;
    }
    None
}

/// A word ends where its value was meant to begin.
fn word_has_hole(word: &str, names: &[&str]) -> bool {
    let after_scheme = ["Bearer ", "Basic ", "Token "].iter().any(|scheme| word.ends_with(scheme));
    let after_key = |mark| {
        let key = word.strip_suffix(mark).and_then(|start| start.rsplit(['?', '&', ' ']).next());
        key.is_some_and(|key| sounds_like_credential(key, names))
    };
    // `redis://:$PASSWORD@host`. A user with an empty password is a common thing, nobody with one is not.
    after_scheme || after_key("=") || after_key(": ") || word.contains("://:@")
}

/// In the script of `sh -c`, nobody types a blank at the end, or quotes around a hole.
fn script_has_hole(script: &str, names: &[&str]) -> bool {
    let ends_blank = script.ends_with(' ') && !script.trim_end().is_empty();
    let quoted = script.split(['\'', '"']).any(|part| word_has_hole(part, names));
    // The pieces between blanks: `curl --token= https://...`.
    let piece = script.split_whitespace().any(|piece| {
        piece.starts_with('-') && word_has_hole(piece.trim_end_matches(['\'', '"']), names)
    });
    ends_blank || quoted || piece
}

/// Whether a key is named as credentials are, or shares a word with a secret's name.
fn sounds_like_credential(key: &str, names: &[&str]) -> bool {
    let key = key.to_ascii_lowercase();
    let mut words = key.split(|part: char| !part.is_ascii_alphanumeric());
    words.any(|word| {
        CREDENTIAL_WORDS.contains(&word)
            || (word.len() >= 3 && names.iter().any(|name| has_word(name, word)))
    })
}

fn has_word(name: &str, word: &str) -> bool {
    name.split('_').any(|part| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRETS: &[(&str, &str)] =
        &[("API_KEY", "canary-stored-value"), ("DATABASE_URL", "canary-stored-url")];

    /// The hint for a command line, in a parent whose environment holds `set`.
    fn hint_with(words: &[&str], set: &[(&str, &str)]) -> Option<String> {
        let (program, arguments) = words.split_first().unwrap();
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let parent = |name: &str| {
            set.iter().find(|(other, _)| *other == name).map(|(_, value)| value.into())
        };
        expansion_hint(OsStr::new(program), &arguments, SECRETS.iter().copied(), parent)
    }

    fn hint(words: &[&str]) -> Option<String> {
        hint_with(words, &[])
    }

    #[test]
    fn a_hole_where_the_shell_expanded_an_unset_name_is_seen() {
        let commands: &[&[&str]] = &[
            &["echo"],
            &["echo", ""],
            &["curl", "-u", "", "https://host"],
            &["curl", "-H", "Authorization: Bearer ", "https://host"],
            &["curl", "-H", "X-Api-Key: ", "https://host"],
            &["app", "--token="],
            &["app", "--database-url="],
            &["/usr/bin/env", "API_KEY=", "app"],
            &["curl", "https://host/?q=1&api_key="],
            &["redis-cli", "-u", "redis://:@host"],
            &["sh", "-c", ""],
            &["sh", "-c", "echo "],
            &["sh", "-c", "curl -H 'Authorization: Bearer '"],
            &["/bin/bash", "-lc", "curl --token= https://host"],
        ];
        for command in commands {
            let hint = hint(command).unwrap_or_else(|| panic!("{command:?}"));
            assert!(hint.contains("strongroom run -- sh -c"), "{command:?}");
        }
    }

    #[test]
    fn usual_commands_get_no_hint() {
        let commands: &[&[&str]] = &[
            &["python", "app.py"],
            &["echo", "hello"],
            &["sed", "-i", "", "s/a/b/", "file"],
            &["git", "commit", "--allow-empty-message", "-m", ""],
            &["grep", "-r", "", "."],
            &["test", "", "=", "x"],
            &["make", "CFLAGS=", "all"],
            &["./configure", "--prefix="],
            &["psql", "postgres://app:@host/db"],
            &["sh", "-c", "echo hello"],
            &["sh", "-c", "x=; test \"$x\" = ''"],
            &["sh", "-c", "printf 'Name: '; read name"],
            &["curl", "https://host/?page=1&size=2"],
        ];
        for command in commands {
            assert_eq!(hint(command), None, "{command:?}");
        }
    }

    #[test]
    fn a_script_that_leaves_the_name_to_the_inner_shell_gets_no_hint() {
        assert_eq!(hint(&["sh", "-c", "curl -H \"Authorization: Bearer $API_KEY\" ''"]), None);
        assert_eq!(hint(&["sh", "-c", "echo ${API_KEY:-none} "]), None);
        assert_eq!(hint(&["make", "KEY=$API_KEY"]), None);
    }

    #[test]
    fn a_name_that_no_shell_expands_is_seen() {
        let hint = hint(&["echo", "$API_KEY"]).unwrap();
        assert!(hint.contains("no shell expands it"), "{hint}");
    }

    #[test]
    fn a_longer_name_is_not_taken_for_the_secrets() {
        assert_eq!(hint(&["echo", "$API_KEYS"]), None);
        assert_eq!(hint(&["echo", "costs $5"]), None);
    }

    #[test]
    fn a_hole_counts_only_when_some_secrets_name_is_unset() {
        let set = [("API_KEY", "short"), ("DATABASE_URL", "x")];
        assert_eq!(hint_with(&["app", "--token="], &set), None);
        assert!(hint_with(&["app", "--token="], &[("API_KEY", "")]).is_some());
    }

    #[test]
    fn a_value_of_the_parent_or_the_store_in_a_word_is_seen_and_never_printed() {
        let set = [("API_KEY", "canary-old-value")];
        for word in ["Bearer canary-old-value", "canary-stored-value"] {
            let hint = hint_with(&["curl", "-H", word], &set).unwrap();
            assert!(hint.starts_with("argument 2 holds a value of API_KEY"), "{hint}");
            assert!(!hint.contains("canary"), "{hint}");
        }
    }

    #[test]
    fn a_short_value_of_the_parent_is_not_looked_for() {
        assert_eq!(hint_with(&["app", "--env", "prod"], &[("API_KEY", "prod")]), None);
    }
}
