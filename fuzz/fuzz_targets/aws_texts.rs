//! `cargo +nightly fuzz run aws_texts`

#![no_main]

#[path = "../bodies/aws_texts.rs"]
mod body;

libfuzzer_sys::fuzz_target!(|data: &[u8]| body::run(data));
