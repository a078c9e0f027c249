//! The log as a whole, on real files.

mod appending;
mod bursts;
mod processes;
mod recovering;
mod tampering;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::*;

const TIME: u64 = 1_767_323_045_678;
const CHECKPOINT_SEED: [u8; 32] = [1; 32];
const HEAD_KEY: [u8; 32] = [2; 32];

/// A directory for a log, removed with all it holds.
struct Room(tempfile::TempDir);

impl Room {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("audit")
    }

    fn log(&self) -> AuditLog {
        open(&self.path(), options())
    }

    fn small_segments(&self) -> AuditLog {
        open(&self.path(), AuditOptions { segment_bytes_max: 3_000, ..options() })
    }

    fn file(&self, first_seq: u64) -> PathBuf {
        self.path().join(directory::segment_name(first_seq))
    }

    fn segments(&self) -> Vec<u64> {
        directory::segments(&self.path()).unwrap()
    }

    /// The lines of all segments, each with its newline.
    fn lines(&self) -> Vec<String> {
        let read = |first_seq: &u64| fs::read_to_string(self.file(*first_seq)).unwrap();
        let text: String = self.segments().iter().map(read).collect();
        text.split_inclusive('\n').map(str::to_owned).collect()
    }

    fn verify(&self) -> Result<VerifiedLog, VerifyError> {
        verify_with(&self.path(), None, Vec::new())
    }

    fn finding(&self) -> Finding {
        finding(self.verify())
    }

    fn entries(&self) -> Vec<Entry> {
        let entries = Reader::open(&self.path()).unwrap().query(Filter::default());
        entries.map(Result::unwrap).collect()
    }

    fn heads(&self) -> head_file::Heads {
        let file = fs::File::open(directory::head_path(&self.path())).unwrap();
        head_file::Heads::read(&file, &HeadKey::new(&HEAD_KEY)).unwrap()
    }
}

fn options() -> AuditOptions {
    AuditOptions::new(Arc::new(|| TIME))
}

fn keys() -> AuditKeys {
    let checkpoint = CheckpointKey::from_seed(&CHECKPOINT_SEED).unwrap();
    AuditKeys { checkpoint, head: HeadKey::new(&HEAD_KEY) }
}

fn open(path: &Path, options: AuditOptions) -> AuditLog {
    AuditLog::open(path, keys(), options).unwrap()
}

fn verify_with(
    path: &Path,
    store_head: Option<Position>,
    requests: Vec<RequestId>,
) -> Result<VerifiedLog, VerifyError> {
    let keys = keys();
    let checkpoint_keys = vec![keys.checkpoint.verifier().clone()];
    verify(path, &Expectations { checkpoint_keys, head_key: &keys.head, store_head, requests })
}

fn finding(result: Result<VerifiedLog, VerifyError>) -> Finding {
    match result {
        Err(VerifyError::Finding(finding)) => *finding,
        other => panic!("no finding but {other:?}"),
    }
}

fn record(id: u128) -> Record {
    Record {
        time: TIME,
        kind: RecordKind::Access,
        request_id: RequestId(id),
        principal: Some(Principal { name: "ada".to_owned(), kind: "owner" }),
        door: "cli",
        operation: "read",
        path: Some(format!("secret/app/{id}")),
        version: Some(1),
        outcome: Outcome::Allowed,
        status: None,
        source: None,
        client: None,
        duration_us: 7,
        fields: Vec::new(),
    }
}

fn append(log: &AuditLog, ids: std::ops::Range<u128>) {
    for id in ids {
        assert!(log.append(&record(id)).unwrap().seq() > 0);
    }
}
