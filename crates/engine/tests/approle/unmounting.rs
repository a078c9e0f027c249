use super::*;

#[test]
fn nothing_of_a_mount_is_left_when_it_goes_and_its_tokens_are_refused() {
    let room = room();
    let web = web(&room, AppRoleChange { secret_id_ttl: Some(Seconds(60)), ..Default::default() });
    let secret = secret_id(&room, "web", SecretIdRequest::default());
    let issued = log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in");
    let actor = room.with_token(issued.text);
    let child = actor.child(TokenRequest::default()).expect("makes a child");
    child.read("secret/a").expect("reads");
    room.owner().ask(&DisableMount::new(MountSide::Auth, "approle")).expect("unmounts");
    for actor in [&actor, &child] {
        let refused = actor.read("secret/a").expect_err("is refused");
        assert_eq!(refused.kind(), Kind::Unauthenticated);
    }
    let below =
        |folder: &str| keys(&room, folder).into_iter().filter(|key| key.starts_with("logical/"));
    assert_eq!(below("/secret-id/").chain(below("/role/")).count(), 0);
    room.clock.advance(Seconds(60));
    room.engine.sweep(10).expect("sweeps what ended of the mount that is gone");
    assert_eq!(keys(&room, "due/").len(), keys(&room, "/token/").len());
    mount(&room, "approle");
    is_refused(log_in(&room.anonymous(), &web.role_id, &secret.text));
}

#[test]
fn the_tokens_of_a_mount_go_with_it_and_those_of_another_stay() {
    let room = room();
    let web = web(&room, AppRoleChange::default());
    mount(&room, "other");
    let other = AppRoleChange { bind_secret_id: Some(false), ..AppRoleChange::default() };
    let other = AppRoleChange { secret_id_bound_cidrs: Some(vec!["10.0.0.0/8".into()]), ..other };
    let write = WriteAppRole::new("auth/other", "web", AppRolePart::Whole, other);
    room.owner().ask(&write).expect("writes");
    let read = ReadAppRole::new("auth/other", "web", AppRolePart::Whole);
    let other = room.owner().ask(&read).expect("there is the role");
    let mut elsewhere = room.anonymous();
    elsewhere.source = Some("10.0.0.1".parse().expect("an address"));
    let nothing = SecretValue::new(Vec::new());
    let login = LoginAppRole::new("auth/other", SecretValue::from(other.role_id), nothing);
    let stays = elsewhere.ask(&login).expect("logs in");
    let before = (keys(&room, "token/").len(), keys(&room, "due/").len());
    // More than one commit takes back.
    for _ in 0..20 {
        let secret = secret_id(&room, "web", SecretIdRequest::default());
        let issued = log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in");
        let actor = room.with_token(issued.text);
        actor.child(TokenRequest::default()).expect("makes a child");
    }
    assert_eq!(keys(&room, "token-mount/").len(), 21);
    room.owner().ask(&DisableMount::new(MountSide::Auth, "approle")).expect("unmounts");
    assert_eq!((keys(&room, "token/").len(), keys(&room, "due/").len()), before);
    assert_eq!(keys(&room, "token-mount/").len(), 1);
    let lookup = room.with_token(stays.text).ask(&LookupToken(TokenReference::Own));
    lookup.expect("is there");
}

#[test]
fn a_token_that_ends_leaves_nothing_with_its_mount() {
    let room = room();
    let ttl = TokenParametersChange { ttl: Some(Seconds(60)), ..Default::default() };
    let web = web(&room, with_token(ttl));
    let log_in = || {
        let secret = secret_id(&room, "web", SecretIdRequest::default());
        log_in(&room.anonymous(), &web.role_id, &secret.text).expect("logs in").text
    };
    let (revoked, _ended) = (log_in(), log_in());
    assert_eq!(keys(&room, "token-mount/").len(), 2);
    let which = TokenReference::Text(Arc::new(revoked));
    room.owner().ask(&RevokeToken { which, orphans: false }).expect("revokes");
    assert_eq!(keys(&room, "token-mount/").len(), 1);
    room.clock.advance(Seconds(61));
    room.engine.sweep(10).expect("sweeps");
    assert_eq!(keys(&room, "token-mount/"), [""; 0]);
}
