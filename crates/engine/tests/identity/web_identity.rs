use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_engine::InvalidRequest;
use strongroom_engine::operations::aws::*;
use strongroom_engine::operations::jwt::DeleteJwtRole;

use super::*;

fn token(setting: &Setting, sub: &str) -> SecretValue {
    let text = setting.issuer.token(&setting.room, &format!(r#"{{"sub":"{sub}"}}"#));
    SecretValue::new(text.into_bytes())
}

fn assume(setting: &Setting, arn: &str, duration: Option<u64>) -> Result<NewSession, Error> {
    let token = token(setting, "mary");
    let asked = AssumeRoleWithWebIdentity::new(arn, "pod", token, duration.map(Seconds));
    setting.room.anonymous().ask(&asked).map(|made| {
        assert_eq!(made.subject, "mary");
        made.session
    })
}

fn enter<'a>(setting: &'a Setting, keys: &NewSession) -> Result<Actor<'a>, Error> {
    let found = setting.room.engine.access_key(keys.id.as_str())?;
    found.prove(|_| Ok::<_, Error>(())).map(|caller| setting.room.caller(caller))
}

const ROLE: &str = "arn:aws:iam::123456789012:role/jwt/app";

#[test]
fn a_signed_token_gives_keys_with_the_policies_of_its_role() {
    let setting = Setting::new();
    setting.room.owner().put("secret/a", "value").expect("writes");
    setting.policy("app", r#"path "secret/a" { capabilities = ["read"] }"#);
    for arn in [ROLE, "arn:aws:iam::123456789012:role/auth/jwt/app"] {
        let keys = assume(&setting, arn, None).expect("begins");
        assert_eq!(keys.expires, setting.room.clock_now().plus(SESSION_SECS_DEFAULT));
        assert_eq!(keys.arn, "arn:aws:sts::123456789012:assumed-role/token=jwt-mary/pod");
        let actor = enter(&setting, &keys).expect("is let in");
        assert_eq!(actor.read("secret/a").expect("reads"), "value");
        let known = actor.ask(&GetCallerIdentity).expect("is known");
        assert_eq!((known.arn, known.user_id), (keys.arn, keys.user_id));
    }
}

#[test]
fn keys_of_a_login_end_with_it_and_its_mount() {
    let setting = Setting::new();
    let keys = assume(&setting, ROLE, Some(900)).expect("begins");
    let actor = enter(&setting, &keys).expect("is let in");
    actor.ask(&GetCallerIdentity).expect("is known");
    setting.room.clock.advance(Seconds(900));
    is_unauthenticated(actor.ask(&GetCallerIdentity));
    let keys = assume(&setting, ROLE, None).expect("begins");
    let actor = enter(&setting, &keys).expect("is let in");
    let unmount = strongroom_engine::operations::mount::DisableMount::new(MountSide::Auth, "jwt");
    setting.room.owner().ask(&unmount).expect("unmounts");
    is_unauthenticated(actor.ask(&GetCallerIdentity));
    is_unauthenticated(enter(&setting, &keys));
}

#[test]
fn what_a_login_would_refuse_gives_no_keys() {
    let setting = Setting::new();
    let kind = |answer: Result<NewSession, Error>| answer.err().map(|error| error.kind());
    for arn in ["arn:aws:iam::123456789012:role/none/app", "arn:aws:iam::999999999999:role/jwt/app"]
    {
        assert_eq!(kind(assume(&setting, arn, None)), Some(Kind::Forbidden), "{arn}");
    }
    for arn in ["arn:aws:iam::123456789012:role/jwt/none", "arn:aws:iam::123456789012:role/app"] {
        assert_eq!(kind(assume(&setting, arn, None)), Some(Kind::InvalidRequest), "{arn}");
    }
    let bad = SecretValue::new(b"a.b.c".to_vec());
    let asked = AssumeRoleWithWebIdentity::new(ROLE, "pod", bad, None);
    let refused = setting.room.anonymous().ask(&asked).map(|made| made.session);
    assert_eq!(kind(refused), Some(Kind::InvalidRequest));
    setting.room.owner().ask(&DeleteJwtRole::new(MOUNT, "app")).expect("deletes");
    assert_eq!(kind(assume(&setting, ROLE, None)), Some(Kind::InvalidRequest));
}

#[test]
fn a_session_is_no_longer_than_the_role_allows() {
    let setting = Setting::new();
    let short = JwtRoleChange {
        token: TokenParametersChange {
            max_ttl: Some(Seconds(1_800)),
            ..TokenParametersChange::default()
        },
        ..JwtRoleChange::default()
    };
    setting.room.owner().ask(&WriteJwtRole::new(MOUNT, "app", short)).expect("writes");
    let keys = assume(&setting, ROLE, None).expect("begins");
    assert_eq!(keys.expires, setting.room.clock_now().plus(Seconds(1_800)));
    assume(&setting, ROLE, Some(1_800)).expect("begins");
    let error = assume(&setting, ROLE, Some(1_801)).expect_err("is too long");
    let Error::InvalidRequest(InvalidRequest::Aws { class, text }) = error else {
        unreachable!("{error}")
    };
    assert_eq!(class, AwsClass::Validation);
    assert!(text.contains("MaxSessionDuration"), "{text}");
}

#[test]
fn keys_are_bound_to_the_networks_of_the_role() {
    let setting = Setting::new();
    let bound = JwtRoleChange {
        token: TokenParametersChange {
            bound_cidrs: Some(vec!["10.0.0.0/8".into()]),
            ..TokenParametersChange::default()
        },
        ..JwtRoleChange::default()
    };
    setting.room.owner().ask(&WriteJwtRole::new(MOUNT, "app", bound)).expect("writes");
    let mut pod = setting.room.anonymous();
    let asked = AssumeRoleWithWebIdentity::new(ROLE, "pod", token(&setting, "mary"), None);
    is_unauthenticated(pod.ask(&asked));
    pod.source = "10.1.2.3".parse().ok();
    let keys = pod.ask(&asked).expect("begins").session;
    let mut actor = enter(&setting, &keys).expect("is let in");
    is_unauthenticated(actor.ask(&GetCallerIdentity));
    actor.source = "192.0.2.1".parse().ok();
    is_unauthenticated(actor.ask(&GetCallerIdentity));
    actor.source = pod.source;
    actor.ask(&GetCallerIdentity).expect("is known");
}
