use std::collections::BTreeSet;

use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::SecretId;
use strongroom_core::model::{Secret, SecretPath};
use strongroom_store::{Entry, Range};

use crate::error::Error;
use crate::keys;
use crate::records::decode;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// How many records one request checks.
const RECORDS_PER_REQUEST_MAX: usize = 500;

/// Read records, a page at a time, and tell which are damaged. Answers no values. Needs `sudo` on `sys/check`.
#[derive(Debug)]
pub struct CheckRecords {
    /// Go on after this key, as the page before answered.
    pub after: Option<String>,
}

/// What a page of records was found to be.
#[derive(Debug, Default)]
pub struct CheckedRecords {
    /// How many records were read.
    pub records: u64,
    /// The damaged ones: where each is, and what is wrong.
    pub damaged: Vec<(String, &'static str)>,
    /// The secrets that were seen.
    pub secrets: BTreeSet<SecretId>,
    /// The secrets whose versions' values were seen.
    pub owners: BTreeSet<SecretId>,
    /// The key to go on after; `None` when every record has been read.
    pub after: Option<String>,
}

impl Operation for CheckRecords {
    type Answer = CheckedRecords;

    const NAME: &'static str = "records-check";

    fn subject(&self) -> Option<&str> {
        Some("sys/check")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<CheckedRecords>, Error> {
        let _proof = room.authorise_system("sys/check")?;
        room.require_current_keys()?;
        let after = self.after.clone();
        let page = room.store.list(&Range {
            after,
            limit: RECORDS_PER_REQUEST_MAX,
            ..Range::prefix("")
        })?;
        let mut checked = CheckedRecords::default();
        for entry in &page.entries {
            checked.records += 1;
            check(room, entry, &mut checked)?;
        }
        if page.more {
            checked.after = page.entries.last().map(|entry| entry.key.to_string());
        }
        let (records, damaged) = (checked.records.to_string(), checked.damaged.len().to_string());
        Ok(Performed::read(checked).naming("records", records).naming("damaged", damaged))
    }
}

fn check(room: &Room<'_>, entry: &Entry, checked: &mut CheckedRecords) -> Result<(), Error> {
    let key = entry.key.as_str();
    let mut damaged = |name: String, problem| checked.damaged.push((name, problem));
    let Some(kind) = kind_of(key) else {
        // The seal and the keyring were opened before anything could be asked.
        if !matches!(key, keys::SEAL | keys::KEYRING) {
            damaged(key.to_owned(), "it is no record of this program's");
        }
        return Ok(());
    };
    let Ok(bytes) = room.records().open(kind, &entry.key, &entry.value) else {
        damaged(name_of(room, key), "it does not authenticate");
        return Ok(());
    };
    match kind {
        RecordKind::Secret => match decode::<Secret>(&entry.key, bytes.expose()) {
            Ok(secret) => check_secret(room, entry, &secret, checked)?,
            Err(_) => damaged(name_of(room, key), "it does not decode"),
        },
        RecordKind::Alias => match decode::<SecretPath>(&entry.key, bytes.expose()) {
            Ok(path) => {
                let mount = key.split('/').nth(2).unwrap_or_default();
                let target = format!("{}{mount}/{path}", keys::SECRETS);
                if room
                    .store
                    .get(&strongroom_store::Key::new(target).map_err(|_| damage(key))?)?
                    .is_none()
                {
                    damaged(key.to_owned(), "the secret that it names is not there");
                }
            }
            Err(_) => damaged(key.to_owned(), "it does not decode"),
        },
        RecordKind::Payload => {
            let owner = key.split('/').nth(1).and_then(|id| id.parse().ok());
            match owner {
                Some(owner) => drop(checked.owners.insert(owner)),
                None => damaged(key.to_owned(), "it belongs to no secret"),
            }
        }
        _ => {}
    }
    Ok(())
}

fn check_secret(
    room: &Room<'_>,
    entry: &Entry,
    secret: &Secret,
    checked: &mut CheckedRecords,
) -> Result<(), Error> {
    checked.secrets.insert(secret.id);
    for version in secret.versions().iter().filter(|version| !version.destroyed) {
        if room.store.get(&keys::payload(secret.id, version.number))?.is_none() {
            let name = format!("{} version {}", name_of(room, entry.key.as_str()), version.number);
            checked.damaged.push((name, "its value is missing"));
        }
    }
    Ok(())
}

fn damage(key: &str) -> Error {
    Error::damaged(key, "it names no place")
}

fn kind_of(key: &str) -> Option<RecordKind> {
    let kinds = [
        (keys::SECRETS, RecordKind::Secret),
        (keys::PAYLOADS, RecordKind::Payload),
        (keys::ALIASES, RecordKind::Alias),
        (keys::AUDIT_OUTBOX, RecordKind::AuditOutbox),
        (keys::AUDIT_HEAD, RecordKind::AuditHead),
        (keys::AUDIT_KEYS, RecordKind::AuditKeys),
        (keys::MOUNTS, RecordKind::Mounts),
        (keys::POLICIES, RecordKind::Policy),
        (keys::TOKEN_KEY, RecordKind::TokenKey),
        (keys::TOKENS, RecordKind::Token),
        (keys::TOKEN_ACCESSORS, RecordKind::TokenIndex),
        (keys::TOKEN_CHILDREN, RecordKind::TokenIndex),
        (keys::TOKEN_LEASES, RecordKind::TokenIndex),
        (keys::TOKENS_BY_MOUNT, RecordKind::TokenIndex),
        (keys::LEASES, RecordKind::Lease),
        (keys::DUE, RecordKind::Due),
        (keys::LOGICAL, RecordKind::Logical),
        (keys::WRAPPED, RecordKind::Wrapped),
        (keys::USAGE, RecordKind::Usage),
        (keys::RESOURCE_POLICIES, RecordKind::ResourcePolicy),
    ];
    kinds.into_iter().find(|(prefix, _)| key.starts_with(prefix)).map(|(_, kind)| kind)
}

/// The canonical path of a secret's record, or the key of another.
fn name_of(room: &Room<'_>, key: &str) -> String {
    let in_mount = key.strip_prefix(keys::SECRETS).and_then(|rest| rest.split_once('/'));
    let named = in_mount.and_then(|(mount, path)| {
        let mount_path = room.mounts.path_of(mount.parse().ok()?)?;
        Some(format!("{mount_path}/{path}"))
    });
    named.unwrap_or_else(|| key.to_owned())
}
