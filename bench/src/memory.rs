//! The command line's peak memory.

use std::process::{Command, ExitCode, Stdio};

use nix::sys::resource::{UsageWho, getrusage};

use crate::Arguments;
use crate::report::{Figure, Target};
use crate::run::Project;

pub fn measure(arguments: &Arguments) -> Vec<Figure> {
    let project = Project::new(&arguments.program);
    let own = std::env::current_exe().expect("this program");
    let program = std::fs::canonicalize(&arguments.program).expect("the program");
    let program = program.to_str().expect("UTF-8");
    let peak = |words: &[&str]| -> f64 {
        let mut all = vec!["--peak-of"];
        all.extend(words);
        // A process of its own: the system tells the largest of all children that a process ever had.
        let output = project.command(&own, &all).stdout(Stdio::piped()).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        text.parse::<f64>().expect("a number of KiB") / 1024.0
    };
    let floor = peak(&["true"]);
    [&["get", "API_KEY"][..], &["list"], &["run", "--", "true"], &["audit", "verify"]]
        .into_iter()
        .map(|words| {
            let all: Vec<_> = [program].into_iter().chain(words.iter().copied()).collect();
            Figure::new(
                format!("peak memory of `strongroom {}`", words.join(" ")),
                peak(&all),
                "MiB",
            )
            .beside("`true`", floor, "MiB")
            .target(Target::AtMost(20.0))
        })
        .collect()
}

pub fn print_peak(words: &[String]) -> ExitCode {
    let (program, arguments) = words.split_first().expect("a program");
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).status();
    assert!(status.expect("it runs").success(), "{words:?}");
    println!("{}", getrusage(UsageWho::RUSAGE_CHILDREN).expect("usage").max_rss());
    ExitCode::SUCCESS
}
