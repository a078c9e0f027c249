//! The body of the fuzz target on its seeds, cut and changed at every byte.

#[path = "../../../../fuzz/bodies/aws_request.rs"]
mod body;

use std::path::PathBuf;

use strongroom_server::aws::registry::OPERATIONS;

fn seeds() -> Vec<Vec<u8>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/aws_request");
    let files = std::fs::read_dir(folder).expect("the corpus");
    files.map(|file| std::fs::read(file.expect("a seed").path()).expect("a seed")).collect()
}

/// What the seeds hide in secrets, which no refusal quotes.
const CANARY: &str = "cAnArY";

fn run(data: &[u8]) {
    body::run(data);
    for entry in OPERATIONS {
        let told = entry.check(data).err().unwrap_or_default();
        assert!(!told.contains(CANARY), "{}: {told}", entry.name);
    }
}

#[test]
fn no_body_of_the_corpus_or_near_it_breaks_the_reader() {
    let seeds = seeds();
    assert!(seeds.len() >= 3, "the corpus has seeds");
    for seed in &seeds {
        run(seed);
        for cut in 0..seed.len() {
            run(&seed[..cut]);
            for byte in [b'"', b'{', b'[', b']', b'0', b'\\', 0xff] {
                let mut changed = seed.clone();
                changed[cut] = byte;
                run(&changed);
            }
        }
    }
}
