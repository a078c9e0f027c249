//! Files that can be read in one sitting.

use syn::spanned::Spanned;

use super::syntax::is_for_tests;
use super::{Check, Finding};
use crate::repository::{Repository, RustFile};

pub const CHECK: Check =
    Check { name: "file-length", about: "Files of 600 lines, 900 with their tests", run };

/// Lines of a file before its `#[cfg(test)]` module.
const LINES_BEFORE_TESTS_MAX: usize = 600;
/// Lines of a file in all.
const LINES_MAX: usize = 900;

fn run(repository: &Repository) -> Vec<Finding> {
    let rust = repository.sources.iter().filter_map(|source| {
        finding(&source.path, lines_before_tests(source), source.text.lines().count())
    });
    let python = repository.files.iter().filter(|file| file.path.ends_with(".py"));
    let python = python.filter_map(|file| {
        let lines = file.text.lines().count();
        finding(&file.path, lines, lines)
    });
    rust.chain(python).collect()
}

fn finding(path: &str, before_tests: usize, all: usize) -> Option<Finding> {
    let what = if before_tests > LINES_BEFORE_TESTS_MAX {
        format!("{before_tests} lines before its tests, of {LINES_BEFORE_TESTS_MAX}")
    } else if all > LINES_MAX {
        format!("{all} lines, of {LINES_MAX}")
    } else {
        return None;
    };
    Some(Finding::new(path, before_tests.min(all), what, "make two modules of it"))
}

fn lines_before_tests(source: &RustFile) -> usize {
    let tests = source.syntax.items.iter().find_map(|item| match item {
        syn::Item::Mod(module) if is_for_tests(&module.attrs) => Some(module.span().start().line),
        _ => None,
    });
    tests.map_or_else(|| source.text.lines().count(), |line| line - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::samples::{file, source};

    fn found(code_lines: usize, test_lines: usize) -> Vec<Finding> {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(test_lines - 3));
        run(&source("a.rs", &format!("{}{tests}", "\n".repeat(code_lines))))
    }

    #[test]
    fn code_is_counted_up_to_its_tests() {
        assert!(found(600, 300).is_empty());
        assert_eq!(found(601, 3)[0].what, "601 lines before its tests, of 600");
    }

    #[test]
    fn tests_count_in_all() {
        assert_eq!(found(600, 301)[0].what, "901 lines, of 900");
    }

    #[test]
    fn a_file_without_tests_counts_whole() {
        assert_eq!(run(&source("a.rs", &"\n".repeat(601))).len(), 1);
        assert_eq!(run(&file("a.py", &"\n".repeat(601))).len(), 1);
        assert!(run(&file("a.md", &"\n".repeat(901))).is_empty());
    }
}
