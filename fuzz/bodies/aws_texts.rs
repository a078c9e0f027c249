//! No short text of AWS's clients makes its reader panic or lose what it read.

use strongroom_core::aws::arn::{Candidate, SecretArn, SecretReference};
use strongroom_core::aws::filters::{Filter, Filtered};
use strongroom_core::aws::schedule::RotationRules;
use strongroom_core::aws::token::ClientRequestToken;
use strongroom_core::time::Timestamp;

/// The first character says what the rest is: `a` an ARN, `f` a filter, `s` a schedule, `t` a token.
///
/// # Panics
/// Where what was read is not what was written.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut characters = text.chars();
    let kind = characters.next();
    let text = characters.as_str();
    match kind {
        Some('a') => arn(text),
        Some('f') => filter(text),
        Some('s') => schedule(text),
        Some('t') => token(text),
        _ => {}
    }
}

fn arn(text: &str) {
    let Ok(reference) = SecretReference::parse(text) else {
        assert!(text.parse::<SecretArn>().is_err());
        return;
    };
    let candidates: Vec<Candidate> = reference.candidates().collect();
    assert!((1..=2).contains(&candidates.len()), "{text}");
    for candidate in candidates {
        match candidate {
            Candidate::Full(name, suffix) => {
                assert!(text.ends_with(&format!("{name}-{}", suffix.as_str())), "{text}");
            }
            Candidate::Named(name) => assert!(text.ends_with(name.as_str()), "{text}"),
        }
    }
    if let Ok(arn) = text.parse::<SecretArn>() {
        assert_eq!(arn.to_string(), text);
    }
}

fn filter(text: &str) {
    let secret = Filtered {
        name: "prod/MyName",
        description: Some(text),
        tags: &[("key", "value")],
        ..Filtered::default()
    };
    for key in ["name", "description", "tag-key", "tag-value", "all", "owning-service"] {
        let Ok(filter) = Filter::parse(1, key, vec![text.to_owned()]) else { continue };
        let met = filter.is_met_by(&secret);
        let same = key == "name" && !text.starts_with('!');
        assert!(!same || met == secret.name.starts_with(text), "{text}");
    }
}

fn schedule(text: &str) {
    let Ok(rules) = RotationRules::new(None, Some(text), None) else { return };
    assert_eq!(rules.expression(), Some(text));
    let (after, last) = (Timestamp(1_767_323_045_000), Timestamp(1_767_000_000_000));
    let window = rules.next_window(after, last);
    assert!(window.is_some_and(|window| window.opens > last && window.closes > after), "{text}");
    assert!(rules.days_between(after) >= 1);
}

fn token(text: &str) {
    let Ok(token) = ClientRequestToken::new(text) else { return };
    assert_eq!(token.as_str(), text);
    match token.beside_id() {
        Some(kept) => assert_eq!(kept, text),
        None => assert_eq!(ClientRequestToken::of_id(token.version_id()), token),
    }
}
