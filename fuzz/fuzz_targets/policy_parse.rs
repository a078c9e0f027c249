//! `cargo +nightly fuzz run policy_parse`

#![no_main]

#[path = "../bodies/policy_parse.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
