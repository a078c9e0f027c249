//! Logins by name and password: who is let in, and that nobody guesses.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use strongroom_core::crypto::PASSWORD_BYTES_MAX;
use strongroom_core::secret::Passphrase;
use strongroom_core::time::Seconds;
use strongroom_engine::operations::mount::{EnableMount, MountSide};
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_engine::operations::token::*;
use strongroom_engine::operations::userpass::*;
use strongroom_engine::{
    Error, HASHES_RUNNING_MAX, IssuedToken, Kind, LOCKOUT_FAILURES, LOCKOUT_SPAN,
    TokenParametersChange,
};
use strongroom_store::Range;
use strongroom_testkit::TestRoom;

const MOUNT: &str = "auth/userpass";
const PASSWORD: &str = "correct horse battery staple";

fn room() -> TestRoom {
    let room = TestRoom::new();
    room.owner().put("secret/a", "value").expect("writes");
    let mount = EnableMount::new(MountSide::Auth, "userpass", "userpass");
    room.owner().ask(&mount).expect("mounts");
    let policy = WritePolicy::new("team", r#"path "secret/a" { capabilities = ["read"] }"#);
    room.owner().ask(&policy).expect("writes");
    write(&room, "mary", UserPart::Whole, Some(PASSWORD), policies("team")).expect("writes");
    room
}

fn policies(name: &str) -> TokenParametersChange {
    TokenParametersChange { policies: Some(vec![name.to_owned()]), ..Default::default() }
}

fn write(
    room: &TestRoom,
    name: &str,
    part: UserPart,
    password: Option<&str>,
    token: TokenParametersChange,
) -> Result<(), Error> {
    let password = password.map(|text| Passphrase::from(text.to_owned()));
    room.owner().ask(&WriteUser::new(MOUNT, name, part, UserChange { password, token }))
}

fn set_password(room: &TestRoom, name: &str, password: &str) -> Result<(), Error> {
    write(room, name, UserPart::Password, Some(password), TokenParametersChange::default())
}

fn log_in(room: &TestRoom, name: &str, password: &str) -> Result<IssuedToken, Error> {
    let password = Passphrase::from(password.to_owned());
    room.anonymous().ask(&LoginUserpass::new(MOUNT, name, password))
}

#[track_caller]
fn is_refused(answer: Result<IssuedToken, Error>) {
    let error = answer.expect_err("is refused");
    assert_eq!(error.kind(), Kind::Unauthenticated);
    assert_eq!(error.to_string(), "permission denied");
}

fn last_reason(room: &TestRoom) -> String {
    let log = room.audit();
    let last = log.last().expect("a record");
    last.fields.get("reason").cloned().unwrap_or_default()
}

#[test]
fn a_login_gives_a_token_of_the_users_policies() {
    let room = room();
    let issued = log_in(&room, "mary", PASSWORD).expect("logs in");
    assert_eq!(issued.token.policies, ["default", "team"]);
    assert_eq!(issued.token.display_name, "userpass-mary");
    assert_eq!(issued.token.metadata.get("username").map(String::as_str), Some("mary"));
    let entity = issued.token.entity.clone();
    assert_eq!(room.with_token(issued.text).read("secret/a").expect("reads"), "value");
    let again = log_in(&room, "MARY", PASSWORD).expect("logs in");
    assert!(entity.is_some() && again.token.entity == entity, "one person, one entity");
}

#[test]
fn a_wrong_password_and_an_unknown_user_have_one_answer_and_their_reasons_are_in_the_log() {
    let room = room();
    let before = room.store.list(&Range::prefix("logical/")).expect("lists").entries.len();
    for (name, password, reason) in [
        ("mary", "canary", "the password is wrong"),
        ("mary", &PASSWORD.to_uppercase(), "the password is wrong"),
        ("mary", &format!("{PASSWORD} "), "the password is wrong"),
        ("mary", &"x".repeat(PASSWORD_BYTES_MAX + 1), "the password is wrong"),
        ("john", PASSWORD, "there is no such user"),
        ("john", "", "there is no such user"),
    ] {
        is_refused(log_in(&room, name, password));
        assert_eq!(last_reason(&room), reason);
    }
    let log: String = room.audit().iter().map(|entry| entry.raw().to_owned()).collect();
    assert!(!log.contains("canary") && !log.contains(PASSWORD));
    let after = room.store.list(&Range::prefix("logical/")).expect("lists").entries.len();
    assert_eq!(before, after);
}

/// CVE-2025-6011: an unknown user must not be told from a known one by how long the answer takes.
#[test]
fn cve_2025_6011_a_password_is_hashed_for_an_unknown_user_as_well() {
    let room = room();
    let time = |name: &str| {
        let fastest = (0..3).map(|_| {
            let before = std::time::Instant::now();
            is_refused(log_in(&room, name, "wrong"));
            before.elapsed()
        });
        fastest.min().expect("a time")
    };
    let (known, unknown, no_name) = (time("mary"), time("john"), time("no name"));
    // A look-up without a hash takes a thousandth of this.
    assert!(unknown > known / 3, "{unknown:?} {known:?}");
    assert!(no_name > known / 3, "{no_name:?} {known:?}");
}

/// CVE-2025-6004: other capitals or white space must not give a user more attempts.
#[test]
fn cve_2025_6004_capitals_and_white_space_give_no_more_attempts() {
    let room = room();
    for name in ["mary", "Mary", "mARY", "MARY", "maRy"] {
        is_refused(log_in(&room, name, "wrong"));
        assert_eq!(last_reason(&room), "the password is wrong");
    }
    for name in ["mary", "MARY", "Mary"] {
        is_refused(log_in(&room, name, PASSWORD));
        assert!(last_reason(&room).contains("locked"), "{name}");
    }
    for name in [" mary", "mary ", "mary\t", "\u{a0}mary", "mary\u{200b}", "m\u{212a}ary", "mary\0"]
    {
        is_refused(log_in(&room, name, PASSWORD));
        assert_eq!(last_reason(&room), "there is no such user", "{name:?}");
    }
}

#[test]
fn a_locked_user_is_let_in_again_after_a_quarter_of_an_hour_or_with_a_new_password() {
    let room = room();
    let lock = || {
        for _ in 0..LOCKOUT_FAILURES {
            is_refused(log_in(&room, "mary", "wrong"));
        }
        is_refused(log_in(&room, "mary", PASSWORD));
    };
    lock();
    room.clock.advance(Seconds(LOCKOUT_SPAN.0 - 1));
    is_refused(log_in(&room, "mary", PASSWORD));
    room.clock.advance(Seconds(1));
    log_in(&room, "mary", PASSWORD).expect("logs in");
    lock();
    set_password(&room, "mary", PASSWORD).expect("changes");
    log_in(&room, "mary", PASSWORD).expect("logs in");
}

#[test]
fn another_users_wrong_passwords_lock_nobody_else() {
    let room = room();
    write(&room, "john", UserPart::Whole, Some("other"), policies("team")).expect("writes");
    for _ in 0..=LOCKOUT_FAILURES {
        is_refused(log_in(&room, "john", "wrong"));
    }
    log_in(&room, "mary", PASSWORD).expect("logs in");
    is_refused(log_in(&room, "john", "other"));
}

#[test]
fn of_many_guesses_at_once_few_more_than_five_are_made() {
    let room = room();
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| is_refused(log_in(&room, "mary", "wrong")));
        }
    });
    let log = room.audit();
    let reason = |entry: &&strongroom_engine::audit::Entry| {
        entry.fields.get("reason").is_some_and(|reason| reason == "the password is wrong")
    };
    let guesses = log.iter().filter(reason).count();
    assert!(guesses < usize::try_from(LOCKOUT_FAILURES).expect("fits") + HASHES_RUNNING_MAX);
    assert!(guesses >= usize::try_from(LOCKOUT_FAILURES).expect("fits"));
}

#[test]
fn many_logins_of_one_user_at_once_all_succeed() {
    let room = room();
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| log_in(&room, "mary", PASSWORD).map(drop).expect("logs in"));
        }
    });
}

#[test]
fn a_password_is_changed_and_the_old_one_is_refused() {
    let room = room();
    set_password(&room, "mary", "new").expect("changes");
    is_refused(log_in(&room, "mary", PASSWORD));
    log_in(&room, "mary", "new").expect("logs in");
    // A change of something else leaves it.
    write(&room, "Mary", UserPart::Whole, None, policies("other")).expect("writes");
    assert_eq!(log_in(&room, "mary", "new").expect("logs in").token.policies, ["default", "other"]);
}

#[test]
fn a_user_has_a_password_within_its_limits() {
    let room = room();
    let none = TokenParametersChange::default;
    assert!(write(&room, "new", UserPart::Whole, None, none()).is_err());
    assert!(write(&room, "new", UserPart::Whole, Some(""), none()).is_err());
    let long = "x".repeat(PASSWORD_BYTES_MAX + 1);
    assert!(write(&room, "new", UserPart::Whole, Some(&long), none()).is_err());
    let longest = "x".repeat(PASSWORD_BYTES_MAX);
    write(&room, "new", UserPart::Whole, Some(&longest), none()).expect("writes");
    log_in(&room, "new", &longest).expect("logs in");
    for part in [UserPart::Password, UserPart::Policies] {
        let error = write(&room, "nobody", part, Some("x"), policies("team")).expect_err("none");
        assert_eq!(error.kind(), Kind::NotFound);
        assert!(write(&room, "mary", part, None, none()).is_err());
    }
    for bad in [" mary", "mary ", "ma ry", "-", &"x".repeat(257)] {
        let error = write(&room, bad, UserPart::Whole, Some("x"), none()).expect_err(bad);
        assert_eq!(error.kind(), Kind::InvalidRequest);
    }
}

#[test]
fn a_policy_on_a_user_is_not_passed_by_with_other_capitals() {
    let room = room();
    let actor = room.bearer(
        "operator",
        r#"path "auth/userpass/users/*" { capabilities = ["read", "update", "create", "delete"] }
           path "auth/userpass/users/mary/password" { capabilities = ["deny"] }
           path "auth/userpass/users/mary" { capabilities = ["deny"] }"#,
    );
    for name in ["mary", "MARY"] {
        for part in [UserPart::Whole, UserPart::Password] {
            let password = Some(Passphrase::from("stolen".to_owned()));
            let change = UserChange { password, ..Default::default() };
            let error = actor.ask(&WriteUser::new(MOUNT, name, part, change)).expect_err(name);
            assert_eq!(error.kind(), Kind::Forbidden, "{name}");
        }
        let error = actor.ask(&DeleteUser::new(MOUNT, name)).expect_err(name);
        assert_eq!(error.kind(), Kind::Forbidden, "{name}");
    }
}

#[test]
fn a_token_is_renewed_while_its_user_is_the_same_and_has_the_same_policies() {
    let room = room();
    let renew = |issued: &IssuedToken| {
        let text = issued.text.expose_text().expect("text").to_owned();
        let renew = RenewToken { which: TokenReference::Own, increment: Seconds(60) };
        room.with_token(text.into()).ask(&renew).map(drop).map_err(|error| error.to_string())
    };
    let issued = log_in(&room, "mary", PASSWORD).expect("logs in");
    renew(&issued).expect("renews");
    write(&room, "mary", UserPart::Policies, None, policies("other")).expect("writes");
    assert_eq!(renew(&issued), Err("policies have changed, not renewing".to_owned()));
    write(&room, "mary", UserPart::Policies, None, policies("team")).expect("writes");
    renew(&issued).expect("renews");
    room.owner().ask(&DeleteUser::new(MOUNT, "mary")).expect("deletes");
    assert!(renew(&issued).is_err());
    write(&room, "mary", UserPart::Whole, Some(PASSWORD), policies("team")).expect("writes");
    assert!(renew(&issued).is_err(), "it is another user");
}

#[test]
fn a_user_is_bound_to_networks() {
    let room = room();
    let bound_cidrs = Some(vec!["10.0.0.0/8".to_owned()]);
    let change = TokenParametersChange { bound_cidrs, ..Default::default() };
    write(&room, "mary", UserPart::Whole, None, change).expect("writes");
    is_refused(log_in(&room, "mary", PASSWORD));
    let mut inside = room.anonymous();
    inside.source = Some("10.0.0.1".parse().expect("an address"));
    let password = Passphrase::from(PASSWORD.to_owned());
    let issued = inside.ask(&LoginUserpass::new(MOUNT, "mary", password)).expect("logs in");
    assert_eq!(issued.token.bound_cidrs, ["10.0.0.0/8"]);
}

#[test]
fn users_are_listed_and_deleted() {
    let room = room();
    write(&room, "John", UserPart::Whole, Some("x"), policies("team")).expect("writes");
    let list = || room.owner().ask(&ListUsers::new(MOUNT)).expect("lists");
    assert_eq!(list(), ["john", "mary"]);
    room.owner().ask(&DeleteUser::new(MOUNT, "MARY")).expect("deletes");
    room.owner().ask(&DeleteUser::new(MOUNT, "mary")).expect("is gone already");
    assert_eq!(list(), ["john"]);
    is_refused(log_in(&room, "mary", PASSWORD));
    let read = room.owner().ask(&ReadUser::new(MOUNT, "mary")).expect_err("is gone");
    assert_eq!(read.kind(), Kind::NotFound);
}

#[test]
fn a_password_is_neither_in_the_store_nor_in_the_log() {
    let room = room();
    log_in(&room, "mary", PASSWORD).expect("logs in");
    for entry in room.store.list(&Range::prefix("")).expect("lists").entries {
        let stored = format!("{} {}", entry.key, String::from_utf8_lossy(&entry.value));
        assert!(!stored.contains(PASSWORD), "{}", entry.key);
    }
    let log: String = room.audit().iter().map(|entry| entry.raw().to_owned()).collect();
    assert!(!log.contains(PASSWORD));
}
