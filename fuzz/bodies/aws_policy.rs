//! No text makes the reader of resource policies panic, and what it accepts it decides by.

use strongroom_core::aws::arn::AccountId;
use strongroom_core::aws::policy::{Caller, Decision, Finding, PolicyDocument, Question};

const ROLE: &str = "arn:aws:iam::123456789012:role/app";
const SECRET: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-a1b2c3";

/// # Panics
/// Where an error says nothing, a policy does not keep its text, or one that is not public lets a stranger in without a
/// condition's values.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (Ok(own), Ok(foreign)) = (AccountId::new("123456789012"), AccountId::new("000000000000"))
    else {
        return;
    };
    let caller = Caller { arns: &[ROLE], account: &own };
    let findings = Finding::all(text, caller, SECRET);
    let document = match PolicyDocument::parse(text) {
        Err(error) => {
            assert!(error.to_string().starts_with("This resource policy contains a"));
            assert_eq!(findings, [Finding::Malformed(error)]);
            return;
        }
        Ok(document) => document,
    };
    assert_eq!(document.text(), text);
    assert_eq!(findings.contains(&Finding::BroadAccess), document.is_public());
    for (caller, context) in [
        (caller, Some(vec!["a".to_owned()])),
        (Caller { arns: &["arn:aws:iam::000000000000:role/x"], account: &foreign }, None),
    ] {
        let question = Question {
            caller,
            action: "secretsmanager:GetSecretValue",
            resource: SECRET,
            context: &|_| context.clone(),
        };
        let decision = document.evaluate(&question);
        let stranger = caller.account == &foreign;
        let names_strangers = text.contains("000000000000") || text.contains("\\u");
        if stranger && decision == Decision::Allow && !names_strangers {
            let may_be_absent = ["Not", "IfExists", "ForAllValues", "Null"];
            let unasked = may_be_absent.iter().any(|word| text.contains(word));
            assert!(document.is_public() || unasked, "{text}");
        }
    }
}
