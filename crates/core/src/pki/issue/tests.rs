use proptest::prelude::*;

use super::*;
use crate::pki::samples::{Counting, HOUR, LIFETIMES, NOW, issue_with, role, root};
use crate::pki::{KeyAlgorithm, RoleSettings};

fn request(common_name: &str) -> IssueRequest {
    IssueRequest { common_name: common_name.to_owned(), ..IssueRequest::default() }
}

fn alternative(names: &[&str]) -> IssueRequest {
    let alt_names = names.iter().map(|&name| name.to_owned()).collect();
    IssueRequest { alt_names, ..request("example.com") }
}

fn names(role: &Role, request: &IssueRequest) -> Result<Names, IssueError> {
    NameSource { role, request, csr: None }.names()
}

/// Of the error, or what was issued.
fn refusal(role: &Role, request: &IssueRequest) -> IssueError {
    issue_with(&root(), role, request).err().expect("it is refused")
}

#[test]
fn a_certificate_has_the_role_s_key_and_life() {
    let role = role(|role| (role.ttl, role.key_type) = (HOUR, "ec".to_owned()));
    let issued = issue_with(&root(), &role, &request("a.example.com")).unwrap();
    assert_eq!(issued.key.unwrap().algorithm(), KeyAlgorithm::EcP256);
    assert_eq!(issued.not_before, Timestamp(NOW.0 - 30_750));
    assert_eq!(issued.not_after, Timestamp(NOW.0 + 3_600_000 - 750));
    assert_eq!(issued.warnings, []);
}

#[test]
fn a_life_is_the_request_s_the_role_s_or_the_mount_s_and_cut_to_the_longest() {
    let cut = |asked, max| vec![Warning::LifeCut { asked: Seconds(asked), max: Seconds(max) }];
    let mount = LIFETIMES.default.0;
    for (asked, ttl, max_ttl, life, warnings) in [
        (0, 0, 0, mount, vec![]),
        (0, 60, 0, 60, vec![]),
        (30, 60, 0, 30, vec![]),
        (0, 0, 90, 90, cut(mount, 90)),
        (100, 60, 90, 90, cut(100, 90)),
        (mount + 1, 0, 0, mount, cut(mount + 1, mount)),
    ] {
        let role = role(|role| (role.ttl, role.max_ttl) = (Seconds(ttl), Seconds(max_ttl)));
        let request = IssueRequest { ttl: Seconds(asked), ..request("example.com") };
        let end = not_after(&role, &request, LIFETIMES, NOW).unwrap();
        assert_eq!(end, (Timestamp(NOW.0 - 750 + life * 1_000), warnings));
    }
    let request = IssueRequest { ttl: Seconds(LIFETIME_MAX.0 + 1), ..request("example.com") };
    let end = not_after(&role(|_| {}), &request, LIFETIMES, NOW);
    assert_eq!(end, Err(IssueError::LifeTooLong));
}

#[test]
fn a_certificate_that_would_outlive_its_issuer_is_refused_cut_or_permitted() {
    let mut issuer = root();
    let role = role(|role| role.max_ttl = Seconds(LIFETIMES.max.0 * 2));
    let request = IssueRequest { ttl: Seconds(LIFETIMES.max.0 + 60), ..request("example.com") };
    let refused = issue_with(&issuer, &role, &request).err();
    assert!(matches!(refused, Some(IssueError::BeyondIssuer { .. })));
    issuer.set_leaf_not_after(LeafNotAfter::Truncate);
    let cut = issue_with(&issuer, &role, &request).unwrap();
    assert_eq!(cut.not_after, issuer.not_after());
    issuer.set_leaf_not_after(LeafNotAfter::Permit);
    let permitted = issue_with(&issuer, &role, &request).unwrap();
    assert!(permitted.not_after > issuer.not_after());
}

#[test]
fn no_certificate_has_ended_when_it_is_issued() {
    let mut issuer = root();
    issuer.set_leaf_not_after(LeafNotAfter::Truncate);
    let (urls, random, role) = (Urls::default(), Counting::default(), role(|_| {}));
    let issue_at = |now, lifetimes| {
        let issuance =
            Issuance { issuer: &issuer, role: &role, urls: &urls, lifetimes, now, random: &random };
        issuance.issue(&request("example.com")).err()
    };
    let end = issuer.not_after();
    assert_eq!(issue_at(Timestamp(end.0 - 1_000), LIFETIMES), None);
    for now in [end, end.plus(Seconds(10)), end.plus(Seconds(100)), Timestamp(u64::MAX)] {
        assert_eq!(issue_at(now, LIFETIMES), Some(IssueError::EmptyLife), "{now}");
    }
    let none = Lifetimes { default: Seconds(0), max: Seconds(0) };
    assert_eq!(issue_at(NOW, none), Some(IssueError::EmptyLife));
}

#[test]
fn names_that_the_role_does_not_allow_are_named() {
    let role = role(|_| {});
    let name = || "evil.org".to_owned();
    assert_eq!(refusal(&role, &request("evil.org")), IssueError::CommonName { name: name() });
    let error = refusal(&role, &alternative(&["a.example.com", "evil.org"]));
    assert_eq!(error, IssueError::AlternativeName { name: name() });
    let name = "me@evil.org".to_owned();
    assert_eq!(refusal(&role, &alternative(&["me@evil.org"])), IssueError::EmailAddress { name });
    assert_eq!(refusal(&role, &request("")), IssueError::CommonNameMissing);
    let uri_sans = vec!["spiffe://a".to_owned()];
    let error = refusal(&role, &IssueRequest { uri_sans, ..request("example.com") });
    assert_eq!(error, IssueError::Uri);
    let serial_number = "1".to_owned();
    let error = refusal(&role, &IssueRequest { serial_number, ..request("example.com") });
    assert_eq!(error, IssueError::SubjectSerialNumber { number: "1".to_owned() });
}

#[test]
fn a_common_name_is_checked_when_it_is_no_alternative_name() {
    let request = IssueRequest { exclude_cn_from_sans: true, ..request("evil.org") };
    assert!(matches!(refusal(&role(|_| {}), &request), IssueError::CommonName { .. }));
}

#[test]
fn a_common_name_becomes_an_alternative_name_of_its_kind() {
    let role = role(|role| role.cn_validations = vec!["disabled".to_owned()]);
    let none: [&str; 0] = [];
    for (common_name, dns, emails) in [
        ("a.example.com", &["a.example.com"][..], &none[..]),
        ("me@example.com", &none, &["me@example.com"]),
        ("Some Name", &none, &none),
    ] {
        let names = names(&role, &request(common_name)).unwrap();
        assert_eq!(names.alternative.dns, dns);
        assert_eq!(names.alternative.emails, emails);
        assert_eq!(names.subject.common_name, common_name);
    }
}

#[test]
fn alternative_names_are_written_in_ascii_once_each() {
    let request =
        alternative(&["b\u{fc}cher.example.com", "example.com", "", "xn--bcher-kva.example.com"]);
    let names = names(&role(|_| {}), &request).unwrap();
    assert_eq!(names.alternative.dns, ["xn--bcher-kva.example.com", "example.com"]);
}

#[test]
fn what_is_neither_host_nor_email_is_refused_even_where_any_name_is_allowed() {
    let any = role(|role| (role.allow_any_name, role.enforce_hostnames) = (true, false));
    for name in ["a_b", "a b", "*", "a..b", "http://a", "xn--example-"] {
        let error = refusal(&any, &alternative(&[name]));
        assert_eq!(error, IssueError::AlternativeName { name: name.to_owned() });
    }
    for name in ["@a", "a@", "a b@c", "a@\u{fc}"] {
        let error = refusal(&any, &alternative(&[name]));
        assert_eq!(error, IssueError::EmailAddress { name: name.to_owned() });
    }
    for name in ["a\0b", "a\n", &"a.".repeat(150)] {
        assert_eq!(refusal(&any, &alternative(&[name])), IssueError::UncleanName);
        assert_eq!(refusal(&any, &request(name)), IssueError::UncleanName);
    }
}

#[test]
fn addresses_are_addresses_and_can_be_forbidden() {
    let with =
        |value: &str| IssueRequest { ip_sans: vec![value.to_owned()], ..request("example.com") };
    let names = names(&role(|_| {}), &with("2001:db8::1")).unwrap();
    assert_eq!(names.alternative.addresses, ["2001:db8::1".parse::<IpAddr>().unwrap()]);
    for value in ["1.2.3", "1.2.3.4/24", "01.2.3.4", "fe80::1%eth0", "a"] {
        let error = refusal(&role(|_| {}), &with(value));
        assert_eq!(error, IssueError::InvalidIpAddress { value: value.to_owned() });
    }
    let forbidden = role(|role| role.allow_ip_sans = false);
    assert_eq!(refusal(&forbidden, &with("1.2.3.4")), IssueError::IpAddresses);
}

#[test]
fn names_are_counted_before_they_are_looked_at() {
    let many = vec!["a.example.com"; NAMES_MAX + 1];
    assert_eq!(refusal(&role(|_| {}), &alternative(&many)), IssueError::TooManyNames);
    let distinct: Vec<String> = (0..NAMES_MAX).map(|n| format!("a{n}.example.com")).collect();
    let request = IssueRequest { alt_names: distinct, ..request("example.com") };
    assert_eq!(refusal(&role(|_| {}), &request), IssueError::TooManyNames);
}

#[test]
fn a_role_of_any_key_makes_none() {
    let role = role(|role| role.key_type = "any".to_owned());
    assert_eq!(refusal(&role, &request("example.com")), IssueError::AnyKey);
}

#[test]
fn a_hash_that_the_issuer_s_key_cannot_sign_with_is_refused() {
    let role = role(|role| role.signature_bits = 512);
    assert!(matches!(refusal(&role, &request("example.com")), IssueError::Key(_)));
}

proptest! {
    #[test]
    fn no_request_panics_and_what_is_issued_is_below_the_domain(
        common_name in "\\PC{0,20}|[a-z.*@]{0,10}example\\.com",
        alt_name in "\\PC{0,20}|[a-z.*@]{0,10}example\\.com",
        ip_san in "[0-9a-f.:]{0,12}",
        uri_san in "\\PC{0,12}",
        exclude_cn_from_sans: bool,
        enforce_hostnames: bool,
    ) {
        let settings = RoleSettings {
            allowed_domains: vec!["example.com".to_owned()],
            allow_bare_domains: true,
            allow_subdomains: true,
            allow_localhost: false,
            allowed_uri_sans: vec!["*".to_owned()],
            enforce_hostnames,
            ..RoleSettings::default()
        };
        let request = IssueRequest {
            common_name,
            alt_names: vec![alt_name],
            ip_sans: vec![ip_san],
            uri_sans: vec![uri_san],
            exclude_cn_from_sans,
            ..IssueRequest::default()
        };
        if let Ok(names) = names(&Role::new(settings).unwrap(), &request) {
            for name in names.alternative.dns.iter().chain(&names.alternative.emails) {
                prop_assert!(name.to_ascii_lowercase().ends_with("example.com"));
                prop_assert!(name.is_ascii());
            }
        }
    }
}
