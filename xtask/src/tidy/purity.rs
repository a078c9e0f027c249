//! The core has no I/O, clock, randomness, threads or environment of its own.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{ItemFn, ItemImpl, ItemMod, ItemUse, Macro, UseTree};

use super::syntax::{is_for_tests, words, written};
use super::{Check, Finding};
use crate::repository::{Repository, RustFile};

pub const CHECK: Check =
    Check { name: "purity", about: "No I/O, clock, randomness or threads in core", run };

const FOLDER: &str = "crates/core/src/";

/// Paths that the core does not name outside its tests.
const FORBIDDEN: &[&str] = &[
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::os::unix::net",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "std::time::SystemTime",
    "std::time::Instant",
    "SystemTime::now",
    "Instant::now",
    "SystemRandom",
    "aws_lc_rs::rand::SystemRandom",
    "aws_lc_rs::rand::fill",
    "getrandom",
    "rustix::fs",
    "rustix::net",
    "rustix::rand",
    "rustix::time",
];

fn run(repository: &Repository) -> Vec<Finding> {
    let core = repository.sources.iter().filter(|source| source.path.starts_with(FOLDER));
    core.flat_map(findings).collect()
}

fn findings(source: &RustFile) -> Vec<Finding> {
    let mut visitor = Visitor { file: &source.path, findings: Vec::new() };
    visitor.visit_file(&source.syntax);
    visitor.findings
}

struct Visitor<'a> {
    file: &'a str,
    findings: Vec<Finding>,
}

impl Visitor<'_> {
    fn look_at(&mut self, path: &str, span: Span) {
        let names = |forbidden: &&&str| {
            path.strip_prefix(**forbidden)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        if let Some(forbidden) = FORBIDDEN.iter().find(names) {
            self.report(forbidden, span);
        }
    }

    fn report(&mut self, forbidden: &str, span: Span) {
        let what = format!("`{forbidden}` in the core");
        let mend = "let the caller pass in what it gives";
        self.findings.push(Finding::new(self.file, span.start().line, what, mend));
    }

    fn look_at_tree(&mut self, tree: &UseTree, before: &str) {
        let join = |name: &syn::Ident| match before {
            "" => name.to_string(),
            before => format!("{before}::{name}"),
        };
        match tree {
            UseTree::Path(path) => self.look_at_tree(&path.tree, &join(&path.ident)),
            UseTree::Name(name) if name.ident == "self" => self.look_at(before, name.span()),
            UseTree::Name(name) => self.look_at(&join(&name.ident), name.span()),
            UseTree::Rename(rename) => self.look_at(&join(&rename.ident), rename.span()),
            UseTree::Glob(glob) => self.look_at(before, glob.span()),
            UseTree::Group(group) => {
                group.items.iter().for_each(|tree| self.look_at_tree(tree, before));
            }
        }
    }
}

impl<'a> Visit<'a> for Visitor<'_> {
    fn visit_item_mod(&mut self, item: &'a ItemMod) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'a ItemFn) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'a ItemImpl) {
        if !is_for_tests(&item.attrs) {
            visit::visit_item_impl(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'a ItemUse) {
        if !is_for_tests(&item.attrs) {
            self.look_at_tree(&item.tree, "");
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        self.look_at(&written(path), path.span());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'a Macro) {
        let inside = words(item.tokens.clone()).concat();
        let named = FORBIDDEN.iter().find(|path| path.contains("::") && inside.contains(**path));
        if let Some(forbidden) = named {
            self.report(forbidden, item.span());
        }
        visit::visit_macro(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::samples::source;

    fn lines(text: &str) -> Vec<usize> {
        run(&source("crates/core/src/a.rs", text)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn impure_paths_are_found_however_they_are_written() {
        assert_eq!(lines("use std::fs;"), [1]);
        assert_eq!(lines("use std::{\n    fmt,\n    net::TcpStream,\n};"), [3]);
        assert_eq!(lines("fn a() -> bool {\n    std::env::var(\"A\").is_ok()\n}"), [2]);
        assert_eq!(lines("fn a() {\n    std::thread::spawn(|| ());\n}"), [2]);
        assert_eq!(lines("use std::time::{Duration, SystemTime};"), [1]);
        assert_eq!(lines("fn a() {\n\n    assert!(std::fs::exists(\"a\"));\n}"), [3]);
        assert_eq!(lines("use std::fs::{self as files};"), [1]);
        assert_eq!(lines("use aws_lc_rs::rand::{SecureRandom, SystemRandom};"), [1]);
    }

    #[test]
    fn tests_and_pure_paths_are_left_alone() {
        assert!(lines("use std::time::Duration; use std::fmt; use std::format;").is_empty());
        assert!(lines("#[cfg(test)] mod tests { use std::fs; }").is_empty());
        assert!(lines("fn a() { my::std::fs(); }").is_empty());
        assert!(lines("fn a() { assert!(b, \"std::fs is not for the core\"); }").is_empty());
    }

    #[test]
    fn other_crates_may_do_input_and_output() {
        assert!(run(&source("crates/cli/src/a.rs", "use std::fs;")).is_empty());
    }
}
