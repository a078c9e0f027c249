//! What becomes of the tokens that a login method gave when it is unmounted.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_engine::operations::approle::*;
use strongroom_engine::operations::mount::{DisableMount, EnableMount, MountSide};
use strongroom_engine::operations::policy::WritePolicy;
use strongroom_engine::operations::token::*;
use strongroom_engine::{Kind, TokenParametersChange};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom};

const NETWORK: &str = "10.0.0.0/8";

/// A room with a login method at each of these paths, which lets in whoever comes from the network.
fn room(paths: &[&str]) -> TestRoom {
    let room = TestRoom::new();
    let owner = room.owner();
    let text = r#"path "auth/token/create" { capabilities = ["update"] }"#;
    owner.ask(&WritePolicy::new("web", text)).expect("writes the policy");
    for path in paths {
        owner.ask(&EnableMount::new(MountSide::Auth, path, "approle")).expect("mounts");
        let token = TokenParametersChange {
            ttl: Some(Seconds(60)),
            policies: Some(vec!["web".to_owned()]),
            ..TokenParametersChange::default()
        };
        let change = AppRoleChange {
            bind_secret_id: Some(false),
            secret_id_bound_cidrs: Some(vec![NETWORK.to_owned()]),
            token,
            ..AppRoleChange::default()
        };
        let mount = format!("auth/{path}");
        let role = WriteAppRole::new(&mount, "web", AppRolePart::Whole, change);
        owner.ask(&role).expect("writes the role");
    }
    room
}

fn log_in<'r>(room: &'r TestRoom, path: &str) -> Actor<'r> {
    let mount = format!("auth/{path}");
    let read = ReadAppRole::new(&mount, "web", AppRolePart::Whole);
    let role = room.owner().ask(&read).expect("there is the role");
    let mut anonymous = room.anonymous();
    anonymous.source = Some("10.0.0.1".parse().expect("an address"));
    let (id, nothing) = (SecretValue::from(role.role_id), SecretValue::new(Vec::new()));
    let issued = anonymous.ask(&LoginAppRole::new(&mount, id, nothing)).expect("logs in");
    room.with_token(issued.text)
}

fn unmount(room: &TestRoom, path: &str) {
    room.owner().ask(&DisableMount::new(MountSide::Auth, path)).expect("unmounts");
}

/// How many records there are below a prefix.
fn count(room: &TestRoom, prefix: &str) -> usize {
    room.store.list(&Range::prefix(prefix)).expect("lists").entries.len()
}

#[test]
fn the_tokens_of_a_mount_go_with_it_and_those_of_another_stay() {
    let room = room(&["one", "other"]);
    let stays = log_in(&room, "other");
    let before = ["token/", "token-accessor/", "due/"].map(|prefix| count(&room, prefix));
    // More than one commit takes back.
    let actors: Vec<Actor<'_>> = (0..20).map(|_| log_in(&room, "one")).collect();
    let children = actors.iter().map(|actor| actor.child(TokenRequest::default()));
    let children: Vec<Actor<'_>> = children.map(|child| child.expect("makes a child")).collect();
    assert_eq!(count(&room, "token-mount/"), 21);
    unmount(&room, "one");
    assert_eq!(["token/", "token-accessor/", "due/"].map(|prefix| count(&room, prefix)), before);
    assert_eq!((count(&room, "token-mount/"), count(&room, "token-child/")), (1, 0));
    for gone in actors.iter().chain(&children) {
        let refused = gone.ask(&LookupToken(TokenReference::Own)).map(drop);
        assert_eq!(refused.expect_err("is gone").kind(), Kind::Unauthenticated);
    }
    stays.ask(&LookupToken(TokenReference::Own)).expect("is there");
}

#[test]
fn a_token_that_ends_leaves_nothing_with_its_mount() {
    let room = room(&["one"]);
    let (revoked, _ends) = (log_in(&room, "one"), log_in(&room, "one"));
    assert_eq!(count(&room, "token-mount/"), 2);
    let revoke = RevokeToken { which: TokenReference::Own, orphans: false };
    revoked.ask(&revoke).expect("revokes");
    assert_eq!(count(&room, "token-mount/"), 1);
    room.clock.advance(Seconds(61));
    room.engine.sweep(10).expect("sweeps");
    assert_eq!(count(&room, "token-mount/"), 0);
}
