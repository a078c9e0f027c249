//! `exec`: the program takes this process's place.

use std::ffi::OsString;
use std::io::Read as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use strongroom::process::SizeLimits;

use crate::harness::*;

#[test]
fn the_exit_code_is_the_programs() {
    for expected in [0, 1, 2, 42, 126, 127, 255] {
        let exit = format!("exit {expected}");
        assert_eq!(code(&["exec", "--", "sh", "-c", &exit]), Some(expected));
    }
}

#[test]
fn the_program_has_the_process_id_of_the_caller() {
    let run = Run::start(&mut command(&["exec", "--", "sh", "-c", "echo $$"]));
    assert_eq!(run.line(), run.pid().to_string());
}

#[test]
fn death_by_a_signal_is_seen_as_such() {
    let status = command(&["exec", "--", "sh", "-c", "kill -TERM $$"]).status().unwrap();
    assert_eq!(status.signal(), Some(15));
}

#[test]
fn a_closed_pipe_ends_the_program_with_sigpipe() {
    let mut yes = command(&["exec", "--", "yes"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = yes.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 2]).unwrap();
    drop(stdout);
    assert_eq!(yes.wait().unwrap().signal(), Some(libc::SIGPIPE));
}

#[test]
fn no_signal_is_ignored_in_the_program() {
    let output = output(&["exec", "--", "grep", "SigIgn", "/proc/self/status"]);
    assert_eq!(ignored(&output), 0);
}

#[test]
fn what_the_caller_ignores_stays_ignored() {
    let script = "trap '' HUP; exec \"$0\" exec -- grep SigIgn /proc/self/status";
    let output = default_signals().args(["sh", "-c", script]).arg(driver()).output().unwrap();
    assert_eq!(ignored(&output), 1, "SIGHUP");
}

#[test]
fn no_signal_is_blocked_in_the_program() {
    for mode in ["exec", "supervise"] {
        let script = "import os, signal, sys\n\
             signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})\n\
             os.execv(sys.argv[1], sys.argv[1:])";
        let mut blocked = Command::new(python());
        blocked.args(["-c", script]).arg(driver());
        let output = blocked.args([mode, "--", "grep", "SigBlk", "/proc/self/status"]).output();
        assert_eq!(text(&output.unwrap().stdout), "SigBlk:\t0000000000000000\n", "{mode}");
    }
}

#[test]
fn the_program_has_the_open_files_of_the_caller_and_no_other() {
    // `ls` lists those of the shell that waits for it.
    let list = "ls /proc/$$/fd; exit";
    let caller = format!("exec 7</dev/null; exec \"$@\" sh -c '{list}'");
    let open_files = |with: &[&OsString]| {
        let mut shell = Command::new("sh");
        shell.args(["-c", &caller, "sh"]).args(with).stdin(Stdio::null());
        String::from_utf8(shell.output().unwrap().stdout).unwrap()
    };
    let driver = driver().as_os_str().to_owned();
    let bare = open_files(&[&"env".into()]);
    assert!(bare.contains("7\n"));
    for mode in ["exec", "supervise"] {
        assert_eq!(open_files(&[&driver, &mode.into(), &"--".into()]), bare, "{mode}");
    }
}

fn environment_of(mode: &str, base: &str) -> Vec<String> {
    let mut driver = command(&[mode, "--base", base, "--secret", "API_KEY=a=b \"c\"", "--"]);
    driver.args(["env", "-0"]).env_clear();
    driver.envs([("PATH", "/usr/bin:/bin"), ("HOME", "/h"), ("LC_ALL", "C"), ("OTHER", "1")]);
    driver.envs([("TZ", "UTC"), ("API_KEY", "old"), ("STRONGROOM_ADDR", "http://x")]);
    driver.envs([("STRONGROOM_TOKEN", "t"), ("STRONGROOM_PASSPHRASE", "p")]);
    variables(&driver.output().unwrap()).into_iter().map(str::to_owned).collect()
}

#[test]
fn the_environment_is_the_callers_and_the_secrets_and_nothing_else() {
    for mode in ["exec", "supervise"] {
        let expected = [
            "API_KEY=a=b \"c\"",
            "HOME=/h",
            "LC_ALL=C",
            "OTHER=1",
            "PATH=/usr/bin:/bin",
            "STRONGROOM_ADDR=http://x",
            "TZ=UTC",
        ];
        assert_eq!(environment_of(mode, "inherited"), expected, "{mode}");
    }
}

#[test]
fn a_pristine_environment_is_the_named_variables_and_the_secrets() {
    for mode in ["exec", "supervise"] {
        let expected = ["API_KEY=a=b \"c\"", "HOME=/h", "LC_ALL=C", "PATH=/usr/bin:/bin", "TZ=UTC"];
        assert_eq!(environment_of(mode, "pristine"), expected, "{mode}");
    }
}

#[test]
fn an_empty_environment_holds_the_secrets_alone() {
    assert_eq!(environment_of("exec", "empty"), ["API_KEY=a=b \"c\""]);
    assert_eq!(environment_of("supervise", "empty"), ["API_KEY=a=b \"c\""]);
}

#[test]
fn a_secret_named_path_does_not_decide_which_program_runs() {
    let output = output(&["exec", "--base", "empty", "--secret", "PATH=/nowhere", "--", "env"]);
    assert_eq!(text(&output.stdout), "PATH=/nowhere\n");
}

#[test]
fn a_nul_byte_in_a_value_is_refused_before_anything_runs() {
    let output = output(&["exec", "--secret", "KEY=canary{nul}x", "--", "echo", "ran"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""));
    let error = text(&output.stderr);
    assert!(error.contains("the value of KEY holds a NUL byte") && !error.contains("canary"));
}

#[test]
fn the_largest_variable_that_the_system_takes_arrives_whole() {
    // K, =, NUL
    let length = SizeLimits::of_this_system().string_bytes - 3;
    for mode in ["exec", "supervise"] {
        let secret = format!("K={{{length}}}");
        let arguments = [mode, "--secret", &secret, "--", "sh", "-c", "echo ${#K}"];
        assert_eq!(text(&output(&arguments).stdout), format!("{length}\n"), "{mode}");
    }
}

#[test]
fn a_variable_one_byte_too_large_is_named_with_its_size() {
    let limit = SizeLimits::of_this_system().string_bytes;
    for mode in ["exec", "supervise"] {
        let secret = format!("K={{{}}}", limit - 2);
        let output = output(&[mode, "--secret", &secret, "--", "echo", "ran"]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(126), ""), "{mode}");
        let expected = format!(
            "error: K takes {} bytes; the system passes at most {limit} in one variable\n",
            limit + 1
        );
        assert!(text(&output.stderr).starts_with(&expected), "{}", text(&output.stderr));
    }
}

#[test]
fn the_system_takes_what_the_check_lets_pass() {
    let limits = SizeLimits::of_this_system();
    // As much as fits, in variables of 100,000 bytes each, leaving 64 KiB for the caller's own.
    let count = (limits.total_bytes - 64 * 1024) / 100_000;
    let secrets: Vec<String> = (0..count).map(|index| format!("K{index}={{99000}}")).collect();
    let mut arguments = vec!["exec", "--base", "pristine"];
    arguments.extend(secrets.iter().flat_map(|secret| ["--secret", secret]));
    arguments.extend(["--", "true"]);
    assert_eq!(output(&arguments).status.code(), Some(0));
}

#[test]
fn an_environment_too_large_altogether_names_the_largest_variables() {
    let secrets: Vec<String> = (0..70).map(|index| format!("K{index}={{100000}}")).collect();
    let mut arguments = vec!["exec", "--secret", "LARGEST={120000}"];
    arguments.extend(secrets.iter().flat_map(|secret| ["--secret", secret]));
    arguments.extend(["--", "echo", "ran"]);
    let output = output(&arguments);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(126), ""));
    assert!(text(&output.stderr).contains("the largest variables: LARGEST (120009 bytes), K"));
}

#[test]
fn a_missing_program_is_127_and_says_so() {
    for mode in ["exec", "supervise"] {
        let output = output(&[mode, "--", "no-such-program"]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(127), ""), "{mode}");
        assert_eq!(text(&output.stderr), "error: no-such-program: no such program in PATH\n");
    }
}

#[test]
fn a_file_that_may_not_be_executed_is_126() {
    let room = tempfile::tempdir().unwrap();
    let file = room.path().join("tool");
    executable(&file, "#!/bin/sh\n", 0o644);
    for mode in ["exec", "supervise"] {
        let output = output(&[mode, "--", path(&file)]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(126), ""), "{mode}");
        assert!(text(&output.stderr).contains("hint: make it executable: chmod +x"));
    }
    assert_eq!(code(&["exec", "--", "/"]), Some(126));
}

#[test]
fn a_script_whose_interpreter_is_missing_is_126_and_says_so() {
    let room = tempfile::tempdir().unwrap();
    let file = room.path().join("tool");
    executable(&file, "#!/no/such/interpreter\n", 0o755);
    for mode in ["exec", "supervise"] {
        let output = output(&[mode, "--", path(&file)]);
        assert_eq!(output.status.code(), Some(126), "{mode}");
        assert!(text(&output.stderr).contains("the interpreter that it names does not exist"));
    }
}

#[test]
fn a_script_without_an_interpreter_line_runs_in_the_shell() {
    let room = tempfile::tempdir().unwrap();
    let file = room.path().join("tool");
    executable(&file, "echo \"ran $1\"; exit 3\n", 0o755);
    for mode in ["exec", "supervise"] {
        let output = output(&[mode, "--", path(&file), "it"]);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(3), "ran it\n"), "{mode}");
    }
}

#[test]
fn arguments_arrive_byte_by_byte_and_the_name_as_typed() {
    for mode in ["exec", "supervise"] {
        let mut driver = command(&[mode, "--", "sh", "-c", "printf '%s|' \"$0\" \"$@\"", "sh"]);
        driver.arg("").arg(OsString::from_vec(vec![0xff, b'\n'])).arg("--help");
        assert_eq!(driver.output().unwrap().stdout, b"sh||\xff\n|--help|", "{mode}");
        let output = output(&[mode, "--", "sh", "-c", "tr '\\0' ' ' </proc/$$/cmdline; exit"]);
        assert!(output.stdout.starts_with(b"sh -c"), "{mode}");
    }
}

#[test]
fn standard_input_passes_through() {
    for mode in ["exec", "supervise"] {
        let mut run =
            Run::start(&mut command(&[mode, "--", "sh", "-c", "read line; echo \"<$line>\""]));
        run.write("hello\n");
        assert_eq!(run.line(), "<hello>", "{mode}");
        assert!(run.finish().0.success());
    }
}
