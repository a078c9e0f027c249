//! Response wrapping: an answer is taken once, by whoever shows its token first.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::sync::Arc;

use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_core::token::PlainToken;
use strongroom_engine::operations::ListSecrets;
use strongroom_engine::operations::token::{LookupToken, RenewToken, RevokeToken, TokenReference};
use strongroom_engine::operations::wrapping::*;
use strongroom_engine::{Door, Error, Kind, Principal, Request};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom};

const ANSWER: &str = r#"{"data":"canary"}"#;

fn wrap_bytes(room: &TestRoom, bytes: &[u8], ttl: u64) -> Result<Arc<PlainToken>, Error> {
    let request = Request::new(Principal::anonymous(), Door::Vault, &*room.random);
    let answer = AnswerToWrap {
        bytes: SecretValue::new(bytes.to_vec()),
        ttl: Seconds(ttl),
        creation_path: "secret/data/a".into(),
        wrapped_accessor: None,
    };
    room.engine.wrap(&request, answer).map(|issued| Arc::new(issued.text))
}

fn wrap(room: &TestRoom) -> Arc<PlainToken> {
    wrap_bytes(room, ANSWER.as_bytes(), 60).expect("wraps")
}

fn unwrap(actor: &Actor<'_>, token: &Arc<PlainToken>) -> Result<String, Error> {
    let answer = actor.ask(&Unwrap { token: Arc::clone(token), is_own: true })?;
    Ok(answer.expose_text().expect("text").to_owned())
}

fn is_not_valid(result: Result<impl Sized, Error>) {
    let error = result.err().expect("is refused");
    assert_eq!(error.to_string(), "wrapping token is not valid or does not exist");
    assert_eq!(error.kind(), Kind::InvalidRequest);
}

fn left(room: &TestRoom) -> usize {
    let count =
        |prefix: &str| room.store.list(&Range::prefix(prefix)).expect("lists").entries.len();
    count("wrapped/") + count("token/") + count("token-accessor/")
}

#[test]
fn an_answer_is_taken_once_and_nothing_of_it_is_left() {
    let room = TestRoom::new();
    let token = wrap(&room);
    assert_eq!(left(&room), 3);
    assert_eq!(unwrap(&room.anonymous(), &token).expect("unwraps"), ANSWER);
    is_not_valid(unwrap(&room.anonymous(), &token));
    assert_eq!(left(&room), 0);
    room.engine.sweep(100).expect("sweeps");
    assert!(room.store.list(&Range::prefix("due/")).expect("lists").entries.is_empty());
    let log = room.audit();
    assert!(log.iter().all(|entry| !entry.raw().contains("canary")));
    let text = token.expose_text().expect("text");
    assert!(log.iter().all(|entry| !entry.raw().contains(text)));
}

#[test]
fn of_several_callers_at_once_exactly_one_gets_the_answer() {
    let room = TestRoom::new();
    for _ in 0..20 {
        let token = wrap(&room);
        let won = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..4).map(|_| scope.spawn(|| unwrap(&room.anonymous(), &token).is_ok())).collect();
            threads.into_iter().filter_map(|thread| thread.join().ok()).filter(|won| *won).count()
        });
        assert_eq!(won, 1);
    }
}

#[test]
fn an_answer_ends_with_its_token() {
    let room = TestRoom::new();
    let token = wrap(&room);
    room.clock.advance(Seconds(60));
    is_not_valid(unwrap(&room.anonymous(), &token));
    is_not_valid(room.anonymous().ask(&LookUpWrapping { token }));
    room.engine.sweep(100).expect("sweeps");
    assert_eq!(left(&room), 0);
}

#[test]
fn a_wrapping_token_that_is_taken_back_takes_its_answer_along() {
    let room = TestRoom::new();
    let token = wrap(&room);
    let which = TokenReference::Text(Arc::clone(&token));
    room.owner().ask(&RevokeToken { which, orphans: false }).expect("revokes");
    is_not_valid(unwrap(&room.anonymous(), &token));
    assert_eq!(left(&room), 0);
}

#[test]
fn a_wrapping_token_is_good_for_nothing_else_and_not_spent_by_the_attempt() {
    let room = TestRoom::new();
    let token = wrap(&room);
    let bearer = room.with_token(PlainToken::new(token.expose().to_vec()));
    let own = || TokenReference::Own;
    for error in [
        bearer.ask(&ListSecrets::below("secret/")).map(drop).expect_err("is denied"),
        bearer.ask(&LookupToken(own())).map(drop).expect_err("is denied"),
        bearer
            .ask(&RenewToken { which: own(), increment: Seconds(60) })
            .map(drop)
            .expect_err("is denied"),
        bearer
            .ask(&Unwrap { token: Arc::clone(&token), is_own: true })
            .map(drop)
            .expect_err("is denied"),
    ] {
        assert_eq!(error.kind(), Kind::Unauthenticated);
    }
    assert_eq!(unwrap(&room.anonymous(), &token).expect("unwraps"), ANSWER);
}

#[test]
fn a_look_at_a_wrapping_token_is_no_use_of_it() {
    let room = TestRoom::new();
    let token = wrap(&room);
    for _ in 0..3 {
        let found = room.anonymous().ask(&LookUpWrapping { token: Arc::clone(&token) });
        let found = found.expect("is found");
        assert_eq!((found.path.as_str(), found.lifetime.ttl), ("secret/data/a", Seconds(60)));
    }
    assert_eq!(unwrap(&room.anonymous(), &token).expect("unwraps"), ANSWER);
}

#[test]
fn a_token_that_wraps_nothing_is_not_unwrapped_and_stays() {
    let room = TestRoom::new();
    let root = room.root();
    is_not_valid(unwrap(&room.anonymous(), &root.token()));
    is_not_valid(room.anonymous().ask(&Rewrap { token: root.token(), is_own: true }));
    is_not_valid(room.anonymous().ask(&LookUpWrapping { token: root.token() }));
    root.ask(&LookupToken(TokenReference::Own)).expect("is as good as before");
    is_not_valid(unwrap(&room.anonymous(), &Arc::new(PlainToken::new(vec![b'x'; 100_000]))));
}

#[test]
fn a_rewrapped_answer_has_another_token_for_as_long_as_before() {
    let room = TestRoom::new();
    let token = wrap(&room);
    room.clock.advance(Seconds(59));
    let again = room.anonymous().ask(&Rewrap { token: Arc::clone(&token), is_own: true });
    let again = again.expect("rewraps");
    assert_eq!(again.token.path, "secret/data/a");
    is_not_valid(unwrap(&room.anonymous(), &token));
    room.clock.advance(Seconds(59));
    assert_eq!(unwrap(&room.anonymous(), &Arc::new(again.text)).expect("unwraps"), ANSWER);
    assert_eq!(left(&room), 0);
}

#[test]
fn another_token_beside_needs_its_policy() {
    let room = TestRoom::new();
    let token = wrap(&room);
    let ask = |actor: &Actor<'_>| {
        actor.ask(&Unwrap { token: Arc::clone(&token), is_own: false }).map(drop)
    };
    for actor in [room.anonymous(), room.bearer("nobody", "")] {
        assert_eq!(ask(&actor).expect_err("is denied").kind(), Kind::Forbidden);
    }
    let policy = r#"path "sys/wrapping/unwrap" { capabilities = ["update"] }"#;
    ask(&room.bearer("app", policy)).expect("unwraps");
}

#[test]
fn what_is_wrapped_and_for_how_long_has_limits() {
    let room = TestRoom::new();
    wrap_bytes(&room, &vec![b'x'; WRAPPED_BYTES_MAX], 60).expect("fits");
    let long = wrap_bytes(&room, &vec![b'x'; WRAPPED_BYTES_MAX + 1], 60);
    assert_eq!(long.expect_err("is too long").kind(), Kind::InvalidRequest);
    let token = wrap_bytes(&room, b"x", u64::MAX).expect("wraps");
    let found = room.anonymous().ask(&LookUpWrapping { token }).expect("is found");
    assert_eq!(found.lifetime.ttl, Seconds(2_764_800));
}

#[test]
fn the_wrapped_answer_is_encrypted_and_bound_to_its_token() {
    let room = TestRoom::new();
    let (one, other) = (wrap(&room), wrap_bytes(&room, b"other", 60).expect("wraps"));
    let page = room.store.list(&Range::prefix("wrapped/")).expect("lists");
    let holds = |value: &[u8], text: &[u8]| value.windows(text.len()).any(|part| part == text);
    assert!(page.entries.iter().all(|entry| !holds(&entry.value, b"canary")));
    let [a, b] = &page.entries[..] else { panic!("two answers") };
    let writes = vec![
        strongroom_store::Write::Put(a.key.clone(), b.value.clone()),
        strongroom_store::Write::Put(b.key.clone(), a.value.clone()),
    ];
    room.store.commit(strongroom_store::Batch { preconditions: vec![], writes }).expect("swaps");
    for token in [one, other] {
        let error = unwrap(&room.anonymous(), &token).expect_err("does not open");
        assert_eq!(error.kind(), Kind::Internal);
    }
}
