//! Why something was denied, told to who may know: of a request that was, and of one that might be.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use strongroom_core::audit::RequestId;
use strongroom_core::model::Selector;
use strongroom_core::policy::Capability;
use strongroom_core::random;
use strongroom_engine::operations::explain::*;
use strongroom_engine::operations::policy::{PolicyVerdict, TestPolicy};
use strongroom_engine::operations::{PutSecrets, ReadSecret};
use strongroom_engine::{Caller, Door, Kind, Operation, Request};
use strongroom_testkit::{Actor, TestRoom, payload};

/// Ask, and tell the request's number.
fn number<O: Operation>(room: &TestRoom, actor: &Actor<'_>, operation: &O) -> RequestId {
    let request = Request::new(actor.caller.clone(), Door::Cli, &*room.random);
    drop(room.engine.execute(&request, operation));
    request.id
}

fn explained(room: &TestRoom, id: RequestId) -> Explanation {
    room.owner().ask(&ExplainRequest(id)).expect("explains")
}

fn read(path: &str) -> ReadSecret {
    ReadSecret::new(path, Selector::Current)
}

#[test]
fn a_denied_request_is_explained_with_the_rule_that_would_allow_it() {
    let room = TestRoom::new();
    room.owner().put("secret/app/KEY", "canary-value").expect("writes");
    let app = room.bearer("app", r#"path "secret/app/KEY" { capabilities = ["list"] }"#);
    let id = number(&room, &app, &read("secret/app/KEY"));
    let told = explained(&room, id);
    assert_eq!((told.outcome.as_str(), told.operation.as_str()), ("denied", "secret-read"));
    assert_eq!(told.missing, Some(("read".into(), "secret/app/KEY".into())));
    let hint = told.hint.clone().expect("a hint");
    assert_eq!(hint, r#"path "secret/app/KEY" { capabilities = ["read"] }"#);
    let reason = told.reason.clone().expect("a reason");
    assert!(reason.contains("grants only list") && reason.contains("\"app\""), "{reason}");
    assert!(!format!("{told:?}").contains("canary"));
    // The hint is true.
    let wiser = room.bearer("wiser", &hint);
    assert_eq!(wiser.read("secret/app/KEY").expect("reads"), "canary-value");
}

#[test]
fn an_explanation_names_the_path_that_was_denied_among_several() {
    let room = TestRoom::new();
    let app = room.bearer("app", r#"path "secret/a" { capabilities = ["create"] }"#);
    let secrets = ["secret/a", "secret/b"].map(|path| (path.to_owned(), payload("v")));
    let id =
        number(&room, &app, &PutSecrets { subject: "secret/".into(), secrets: secrets.into() });
    let told = explained(&room, id);
    assert_eq!(told.missing, Some(("create".into(), "secret/b".into())));
}

#[test]
fn what_no_rule_can_allow_has_no_hint() {
    let room = TestRoom::new();
    let denied = r#"path "secret/*" { capabilities = ["deny"] }"#;
    let app = room.bearer("app", denied);
    let told = explained(&room, number(&room, &app, &read("secret/a")));
    assert!(told.hint.is_none() && told.reason.is_some_and(|text| text.contains("denies")));
    let unknown = room.with_token(strongroom_core::token::PlainToken::new(b"hvs.no".to_vec()));
    let told = explained(&room, number(&room, &unknown, &read("secret/a")));
    assert_eq!((told.missing, told.hint), (None, None));
    assert_eq!(told.status.as_deref(), Some("unauthenticated"));
    assert_eq!(told.reason.as_deref(), Some("there is no such token"));
}

#[test]
fn a_request_is_found_a_long_way_back_and_one_that_never_was_is_not() {
    let room = TestRoom::new();
    let app = room.bearer("app", "");
    let id = number(&room, &app, &read("secret/first"));
    room.owner().put("secret/a", "v").expect("writes");
    for _ in 0..1_200 {
        room.owner().read("secret/a").expect("reads");
    }
    assert_eq!(explained(&room, id).path.as_deref(), Some("secret/first"));
    let none = RequestId(u128::from_be_bytes(random::array(&*room.random)));
    let error = room.owner().ask(&ExplainRequest(none)).expect_err("is not there");
    assert_eq!(error.kind(), Kind::NotFound);
    // What was allowed is told as well.
    let Caller::Known(owner) = room.owner().caller else { panic!("the owner is known") };
    let request = Request::new(owner, Door::Cli, &*room.random);
    room.engine.execute(&request, &read("secret/a")).expect("reads");
    let told = explained(&room, request.id);
    assert_eq!((told.outcome.as_str(), told.missing), ("allowed", None));
}

fn test(actor: &Actor<'_>, texts: &[&str], names: &[&str], path: &str) -> PolicyVerdict {
    let texts = texts.iter().enumerate();
    let texts = texts.map(|(index, text)| (format!("new{index}"), (*text).to_owned())).collect();
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let capability = Capability::Read;
    actor.ask(&TestPolicy { texts, names, path: path.into(), capability }).expect("tests")
}

#[test]
fn a_policy_is_tested_as_requests_are_decided() {
    let room = TestRoom::new();
    let owner = room.owner();
    let reads = r#"path "secret/app/*" { capabilities = ["read"] }"#;
    for path in ["secret/app/KEY", "secret/data/app/KEY", "secret/metadata/app/KEY"] {
        let verdict = test(&owner, &[reads], &[], path);
        assert!(verdict.allowed && verdict.hint.is_none(), "{path}: {verdict:?}");
    }
    let verdict = test(&owner, &[reads], &[], "secret/other");
    assert!(!verdict.allowed, "{verdict:?}");
    let hint = verdict.hint.expect("a hint");
    assert!(test(&owner, &[reads, &hint], &[], "secret/other").allowed);
    drop(room.bearer("kept", r#"path "secret/data/app/KEY" { capabilities = ["deny"] }"#));
    assert!(!test(&owner, &[reads], &["kept"], "secret/app/KEY").allowed);
    assert!(test(&owner, &[], &["kept", "root"], "secret/app/KEY").allowed);
}

#[test]
fn a_policy_that_the_caller_may_not_read_is_not_tested() {
    let room = TestRoom::new();
    drop(room.bearer("others", r#"path "secret/hidden" { capabilities = ["read"] }"#));
    let app = room.bearer("app", r#"path "sys/policies/test" { capabilities = ["update"] }"#);
    let test = |names: &[&str], texts: usize| {
        app.ask(&TestPolicy {
            texts: vec![("x".into(), String::new()); texts],
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            path: "secret/hidden".into(),
            capability: Capability::Read,
        })
    };
    for names in [&["others"][..], &["none"], &["root"]] {
        assert_eq!(test(names, 0).expect_err("is denied").kind(), Kind::Forbidden);
    }
    assert!(!test(&[], 64).expect("tests").allowed);
    assert_eq!(test(&[], 65).expect_err("is too many").kind(), Kind::InvalidRequest);
}
