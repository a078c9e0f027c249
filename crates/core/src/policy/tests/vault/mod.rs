//! The language as a whole: what Vault's and OpenBao's own tests expect of it, and what this implementation adds.

mod language;
mod requests;
mod vault_tables;

use super::{Acl, Capability, Policy, PolicyName, TemplateContext};

fn policy(name: &str, text: &str) -> Policy {
    Policy::parse(PolicyName::new(name).unwrap(), text)
        .unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn acl(text: &str) -> Acl {
    Acl::compile(&[policy("app", text)], &TemplateContext::default())
}

fn allows(acl: &Acl, capability: Capability, path: &str) -> bool {
    acl.check(path, capability).is_allowed()
}
