//! The policy language against a reference and on seeded, broken and random input. The bodies are those of the fuzz
//! targets under `fuzz/`.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[path = "../../../fuzz/bodies/acl_differential.rs"]
mod acl_differential;
#[path = "../../../fuzz/bodies/policy_parse.rs"]
mod policy_parse;

use std::path::PathBuf;

use proptest::prelude::*;
use strongroom_core::policy::{Capabilities, Capability};

use acl_differential::Granted;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let seeds: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(seeds.len() >= 3, "the corpus of {target} has seeds");
    seeds
}

/// Every seed, cut at every byte, and with every byte replaced by those that the grammar knows.
fn run_mutations(seeds: &[Vec<u8>], run: fn(&[u8])) {
    for seed in seeds {
        run(seed);
        for at in 0..seed.len() {
            run(&seed[..at]);
            for byte in *b"\"{}[]=,*+/.\\\n0a\0" {
                let mut mutated = seed.clone();
                mutated[at] = byte;
                run(&mutated);
            }
        }
    }
}

#[test]
fn no_change_of_a_seed_breaks_the_parser() {
    run_mutations(&corpus("policy_parse"), policy_parse::run);
}

#[test]
fn no_change_of_a_seed_separates_the_acl_from_the_reference() {
    run_mutations(&corpus("acl_differential"), acl_differential::run);
}

/// Few words, so that rules and paths often meet.
fn segment() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "ab", "abc", "", "+", "a+", "..", "(", "é"])
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(segment(), 0..6).prop_map(|segments| segments.join("/"))
}

fn rule() -> impl Strategy<Value = Granted> {
    let capabilities = prop::collection::vec(prop::sample::select(&Capability::ALL[..]), 0..4)
        .prop_map(Capabilities::from_iter);
    (path(), prop::bool::ANY, capabilities).prop_map(|(path, glob, capabilities)| Granted {
        path: if glob { format!("{path}*") } else { path },
        capabilities,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_compiled_acl_agrees_with_the_documentation(
        rules in prop::collection::vec(rule(), 0..16),
        path in path(),
    ) {
        acl_differential::agree(rules, &path);
    }

    #[test]
    fn no_text_breaks_the_parser(text in "[ \\n\"{}\\[\\]=,:#/*+a-c0-9.\\\\-]{0,80}") {
        policy_parse::run(text.as_bytes());
    }
}
