//! The stores in memory keep the contract.

use strongroom_store::conformance;
use strongroom_store::crash::CrashStore;
use strongroom_store::memory::{DELETIONS_KEPT_MAX, MemoryStore};

#[test]
fn memory_store_keeps_the_contract() {
    conformance::run(&|| Box::new(MemoryStore::new()));
}

#[test]
fn crash_store_without_faults_keeps_the_contract() {
    conformance::run(&|| Box::new(CrashStore::new()));
}

#[test]
fn memory_store_forgets_old_deletions() {
    conformance::old_deletions_are_compacted(&MemoryStore::new(), DELETIONS_KEPT_MAX + 1_000);
}

#[test]
fn random_histories_of_many_seeds_match_the_model() {
    for seed in 0..50 {
        conformance::run_random(&MemoryStore::new(), seed);
    }
}
