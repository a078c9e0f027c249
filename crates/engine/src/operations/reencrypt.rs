use strongroom_store::{Batch, Precondition, Range, Write as StoreWrite};

use crate::error::Error;
use crate::keys;
use crate::lifecycle::Reencrypted;
use crate::records::encode;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// How many records one commit writes anew.
const RECORDS_PER_COMMIT_MAX: usize = 48;
/// How many bytes of records one commit writes anew, the first record aside.
const BYTES_PER_COMMIT_MAX: usize = 262_144;

/// Write records that an older data key encrypted with the newest one, a batch at a time. Needs `sudo` on
/// `sys/rotate`.
#[derive(Debug)]
pub struct Reencrypt {
    /// Go on after this key, as the batch before answered.
    pub after: Option<String>,
}

/// Forget every data key but the newest. Only after [`Reencrypt`] has seen every record: it looks again and
/// refuses when a record is left that an older key encrypted. Needs `sudo` on `sys/rotate`.
#[derive(Debug)]
pub struct RetireDataKeys;

impl Operation for Reencrypt {
    type Answer = Reencrypted;

    const NAME: &'static str = "reencrypt";

    fn subject(&self) -> Option<&str> {
        Some("sys/rotate")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Reencrypted>, Error> {
        let _proof = room.authorise_system("sys/rotate")?;
        room.require_current_keys()?;
        let mut after = self.after.clone();
        let (mut batch, mut bytes) = (Batch::default(), 0);
        'pages: loop {
            let range = Range { after: after.clone(), limit: 100, ..Range::prefix("") };
            let page = room.store.list(&range)?;
            for entry in page.entries {
                let full =
                    batch.writes.len() == RECORDS_PER_COMMIT_MAX || bytes > BYTES_PER_COMMIT_MAX;
                if full {
                    break 'pages;
                }
                after = Some(entry.key.to_string());
                if let Some(record) = reseal(room, &entry)? {
                    bytes += record.len();
                    batch
                        .preconditions
                        .push(Precondition::Unchanged(entry.key.clone(), entry.revision));
                    batch.writes.push(StoreWrite::Put(entry.key, record.into()));
                }
            }
            if !page.more {
                after = None;
                break;
            }
        }
        let records = batch.writes.len() as u64;
        let answer = Reencrypted { records, after };
        let performed = match records {
            0 => Performed::read(answer),
            _ => Performed::change(answer, batch),
        };
        Ok(performed.naming("records", records.to_string()))
    }
}

impl Operation for RetireDataKeys {
    /// Whether the older keys are gone; if not, records are left that need them.
    type Answer = bool;

    const NAME: &'static str = "data-keys-retire";

    fn subject(&self) -> Option<&str> {
        Some("sys/rotate")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<bool>, Error> {
        let _proof = room.authorise_system("sys/rotate")?;
        room.require_current_keys()?;
        let mut range = Range::prefix("");
        loop {
            let page = room.store.list(&range)?;
            for entry in &page.entries {
                if reseal(room, entry)?.is_some() {
                    return Ok(Performed::read(false));
                }
            }
            match page.entries.last() {
                Some(last) if page.more => range.after = Some(last.key.to_string()),
                _ => break,
            }
        }
        let mut record = room.unsealed.record.clone();
        record.retire_old_data_keys();
        let write = StoreWrite::Put(keys::fixed(keys::KEYRING), encode(&record).into());
        Ok(Performed::change(true, Batch { preconditions: Vec::new(), writes: vec![write] }))
    }
}

/// The record under the newest data key, when an older one encrypted it.
fn reseal(room: &Room<'_>, entry: &strongroom_store::Entry) -> Result<Option<Vec<u8>>, Error> {
    let key = entry.key.as_str();
    // The first two hold wrapped keys and are not encrypted themselves; the head is written anew with every change.
    if matches!(key, keys::SEAL | keys::KEYRING | keys::AUDIT_HEAD) {
        return Ok(None);
    }
    room.unsealed
        .keyring
        .reseal(key, &entry.value, room.random)
        .map_err(|_| Error::damaged(key, "it does not authenticate"))
}
