//! The language from text to decision. Priority cases follow Vault's documentation,
//! <https://developer.hashicorp.com/vault/docs/concepts/policies#policy-syntax>.

mod access;
mod either;
mod refusals;
mod vault;

use super::*;

fn policy(text: &str) -> Policy {
    let name = PolicyName::new("team").expect("a name");
    Policy::parse(name, text).unwrap_or_else(|error| panic!("{error}"))
}

fn acl(text: &str) -> Acl {
    Acl::compile(&[policy(text)], &TemplateContext::default())
}

/// Each rule grants one capability by which its being chosen is told.
fn rules(paths: &[(&str, Capability)]) -> Acl {
    let text: String = paths
        .iter()
        .map(|(path, word)| format!("path \"{path}\" {{ capabilities = [\"{word}\"] }}\n"))
        .collect();
    acl(&text)
}
