//! `cargo +nightly fuzz run aws_policy`

#![no_main]

#[path = "../bodies/aws_policy.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
