//! Damaged files: a typed error or a right answer, and never a panic.

#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use strongroom_store::{Batch, Key, Range, ReadError, Revision, Store, Write};
use strongroom_store_sqlite::{CreateOptions, OpenError, OpenOptions, SqliteStore};
use tempfile::TempDir;

const RECORDS: usize = 300;
const PAGE_BYTES: usize = 4_096;

fn name(record: usize) -> Key {
    Key::new(format!("secret/{record:04}")).unwrap()
}

fn value(record: usize) -> Vec<u8> {
    vec![record as u8; 200]
}

/// A database without a log, and its bytes.
fn sound() -> (TempDir, PathBuf, Vec<u8>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("store.db");
    let store =
        SqliteStore::create(directory.path().join("first.db"), &CreateOptions::default()).unwrap();
    let all: Vec<usize> = (0..RECORDS).collect();
    for chunk in all.chunks(100) {
        let writes = chunk.iter().map(|at| Write::Put(name(*at), value(*at).into())).collect();
        store.commit(Batch { preconditions: Vec::new(), writes }).unwrap();
    }
    store.backup_to(&path, false).unwrap();
    let bytes = fs::read(&path).unwrap();
    (directory, path, bytes)
}

fn open(path: &Path, bytes: &[u8]) -> Result<SqliteStore, OpenError> {
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.as_os_str().to_owned();
        beside.push(suffix);
        let _ = fs::remove_file(beside);
    }
    fs::write(path, bytes).unwrap();
    SqliteStore::open(path, &OpenOptions::default())
}

/// Read everything. Returns how many records came back right, how many came back as something else, and the errors.
fn read_all(store: &SqliteStore) -> (usize, usize, Vec<ReadError>) {
    let (mut right, mut wrong, mut errors) = (0, 0, Vec::new());
    for record in 0..RECORDS {
        match store.get(&name(record)) {
            Ok(Some(entry)) if entry.value[..] == value(record) => right += 1,
            Ok(_) => wrong += 1,
            Err(error) => errors.push(error),
        }
    }
    for prefix in ["", "secret/01"] {
        errors.extend(store.list(&Range::prefix(prefix)).err());
    }
    errors.extend(store.watch(Revision(0)).err());
    (right, wrong, errors)
}

#[test]
fn a_flipped_bit_anywhere_never_panics_and_hides_nothing_from_the_check() {
    let (_directory, path, bytes) = sound();
    for at in (0..bytes.len()).step_by(211) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        let Ok(store) = open(&path, &damaged) else { continue };
        let (right, wrong, errors) = read_all(&store);
        assert!(errors.iter().all(|error| matches!(error, ReadError::Corrupt(_))), "{errors:?}");
        if right + wrong < RECORDS {
            let findings = store.check_integrity(|| true);
            assert!(findings.map_or(true, |found| !found.is_empty()), "byte {at}");
        }
    }
}

#[test]
fn a_cut_file_is_refused_when_it_is_opened() {
    let (_directory, path, bytes) = sound();
    for pages in 1..bytes.len() / PAGE_BYTES {
        for extra in [0, 100] {
            match open(&path, &bytes[..pages * PAGE_BYTES + extra]).map(|_| ()) {
                Err(OpenError::Corrupt { path: named, .. }) => assert_eq!(named, path),
                other => panic!("{pages} pages: {other:?}"),
            }
        }
    }
    assert!(matches!(open(&path, &bytes[..60]), Err(OpenError::Foreign { .. })));
}

#[test]
fn a_wiped_page_is_named_with_its_record_and_the_rest_stays_readable() {
    let (_directory, path, bytes) = sound();
    let mut named = 0;
    for page in 2..bytes.len() / PAGE_BYTES {
        let mut damaged = bytes.clone();
        damaged[page * PAGE_BYTES..(page + 1) * PAGE_BYTES].fill(0xa5);
        let Ok(store) = open(&path, &damaged) else { continue };
        for record in 0..RECORDS {
            match store.get(&name(record)) {
                Ok(_) => {}
                Err(ReadError::Corrupt(message)) => {
                    assert!(message.contains(name(record).as_str()), "{message}");
                    assert!(message.contains("store.db"), "{message}");
                    named += 1;
                }
                Err(error) => panic!("{error:?}"),
            }
        }
        let findings = store.check_integrity(|| true);
        assert!(findings.map_or(true, |found| !found.is_empty()), "page {page}");
    }
    assert!(named > 0);
    // The last page is a leaf of the records: what is on other leaves is untouched.
    let mut damaged = bytes.clone();
    let last = bytes.len() - PAGE_BYTES;
    damaged[last..].fill(0xa5);
    let store = open(&path, &damaged).unwrap();
    let (right, _, errors) = read_all(&store);
    assert!(right > RECORDS / 2 && !errors.is_empty(), "{right} right, {errors:?}");
}

#[test]
fn two_swapped_pages_never_give_one_record_for_another() {
    let (_directory, path, bytes) = sound();
    let pages = bytes.len() / PAGE_BYTES;
    for page in 2..pages - 1 {
        let mut damaged = bytes.clone();
        let (first, second) = damaged.split_at_mut((page + 1) * PAGE_BYTES);
        first[page * PAGE_BYTES..].swap_with_slice(&mut second[..PAGE_BYTES]);
        let Ok(store) = open(&path, &damaged) else { continue };
        for record in 0..RECORDS {
            match store.get(&name(record)) {
                Ok(Some(entry)) => {
                    assert_eq!(entry.key, name(record));
                    assert!(entry.value[..] == value(record), "page {page}, {}", entry.key);
                }
                Ok(None) | Err(ReadError::Corrupt(_)) => {}
                Err(error) => panic!("{error:?}"),
            }
        }
        let findings = store.check_integrity(|| true);
        assert!(findings.map_or(true, |found| !found.is_empty()), "page {page}");
    }
}

#[test]
fn a_sound_store_has_no_findings_and_a_check_can_be_stopped() {
    let (_directory, path, bytes) = sound();
    let store = open(&path, &bytes).unwrap();
    assert_eq!(store.check_integrity(|| true).unwrap(), Vec::<String>::new());
    assert!(matches!(store.check_integrity(|| false), Err(ReadError::Unavailable(_))));
}
