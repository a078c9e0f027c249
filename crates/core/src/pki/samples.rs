//! What the tests of the authority start with.

use std::sync::atomic::{AtomicU8, Ordering};

use super::{
    Issuance, IssueError, IssueRequest, Issued, Issuer, KeyAlgorithm, Lifetimes, NewRoot, Role,
    RoleSettings, SubjectAttributes, Urls,
};
use crate::random::Random;
use crate::time::{Seconds, Timestamp};

/// 2026-11-24T08:00:00.750Z.
pub(super) const NOW: Timestamp = Timestamp(1_795_507_200_750);
pub(super) const HOUR: Seconds = Seconds(3_600);
pub(super) const LIFETIMES: Lifetimes =
    Lifetimes { default: Seconds(32 * 24 * 3_600), max: Seconds(32 * 24 * 3_600) };

/// Another number each time, so that no two serial numbers are the same.
#[derive(Default)]
pub(super) struct Counting(AtomicU8);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0.fetch_add(1, Ordering::Relaxed));
    }
}

pub(super) fn new_root() -> NewRoot {
    NewRoot {
        request: IssueRequest { common_name: "Root".to_owned(), ..IssueRequest::default() },
        subject: SubjectAttributes::default(),
        key: KeyAlgorithm::Ed25519,
        signature_bits: 0,
        max_path_length: None,
        permitted_dns_domains: Vec::new(),
    }
}

pub(super) fn root() -> Issuer {
    let root = new_root();
    let random = Counting::default();
    Issuer::generate_root(&root, &Urls::default(), LIFETIMES, NOW, &random).unwrap().issuer
}

/// Everything is allowed below `example.com`, with keys that are quick to make.
pub(super) fn role(change: impl FnOnce(&mut RoleSettings)) -> Role {
    let mut settings = RoleSettings {
        allowed_domains: vec!["example.com".to_owned()],
        allow_bare_domains: true,
        allow_subdomains: true,
        key_type: "ed25519".to_owned(),
        ..RoleSettings::default()
    };
    change(&mut settings);
    Role::new(settings).unwrap()
}

pub(super) fn issue_with(
    issuer: &Issuer,
    role: &Role,
    request: &IssueRequest,
) -> Result<Issued, IssueError> {
    let (urls, random) = (Urls::default(), Counting::default());
    let lifetimes = LIFETIMES;
    Issuance { issuer, role, urls: &urls, lifetimes, now: NOW, random: &random }.issue(request)
}
