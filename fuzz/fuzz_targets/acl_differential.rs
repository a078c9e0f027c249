//! `cargo +nightly fuzz run acl_differential`

#![no_main]

#[path = "../bodies/acl_differential.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
