//! What every backend must do. A backend's test calls [`run`] with a maker of empty stores.
//!
//! Each case is a public function too, so that a failing one can be run alone. The cases panic where a store
//! breaks the contract; the random ones print the seed that repeats them.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test suite in a library: a broken promise is a panic"
)]

mod commits;
mod listing;
mod random;
mod records;
mod threads;
mod watching;

use std::sync::Arc;

use crate::{Batch, CommitError, Key, Page, Precondition, Range, Revision, Store, Write};

pub use commits::{
    a_batch_is_applied_whole_or_not_at_all, a_batch_past_a_limit_is_refused,
    a_precondition_guards_its_batch, an_invalid_batch_is_refused_before_its_preconditions,
    revisions_grow,
};
pub use listing::{
    listing_is_in_byte_order, pages_are_exact, prefixes_are_bytes_and_not_patterns,
    the_upper_edge_of_a_prefix_is_exact,
};
pub use random::{a_random_history_matches_the_model, run_random};
pub use records::{
    a_mark_moves_with_every_commit_and_not_with_reads, a_put_is_read_back,
    a_record_is_replaced_and_deleted, keys_at_the_limits_are_kept, values_of_any_size_are_kept,
};
pub use threads::{
    no_increment_is_lost, readers_see_whole_batches, what_was_read_under_the_same_mark_is_not_old,
};
pub use watching::{
    a_commit_wakes_a_watcher, a_quiet_watch_times_out, a_watch_starts_in_the_middle,
    deletions_are_watched, old_deletions_are_compacted, watch_reports_in_order,
};

/// Makes an empty store.
pub type Make<'a> = &'a dyn Fn() -> Box<dyn Store>;

/// Run every case, each on a store of its own. [`old_deletions_are_compacted`] is apart: it is slow.
///
/// # Panics
/// When the store breaks the contract.
pub fn run(make: Make<'_>) {
    let cases: &[fn(&dyn Store)] = &[
        a_put_is_read_back,
        a_record_is_replaced_and_deleted,
        values_of_any_size_are_kept,
        keys_at_the_limits_are_kept,
        a_mark_moves_with_every_commit_and_not_with_reads,
        listing_is_in_byte_order,
        prefixes_are_bytes_and_not_patterns,
        the_upper_edge_of_a_prefix_is_exact,
        pages_are_exact,
        a_precondition_guards_its_batch,
        a_batch_is_applied_whole_or_not_at_all,
        a_batch_past_a_limit_is_refused,
        an_invalid_batch_is_refused_before_its_preconditions,
        revisions_grow,
        watch_reports_in_order,
        deletions_are_watched,
        a_watch_starts_in_the_middle,
        a_quiet_watch_times_out,
        a_commit_wakes_a_watcher,
        no_increment_is_lost,
        readers_see_whole_batches,
        what_was_read_under_the_same_mark_is_not_old,
        a_random_history_matches_the_model,
    ];
    for case in cases {
        case(make().as_ref());
    }
}

fn key(text: &str) -> Key {
    Key::new(text).expect("the suite's keys are valid")
}

fn put(store: &dyn Store, name: &str, value: &[u8]) -> Revision {
    store.commit(writes(vec![write(name, value)])).expect("a put is committed")
}

fn delete(store: &dyn Store, name: &str) -> Revision {
    store.commit(writes(vec![Write::Delete(key(name))])).expect("a deletion is committed")
}

fn write(name: &str, value: &[u8]) -> Write {
    Write::Put(key(name), Arc::from(value))
}

fn writes(writes: Vec<Write>) -> Batch {
    Batch { preconditions: Vec::new(), writes }
}

fn value(store: &dyn Store, name: &str) -> Option<Vec<u8>> {
    store.get(&key(name)).expect("the store is readable").map(|entry| entry.value.to_vec())
}

fn list(store: &dyn Store, range: &Range) -> Page {
    store.list(range).expect("the store is readable")
}

fn names(page: &Page) -> Vec<&str> {
    page.entries.iter().map(|entry| entry.key.as_str()).collect()
}

fn refused(store: &dyn Store, preconditions: Vec<Precondition>, writes: Vec<Write>) -> Key {
    match store.commit(Batch { preconditions, writes }) {
        Err(CommitError::PreconditionFailed(key)) => key,
        other => panic!("a precondition that does not hold was answered with {other:?}"),
    }
}
