//! How long a key takes to derive from a passphrase.

use std::time::Instant;

use strongroom_core::crypto::seal::{PassphraseParameters, key_from_passphrase};
use strongroom_core::secret::Passphrase;

use crate::Arguments;
use crate::report::Figure;
use crate::setting::{SystemRandom, median};

pub fn measure(arguments: &Arguments) -> Vec<Figure> {
    let rounds = if arguments.quick { 1 } else { 9 };
    let parameters = PassphraseParameters::generate(&SystemRandom);
    let passphrase = Passphrase::new(b"correct horse battery staple".to_vec());
    let times = (0..rounds).map(|_| {
        let started = Instant::now();
        key_from_passphrase(&passphrase, &parameters).expect("derives");
        started.elapsed().as_secs_f64() * 1e3
    });
    vec![Figure::new(
        "a key from a passphrase: Argon2id, 64 MiB, 3 passes",
        median(times.collect()),
        "ms",
    )]
}
