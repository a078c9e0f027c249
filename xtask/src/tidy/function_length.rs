//! Functions that fit on a screen or two.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, ImplItemFn, ItemFn, Signature, TraitItemFn};

use super::{Check, Finding};
use crate::repository::{Repository, RustFile};

pub const CHECK: Check =
    Check { name: "function-length", about: "Functions of 70 lines, or a reason", run };

/// Lines between the braces of a function.
const BODY_LINES_MAX: usize = 70;
/// The comment right above a function that is better whole; a reason follows.
const EXCUSE: &str = "// tidy: long function because ";

fn run(repository: &Repository) -> Vec<Finding> {
    let long = repository.sources.iter().flat_map(long_functions);
    let findings = long.filter(|function| function.reason.is_none()).map(|function| {
        let LongFunction { file, line, name, lines, .. } = function;
        let what = format!("`{name}` has {lines} lines, of {BODY_LINES_MAX}");
        let mend = format!("make two functions of it, or write `{EXCUSE}...` above it");
        Finding::new(&file, line, what, mend)
    });
    let useless = repository.sources.iter().flat_map(useless_excuses);
    findings.chain(useless).collect()
}

/// The functions that are long for a reason, one line for each.
pub fn excuses(repository: &Repository) -> Vec<String> {
    let long = repository.sources.iter().flat_map(long_functions);
    long.filter_map(|function| {
        let LongFunction { file, line, name, lines, reason } = function;
        Some(format!("{file}:{line}: `{name}` has {lines} lines because {}", reason?))
    })
    .collect()
}

struct LongFunction {
    file: String,
    line: usize,
    name: String,
    lines: usize,
    reason: Option<String>,
}

fn long_functions(source: &RustFile) -> Vec<LongFunction> {
    let mut visitor = Visitor { source, long: Vec::new() };
    visitor.visit_file(&source.syntax);
    visitor.long
}

/// Excuses above nothing that is long.
fn useless_excuses(source: &RustFile) -> Vec<Finding> {
    let used = long_functions(source).iter().filter(|long| long.reason.is_some()).count();
    let lines = source.text.lines().enumerate();
    let written = lines.filter(|(_, line)| line.trim_start().starts_with(EXCUSE));
    let written = written.map(|(index, _)| index + 1).collect::<Vec<_>>();
    if written.len() == used {
        return Vec::new();
    }
    let line = written.first().copied().unwrap_or(1);
    let what = format!("{} reasons for long functions, {used} of use", written.len());
    vec![Finding::new(&source.path, line, what, "take away those without a long function")]
}

struct Visitor<'a> {
    source: &'a RustFile,
    long: Vec<LongFunction>,
}

impl Visitor<'_> {
    /// `top` is the line of the first attribute, doc comment or word of the function.
    fn look_at(&mut self, signature: &Signature, block: &Block, top: usize) {
        let braces = block.brace_token.span;
        let lines = braces.close().start().line - braces.open().start().line;
        let lines = lines.saturating_sub(1);
        if lines > BODY_LINES_MAX {
            let above = top.checked_sub(2).and_then(|index| self.source.text.lines().nth(index));
            let reason = above.and_then(|line| line.trim_start().strip_prefix(EXCUSE));
            self.long.push(LongFunction {
                file: self.source.path.clone(),
                line: signature.ident.span().start().line,
                name: signature.ident.to_string(),
                lines,
                reason: reason.map(str::to_owned),
            });
        }
    }
}

impl<'a> Visit<'a> for Visitor<'_> {
    fn visit_item_fn(&mut self, item: &'a ItemFn) {
        self.look_at(&item.sig, &item.block, item.span().start().line);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'a ImplItemFn) {
        self.look_at(&item.sig, &item.block, item.span().start().line);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'a TraitItemFn) {
        if let Some(block) = &item.default {
            self.look_at(&item.sig, block, item.span().start().line);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository::samples::source;

    fn function(above: &str, lines: usize) -> String {
        format!("{above}fn long() {{\n{}}}\n", "    work();\n".repeat(lines))
    }

    #[test]
    fn a_function_of_more_than_70_lines_is_found() {
        assert!(run(&source("a.rs", &function("", 70))).is_empty());
        let found = run(&source("a.rs", &function("\n", 71)));
        assert_eq!((found[0].line, found[0].what.as_str()), (2, "`long` has 71 lines, of 70"));
    }

    #[test]
    fn methods_and_default_methods_are_functions() {
        let method = format!("impl A {{\n{}}}\n", function("", 71));
        let default = format!("trait A {{\n{}}}\n", function("", 71));
        assert_eq!(run(&source("a.rs", &method)).len(), 1);
        assert_eq!(run(&source("a.rs", &default)).len(), 1);
    }

    #[test]
    fn a_reason_excuses_and_is_listed() {
        let above = format!("{EXCUSE}it is one table\n/// Docs.\n#[inline]\n");
        let repository = source("a.rs", &function(&above, 71));
        assert_eq!(run(&repository), []);
        assert_eq!(excuses(&repository), ["a.rs:4: `long` has 71 lines because it is one table"]);
    }

    #[test]
    fn a_reason_without_a_long_function_is_found() {
        let above = format!("{EXCUSE}it is one table\n");
        assert_eq!(run(&source("a.rs", &function(&above, 3))).len(), 1);
    }
}
