//! What the documents point at is there.

use super::{Check, Finding};
use crate::repository::{Repository, TextFile};

pub const CHECK: Check =
    Check { name: "links", about: "Links and paths in *.md lead to what is there", run };

/// Folders of the root whose names begin a path of the repository.
const FOLDERS: &[&str] =
    &["bench/", "clients/", "crates/", "docs/", "examples/", "fixtures/", "fuzz/", "xtask/"];
/// Characters that no path of the repository has: what holds one stands for many paths.
const PLACEHOLDERS: &[char] = &['<', '*', '{', '$', '…', ' '];

fn run(repository: &Repository) -> Vec<Finding> {
    let documents = repository.files.iter().filter(|file| file.path.ends_with(".md"));
    documents.flat_map(|document| findings(repository, document)).collect()
}

fn findings(repository: &Repository, document: &TextFile) -> Vec<Finding> {
    let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut findings = Vec::new();
    for (index, line) in lines_outside_fences(&document.text) {
        let (prose, code) = split_code(line);
        let links = targets(&prose).into_iter().filter(|target| is_relative(target));
        let links = links.map(|target| (target, resolve(folder, target)));
        let paths = code.iter().filter_map(|span| path_of(span));
        let paths = paths.map(|path| (path, resolve("", path)));
        for (written, path) in links.chain(paths) {
            if !path.is_some_and(|path| exists(repository, &path)) {
                let what = format!("`{written}` is not there");
                findings.push(Finding::new(&document.path, index + 1, what, "name what is there"));
            }
        }
    }
    findings
}

fn lines_outside_fences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fence = None;
    text.lines().enumerate().filter(move |(_, line)| {
        let start = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| start.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (inside, _) => return inside.is_none(),
        }
        false
    })
}

/// A line without its code, and the code. A backtick without a partner is prose.
fn split_code(line: &str) -> (String, Vec<&str>) {
    let (mut prose, mut code) = (String::new(), Vec::new());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('`') {
        prose.push_str(before);
        let Some((span, after)) = after.split_once('`') else {
            rest = after;
            break;
        };
        code.push(span);
        rest = after;
    }
    prose.push_str(rest);
    (prose, code)
}

/// Where the links of a line lead: `[text](target "title")`, and `[name]: target`.
fn targets(prose: &str) -> Vec<&str> {
    let inline = prose.match_indices("](").filter_map(|(start, mark)| {
        let target = prose.get(start + mark.len()..)?.split(')').next()?;
        target.split_whitespace().next()
    });
    let definition = prose.strip_prefix('[').and_then(|line| line.split_once("]: "));
    let definition = definition.and_then(|(_, target)| target.split_whitespace().next());
    inline.chain(definition).map(|target| target.trim_matches(['<', '>'])).collect()
}

/// Whether a link leads to a file of the repository, and not to a place in its own page or elsewhere.
fn is_relative(target: &str) -> bool {
    !target.starts_with('#') && !target.contains("://") && !target.starts_with("mailto:")
}

/// The path in a piece of code that is one, without a line number.
fn path_of(code: &str) -> Option<&str> {
    let is_path = FOLDERS.iter().any(|folder| code.starts_with(folder));
    if !is_path || code.contains(PLACEHOLDERS) {
        return None;
    }
    code.split(':').next()
}

/// A path below the root; `None` when it leads out of it.
fn resolve(folder: &str, target: &str) -> Option<String> {
    let target = target.split('#').next()?;
    if target.starts_with('/') {
        return None;
    }
    let mut parts = Vec::new();
    for part in folder.split('/').chain(target.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Whether there is a file at a path, or one below it. The root is always there.
fn exists(repository: &Repository, path: &str) -> bool {
    path.is_empty()
        || repository.paths.iter().any(|file| {
            file.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::samples::file;

    const THERE: &[&str] =
        &["README.md", "crates/core/src/lib.rs", "docs/guide/a.md", "docs/guide/picture.png"];

    /// What is found in a document in a folder of its own.
    fn found(text: &str) -> Vec<String> {
        let paths = THERE.iter().map(|path| (*path).to_owned()).collect();
        let repository = Repository { paths, ..file("docs/guide/a.md", text) };
        run(&repository).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_link_to_what_is_not_there_is_found_at_its_line() {
        let found = found("one\n[gone](gone.md) and [here](a.md)\n");
        assert_eq!(found, ["docs/guide/a.md:2: `gone.md` is not there; name what is there"]);
    }

    #[test]
    fn links_are_relative_to_their_page() {
        let good = "[a](a.md#part) [b](../../README.md) ![c](picture.png \"title\") [d](../guide/)\n\
                    [e](<a.md>) [f](./a.md)\n[g]: ../../crates/core\n";
        assert_eq!(found(good), [""; 0]);
        for bad in ["../README.md", "../../../README.md", "/README.md", "a", "docs/guide/a.md"] {
            assert_eq!(found(&format!("[x]({bad})")).len(), 1, "{bad}");
        }
        assert_eq!(found("[x]: gone.md\n").len(), 1);
    }

    #[test]
    fn links_to_elsewhere_and_into_the_page_are_left_alone() {
        assert_eq!(
            found("[a](https://example.com/b.md) [c](#d) [e](mailto:f@example.com)"),
            [""; 0]
        );
    }

    #[test]
    fn a_path_in_code_is_looked_for_from_the_root() {
        assert_eq!(found("`crates/core/src/lib.rs`, `crates/core/`, `docs/guide/a.md:7`"), [""; 0]);
        assert_eq!(found("`crates/gone` and `docs/a.md`").len(), 2);
        assert_eq!(found("`crates/cor`").len(), 1, "a part of a name is no folder");
    }

    #[test]
    fn code_that_is_no_path_or_stands_for_many_is_left_alone() {
        let text = "`src/gone.rs` `crates/store-<name>` `crates/*` `docs/{a,b}.md` `[x](gone.md)` \
                    `xtask tidy` `docs/a b`";
        assert_eq!(found(text), [""; 0]);
    }

    #[test]
    fn fenced_text_is_left_alone_up_to_its_end() {
        let text = "```\n[x](gone.md)\n~~~\n```\n[y](gone.md)\n~~~text\n`crates/gone`\n~~~\n";
        let found = found(text);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("docs/guide/a.md:5: "), "{found:?}");
    }

    #[test]
    fn a_lone_backtick_hides_no_link() {
        assert_eq!(found("it's ` here [x](gone.md)").len(), 1);
        assert_eq!(found("`code` [x](gone.md) `more`").len(), 1);
    }

    #[test]
    fn only_documents_are_read() {
        assert!(run(&file("a.rs", "//! [x](gone.md)")).is_empty());
    }
}
