//! No leftovers of work, and no lint switched off.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Macro};

use super::syntax::{words, written};
use super::{Check, Finding};
use crate::repository::Repository;

pub const CHECK: Check =
    Check { name: "unfinished", about: "No todo!, dbg!, unimplemented! or #[allow]", run };

const MACROS: &[&str] = &["todo", "dbg", "unimplemented"];

fn run(repository: &Repository) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &repository.sources {
        let mut visitor = Visitor { file: &source.path, findings: &mut findings };
        visitor.visit_file(&source.syntax);
    }
    findings
}

struct Visitor<'a> {
    file: &'a str,
    findings: &'a mut Vec<Finding>,
}

impl Visitor<'_> {
    fn report(&mut self, span: Span, what: &str, mend: &str) {
        self.findings.push(Finding::new(self.file, span.start().line, what, mend));
    }
}

impl<'a> Visit<'a> for Visitor<'_> {
    fn visit_macro(&mut self, item: &'a Macro) {
        let path = written(&item.path);
        let inside = words(item.tokens.clone());
        for name in MACROS {
            let nested = inside.windows(3).any(|three| three == [*name, "!", "("]);
            if path == *name || path == format!("std::{name}") || nested {
                self.report(item.span(), &format!("`{name}!`"), "finish it, or take it away");
            }
        }
        visit::visit_macro(self, item);
    }

    fn visit_attribute(&mut self, attribute: &'a Attribute) {
        let in_condition = attribute.path().is_ident("cfg_attr")
            && attribute.meta.require_list().is_ok_and(|list| {
                words(list.tokens.clone()).windows(3).any(|three| three == [",", "allow", "("])
            });
        if attribute.path().is_ident("allow") || in_condition {
            let mend = "mend the code, or write `#[expect(lint, reason = \"...\")]`";
            self.report(attribute.span(), "`#[allow]`", mend);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::samples::source;

    fn found(text: &str) -> Vec<(usize, String)> {
        let findings = run(&source("a.rs", text));
        findings.into_iter().map(|finding| (finding.line, finding.what)).collect()
    }

    #[test]
    fn leftovers_are_found_at_their_line() {
        assert_eq!(found("fn a() {\n    todo!()\n}"), [(2, "`todo!`".to_owned())]);
        assert_eq!(found("fn a() {\n    dbg!(1);\n}"), [(2, "`dbg!`".to_owned())]);
        assert_eq!(found("fn a() { std::unimplemented!() }").len(), 1);
        assert_eq!(found("fn a() { assert!(dbg!(true)); }").len(), 1);
    }

    #[test]
    fn allow_is_found_wherever_it_stands() {
        assert_eq!(found("#![allow(dead_code)]").len(), 1);
        assert_eq!(found("#[cfg_attr(test, allow(dead_code))] fn a() {}").len(), 1);
        assert_eq!(found("impl A {\n    #[allow(dead_code)]\n    fn a() {}\n}")[0].0, 2);
    }

    #[test]
    fn words_in_text_and_expect_are_left_alone() {
        assert!(found("/// todo! and #[allow]\nfn a() { my_todo!(); }").is_empty());
        assert!(found("fn a() { assert!(my_todo!(true)); }").is_empty());
        assert!(found("fn a() { assert!(b, \"todo!()\"); }").is_empty());
        assert!(found("#[expect(dead_code, reason = \"a\")] fn a() {}").is_empty());
    }
}
