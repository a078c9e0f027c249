//! Measures what the project promises about speed and memory, each figure beside the machine's own limit in the same
//! run, and writes `BENCHMARKS.md`. Run with `cargo xtask bench`.
//!
//! # Adding a benchmark
//! A file here with a function that returns [`Figure`]s, and a line in [`BENCHMARKS`].

#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a program that measures prints, and stops at what it did not expect"
)]

mod hot_read;
mod import;
mod large_store;
mod memory;
mod passphrase;
mod report;
mod run;
mod server;
mod setting;
mod verification;
mod writes;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::report::{Figure, Report};

/// Measures something.
type Benchmark = fn(&Arguments) -> Vec<Figure>;

const BENCHMARKS: &[(&str, Benchmark)] = &[
    ("run", run::measure),
    ("memory", memory::measure),
    ("hot-read", hot_read::measure),
    ("writes", writes::measure),
    ("large-store", large_store::measure),
    ("server", server::measure),
    ("import", import::measure),
    ("passphrase", passphrase::measure),
    ("verification", verification::measure),
];

/// Measure, and write BENCHMARKS.md
#[derive(Debug, Parser)]
struct Arguments {
    /// Where the figures go; the standard output unless said
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Only these benchmarks
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    only: Vec<String>,
    /// Of the server, only the rows that begin with one of these, such as `read`, `write/64`, `memory` or `restart`
    #[arg(long, value_name = "ROWS", value_delimiter = ',')]
    rows: Vec<String>,
    /// End with 1 when a target is missed
    #[arg(long)]
    check: bool,
    /// Small numbers, to see that the benchmarks work; the figures mean nothing
    #[arg(long)]
    quick: bool,
    /// The `strongroom` program that is measured
    #[arg(long, value_name = "FILE", default_value = "target/release/strongroom")]
    program: PathBuf,
    /// Run a program and print the peak memory of it, in KiB
    #[arg(long, hide = true, num_args = 1.., allow_hyphen_values = true)]
    peak_of: Vec<String>,
    /// Serve HTTP with hyper and nothing else: what the server is compared with
    #[arg(long, hide = true)]
    bare_server: bool,
}

/// The first argument that makes this program behave as `strongroom`, for the test of the benchmarks.
const AS_PROGRAM: &str = "--as-program";

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    if words.next().is_some_and(|word| word == AS_PROGRAM) {
        return strongroom::main(std::iter::once("strongroom".into()).chain(words));
    }
    let arguments = Arguments::parse();
    if !arguments.peak_of.is_empty() {
        return memory::print_peak(&arguments.peak_of);
    }
    if arguments.bare_server {
        server::serve_bare();
        return ExitCode::SUCCESS;
    }
    let mut report = Report::default();
    for (name, measure) in BENCHMARKS {
        if arguments.only.is_empty() || arguments.only.iter().any(|only| only == name) {
            println!("{name} ...");
            for figure in measure(&arguments) {
                println!("  {figure}");
                report.figures.push(figure);
            }
        }
    }
    match &arguments.output {
        Some(path) => std::fs::write(path, report.page()).expect("the figures are written"),
        None => println!("\n{}", report.page()),
    }
    let missed = report.figures.iter().any(Figure::is_missed);
    ExitCode::from(u8::from(arguments.check && missed))
}
