use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

fn payload(kind: PayloadKind, text: &str) -> Payload {
    Payload::new(kind, SecretValue::new(text.as_bytes().to_vec())).expect("a payload")
}

fn shown(payload: &Payload) -> String {
    object_of(payload).expect("is shown").expose_text().expect("is text").to_owned()
}

fn kept(object: &str) -> (PayloadKind, String) {
    let payload = payload_of(object).expect("is kept");
    (payload.kind(), payload.value().expose_text().expect("is text").to_owned())
}

#[test]
fn an_object_is_kept_and_shown_byte_for_byte() {
    let object = r#"{ "b": 1.10, "a": [1e2, 12345678901234567890123], "é": "\u00e9" }"#;
    assert_eq!(kept(&format!(" {object}\n")), (PayloadKind::Json, object.to_owned()));
    assert_eq!(shown(&payload(PayloadKind::Json, object)), object);
    assert_eq!(shown(&payload(PayloadKind::Text, object)), object);
    assert_eq!(kept("{}"), (PayloadKind::Json, "{}".to_owned()));
}

#[test]
fn exactly_one_text_named_value_is_kept_as_the_text() {
    assert_eq!(kept(r#"{ "value" : "pa\"ss" }"#), (PayloadKind::Text, "pa\"ss".to_owned()));
    assert_eq!(shown(&payload(PayloadKind::Text, "pa\"ss")), r#"{"value":"pa\"ss"}"#);
    for other in [
        r#"{"value":1}"#,
        r#"{"value":null}"#,
        r#"{"Value":"x"}"#,
        r#"{"value":"x","b":"y"}"#,
        r#"{"value":"{\"a\":1}"}"#,
        r#"{"value":" {} "}"#,
    ] {
        assert_eq!(kept(other), (PayloadKind::Json, other.to_owned()));
    }
}

#[test]
fn what_is_no_object_is_shown_as_a_value() {
    for (kind, text, object) in [
        (PayloadKind::Json, "[1, 2]", r#"{"value":[1, 2]}"#),
        (PayloadKind::Json, "\"x\"", r#"{"value":"x"}"#),
        (PayloadKind::Json, "{\"a\":1},\"auth\":{", r#"{"value":"{\"a\":1},\"auth\":{"}"#),
        (PayloadKind::Text, "[1]", r#"{"value":"[1]"}"#),
        (PayloadKind::Text, "{\"a\":1}}", r#"{"value":"{\"a\":1}}"}"#),
        (PayloadKind::Text, "{x", r#"{"value":"{x"}"#),
        (PayloadKind::Text, "", r#"{"value":""}"#),
    ] {
        assert_eq!(shown(&payload(kind, text)), object);
    }
}

#[test]
fn bytes_are_refused_and_not_disguised() {
    assert!(object_of(&payload(PayloadKind::Bytes, "text")).is_err());
}

#[test]
fn what_is_not_one_object_with_members_named_once_is_refused() {
    for bad in [
        "",
        "null",
        "[]",
        "1",
        "\"x\"",
        "{",
        "{}{}",
        "{} x",
        r#"{"a":1,"a":2}"#,
        r#"{"a":{"b":1,"\u0062":2}}"#,
        r#"{"a":[{"b":1,"b":1}]}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":1e999}"#,
        &format!("{{\"a\":{}{}}}", "[".repeat(1_000), "]".repeat(1_000)),
    ] {
        let error = payload_of(bad).expect_err(bad).to_string();
        assert!(!error.contains('"'), "{error}");
    }
}

#[test]
fn the_examples_of_rfc_7396_hold() {
    // RFC 7396, appendix A, as far as both are objects.
    for (target, patch, result) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        (r#"{"a":"foo"}"#, r#"{"a":{"b":null}}"#, r#"{"a":{}}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ] {
        let merged = merged(target, patch).expect("merges");
        assert_eq!(merged.expose_text(), Some(result), "{target} {patch}");
    }
}

#[test]
fn what_a_patch_does_not_name_stays_byte_for_byte() {
    let target =
        r#"{"a": 1.10, "b": {"c" : 1e2, "d": [ {"x":null} ]}, "z": 12345678901234567890123}"#;
    let merged = merged(target, r#"{"b":{"c":2.50}}"#).expect("merges");
    let wanted = r#"{"a":1.10,"b":{"c":2.50,"d":[ {"x":null} ]},"z":12345678901234567890123}"#;
    assert_eq!(merged.expose_text(), Some(wanted));
}

#[test]
fn names_are_shown_to_a_depth() {
    let value = payload(PayloadKind::Json, r#"{"b":{"c":{"d":1}},"a":[{"x":1}]}"#);
    for (depth, names) in [
        (0, r#"{"b":{"c":{"d":null}},"a":null}"#),
        (1, r#"{"b":null,"a":null}"#),
        (2, r#"{"b":{"c":null},"a":null}"#),
    ] {
        assert_eq!(names_of(&value, depth).expect("is shown").to_string(), names);
    }
    let text = payload(PayloadKind::Text, "x");
    assert_eq!(names_of(&text, 0).expect("is shown").to_string(), r#"{"value":null}"#);
}

#[test]
fn a_member_is_read_as_text_or_json_and_of_nothing_but_an_object() {
    let text = r#"{"user":"a\nb","port":5432,"more":{"x":[1, 2]},"none":null}"#;
    let member = |kind, text: &str, name: &str| {
        let found = member_of(&payload(kind, text), name).expect("is not too deep")?;
        Some((found.kind(), found.value().expose_text().expect("text").to_owned()))
    };
    for kind in [PayloadKind::Text, PayloadKind::Json] {
        let of = |name| member(kind, text, name);
        assert_eq!(of("user"), Some((PayloadKind::Text, "a\nb".to_owned())));
        assert_eq!(of("port"), Some((PayloadKind::Json, "5432".to_owned())));
        assert_eq!(of("more"), Some((PayloadKind::Json, r#"{"x":[1, 2]}"#.to_owned())));
        assert_eq!(of("none"), Some((PayloadKind::Json, "null".to_owned())));
        assert_eq!(of("absent"), None);
    }
    for (kind, text) in [
        (PayloadKind::Json, "[1]"),
        (PayloadKind::Text, "user"),
        (PayloadKind::Bytes, r#"{"user":1}"#),
    ] {
        assert_eq!(member(kind, text, "user"), None);
    }
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
        Just(Value::from("{\"a\":1}")),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map("value|[a-c]", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn object() -> impl Strategy<Value = Value> {
    btree_map("value|[a-c]", json(), 0..4)
        .prop_map(|members| Value::Object(members.into_iter().collect()))
}

/// RFC 7396, section 2, as it is written there.
fn merge_patch(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else { return patch };
    let mut members = match target {
        Value::Object(members) => members,
        _ => serde_json::Map::new(),
    };
    for (name, value) in patch {
        match value {
            Value::Null => drop(members.remove(&name)),
            value => {
                let before = members.get(&name).cloned().unwrap_or_default();
                members.insert(name, merge_patch(before, value));
            }
        }
    }
    Value::Object(members)
}

proptest! {
    #[test]
    fn an_object_that_is_written_is_read_back(object in object()) {
        let text = object.to_string();
        let payload = payload_of(&text).expect("is kept");
        let back: Value = serde_json::from_str(&shown(&payload)).expect("is JSON");
        prop_assert_eq!(&back, &object);
        if payload.kind() == PayloadKind::Json {
            prop_assert_eq!(shown(&payload), text);
        }
    }

    #[test]
    fn whatever_is_kept_is_shown_as_one_object_and_written_back_reads_the_same(
        kind in prop_oneof![Just(PayloadKind::Text), Just(PayloadKind::Json)],
        text in prop_oneof![".{0,20}", "[{}\\[\\]\",:a1 ]{0,12}", object().prop_map(|o| o.to_string())],
    ) {
        let first = shown(&payload(kind, &text));
        let parsed: Result<Value, _> = serde_json::from_str(&first);
        prop_assert!(parsed.is_ok_and(|value| value.is_object()), "{}", first);
        if let Ok(again) = payload_of(&first) {
            prop_assert_eq!(shown(&again), first);
        }
    }

    #[test]
    fn a_text_that_is_no_object_goes_through_the_door_and_back(text in ".{0,20}") {
        let shown = shown(&payload(PayloadKind::Text, &text));
        if object_in(&text).is_none() {
            prop_assert_eq!(kept(&shown), (PayloadKind::Text, text));
        }
    }

    #[test]
    fn a_merge_is_that_of_the_rfc(target in object(), patch in object()) {
        let merged = merged(&target.to_string(), &patch.to_string()).expect("merges");
        let merged: Value = serde_json::from_slice(merged.expose()).expect("is JSON");
        prop_assert_eq!(merged, merge_patch(target, patch));
    }
}
