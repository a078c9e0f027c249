use std::sync::Arc;

use super::{delete, list, names, put, write, writes};
use crate::{PAGE_ENTRIES_MAX, Range, Store};

/// Names that differ in every way an ordering can get wrong, in byte order.
const ORDERED: &[&str] = &[
    " ",
    "!",
    "%",
    "%2F",
    "*",
    "/",
    "/a",
    "0",
    "10",
    "9",
    "A",
    "B",
    "Z",
    "[",
    "_",
    "a",
    "a b",
    "a!",
    "a%",
    "a%b",
    "a*",
    "a/",
    "a/%",
    "a/b",
    "a/b/c",
    "a/c",
    "a0",
    "aB",
    "a_",
    "a_b",
    "ab",
    "a~",
    "axb",
    "b",
    "~",
    "é",
    "é/a",
    "éa",
    "ê",
    "ÿ",
    "Ā",
    "\u{7ff}",
    "\u{800}",
    "中",
    "中/文",
    "\u{ffff}",
    "\u{10000}",
    "🔑",
    "🔑/a",
    "\u{10ffff}",
    "\u{10ffff}a",
];

fn fill(store: &dyn Store) -> Vec<&'static str> {
    let mut ordered = ORDERED.to_vec();
    ordered.sort_unstable_by_key(|name| name.as_bytes());
    for name in ORDERED.iter().rev() {
        put(store, name, name.as_bytes());
    }
    ordered
}

/// A listing is in the order of the keys' bytes, whatever order they were written in.
///
/// # Panics
/// When the store breaks the contract.
pub fn listing_is_in_byte_order(store: &dyn Store) {
    assert!(names(&list(store, &Range::prefix(""))).is_empty());
    let ordered = fill(store);
    let page = list(store, &Range::prefix(""));
    assert_eq!(names(&page), ordered);
    assert!(!page.more);
    for entry in &page.entries {
        assert_eq!(&entry.value[..], entry.key.as_str().as_bytes());
    }
    let keys = list(store, &Range { keys_only: true, ..Range::prefix("") });
    assert_eq!(names(&keys), ordered);
    for (full, bare) in page.entries.iter().zip(&keys.entries) {
        assert!(bare.value.is_empty(), "keys_only leaves the values empty");
        assert_eq!(bare.revision, full.revision);
    }
}

/// A prefix is compared byte by byte: `%`, `_`, `*`, `[` and letters' case have no meaning.
///
/// # Panics
/// When the store breaks the contract.
pub fn prefixes_are_bytes_and_not_patterns(store: &dyn Store) {
    let ordered = fill(store);
    let prefixes = [
        "a", "a%", "a_", "a*", "a/", "a/b", "A", "%", "_", "*", "[", "é", "é/", "中", "🔑", "none",
    ];
    for prefix in prefixes {
        let expected: Vec<&str> =
            ordered.iter().copied().filter(|name| name.starts_with(prefix)).collect();
        assert_eq!(names(&list(store, &Range::prefix(prefix))), expected, "prefix {prefix:?}");
    }
}

/// The keys just below and above a prefix are outside of it, also where no larger character exists.
///
/// # Panics
/// When the store breaks the contract.
pub fn the_upper_edge_of_a_prefix_is_exact(store: &dyn Store) {
    fill(store);
    for prefix in ["\u{10ffff}", "\u{7ff}", "\u{ffff}", "~", "ÿ"] {
        let page = list(store, &Range::prefix(prefix));
        assert!(names(&page).iter().all(|name| name.starts_with(prefix)), "prefix {prefix:?}");
        assert!(names(&page).contains(&prefix), "a prefix matches itself: {prefix:?}");
    }
    assert_eq!(names(&list(store, &Range::prefix("\u{10ffff}"))).len(), 2);
}

/// Pages of every size join to the whole listing, and `more` is true exactly when something follows.
///
/// # Panics
/// When the store breaks the contract.
pub fn pages_are_exact(store: &dyn Store) {
    let ordered = fill(store);
    for limit in [1, 2, 3, ordered.len() - 1, ordered.len(), ordered.len() + 1] {
        let mut seen = Vec::new();
        let mut after = None;
        loop {
            let page = list(store, &Range { after, limit, ..Range::prefix("") });
            seen.extend(names(&page).iter().map(ToString::to_string));
            assert_eq!(page.more, seen.len() < ordered.len(), "limit {limit}, after {seen:?}");
            if !page.more {
                break;
            }
            assert_eq!(page.entries.len(), limit);
            after = seen.last().cloned();
        }
        assert_eq!(seen, ordered, "limit {limit}");
    }
    let within = |prefix: &str, after: &str| {
        let range = Range { after: Some(after.into()), ..Range::prefix(prefix) };
        names(&list(store, &range)).iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(within("a/", "a/b"), ["a/b/c", "a/c"]);
    assert_eq!(within("a/", "a/bb"), ["a/c"], "`after` need not exist");
    assert_eq!(within("a/", "A"), ["a/", "a/%", "a/b", "a/b/c", "a/c"], "`after` may be before");
    assert!(within("a/", "b").is_empty(), "`after` may be past the prefix");
    assert!(within("a/", "a/c").is_empty());
    large_pages_are_cut(store);
}

fn large_pages_are_cut(store: &dyn Store) {
    let name = |at: usize| format!("page/{at:05}");
    let all: Vec<usize> = (0..=PAGE_ENTRIES_MAX).collect();
    for chunk in all.chunks(128) {
        let puts = chunk.iter().map(|at| write(&name(*at), b"")).collect();
        store.commit(writes(puts)).expect("a batch of puts is committed");
    }
    let range = Range { limit: usize::MAX, ..Range::prefix("page/") };
    let page = list(store, &range);
    assert_eq!((page.entries.len(), page.more), (PAGE_ENTRIES_MAX, true));
    let page = list(store, &Range { limit: 0, ..range.clone() });
    assert_eq!((page.entries.len(), page.more), (1, true), "a limit of 0 counts as 1");
    delete(store, &name(7));
    let page = list(store, &range);
    assert_eq!((page.entries.len(), page.more), (PAGE_ENTRIES_MAX, false));
    assert!(!names(&page).contains(&name(7).as_str()), "what was deleted is not listed");
    assert_eq!(page.entries[0].value, Arc::from([]));
}
