use super::{delete, key, put, value, write, writes};
use crate::{KEY_BYTES_MAX, Store, Write};

/// What was put is what is read, with the revision of its commit.
///
/// # Panics
/// When the store breaks the contract.
pub fn a_put_is_read_back(store: &dyn Store) {
    assert_eq!(value(store, "a/b"), None, "an empty store has no record");
    let revision = put(store, "a/b", b"first");
    let entry = store.get(&key("a/b")).expect("readable").expect("present");
    assert_eq!(entry.key, key("a/b"));
    assert_eq!(&entry.value[..], b"first");
    assert_eq!(entry.revision, revision, "an entry carries the revision of its commit");
    assert_eq!(value(store, "a/c"), None);
    assert_eq!(value(store, "a/B"), None, "keys differ by case");
}

/// A put replaces, a deletion removes, and a deletion of nothing changes nothing.
///
/// # Panics
/// When the store breaks the contract.
pub fn a_record_is_replaced_and_deleted(store: &dyn Store) {
    let first = put(store, "k", b"1");
    let other = put(store, "other", b"o");
    let second = put(store, "k", b"2");
    assert!(first < other && other < second);
    assert_eq!(value(store, "k"), Some(b"2".to_vec()));
    assert_eq!(store.get(&key("other")).expect("readable").expect("present").revision, other);
    delete(store, "k");
    assert_eq!(value(store, "k"), None);
    delete(store, "k");
    delete(store, "never there");
    assert_eq!(value(store, "k"), None);
    assert_eq!(value(store, "other"), Some(b"o".to_vec()));
    put(store, "k", b"3");
    assert_eq!(value(store, "k"), Some(b"3".to_vec()), "a deleted key can be written again");
}

/// Every commit gives the store a mark that it had not before, and reading leaves the mark.
///
/// # Panics
/// When the store breaks the contract.
pub fn a_mark_moves_with_every_commit_and_not_with_reads(store: &dyn Store) {
    let mut seen = Vec::new();
    for round in 0..8 {
        match round % 3 {
            0 => drop(put(store, "k", b"1")),
            1 => drop(put(store, "other", &[round])),
            _ => drop(delete(store, "k")),
        }
        // A store that cannot tell says so every time.
        let Some(mark) = store.mark() else { return assert!(seen.is_empty()) };
        assert!(!seen.contains(&mark), "a commit left the mark");
        assert_eq!(value(store, "other").is_some(), round > 0);
        assert_eq!(store.mark(), Some(mark), "a read moved the mark");
        seen.push(mark);
    }
}

/// Values of no bytes, of every byte, and of a mebibyte come back whole.
///
/// # Panics
/// When the store breaks the contract.
pub fn values_of_any_size_are_kept(store: &dyn Store) {
    put(store, "empty", b"");
    assert_eq!(value(store, "empty"), Some(Vec::new()), "an empty value is a record");
    let every: Vec<u8> = (0..=u8::MAX).collect();
    put(store, "every byte", &every);
    assert_eq!(value(store, "every byte"), Some(every));
    for size in [1, 500, 1_003, 4_095, 4_096, 4_097, 65_536, 1 << 20] {
        let large: Vec<u8> = (0..size).map(|at: usize| (at * 31 % 251) as u8).collect();
        put(store, "large", &large);
        assert!(value(store, "large") == Some(large), "a value of {size} bytes is kept");
    }
    put(store, "large", b"small");
    assert_eq!(value(store, "large"), Some(b"small".to_vec()));
}

/// The shortest and the longest key, and 128 longest keys in one batch.
///
/// # Panics
/// When the store breaks the contract.
pub fn keys_at_the_limits_are_kept(store: &dyn Store) {
    let longest = "é".repeat(KEY_BYTES_MAX / 2);
    put(store, "x", b"short");
    put(store, &longest, b"long");
    assert_eq!(value(store, "x"), Some(b"short".to_vec()));
    assert_eq!(value(store, &longest), Some(b"long".to_vec()));
    let name = |at: usize| format!("{at:0>width$}", width = KEY_BYTES_MAX);
    let many = (0..128).map(|at| write(&name(at), &[at as u8])).collect();
    store.commit(writes(many)).expect("128 longest keys are a valid batch");
    for at in 0..128 {
        assert_eq!(value(store, &name(at)), Some(vec![at as u8]));
    }
    let gone = (0..128).map(|at| Write::Delete(key(&name(at)))).collect();
    store.commit(writes(gone)).expect("128 deletions are a valid batch");
    assert_eq!(value(store, &name(0)), None);
}
