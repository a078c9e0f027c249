//! Every rule of a role, broken once.

use std::collections::BTreeSet;

use strongroom_core::time::Seconds;

use super::*;

/// The verified claims of a token with these instead of the usual.
fn verified(instead: &str) -> Claims {
    let key = signing_key(Algorithm::EdDsa, 1);
    let token = key.sign(&claims(instead)).unwrap();
    key_set(&[&key]).verify(&token, &Algorithms::all()).unwrap()
}

fn bindings() -> Bindings {
    Bindings {
        issuer: Some("https://issuer".into()),
        audiences: BTreeSet::from(["strongroom".to_owned()]),
        user_claim: "sub".into(),
        ..Bindings::default()
    }
}

fn text(value: &str) -> ClaimValue {
    ClaimValue::Text(value.to_owned())
}

fn demanding(name: &str, values: &[ClaimValue], matching: Matching) -> Bindings {
    let claims = BTreeMap::from([(name.to_owned(), values.to_vec())]);
    Bindings { claims, matching, ..bindings() }
}

fn check(bindings: &Bindings, instead: &str) -> Result<Login, JwtError> {
    bindings.check(&verified(instead), NOW)
}

#[test]
fn a_token_that_keeps_every_rule_says_who_its_bearer_is() {
    let login = check(&bindings(), "{}").unwrap();
    assert_eq!(login.user.as_str(), "mary");
    assert!(login.groups.is_empty() && login.metadata.is_empty());
}

#[test]
fn issuer_audience_and_subject_are_compared_to_the_letter() {
    let issuer = || Err(JwtError::Issuer);
    assert_eq!(check(&bindings(), r#"{"iss":"https://issuer/"}"#), issuer());
    assert_eq!(check(&bindings(), r#"{"iss":null}"#), issuer());
    assert_eq!(check(&bindings(), r#"{"iss":1}"#), Err(JwtError::ClaimType("iss".into())));
    let anyone = Bindings { issuer: None, ..bindings() };
    assert!(check(&anyone, r#"{"iss":null}"#).is_ok());

    for aud in [r#""Strongroom""#, r#"["a","b"]"#, "[]", "null", r#""strongroom ""#] {
        let checked = check(&bindings(), &format!(r#"{{"aud":{aud}}}"#));
        assert_eq!(checked, Err(JwtError::Audience), "{aud}");
    }
    assert!(check(&bindings(), r#"{"aud":["a","strongroom"]}"#).is_ok());
    for aud in ["1", "{}", r#"["strongroom",1]"#] {
        let checked = check(&bindings(), &format!(r#"{{"aud":{aud}}}"#));
        assert_eq!(checked, Err(JwtError::ClaimType("aud".into())), "{aud}");
    }

    let mary = Bindings { subject: Some("mary".into()), ..bindings() };
    assert!(check(&mary, "{}").is_ok());
    assert_eq!(check(&mary, r#"{"sub":"Mary"}"#), Err(JwtError::Subject));
    assert_eq!(check(&mary, r#"{"sub":null}"#), Err(JwtError::Subject));
}

#[test]
fn a_token_for_someone_is_refused_by_a_role_that_is_bound_to_nobody() {
    let unbound = Bindings { audiences: BTreeSet::new(), ..bindings() };
    assert_eq!(check(&unbound, "{}"), Err(JwtError::UnboundAudience));
    assert!(check(&unbound, r#"{"aud":null}"#).is_ok());
    assert!(check(&unbound, r#"{"aud":[]}"#).is_ok());
}

#[test]
fn times_are_checked_with_vaults_leeways() {
    let at = |offset: i64| i64::try_from(NOW_SECS).unwrap() + offset;
    let times = |exp: Option<i64>, nbf: Option<i64>, iat: Option<i64>, leeways: Leeways| {
        let json = |time: Option<i64>| time.map_or("null".to_owned(), |time| at(time).to_string());
        let instead = format!(r#"{{"exp":{},"nbf":{},"iat":{}}}"#, json(exp), json(nbf), json(iat));
        check(&Bindings { leeways, ..bindings() }, &instead).map(|_| ())
    };
    let default = Leeways::default();
    let none = Leeways { expiration: Leeway(-1), not_before: Leeway(-1), clock_skew: Leeway(-1) };
    for (exp, nbf, iat, leeways, wanted) in [
        // The clocks may differ by a minute.
        (Some(-60), None, Some(-600), default, Ok(())),
        (Some(-61), None, Some(-600), default, Err(JwtError::Expired)),
        (Some(600), Some(60), None, default, Ok(())),
        (Some(600), Some(61), None, default, Err(JwtError::NotYetValid)),
        (Some(600), None, Some(60), default, Ok(())),
        (Some(600), None, Some(61), default, Err(JwtError::NotYetValid)),
        (Some(600), Some(0), Some(61), default, Err(JwtError::IssuedInFuture)),
        // Without `exp` it is 150 seconds after the start, and the clocks may differ.
        (None, None, Some(-210), default, Ok(())),
        (None, None, Some(-211), default, Err(JwtError::Expired)),
        (None, Some(-210), Some(-900), default, Ok(())),
        (None, Some(-211), Some(-900), default, Err(JwtError::Expired)),
        // Without a start it is 150 seconds before the end.
        (Some(210), None, None, default, Ok(())),
        (Some(211), None, None, default, Err(JwtError::NotYetValid)),
        (None, None, None, default, Err(JwtError::NoTimes)),
        // -1 turns each off.
        (Some(0), None, Some(0), none, Ok(())),
        (Some(-1), None, Some(-600), none, Err(JwtError::Expired)),
        (Some(600), Some(1), None, none, Err(JwtError::NotYetValid)),
        (Some(600), Some(0), Some(1), none, Err(JwtError::IssuedInFuture)),
        (None, None, Some(-1), none, Err(JwtError::Expired)),
        (Some(1), None, None, none, Err(JwtError::NotYetValid)),
        (None, None, Some(-20), Leeways { expiration: Leeway(20), ..none }, Ok(())),
        (Some(20), None, None, Leeways { not_before: Leeway(20), ..none }, Ok(())),
        (Some(-20), None, Some(-60), Leeways { clock_skew: Leeway(20), ..none }, Ok(())),
    ] {
        let checked = times(exp, nbf, iat, leeways);
        assert_eq!(checked, wanted, "exp {exp:?} nbf {nbf:?} iat {iat:?} {leeways:?}");
    }
}

#[test]
fn a_time_that_is_none_is_refused() {
    for time in ["\"1800000600\"", "-1", "1e300", "true", "9007199254740992", "[]"] {
        for name in ["exp", "nbf", "iat"] {
            let checked = check(&bindings(), &format!(r#"{{"{name}":{time}}}"#));
            assert_eq!(checked, Err(JwtError::ClaimType(name.into())), "{name} {time}");
        }
    }
    // The year 1970 is a time, and not the lack of one.
    assert_eq!(check(&bindings(), r#"{"exp":0}"#), Err(JwtError::Expired));
    assert!(check(&bindings(), r#"{"exp":1800000600.9}"#).is_ok());
}

#[test]
fn the_end_of_time_overflows_nothing() {
    let leeways = Leeways {
        expiration: Leeway(i64::MAX),
        not_before: Leeway(i64::MAX),
        clock_skew: Leeway(i64::MAX),
    };
    let most = "9007199254740991";
    for instead in [
        format!(r#"{{"exp":null,"iat":{most},"nbf":{most}}}"#),
        format!(r#"{{"exp":{most},"iat":null}}"#),
        r#"{"exp":0,"iat":null}"#.to_owned(),
    ] {
        let bindings = Bindings { leeways, ..bindings() };
        for now in [0, u64::MAX, NOW.0] {
            let _ = bindings.check(&verified(&instead), Timestamp(now));
        }
    }
    let negative =
        Leeways { expiration: Leeway(i64::MIN), clock_skew: Leeway(i64::MIN), ..leeways };
    let bindings = Bindings { leeways: negative, ..bindings() };
    assert!(bindings.check(&verified("{}"), NOW.plus(Seconds(601))).is_err());
}

#[test]
fn bound_claims_are_met_by_one_of_their_values() {
    let exact = |name: &str, values: &[ClaimValue], instead: &str| {
        check(&demanding(name, values, Matching::Exact), instead).map(|_| ())
    };
    let unmet = |name: &str| Err(JwtError::Claim(name.to_owned()));
    for (values, claim, met) in [
        (vec![text("ops")], r#""ops""#, true),
        (vec![text("dev"), text("ops")], r#""ops""#, true),
        (vec![text("ops")], r#"["dev","ops"]"#, true),
        (vec![text("ops")], r#"["dev",["ops"]]"#, false),
        (vec![text("ops")], r#""Ops""#, false),
        (vec![text("ops")], r#"[]"#, false),
        (vec![text("*")], r#""ops""#, false),
        (vec![text("true")], "true", false),
        (vec![ClaimValue::Bool(true)], "true", true),
        (vec![ClaimValue::Bool(true)], "false", false),
        (vec![ClaimValue::Bool(true)], r#""true""#, false),
        (vec![ClaimValue::Number(5)], "5", true),
        (vec![ClaimValue::Number(5)], "5.0", true),
        (vec![ClaimValue::Number(5)], "5.9", false),
        (vec![ClaimValue::Number(5)], r#""5""#, false),
        (vec![ClaimValue::Number(5)], "[4,5]", true),
        (vec![], r#""ops""#, false),
    ] {
        let checked = exact("team", &values, &format!(r#"{{"team":{claim}}}"#));
        assert_eq!(checked, if met { Ok(()) } else { unmet("team") }, "{values:?} {claim}");
    }
    let missing = Err(JwtError::MissingClaim("team".into()));
    assert_eq!(exact("team", &[text("ops")], "{}"), missing);
    assert_eq!(exact("team", &[text("ops")], r#"{"team":null}"#), missing);
    let object = exact("team", &[text("ops")], r#"{"team":{}}"#);
    assert_eq!(object, Err(JwtError::ClaimType("team".into())));

    let nested = r#"{"org":{"teams":["dev","ops"],"a/b":"c"},"/org/x":"y"}"#;
    assert_eq!(exact("/org/teams", &[text("ops")], nested), Ok(()));
    assert_eq!(exact("/org/teams/1", &[text("ops")], nested), Ok(()));
    assert_eq!(exact("/org/teams/0", &[text("ops")], nested), unmet("/org/teams/0"));
    assert_eq!(exact("/org/a~1b", &[text("c")], nested), Ok(()));
    let absent = exact("/org/x", &[text("y")], nested);
    assert_eq!(absent, Err(JwtError::MissingClaim("/org/x".into())));
}

#[test]
fn patterns_match_texts_only() {
    let glob = |pattern: &str, claim: &str| {
        let bindings = demanding("mail", &[text(pattern)], Matching::Glob);
        check(&bindings, &format!(r#"{{"mail":{claim}}}"#)).is_ok()
    };
    assert!(glob("*@example.com", r#""mary@example.com""#));
    assert!(glob("*@example.com", r#"["x","mary@example.com"]"#));
    assert!(!glob("*@example.com", r#""mary@example.com.evil.org""#));
    assert!(!glob("*", "5"));
    assert!(!glob("*", "true"));
}

#[test]
fn the_user_claim_names_the_bearer_as_a_text_that_can_be_an_alias() {
    let named = |name: &str, pointer: bool, instead: &str| {
        let user_claim_is_pointer = pointer;
        let bindings = Bindings { user_claim: name.into(), user_claim_is_pointer, ..bindings() };
        check(&bindings, instead).map(|login| login.user.to_string())
    };
    let nested = r#"{"user":{"mail":"m@x"},"/user/mail":"other"}"#;
    assert_eq!(named("/user/mail", true, nested), Ok("m@x".into()));
    assert_eq!(named("/user/mail", false, nested), Ok("other".into()));
    assert_eq!(named("sub", true, "{}"), Ok("mary".into()));
    assert_eq!(named("sub", false, r#"{"sub":"Mary"}"#), Ok("Mary".into()));
    assert_eq!(named("none", false, "{}"), Err(JwtError::MissingClaim("none".into())));
    for value in ["1", "[\"mary\"]", "{}", "\"\"", "\" mary\"", "\"ma\\u0000ry\"", "true"] {
        let checked = named("sub", false, &format!(r#"{{"sub":{value}}}"#));
        assert_eq!(checked, Err(JwtError::ClaimType("sub".into())), "{value}");
    }
    let long = "m".repeat(513);
    assert!(named("sub", false, &format!(r#"{{"sub":"{long}"}}"#)).is_err());
}

#[test]
fn groups_are_texts_each_once() {
    let grouped = |claim: &str, instead: &str| {
        let bindings = Bindings { groups_claim: Some(claim.into()), ..bindings() };
        let login = check(&bindings, instead)?;
        Ok(login.groups.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    assert_eq!(
        grouped("g", r#"{"g":["ops","dev","ops",""]}"#),
        Ok(vec!["dev".into(), "ops".into()])
    );
    assert_eq!(grouped("g", r#"{"g":"ops"}"#), Ok(vec!["ops".into()]));
    assert_eq!(grouped("/a/g", r#"{"a":{"g":["x"]}}"#), Ok(vec!["x".into()]));
    assert_eq!(grouped("g", r#"{"g":[]}"#), Ok(vec![]));
    assert_eq!(grouped("g", "{}"), Err(JwtError::MissingClaim("g".into())));
    for value in ["1", "{}", "[1]", r#"["a",["b"]]"#, r#"[" a"]"#, "true"] {
        let checked = grouped("g", &format!(r#"{{"g":{value}}}"#));
        assert_eq!(checked, Err(JwtError::ClaimType("g".into())), "{value}");
    }
    let groups = |count: usize| {
        let names: Vec<_> = (0..count).map(|n| format!(r#""{n}""#)).collect();
        grouped("g", &format!(r#"{{"g":[{}]}}"#, names.join(",")))
    };
    assert_eq!(groups(GROUPS_MAX).map(|groups| groups.len()), Ok(GROUPS_MAX));
    assert_eq!(groups(GROUPS_MAX + 1), Err(JwtError::TooManyGroups));
}

#[test]
fn mapped_claims_are_noted_when_they_are_there() {
    let mappings = [("name", "display_name"), ("/org/id", "org"), ("none", "nothing")];
    let mappings = mappings.map(|(from, to)| (from.to_owned(), to.to_owned()));
    let bindings = Bindings { mappings: BTreeMap::from(mappings), ..bindings() };
    let login = check(&bindings, r#"{"name":"Mary","org":{"id":"7"}}"#).unwrap();
    let noted = [("display_name", "Mary"), ("org", "7")];
    let noted = noted.map(|(key, value)| (key.to_owned(), value.to_owned()));
    assert_eq!(login.metadata, BTreeMap::from(noted));
    assert_eq!(check(&bindings, r#"{"name":1}"#), Err(JwtError::ClaimType("name".into())));
    let long = format!(r#"{{"name":"{}"}}"#, "n".repeat(513));
    assert_eq!(check(&bindings, &long), Err(JwtError::ClaimType("name".into())));
}

#[test]
fn a_role_is_checked_before_it_is_stored() {
    assert_eq!(bindings().validate(), Ok(()));
    let no_user = Bindings { user_claim: String::new(), ..bindings() };
    assert_eq!(no_user.validate(), Err(BindingsError::UserClaim));
    let mapped = |pairs: &[(&str, &str)]| {
        let pairs = pairs.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned()));
        Bindings { mappings: pairs.collect(), ..bindings() }.validate()
    };
    assert_eq!(mapped(&[("a", "role")]), Err(BindingsError::Reserved("role".into())));
    assert_eq!(mapped(&[("a", "x"), ("b", "x")]), Err(BindingsError::MappedTwice("x".into())));
    assert_eq!(mapped(&[("a", "")]), Err(BindingsError::TooLarge));
    let number = demanding("n", &[ClaimValue::Number(1)], Matching::Glob);
    assert_eq!(number.validate(), Err(BindingsError::GlobOfOther("n".into())));
    assert_eq!(demanding("n", &[ClaimValue::Number(1)], Matching::Exact).validate(), Ok(()));
    let values = |count: usize| demanding("n", &vec![text("v"); count], Matching::Exact).validate();
    assert_eq!(values(BINDINGS_MAX), Ok(()));
    assert_eq!(values(BINDINGS_MAX + 1), Err(BindingsError::TooLarge));
    let long = demanding("n", &[text(&"v".repeat(1_025))], Matching::Exact);
    assert_eq!(long.validate(), Err(BindingsError::TooLarge));
}

#[test]
fn a_role_that_every_token_could_use_is_refused() {
    let open = Bindings { audiences: BTreeSet::new(), ..bindings() };
    assert_eq!(open.demand_constraint(false), Err(BindingsError::Unbound));
    assert_eq!(open.demand_constraint(true), Ok(()));
    assert_eq!(bindings().demand_constraint(false), Ok(()));
    let empty = Bindings { subject: Some(String::new()), ..open.clone() };
    assert_eq!(empty.demand_constraint(false), Err(BindingsError::Unbound));
    let claim = Bindings { audiences: BTreeSet::new(), ..demanding("a", &[], Matching::Exact) };
    assert_eq!(claim.demand_constraint(false), Ok(()));
}

#[test]
fn bindings_are_read_back_from_their_record() {
    let mut bindings = demanding("a", &[text("x"), ClaimValue::Number(-1)], Matching::Glob);
    bindings.leeways.clock_skew = Leeway(-1);
    let bytes = minicbor::to_vec(&bindings).unwrap();
    assert_eq!(minicbor::decode::<Bindings>(&bytes).unwrap(), bindings);
}
