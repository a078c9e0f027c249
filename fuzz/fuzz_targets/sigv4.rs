//! `cargo +nightly fuzz run sigv4`

#![no_main]

#[path = "../bodies/sigv4.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
