use super::{delete, key, list, names, put, refused, value, write, writes};
use crate::{
    BATCH_BYTES_MAX, BATCH_OPERATIONS_MAX, Batch, CommitError, Precondition, Range, Revision,
    Store, Write,
};

/// `Absent` and `Unchanged` hold exactly when they say, and the refusal names the key.
///
/// # Panics
/// When the store breaks the contract.
pub fn a_precondition_guards_its_batch(store: &dyn Store) {
    let absent = |name: &str| vec![Precondition::Absent(key(name))];
    let unchanged = |name: &str, revision| vec![Precondition::Unchanged(key(name), revision)];
    let create = Batch { preconditions: absent("k"), writes: vec![write("k", b"1")] };
    let first = store.commit(create).expect("an absent key can be created");
    assert_eq!(refused(store, absent("k"), vec![write("k", b"x")]), key("k"));
    let second = store
        .commit(Batch { preconditions: unchanged("k", first), writes: vec![write("k", b"2")] })
        .expect("an unchanged record can be replaced");
    for revision in [first, Revision(0), Revision(second.0 + 1), Revision(u64::MAX)] {
        assert_eq!(refused(store, unchanged("k", revision), vec![write("k", b"x")]), key("k"));
    }
    assert_eq!(refused(store, unchanged("none", second), vec![write("k", b"x")]), key("none"));
    assert_eq!(value(store, "k"), Some(b"2".to_vec()));
    delete(store, "k");
    assert_eq!(refused(store, unchanged("k", second), vec![write("k", b"x")]), key("k"));
    store.commit(Batch { preconditions: absent("k"), writes: vec![write("other", b"o")] }).expect(
        "a deleted key is absent, and a precondition may be about a key that is not written",
    );
    let check = Batch { preconditions: absent("k"), writes: Vec::new() };
    store.commit(check).expect("a batch may only check");
}

/// When one precondition of many fails, no write of the batch is there.
///
/// # Panics
/// When the store breaks the contract.
pub fn a_batch_is_applied_whole_or_not_at_all(store: &dyn Store) {
    let before = put(store, "kept", b"old");
    put(store, "deleted?", b"no");
    let preconditions = vec![
        Precondition::Absent(key("fresh")),
        Precondition::Unchanged(key("kept"), before),
        Precondition::Absent(key("kept")),
    ];
    let changes =
        vec![write("fresh", b"new"), write("kept", b"new"), Write::Delete(key("deleted?"))];
    assert_eq!(refused(store, preconditions, changes.clone()), key("kept"));
    assert_eq!(names(&list(store, &Range::prefix(""))), ["deleted?", "kept"]);
    assert_eq!(value(store, "kept"), Some(b"old".to_vec()));
    let revision = store.commit(writes(changes)).expect("without preconditions it is applied");
    let page = list(store, &Range::prefix(""));
    assert_eq!(names(&page), ["fresh", "kept"]);
    assert!(page.entries.iter().all(|entry| entry.revision == revision), "one batch, one revision");
}

/// A batch at each limit is taken; one past it is refused and nothing of it applied.
///
/// # Panics
/// When the store breaks the contract.
pub fn a_batch_past_a_limit_is_refused(store: &dyn Store) {
    let many = |count: usize| {
        let put = |at: usize| write(&format!("n/{at}"), b"v");
        let preconditions = vec![Precondition::Absent(key("absent"))];
        Batch { preconditions, writes: (1..count).map(put).collect() }
    };
    invalid(store, many(BATCH_OPERATIONS_MAX + 1));
    assert!(names(&list(store, &Range::prefix("n/"))).is_empty());
    store.commit(many(BATCH_OPERATIONS_MAX)).expect("the most operations are valid");
    assert_eq!(list(store, &Range::prefix("n/")).entries.len(), BATCH_OPERATIONS_MAX - 1);

    let large = |bytes: usize| writes(vec![write("b", &vec![7; bytes - 1])]);
    invalid(store, large(BATCH_BYTES_MAX + 1));
    assert_eq!(value(store, "b"), None);
    store.commit(large(BATCH_BYTES_MAX)).expect("the most bytes are valid");
    assert!(value(store, "b") == Some(vec![7; BATCH_BYTES_MAX - 1]));

    invalid(store, writes(vec![write("twice", b"1"), write("twice", b"2")]));
    invalid(
        store,
        writes(vec![write("twice", b"1"), write("x", b""), Write::Delete(key("twice"))]),
    );
    assert_eq!(value(store, "twice"), None);
    assert_eq!(value(store, "x"), None);
}

/// A batch that is both invalid and refused by a precondition is invalid.
///
/// # Panics
/// When the store breaks the contract.
pub fn an_invalid_batch_is_refused_before_its_preconditions(store: &dyn Store) {
    put(store, "k", b"1");
    let preconditions = vec![Precondition::Absent(key("k"))];
    invalid(store, Batch { preconditions, writes: vec![write("t", b"1"), write("t", b"2")] });
}

fn invalid(store: &dyn Store, batch: Batch) {
    match store.commit(batch) {
        Err(CommitError::Invalid(_)) => {}
        other => panic!("an invalid batch was answered with {other:?}"),
    }
}

/// Every commit has a larger revision than the one before, empty ones and deletions of nothing included.
///
/// # Panics
/// When the store breaks the contract.
pub fn revisions_grow(store: &dyn Store) {
    let revisions = [
        put(store, "a", b"1"),
        delete(store, "a"),
        delete(store, "a"),
        store.commit(Batch::default()).expect("an empty batch is valid"),
        store.commit(Batch::default()).expect("an empty batch is valid"),
        put(store, "a", b"2"),
    ];
    assert!(revisions[0] > Revision(0), "revision 0 is the beginning, before every commit");
    assert!(revisions.is_sorted_by(|earlier, later| earlier < later), "{revisions:?}");
}
