//! `cargo +nightly fuzz run aws_request`

#![no_main]

#[path = "../bodies/aws_request.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
