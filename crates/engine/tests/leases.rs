//! Leases: found, listed and taken back, by whom and when it may be, over restarts.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use strongroom_core::lease::Lease;
use strongroom_core::pki::{
    Format, IssueRequest, KeyAlgorithm, NewRoot, PrivateKeyFormat, RoleSettings, SubjectAttributes,
};
use strongroom_core::time::Seconds;
use strongroom_core::token::AskedLifetime;
use strongroom_engine::operations::lease::*;
use strongroom_engine::operations::mount::{EnableMount, MountSide};
use strongroom_engine::operations::pki::*;
use strongroom_engine::operations::token::{RevokeToken, TokenReference, TokenRequest};
use strongroom_engine::{Error, Kind};
use strongroom_store::{Batch, Range, Write};
use strongroom_testkit::{Actor, TestRoom};

const HOUR: u64 = 3_600;
const MAY_ISSUE: &str = r#"path "pki/issue/*" { capabilities = ["update"] }
    path "auth/token/*" { capabilities = ["update"] }"#;

fn room() -> TestRoom {
    let room = TestRoom::new();
    let owner = room.owner();
    owner.ask(&EnableMount::new(MountSide::Secret, "pki", "pki")).expect("mounts");
    let root = NewRoot {
        request: IssueRequest { common_name: "Root".into(), ..IssueRequest::default() },
        subject: SubjectAttributes::default(),
        key: KeyAlgorithm::Ed25519,
        signature_bits: 0,
        max_path_length: None,
        permitted_dns_domains: Vec::new(),
    };
    let root = GeneratePkiRoot::new("pki", false, root, Format::Pem, PrivateKeyFormat::default());
    owner.ask(&root).expect("makes a root");
    for name in ["web", "web2", "db"] {
        let role = RoleSettings {
            allow_any_name: true,
            key_type: "ed25519".into(),
            ttl: Seconds(HOUR),
            generate_lease: true,
            ..RoleSettings::default()
        };
        owner.ask(&WritePkiRole::new("pki", name, role)).expect("writes");
    }
    room
}

fn issue(actor: &Actor<'_>, role: &str) -> Lease {
    let request = IssueRequest { common_name: "a.example.com".into(), ..IssueRequest::default() };
    let certified = actor.ask(&IssueCertificate::issue("pki", role, request)).expect("issues");
    certified.lease.expect("carries a lease")
}

fn names(actor: &Actor<'_>, prefix: &str) -> Vec<String> {
    actor.ask(&ListLeases::below(prefix)).expect("lists").names
}

fn by_id(id: &str) -> LeaseReference {
    LeaseReference { id: id.to_owned(), in_path: false }
}

fn lookup(room: &TestRoom, lease: &Lease) -> Result<LeaseRead, Error> {
    room.owner().ask(&LookupLease(lease.id.clone()))
}

fn revoked(room: &TestRoom) -> usize {
    let page = room.store.list(&Range::prefix("logical/")).expect("lists");
    page.entries.iter().filter(|entry| entry.key.as_str().contains("/revoked/")).count()
}

/// What the store keeps of leases.
fn kept(room: &TestRoom) -> Vec<String> {
    let keys = ["lease/", "token-lease/", "due/"].map(|prefix| {
        let page = room.store.list(&Range::prefix(prefix)).expect("lists");
        page.entries.into_iter().map(|entry| entry.key.to_string()).collect::<Vec<_>>()
    });
    keys.concat()
}

#[test]
fn a_lease_is_found_by_its_id_until_it_is_taken_back() {
    let room = room();
    let lease = issue(&room.owner(), "web");
    assert!(lease.id.starts_with("pki/issue/web/"));
    room.clock.advance(Seconds(10));
    let read = lookup(&room, &lease).expect("reads");
    assert_eq!((read.id, read.ttl, read.renewable), (lease.id.clone(), Seconds(HOUR - 10), false));
    let owner = room.owner();
    owner.ask(&RevokeLease::new(by_id(&lease.id))).expect("revokes");
    assert_eq!(lookup(&room, &lease).expect_err("is gone").to_string(), "invalid lease");
    assert_eq!((revoked(&room), kept(&room)), (1, vec![]));
    owner.ask(&RevokeLease::new(by_id(&lease.id))).expect("is gone already");
    assert_eq!(revoked(&room), 1);
}

#[test]
fn a_certificates_lease_is_not_renewed() {
    let room = room();
    let lease = issue(&room.owner(), "web");
    let renew = |id: &str| {
        let error = room.owner().ask(&RenewLease::new(by_id(id), Seconds(60)));
        error.expect_err("is refused").to_string()
    };
    assert_eq!(renew(&lease.id), "lease is not renewable");
    assert_eq!(renew("pki/issue/web/none"), "lease not found");
    let before = lookup(&room, &lease).expect("reads");
    assert_eq!(before.renewed, None);
}

#[test]
fn leases_are_listed_one_level_at_a_time() {
    let room = room();
    let owner = room.owner();
    let leases: Vec<Lease> = (0..3).map(|_| issue(&owner, "web")).collect();
    issue(&owner, "db");
    assert_eq!(names(&owner, ""), ["pki/"]);
    assert_eq!(names(&owner, "pki"), ["issue/"]);
    assert_eq!(names(&owner, "pki/issue/"), ["db/", "web/"]);
    let mut wanted: Vec<_> =
        leases.iter().map(|lease| lease.id.rsplit('/').next().expect("a name")).collect();
    wanted.sort_unstable();
    assert_eq!(names(&owner, "pki/issue/web"), wanted);
    assert_eq!(names(&owner, "pki/issue/none"), [""; 0]);
    let count = owner.ask(&CountLeases).expect("counts");
    assert_eq!((count.all, count.by_mount.len()), (4, 1));
}

#[test]
fn a_list_of_leases_goes_on_where_the_page_before_ended() {
    let room = room();
    let owner = room.owner();
    for role in ["db", "db", "web", "web2", "web2", "web2"] {
        issue(&owner, role);
    }
    for (prefix, wanted) in [("pki/issue", 3), ("pki/issue/web2", 3), ("pki/issue/db", 2)] {
        for limit in 1..=4 {
            let (mut after, mut seen) = (None, Vec::new());
            loop {
                let list = ListLeases::below(prefix).page(after.clone(), Some(limit));
                let page = owner.ask(&list).expect("lists");
                assert!(page.names.len() <= limit);
                seen.extend(page.names);
                after = seen.last().cloned();
                if !page.more {
                    break;
                }
            }
            assert_eq!(seen, names(&owner, prefix), "{prefix} by {limit}");
            assert_eq!(seen.len(), wanted);
        }
    }
}

#[test]
fn every_lease_below_a_prefix_is_taken_back_and_no_other() {
    let room = room();
    let owner = room.owner();
    for _ in 0..35 {
        issue(&owner, "web");
    }
    let other = issue(&owner, "web2");
    let revoke = RevokePrefix::new("pki/issue/web", false);
    let mut steps = 1;
    while !owner.ask(&revoke).expect("revokes") {
        steps += 1;
    }
    assert_eq!(steps, 3, "a bounded part at a time");
    assert_eq!(names(&owner, "pki/issue"), ["web2/"]);
    lookup(&room, &other).expect("is left");
    assert_eq!(revoked(&room), 35);
    // A whole id is a prefix too.
    assert!(owner.ask(&RevokePrefix::new(&other.id, true)).expect("revokes"));
    assert_eq!(kept(&room), [""; 0]);
}

#[test]
fn what_belongs_to_tokens_is_not_said_to_be_taken_back() {
    let room = room();
    for prefix in ["auth", "auth/", "auth/token/create"] {
        for forced in [false, true] {
            let error = room.owner().ask(&RevokePrefix::new(prefix, forced)).expect_err(prefix);
            assert_eq!(error.kind(), Kind::Unsupported, "{prefix}");
        }
    }
    let error = room.owner().ask(&RevokeLease::new(by_id("auth/token/create/h1")));
    assert_eq!(error.expect_err("is refused").kind(), Kind::Unsupported);
}

#[test]
fn a_tokens_leases_go_with_it() {
    let room = room();
    let app = room.bearer("app", MAY_ISSUE);
    let lifetime = AskedLifetime { ttl: Seconds(60), ..AskedLifetime::default() };
    let child =
        app.child(TokenRequest { lifetime, ..TokenRequest::default() }).expect("makes a child");
    let of_app: Vec<Lease> = (0..20).map(|_| issue(&app, "web")).collect();
    let of_child = issue(&child, "web");
    let of_root = issue(&room.owner(), "web");
    // The child's time is over first.
    room.clock.advance(Seconds(61));
    room.engine.sweep(100).expect("sweeps");
    lookup(&room, &of_child).expect_err("is gone with its token");
    assert_eq!(revoked(&room), 1);
    lookup(&room, &of_app[0]).expect("is left");
    let revoke = RevokeToken { which: TokenReference::Text(app.token()), orphans: false };
    room.owner().ask(&revoke).expect("revokes");
    for lease in &of_app {
        lookup(&room, lease).expect_err("is gone with its token");
    }
    assert_eq!(revoked(&room), 21);
    lookup(&room, &of_root).expect("is nobody's");
}

#[test]
fn a_lease_survives_a_restart_and_is_taken_back_on_time() {
    let room = room();
    let first = issue(&room.owner(), "web");
    room.clock.advance(Seconds(HOUR / 2));
    let second = issue(&room.owner(), "web");
    let reopened = room.second_engine().expect("opens");
    let found = room.ask_of(&reopened, &LookupLease(first.id.clone())).expect("is there");
    assert_eq!(found.ttl, Seconds(HOUR / 2));
    let next = reopened.sweep(10).expect("sweeps");
    assert_eq!((next, revoked(&room)), (first.lifetime.expires, 0), "not before its time");
    room.clock.advance(Seconds(HOUR / 2));
    let next = room.second_engine().expect("opens").sweep(10).expect("sweeps");
    assert_eq!(next, second.lifetime.expires);
    room.ask_of(&reopened, &LookupLease(first.id)).expect_err("is over");
    room.ask_of(&reopened, &LookupLease(second.id)).expect("has time left");
    let log = room.audit();
    let swept = log.iter().filter(|entry| entry.operation.as_deref() == Some("sweep"));
    assert_eq!(swept.count(), 1);
}

#[test]
fn a_lease_that_is_over_is_not_shown_before_it_is_swept() {
    let room = room();
    let lease = issue(&room.owner(), "web");
    room.clock.advance(Seconds(HOUR));
    lookup(&room, &lease).expect_err("is over");
    let renew = RenewLease::new(by_id(&lease.id), Seconds(60));
    room.owner().ask(&renew).expect_err("is over");
}

#[test]
fn tidying_finds_a_lease_whose_end_nothing_remembers() {
    let room = room();
    let lost: Vec<Lease> = (0..20).map(|_| issue(&room.owner(), "web")).collect();
    let due = room.store.list(&Range::prefix("due/")).expect("lists").entries;
    let writes = due.into_iter().map(|entry| Write::Delete(entry.key)).collect();
    room.store.commit(Batch { preconditions: vec![], writes }).expect("forgets");
    let tidy = || {
        let (mut operation, mut taken_back) = (TidyLeases::default(), 0);
        loop {
            let part = room.owner().ask(&operation).expect("tidies");
            taken_back += part.taken_back;
            match part.next {
                Some(next) => operation.after = Some(next),
                None => return taken_back,
            }
        }
    };
    assert_eq!(tidy(), 0);
    room.clock.advance(Seconds(HOUR));
    let later = issue(&room.owner(), "db");
    assert_eq!(tidy(), lost.len());
    lookup(&room, &later).expect("is left");
}
