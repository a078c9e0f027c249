//! The `strongroom` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    strongroom::main(std::env::args_os())
}
