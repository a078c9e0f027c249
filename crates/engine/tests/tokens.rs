//! Tokens: what they may, for how long, and that nothing of them is left when they are taken back.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeMap;

use strongroom_core::time::Seconds;
use strongroom_core::token::{AskedLifetime, TokenKind};
use strongroom_engine::operations::policy::*;
use strongroom_engine::operations::token::*;
use strongroom_engine::{Error, Kind};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom};

const READ_ALL: &str = r#"path "secret/*" { capabilities = ["read", "create", "update"] }
    path "auth/token/*" { capabilities = ["create", "update", "read"] }"#;

fn lookup(actor: &Actor<'_>) -> Result<TokenRead, Error> {
    actor.ask(&LookupToken(TokenReference::Own))
}

fn revoke(actor: &Actor<'_>, which: TokenReference) {
    actor.ask(&RevokeToken { which, orphans: false }).expect("revokes");
}

fn for_seconds(ttl: u64) -> TokenRequest {
    let lifetime = AskedLifetime { ttl: Seconds(ttl), ..AskedLifetime::default() };
    TokenRequest { lifetime, ..TokenRequest::default() }
}

#[track_caller]
fn is_refused(actor: &Actor<'_>) {
    let error = actor.read("secret/a").expect_err("is refused");
    assert_eq!(error.kind(), Kind::Unauthenticated);
    assert_eq!(error.to_string(), "permission denied");
}

fn room() -> TestRoom {
    let room = TestRoom::new();
    room.owner().put("secret/a", "value").expect("writes");
    room
}

fn keys(room: &TestRoom, prefix: &str) -> Vec<String> {
    let page = room.store.list(&Range::prefix(prefix)).expect("lists");
    page.entries.into_iter().map(|entry| entry.key.to_string()).collect()
}

#[test]
fn a_revoked_token_is_refused_at_once_with_all_that_descend_from_it() {
    let room = room();
    let parent = room.bearer("app", READ_ALL);
    let child = parent.child(TokenRequest::default()).expect("makes a child");
    let grandchild = child.child(TokenRequest::default()).expect("makes a child");
    assert_eq!(grandchild.read("secret/a").expect("reads"), "value");
    revoke(&parent, TokenReference::Own);
    for actor in [&parent, &child, &grandchild] {
        is_refused(actor);
    }
    // Root tokens are left.
    assert_eq!(keys(&room, "token-child/"), [""; 0]);
    assert_eq!(keys(&room, "due/"), [""; 0]);
    assert_eq!(keys(&room, "token/").len(), keys(&room, "token-accessor/").len());
}

#[test]
fn a_token_taken_back_in_another_engine_is_refused_here_as_well() {
    let room = room();
    let actor = room.bearer("app", READ_ALL);
    actor.read("secret/a").expect("reads");
    let other = room.second_engine().expect("opens");
    let revoke = RevokeToken { which: TokenReference::Text(actor.token()), orphans: false };
    room.ask_of(&other, &revoke).expect("revokes");
    is_refused(&actor);
}

#[test]
fn a_token_ends_when_its_time_is_over_and_its_records_are_removed_then() {
    let room = room();
    let parent = room.bearer("app", READ_ALL);
    let child = parent.child(for_seconds(10)).expect("makes a child");
    room.clock.advance(Seconds(9));
    child.read("secret/a").expect("reads");
    let before = keys(&room, "token/").len();
    room.clock.advance(Seconds(1));
    is_refused(&child);
    let next = room.engine.sweep(100).expect("sweeps");
    assert_eq!(keys(&room, "token/").len(), before - 1);
    assert!(next.is_some(), "the parent ends later");
    parent.read("secret/a").expect("reads");
}

#[test]
fn a_child_does_not_outlive_its_parent() {
    let room = room();
    let parent = room.bearer("app", READ_ALL).child(for_seconds(10)).expect("makes a child");
    let child = parent.child(for_seconds(1_000)).expect("makes a child");
    child.read("secret/a").expect("reads");
    room.clock.advance(Seconds(10));
    is_refused(&child);
}

#[test]
fn a_renewed_token_lives_on() {
    let room = room();
    let actor = room.bearer("app", READ_ALL).child(for_seconds(10)).expect("makes a child");
    room.clock.advance(Seconds(8));
    let renew = RenewToken { which: TokenReference::Own, increment: Seconds(20) };
    assert_eq!(actor.ask(&renew).expect("renews").ttl(room.clock_now()), Seconds(20));
    room.clock.advance(Seconds(15));
    room.engine.sweep(100).expect("sweeps");
    actor.read("secret/a").expect("reads");
    room.clock.advance(Seconds(5));
    is_refused(&actor);
}

#[test]
fn a_token_is_used_as_often_as_it_may_and_refusals_count() {
    let room = room();
    let asked = TokenRequest { uses: 3, ..TokenRequest::default() };
    let actor = room.bearer("app", READ_ALL).child(asked).expect("makes a child");
    actor.read("secret/a").expect("reads");
    let denied = actor.read("other/a").expect_err("is denied");
    assert_eq!(denied.kind(), Kind::Forbidden);
    actor.put("secret/b", "value").expect("writes with the last use");
    is_refused(&actor);
}

#[test]
fn a_limited_token_makes_no_children() {
    let room = room();
    let asked = TokenRequest { uses: 3, ..TokenRequest::default() };
    let actor = room.bearer("app", READ_ALL).child(asked).expect("makes a child");
    assert!(actor.child(TokenRequest::default()).is_err());
}

#[test]
fn a_changed_policy_counts_for_tokens_that_have_it() {
    let room = room();
    let actor = room.bearer("app", READ_ALL);
    actor.read("secret/a").expect("reads");
    room.owner().ask(&WritePolicy::new("app", "")).expect("writes");
    assert_eq!(actor.read("secret/a").expect_err("is denied").kind(), Kind::Forbidden);
    room.owner().ask(&WritePolicy::new("app", READ_ALL)).expect("writes");
    actor.read("secret/a").expect("reads");
    room.owner().ask(&DeletePolicy::new("app")).expect("deletes");
    assert_eq!(actor.read("secret/a").expect_err("is denied").kind(), Kind::Forbidden);
}

#[test]
fn a_child_has_no_policy_that_its_parent_has_not() {
    let room = room();
    let actor = room.bearer("app", READ_ALL);
    room.owner().ask(&WritePolicy::new("other", READ_ALL)).expect("writes");
    for wanted in ["other", "root", "ROOT", " root "] {
        let asked =
            TokenRequest { policies: Some(vec![wanted.to_owned()]), ..TokenRequest::default() };
        let error = actor.child(asked).map(drop).expect_err(wanted);
        assert_eq!(error.kind(), Kind::InvalidRequest, "{wanted}");
    }
    let asked = TokenRequest { without_parent: true, ..TokenRequest::default() };
    assert!(actor.child(asked).is_err());
}

#[test]
fn a_batch_token_works_without_a_record_and_ends_with_its_parent() {
    let room = room();
    let parent = room.bearer("app", READ_ALL);
    let before = keys(&room, "");
    let asked = TokenRequest { kind: Some(TokenKind::Batch), ..for_seconds(100) };
    let batch = parent.child(asked).expect("makes a batch token");
    assert_eq!(
        keys(&room, "token").len(),
        before.iter().filter(|k| k.starts_with("token")).count()
    );
    batch.read("secret/a").expect("reads");
    assert!(batch.child(TokenRequest::default()).is_err());
    let renew = RenewToken { which: TokenReference::Own, increment: Seconds(20) };
    assert!(batch.ask(&renew).is_err());
    revoke(&parent, TokenReference::Own);
    is_refused(&batch);
}

#[test]
fn a_batch_token_that_was_changed_is_refused() {
    let room = room();
    let asked = TokenRequest { kind: Some(TokenKind::Batch), ..for_seconds(100) };
    let batch = room.bearer("app", READ_ALL).child(asked).expect("makes a batch token");
    let text = batch.token().expose_text().expect("text").to_owned();
    for index in 4..text.len() {
        let mut other = text.clone().into_bytes();
        other[index] = if other[index] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(other).expect("ascii");
        if other != text {
            is_refused(&room.with_token(other.into()));
        }
    }
}

#[test]
fn a_role_decides_what_its_tokens_are() {
    let room = room();
    let role = TokenRole {
        allowed_policies: vec!["app".into()],
        orphan: true,
        period: Seconds(60),
        bound_cidrs: vec!["10.0.0.0/8".into()],
        ..TokenRole::default()
    };
    room.owner().ask(&WriteTokenRole::new("web", role)).expect("writes");
    let maker = room.bearer("app", READ_ALL);
    let create = |policies: Option<Vec<String>>| {
        let asked = TokenRequest { policies, ..TokenRequest::default() };
        maker.ask(&CreateToken::new(TokenParent::Role("web".into()), asked))
    };
    assert!(create(Some(vec!["other".into()])).is_err());
    let issued = create(None).expect("makes a token");
    assert_eq!((issued.token.parent, issued.token.lifetime.period), (None, Seconds(60)));
    let mut actor = room.with_token(issued.text);
    is_refused(&actor);
    actor.source = Some("10.1.1.1".parse().expect("an address"));
    actor.read("secret/a").expect("reads");
    actor.source = Some("11.1.1.1".parse().expect("an address"));
    is_refused(&actor);
}

#[test]
fn orphans_are_left_when_only_their_parent_is_taken_back() {
    let room = room();
    let parent = room.bearer("app", READ_ALL);
    let child = parent.child(TokenRequest::default()).expect("makes a child");
    let revoke = RevokeToken { which: TokenReference::Text(parent.token()), orphans: true };
    room.owner().ask(&revoke).expect("revokes");
    is_refused(&parent);
    child.read("secret/a").expect("reads");
}

#[test]
fn an_accessor_names_a_token_and_is_not_one() {
    let room = room();
    let actor = room.bearer("app", READ_ALL);
    let accessor = lookup(&actor).expect("looks up").token.accessor.to_string();
    is_refused(&room.with_token(accessor.clone().into()));
    let found = room.owner().ask(&LookupToken(TokenReference::Accessor(accessor.clone())));
    assert_eq!(found.expect("looks up").token.policies, ["app"]);
    revoke(&room.owner(), TokenReference::Accessor(accessor.clone()));
    is_refused(&actor);
    let gone = room.owner().ask(&LookupToken(TokenReference::Accessor(accessor)));
    assert_eq!(gone.expect_err("is gone").to_string(), "invalid accessor");
}

#[test]
fn neither_a_token_nor_an_accessor_is_in_the_store_or_the_log() {
    let room = room();
    let actor = room.bearer("app", READ_ALL);
    let accessor = lookup(&actor).expect("looks up").token.accessor.to_string();
    let text = actor.token().expose_text().expect("text").to_owned();
    let page = room.store.list(&Range::prefix("")).expect("lists");
    for entry in page.entries {
        let stored = format!("{} {}", entry.key, String::from_utf8_lossy(&entry.value));
        assert!(!stored.contains(&text) && !stored.contains(&accessor), "{}", entry.key);
    }
    let log: String = room.audit().iter().map(|entry| entry.raw().to_owned()).collect();
    assert!(!log.contains(&text));
}

#[test]
fn metadata_is_kept_and_too_much_of_it_refused() {
    let room = room();
    let parent = room.bearer("app", READ_ALL);
    let metadata = BTreeMap::from([("team".to_owned(), "blue".to_owned())]);
    let asked = TokenRequest { metadata: metadata.clone(), ..TokenRequest::default() };
    let child = parent.child(asked).expect("makes a child");
    assert_eq!(lookup(&child).expect("looks up").token.metadata, metadata);
    let long = BTreeMap::from([("team".to_owned(), "x".repeat(513))]);
    assert!(parent.child(TokenRequest { metadata: long, ..TokenRequest::default() }).is_err());
}
