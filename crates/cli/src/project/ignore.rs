//! `.gitignore`: keeps a file of values out of the repository.

use std::fs;
use std::io;
use std::path::Path;

/// What [`add_ignore`] found or did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ignored {
    /// A line was added, and the file made if need be.
    Added,
    /// A pattern covers the name already; nothing was written.
    Already,
}

/// Makes the `.gitignore` of a folder cover a file of that folder. A broader pattern (`.env*`, `*.env`) is
/// enough. Line ends stay what they are. When `.env` is added or covered, a broader pattern that hides
/// `.env.example` as well gets the exception `!.env.example`: the example is to be committed.
///
/// # Errors
/// Those of the file system.
pub fn add_ignore(folder: &Path, file_name: &str) -> io::Result<Ignored> {
    const EXAMPLE: &str = ".env.example";
    let path = folder.join(".gitignore");
    let old = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let mut text = old.clone();
    let outcome = if is_ignored(&text, file_name) {
        Ignored::Already
    } else {
        push_line(&mut text, file_name);
        Ignored::Added
    };
    if file_name == ".env" && is_ignored(&text, EXAMPLE) {
        push_line(&mut text, &format!("!{EXAMPLE}"));
    }
    if text != old {
        super::write_atomically(&path, text.as_bytes())?;
    }
    Ok(outcome)
}

/// Whether the text of a `.gitignore` covers a file of its folder: the last pattern that matches decides
/// (gitignore(5)).
pub fn is_ignored(text: &str, file_name: &str) -> bool {
    let mut ignored = false;
    for line in text.lines() {
        let line = line.strip_suffix('\r').unwrap_or(line).trim_end_matches(' ');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (negated, pattern) = match line.strip_prefix('!') {
            Some(pattern) => (true, pattern),
            None => (false, line),
        };
        let pattern = pattern.strip_prefix("**/").or(pattern.strip_prefix('/')).unwrap_or(pattern);
        // What ends in a slash is a folder; what holds one is a path below.
        if !pattern.contains('/') && matches(pattern, file_name) {
            ignored = !negated;
        }
    }
    ignored
}

fn push_line(text: &mut String, line: &str) {
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(line_end);
    }
    text.push_str(line);
    text.push_str(line_end);
}

/// A glob with `*`, `?`, `[…]` and `\`, against a name without slashes. Goes back to the last star only, so
/// the time is at most the product of the lengths.
fn matches(pattern: &str, name: &str) -> bool {
    let pattern = tokens(pattern);
    let name: Vec<char> = name.chars().collect();
    let (mut at, mut place) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(character) = name.get(place) {
        match pattern.get(at) {
            Some(Token::Star) => {
                star = Some((at, place));
                at += 1;
            }
            Some(token) if token.takes(*character) => {
                at += 1;
                place += 1;
            }
            _ => match star {
                Some((star_at, star_place)) => {
                    star = Some((star_at, star_place + 1));
                    at = star_at + 1;
                    place = star_place + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|token| matches!(token, Token::Star))
}

enum Token {
    Star,
    Any,
    One(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

impl Token {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Star | Self::Any => true,
            Self::One(one) => *one == character,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *negated
            }
        }
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = pattern.chars();
    while let Some(character) = rest.next() {
        tokens.push(match character {
            '*' => Token::Star,
            '?' => Token::Any,
            '\\' => Token::One(rest.next().unwrap_or('\\')),
            '[' => match class(rest.as_str()) {
                Some((class, after)) => {
                    rest = after.chars();
                    class
                }
                None => Token::One('['),
            },
            other => Token::One(other),
        });
    }
    tokens
}

fn class(text: &str) -> Option<(Token, &str)> {
    let (negated, body) = match text.strip_prefix(['!', '^']) {
        Some(body) => (true, body),
        None => (false, text),
    };
    // A `]` in the first place is a member.
    let first = body.chars().next()?.len_utf8();
    let end = first + body.get(first..)?.find(']')?;
    let members: Vec<char> = body.get(..end)?.chars().collect();
    let mut ranges = Vec::new();
    let mut rest = members.as_slice();
    while let Some((low, after)) = rest.split_first() {
        match after {
            ['-', high, after @ ..] => {
                ranges.push((*low, *high));
                rest = after;
            }
            _ => {
                ranges.push((*low, *low));
                rest = after;
            }
        }
    }
    Some((Token::Class { negated, ranges }, body.get(end + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_cover_a_name_are_known() {
        for text in [
            ".env",
            "/.env",
            "**/.env",
            ".env*",
            "*.env",
            ".e?v",
            ".[a-f]nv",
            "*",
            "\\.env",
            "!.env\n.env",
            ".env  ",
            "x\r\n.env\r\n",
            "**",
        ] {
            assert!(is_ignored(text, ".env"), "{text:?}");
        }
        for text in [
            "",
            "#.env",
            ".env/",
            "a/.env",
            ".env.*",
            ".env*\n!.env",
            "env",
            ".[!e]nv",
            ".[env",
            "!.env",
            "?.env",
        ] {
            assert!(!is_ignored(text, ".env"), "{text:?}");
        }
        assert!(!is_ignored(&"*a".repeat(2_000), &"a".repeat(1_000)));
    }

    /// What a `.gitignore` becomes.
    fn after(text: Option<&str>) -> (Ignored, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".gitignore");
        if let Some(text) = text {
            fs::write(&path, text).unwrap();
        }
        let outcome = add_ignore(folder.path(), ".env").unwrap();
        let written = fs::read_to_string(&path).unwrap();
        assert_eq!(add_ignore(folder.path(), ".env").unwrap(), Ignored::Already);
        assert_eq!(fs::read_to_string(&path).unwrap(), written, "the second time changes nothing");
        (outcome, written)
    }

    #[test]
    fn a_line_is_added_once_and_line_ends_are_kept() {
        assert_eq!(after(None), (Ignored::Added, ".env\n".to_owned()));
        assert_eq!(after(Some("a")), (Ignored::Added, "a\n.env\n".to_owned()));
        assert_eq!(after(Some("a\r\nb")), (Ignored::Added, "a\r\nb\r\n.env\r\n".to_owned()));
        assert_eq!(after(Some("*.env\n")), (Ignored::Already, "*.env\n".to_owned()));
        assert_eq!(
            after(Some(".env\n!.env\n")),
            (Ignored::Added, ".env\n!.env\n.env\n".to_owned())
        );
    }

    #[test]
    fn the_example_stays_in_the_repository() {
        assert_eq!(after(Some(".env*\n")), (Ignored::Already, ".env*\n!.env.example\n".to_owned()));
    }

    #[test]
    fn git_agrees() {
        let folder = tempfile::tempdir().unwrap();
        let git = |arguments: &[&str]| {
            std::process::Command::new("git")
                .args(arguments)
                .current_dir(folder.path())
                .output()
                .unwrap()
        };
        assert!(git(&["init", "-q"]).status.success());
        for pattern in [
            ".env",
            ".env*",
            "*.env",
            ".env/",
            "/.env",
            "a/.env",
            ".e[!a-m]v",
            ".[]e]nv",
            "**/.env",
            ".env*\n!.env",
            "\\.env",
            ".env ",
        ] {
            fs::write(folder.path().join(".gitignore"), pattern).unwrap();
            for name in [".env", ".env.example", "x.env"] {
                let theirs = git(&["check-ignore", "-q", name]).status.success();
                assert_eq!(is_ignored(pattern, name), theirs, "{pattern:?} {name}");
            }
        }
    }
}
