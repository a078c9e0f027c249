use proptest::prelude::*;

use super::*;

fn role(change: impl FnOnce(&mut RoleSettings)) -> RoleSettings {
    let mut role =
        RoleSettings { allowed_domains: words(&["example.com"]), ..RoleSettings::default() };
    change(&mut role);
    role
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[track_caller]
fn table(role: &RoleSettings, allowed: &[&str], refused: &[&str]) {
    for name in allowed {
        assert!(is_allowed(role, name), "{name:?} should be allowed");
    }
    for name in refused {
        assert!(!is_allowed(role, name), "{name:?} should be refused");
    }
}

/// Names that no role with `enforce_hostnames` allows.
const NO_HOSTNAMES: &[&str] = &[
    "",
    ".",
    "..",
    "a..example.com",
    ".example.com",
    "a .example.com",
    "a\0.example.com",
    "evil.com\0.example.com",
    "a_b.example.com",
    "-a.example.com",
    "a-.example.com",
    "a/b.example.com",
    "a\n.example.com",
    "xn--.example.com",
    "xn--example-.example.com",
    "a.*.example.com",
    "**.example.com",
    "*.*.example.com",
    "-*.example.com",
    "a@b@example.com",
    "a@*.example.com",
    "a@",
    "@",
];

#[test]
fn nothing_is_allowed_without_a_rule() {
    let role = role(|role| role.allow_localhost = false);
    let names = [
        "example.com",
        "a.example.com",
        "*.example.com",
        "localhost",
        "a@example.com",
        "1.2.3.4",
        "*",
    ];
    table(&role, &[], &names);
    table(&role, &[], NO_HOSTNAMES);
}

#[test]
fn localhost_is_allowed_by_default() {
    table(
        &role(|_| {}),
        &["localhost", "localdomain", "*.localhost", "me@localhost", "me@localdomain"],
        &["a.localhost", "localhost.", "LOCALHOST", "notlocalhost", "localhost.example.com"],
    );
    table(
        &role(|role| role.allow_subdomains = true),
        &["localhost", "a.localhost", "*.a.localdomain", "*.localdomain", "me@a.localhost"],
        &["localhost.com", "alocalhost"],
    );
}

#[test]
fn bare_domains_are_the_domains_themselves_in_any_case() {
    table(
        &role(|role| role.allow_bare_domains = true),
        &["example.com", "EXAMPLE.com", "me@example.com", "me@Example.COM"],
        &[
            "a.example.com",
            "*.example.com",
            "example.com.",
            "example.org",
            "notexample.com",
            "example.com.evil.org",
            "me@a.example.com",
            "e\u{445}ample.com",
        ],
    );
    table(&role(|role| role.allow_bare_domains = true), &[], NO_HOSTNAMES);
}

#[test]
fn the_kelvin_sign_is_no_k() {
    let role = role(|role| {
        role.allowed_domains = words(&["kexample.com"]);
        role.allow_bare_domains = true;
        role.enforce_hostnames = false;
    });
    table(&role, &["Kexample.com"], &["\u{212A}example.com"]);
}

#[test]
fn subdomains_are_below_and_wildcards_for_them() {
    let role = role(|role| role.allow_subdomains = true);
    table(
        &role,
        &[
            "a.example.com",
            "A.example.com",
            "a.b.example.com",
            "*.example.com",
            "*.a.example.com",
            "*.EXAMPLE.com",
            "foo*.example.com",
            "*foo.example.com",
            "f*o.example.com",
            "me@a.example.com",
            "xn--bcher-kva.example.com",
            "b\u{fc}cher.example.com",
            "1.2.3.4.example.com",
        ],
        &[
            "example.com",
            "me@example.com",
            "a.EXAMPLE.com",
            "a.example.com.",
            "notexample.com",
            "*notexample.com",
            "*.notexample.com",
            "a.example.com.evil.org",
            "*",
            "*.com",
            "example.com*",
        ],
    );
    table(&role, &[], NO_HOSTNAMES);
}

#[test]
fn a_trailing_dot_is_another_domain() {
    let role = role(|role| {
        role.allowed_domains = words(&["example.com."]);
        role.allow_bare_domains = true;
        role.allow_subdomains = true;
    });
    table(&role, &["example.com.", "a.example.com."], &["example.com", "a.example.com"]);
}

#[test]
fn punycode_and_its_unicode_are_each_what_they_are() {
    let role = role(|role| {
        role.allowed_domains = words(&["xn--bcher-kva.example"]);
        role.allow_bare_domains = true;
        role.allow_subdomains = true;
    });
    let allowed = ["xn--bcher-kva.example", "XN--BCHER-KVA.example", "a.xn--bcher-kva.example"];
    table(&role, &allowed, &["b\u{fc}cher.example", "a.b\u{fc}cher.example", "bucher.example"]);
}

#[test]
fn wildcards_can_be_forbidden_and_that_goes_before_any_name() {
    let role = role(|role| {
        role.allow_any_name = true;
        role.allow_subdomains = true;
        role.allow_wildcard_certificates = false;
        role.enforce_hostnames = false;
    });
    table(&role, &["a.example.com"], &["*.example.com", "*", "a*.example.com", "a@*.example.com"]);
}

#[test]
fn any_name_must_still_be_a_host_name() {
    let role = role(|role| role.allow_any_name = true);
    table(
        &role,
        &["anything.org", "1.2.3.4", "*.anything.org", "me@anything.org", "*", "a."],
        NO_HOSTNAMES,
    );
    table(&role, &[], &["2001:db8::1", "Common Name", "spiffe://a"]);
}

#[test]
fn without_host_names_any_name_is_anything_with_one_wildcard() {
    let role = role(|role| {
        role.allow_any_name = true;
        role.enforce_hostnames = false;
    });
    let allowed = ["Common Name", "2001:db8::1", "a_b", "", "a@b", "-*.example.com"];
    table(&role, &allowed, &["a@b@c", "**.example.com", "a.*.example.com", "a@*.b"]);
}

#[test]
fn globs_match_whole_names_when_the_role_says_so() {
    let domains = words(&["ftp*.example.com", "*.example.org", "*@example.net"]);
    let role_with = role(|role| {
        role.allowed_domains = domains.clone();
        role.allow_glob_domains = true;
    });
    table(
        &role_with,
        &[
            "ftp.example.com",
            "ftp1.example.com",
            "ftp.a.example.com",
            "a.example.org",
            "*.example.org",
            "me@example.net",
        ],
        &["example.org", "sftp.example.com", "ftp.example.com.evil.org", "example.net"],
    );
    table(&role_with, &[], NO_HOSTNAMES);
    let role_without = role(|role| role.allowed_domains = domains);
    table(&role_without, &[], &["ftp1.example.com", "a.example.org"]);
}

#[test]
fn empty_domains_allow_nothing() {
    let role = role(|role| {
        role.allowed_domains = words(&["", ""]);
        role.allow_bare_domains = true;
        role.allow_subdomains = true;
        role.allow_glob_domains = true;
        role.enforce_hostnames = false;
    });
    table(&role, &[], &["", "a", "a.", "*", "a@", "."]);
}

#[test]
fn ip_addresses_in_names_are_names() {
    let domain = role(|role| {
        role.allowed_domains = words(&["2.3.4"]);
        role.allow_subdomains = true;
    });
    table(&domain, &["1.2.3.4"], &["1.2.3.5", "12.3.4"]);
}

#[test]
fn common_names_are_of_the_kinds_that_the_role_says() {
    let role = |validations: &[&str]| {
        let settings = role(|role| {
            role.allow_bare_domains = true;
            role.cn_validations = words(validations);
        });
        Role::new(settings).unwrap()
    };
    for (validations, host, email, other) in [
        (&[][..], true, true, false),
        (&["hostname"], true, false, false),
        (&["Email"], false, true, false),
        (&["email", "hostname"], true, true, false),
        (&["disabled"], true, true, true),
    ] {
        let role = role(validations);
        assert_eq!(is_allowed_common_name(&role, "example.com"), host, "{validations:?}");
        assert_eq!(is_allowed_common_name(&role, "me@example.com"), email, "{validations:?}");
        assert_eq!(is_allowed_common_name(&role, "Some Name"), other, "{validations:?}");
    }
}

#[test]
fn uris_and_serial_numbers_are_listed() {
    let role = role(|role| {
        role.allowed_uri_sans = words(&["spiffe://trust/*", "urn:one"]);
        role.allowed_serial_numbers = words(&["", "a*", "7"]);
    });
    for (uri, allowed) in
        [("spiffe://trust/a/b", true), ("urn:one", true), ("urn:one1", false), ("", false)]
    {
        assert_eq!(is_allowed_uri(&role, uri), allowed, "{uri}");
    }
    for (number, allowed) in [("a1", true), ("7", true), ("77", false), ("", false)] {
        assert_eq!(is_allowed_serial_number(&role, number), allowed, "{number}");
    }
}

proptest! {
    #[test]
    fn an_allowed_name_ends_in_the_domain(
        name in "\\PC{0,12}(\\.|@|\\*|)(example\\.com|localhost)?\\PC{0,3}|[a-z.*@-]{0,20}",
        bare: bool, below: bool, enforce: bool,
    ) {
        let role = role(|role| {
            role.allow_localhost = false;
            role.allow_bare_domains = bare;
            role.allow_subdomains = below;
            role.enforce_hostnames = enforce;
        });
        if is_allowed(&role, &name) {
            let lower = name.to_ascii_lowercase();
            prop_assert!(bare || below);
            prop_assert!(lower == "example.com" || lower.ends_with(".example.com") || lower.ends_with("@example.com"));
        }
    }
}
