//! Certificates: what a mount issues, keeps, revokes and forgets.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use strongroom_core::pki::{
    Format, IssueRequest, KeyAlgorithm, NewRoot, PrivateKeyFormat, RoleSettings, SubjectAttributes,
};
use strongroom_core::time::Seconds;
use strongroom_engine::operations::mount::{DisableMount, EnableMount, MountSide};
use strongroom_engine::operations::pki::*;
use strongroom_engine::operations::token::{RevokeToken, TokenReference};
use strongroom_engine::{Error, Kind};
use strongroom_store::Range;
use strongroom_testkit::{Actor, TestRoom};

const HOUR: u64 = 3_600;

fn root() -> GeneratePkiRoot {
    let root = NewRoot {
        request: IssueRequest { common_name: "Root".into(), ..IssueRequest::default() },
        subject: SubjectAttributes::default(),
        key: KeyAlgorithm::Ed25519,
        signature_bits: 0,
        max_path_length: None,
        permitted_dns_domains: Vec::new(),
    };
    GeneratePkiRoot::new("pki", false, root, Format::Pem, PrivateKeyFormat::default())
}

/// A mount with a root, and roles `web`, `leased` and `fleeting`.
fn room() -> TestRoom {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.ask(&EnableMount::new(MountSide::Secret, "pki", "pki")).expect("mounts");
    owner.ask(&root()).expect("makes a root");
    for (name, generate_lease, no_store) in
        [("web", false, false), ("leased", true, false), ("fleeting", false, true)]
    {
        let role = RoleSettings {
            allowed_domains: vec!["example.com".into()],
            allow_subdomains: true,
            key_type: "ed25519".into(),
            ttl: Seconds(HOUR),
            generate_lease,
            no_store,
            ..RoleSettings::default()
        };
        owner.ask(&WritePkiRole::new("pki", name, role)).expect("writes");
    }
    room
}

fn request(name: &str) -> IssueRequest {
    IssueRequest { common_name: name.into(), ..IssueRequest::default() }
}

fn issue(actor: &Actor<'_>, role: &str, name: &str) -> Result<Certified, Error> {
    actor.ask(&IssueCertificate::issue("pki", role, request(name)))
}

fn issued(actor: &Actor<'_>, role: &str) -> Certified {
    issue(actor, role, "a.example.com").expect("issues")
}

fn list(room: &TestRoom) -> Vec<u8> {
    room.owner().ask(&ReadRevocationList::new("pki")).expect("reads")
}

fn holds(list: &[u8], certified: &Certified) -> bool {
    let serial = certified.issued.serial;
    list.windows(serial.as_bytes().len()).any(|window| window == serial.as_bytes())
}

fn kept(room: &TestRoom) -> usize {
    room.owner().ask(&ListCertificates::new("pki", None, None)).expect("lists").0.len()
}

#[test]
fn a_certificate_is_kept_and_read_by_its_serial_number() {
    let room = room();
    let certified = issued(&room.owner(), "web");
    let serial = certified.issued.serial.to_string();
    for text in [serial.clone(), serial.replace(':', "-")] {
        let der = room.anonymous().ask(&ReadCertificate::new("pki", &text)).expect("reads");
        assert_eq!((der.der, der.revoked_at), (certified.issued.certificate.clone(), None));
    }
    assert_eq!(kept(&room), 2, "the root's and this one");
    assert!(certified.lease.is_none());
    let log = room.audit();
    assert!(log.iter().any(|entry| entry.fields.get("serial").is_some_and(|s| *s == serial)));
}

#[test]
fn a_certificate_that_is_not_kept_cannot_be_revoked() {
    let room = room();
    let serial = issued(&room.owner(), "fleeting").issued.serial.to_string();
    assert_eq!(kept(&room), 1);
    let error = room.owner().ask(&RevokeCertificate::new("pki", &serial)).expect_err("is refused");
    assert_eq!(error.kind(), Kind::InvalidRequest);
}

#[test]
fn a_name_that_the_role_does_not_allow_is_refused_and_nothing_is_kept() {
    let room = room();
    let error = issue(&room.owner(), "web", "evil.org").err().expect("is refused");
    assert_eq!(error.to_string(), "common name evil.org not allowed by this role");
    assert_eq!(
        issue(&room.owner(), "none", "a.example.com").err().map(|e| e.kind()),
        Some(Kind::InvalidRequest)
    );
    assert_eq!(kept(&room), 1);
}

#[test]
fn a_second_root_is_refused_until_the_first_is_removed() {
    let room = room();
    let first = room.owner().ask(&ReadPkiIssuer::new("pki")).expect("reads");
    assert_eq!(room.owner().ask(&root()).expect_err("is refused").kind(), Kind::AlreadyExists);
    room.owner().ask(&DeletePkiRoot::new("pki")).expect("removes");
    assert!(issue(&room.owner(), "web", "a.example.com").is_err());
    room.owner().ask(&root()).expect("makes a root");
    assert_ne!(room.owner().ask(&ReadPkiIssuer::new("pki")).expect("reads"), first);
}

#[test]
fn a_revoked_certificate_is_on_the_next_list() {
    let room = room();
    let (revoked, other) = (issued(&room.owner(), "web"), issued(&room.owner(), "web"));
    let before = list(&room);
    assert!(!holds(&before, &revoked));
    assert_eq!(list(&room), before, "it is signed once");
    let serial = revoked.issued.serial.to_string();
    let revocation = room.owner().ask(&RevokeCertificate::new("pki", &serial)).expect("revokes");
    let after = list(&room);
    assert!(holds(&after, &revoked) && !holds(&after, &other));
    room.clock.advance(Seconds(60));
    let again = room.owner().ask(&RevokeCertificate::new("pki", &serial)).expect("is revoked");
    assert_eq!(again, revocation);
    assert_eq!(list(&room), after);
}

#[test]
fn a_certificate_tells_when_it_was_revoked() {
    let room = room();
    let serial = issued(&room.owner(), "web").issued.serial.to_string();
    room.owner().ask(&RevokeCertificate::new("pki", &serial)).expect("revokes");
    let read = room.anonymous().ask(&ReadCertificate::new("pki", &serial)).expect("reads");
    assert_eq!(read.revoked_at, Some(room.clock_now()));
}

#[test]
fn a_list_is_signed_anew_when_that_is_asked_for() {
    let room = room();
    let first = list(&room);
    room.clock.advance(Seconds(1));
    let rotated = room.owner().ask(&RotateRevocationList::new("pki")).expect("signs");
    assert_ne!(rotated, first);
    assert_eq!(list(&room), rotated);
}

#[test]
fn without_a_root_there_is_nothing_to_read() {
    let room = room();
    room.owner().ask(&DeletePkiRoot::new("pki")).expect("removes");
    let anybody = room.anonymous();
    let issuer = anybody.ask(&ReadPkiIssuer::new("pki")).map(drop);
    let list = anybody.ask(&ReadRevocationList::new("pki")).map(drop);
    for refused in [issuer, list] {
        assert_eq!(refused.expect_err("is not there").kind(), Kind::NotFound);
    }
}

#[test]
fn a_list_is_signed_anew_before_it_ends_and_by_a_new_root() {
    let room = room();
    let first = list(&room);
    room.clock.advance(Seconds(59 * HOUR));
    assert_eq!(list(&room), first);
    room.clock.advance(Seconds(2 * HOUR));
    let second = list(&room);
    assert_ne!(second, first);
    room.owner().ask(&DeletePkiRoot::new("pki")).expect("removes");
    room.owner().ask(&root()).expect("makes a root");
    assert_ne!(list(&room), second);
}

#[test]
fn the_root_is_not_put_on_its_own_list() {
    let room = room();
    let (serials, _) = room.owner().ask(&ListCertificates::new("pki", None, None)).expect("lists");
    for serial in serials {
        let revoke = RevokeCertificate::new("pki", &serial);
        assert_eq!(room.owner().ask(&revoke).expect_err("is refused").kind(), Kind::InvalidRequest);
    }
}

#[test]
fn a_certificate_is_revoked_with_the_token_that_has_its_lease() {
    let room = room();
    let policy = r#"path "pki/issue/*" { capabilities = ["update"] }"#;
    let actor = room.bearer("app", policy);
    let certified = issued(&actor, "leased");
    let lease = certified.lease.as_ref().expect("a lease");
    assert!(lease.id.starts_with("pki/issue/leased/"), "{}", lease.id);
    assert_eq!(lease.lifetime.expires, Some(certified.issued.not_after));
    assert!(!lease.lifetime.renewable);
    let which = TokenReference::Text(actor.token());
    room.owner().ask(&RevokeToken { which, orphans: false }).expect("revokes");
    assert!(holds(&list(&room), &certified));
}

#[test]
fn a_lease_that_ends_with_its_certificate_leaves_nothing() {
    let room = room();
    let certified = issued(&room.owner(), "leased");
    room.clock.advance(Seconds(HOUR + 1));
    room.engine.sweep(100).expect("sweeps");
    let leases = room.store.list(&Range::prefix("lease/")).expect("lists");
    assert!(leases.entries.is_empty());
    assert!(!holds(&list(&room), &certified), "what has ended needs no revocation");
}

#[test]
fn a_mount_with_leases_is_removed_with_all_it_kept() {
    let room = room();
    for _ in 0..3 {
        issued(&room.owner(), "leased");
    }
    let disable = DisableMount::new(MountSide::Secret, "pki");
    assert!(!room.owner().ask(&disable).expect("takes back leases"));
    assert!(room.owner().ask(&disable).expect("removes"));
    let page = room.store.list(&Range::prefix("logical/")).expect("lists");
    assert!(page.entries.iter().all(|entry| !entry.key.as_str().contains("certs/")));
}

#[test]
fn ended_certificates_are_forgotten_with_their_revocations() {
    let room = room();
    let (revoked, other) = (issued(&room.owner(), "web"), issued(&room.owner(), "web"));
    let serial = revoked.issued.serial.to_string();
    room.owner().ask(&RevokeCertificate::new("pki", &serial)).expect("revokes");
    let tidy = TidyCertificates::new("pki", None, Seconds(0));
    room.clock.advance(Seconds(72 * HOUR));
    assert_eq!(room.owner().ask(&tidy).expect("tidies").forgotten, 0);
    assert!(holds(&list(&room), &revoked), "it stays on a list for some time");
    room.clock.advance(Seconds(2 * HOUR));
    let progress = room.owner().ask(&tidy).expect("tidies");
    assert_eq!(progress, TidyProgress { forgotten: 2, after: None });
    assert_eq!(kept(&room), 1, "the root's is left");
    room.clock.advance(Seconds(72 * HOUR));
    let list = list(&room);
    assert!(!holds(&list, &revoked) && !holds(&list, &other));
}

#[test]
fn a_key_is_in_no_record_in_clear() {
    let room = room();
    let certified = issued(&room.owner(), "web");
    let key = certified.issued.key.expect("a key");
    let secret = key.expose_pkcs8().iter().rev().take(32).rev().copied().collect::<Vec<u8>>();
    let page = room.store.list(&Range::prefix("")).expect("lists");
    for entry in page.entries {
        assert!(!entry.value.windows(32).any(|window| window == secret), "{}", entry.key);
    }
}

#[test]
fn names_of_roles_are_words() {
    let room = room();
    for name in ["", "a b", "-a", "a.", "\u{fc}", "a/b", &"a".repeat(256)] {
        let write = WritePkiRole::new("pki", name, RoleSettings::default());
        let error = room.owner().ask(&write).expect_err(name);
        assert_eq!(error.kind(), Kind::InvalidRequest, "{name:?}");
    }
    let names = room.owner().ask(&ListPkiRoles::new("pki")).expect("lists");
    assert_eq!(names, ["fleeting", "leased", "web"]);
}
