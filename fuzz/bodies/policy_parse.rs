//! No text makes the parser panic, loop or lose what it read.

use strongroom_core::policy::{
    Acl, Capability, Policy, PolicyName, RULE_PATH_BYTES_MAX, TemplateContext,
};

/// # Panics
/// Where an error names no line of the text, or an accepted policy does not keep its text or grants outside its rules.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(name) = PolicyName::new("fuzzed") else { return };
    match Policy::parse(name, text) {
        Err(error) => {
            let lines = 1 + text.bytes().filter(|byte| *byte == b'\n').count();
            assert!((1..=lines).contains(&(error.line as usize)), "{error} in {text:?}");
            assert!(!error.hint().is_empty());
            assert!(!error.to_string().is_empty());
        }
        Ok(policy) => {
            assert_eq!(policy.text(), text);
            let _ = policy.warnings().iter().map(ToString::to_string).count();
            let acl = Acl::compile(&[policy], &TemplateContext::default());
            let longer_than_any_rule = "x".repeat(RULE_PATH_BYTES_MAX + 1);
            let decision = acl.check(&longer_than_any_rule, Capability::Read);
            if let Some(rule) = decision.rule() {
                assert!(rule.path().contains(['*', '+']), "{decision}");
            }
            assert!(!acl.check("a/../b", Capability::Read).is_allowed());
        }
    }
}
