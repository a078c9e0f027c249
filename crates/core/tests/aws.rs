//! What clients of AWS send, broken and random. The bodies are those of the fuzz targets under `fuzz/`.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "helpers of tests fail the test")]

#[path = "../../../fuzz/bodies/aws_policy.rs"]
mod aws_policy;
#[path = "../../../fuzz/bodies/aws_texts.rs"]
mod aws_texts;
#[path = "../../../fuzz/bodies/sigv4.rs"]
mod sigv4;

use std::path::PathBuf;

use proptest::prelude::*;

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target);
    let seeds: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert!(seeds.len() >= 3, "the corpus of {target} has seeds");
    seeds
}

/// Every seed, cut at every byte, and with every byte replaced by some that the grammars know.
fn run_mutations(target: &str, bytes: &[u8], run: fn(&[u8])) {
    for seed in corpus(target) {
        run(&seed);
        for at in 0..seed.len() {
            run(&seed[..at]);
            for byte in bytes {
                let mut mutated = seed.clone();
                mutated[at] = *byte;
                run(&mutated);
            }
        }
    }
}

#[test]
fn no_change_of_a_seed_breaks_the_verifier() {
    run_mutations("sigv4", b"/;,=&%: \n0a", sigv4::run);
}

#[test]
fn no_change_of_a_seed_breaks_the_reader_of_policies() {
    run_mutations("aws_policy", b"\"{}[]:,*?$/\\0a", aws_policy::run);
}

#[test]
fn no_change_of_a_seed_breaks_the_readers_of_short_texts() {
    run_mutations("aws_texts", b":-/#LW?*,!() 19a\0", aws_texts::run);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_breaks_the_verifier(text in "[ \\n/?&=%;,:A-Za-z0-9-]{0,200}") {
        sigv4::run(text.as_bytes());
    }

    #[test]
    fn no_text_breaks_the_reader_of_policies(text in "[ \\n\"{}\\[\\],:*?$a-z0-9.\\\\-]{0,120}") {
        aws_policy::run(text.as_bytes());
    }

    #[test]
    fn no_text_breaks_the_readers_of_short_texts(text in "[afst][ -~é]{0,80}") {
        aws_texts::run(text.as_bytes());
    }
}
