//! Under the supervisor: exit codes, signals, orphans.

use std::io::Read as _;
use std::process::Stdio;

use crate::harness::*;

/// A supervised program that reports its signals.
fn listener() -> (Run, String) {
    let run = Run::supervise(&["--", python(), &script("listen.py")]);
    let ready = run.line();
    assert!(ready.starts_with("ready "), "{ready}");
    (run, ready)
}

#[test]
fn the_exit_code_is_the_programs() {
    for expected in [0, 1, 2, 42, 126, 127, 255] {
        let exit = format!("exit {expected}");
        let output = output(&["supervise", "--", "sh", "-c", &exit]);
        assert_eq!(output.status.code(), Some(expected));
        assert_eq!((text(&output.stdout), text(&output.stderr)), ("", ""));
    }
}

#[test]
fn death_by_signal_n_is_128_and_n() {
    let signals = [
        libc::SIGTERM,
        libc::SIGINT,
        libc::SIGKILL,
        libc::SIGSEGV,
        libc::SIGHUP,
        libc::SIGABRT,
        40,
    ];
    for number in signals {
        let kill = format!("ulimit -c 0; kill -{number} $$");
        assert_eq!(code(&["supervise", "--", "sh", "-c", &kill]), Some(128 + number));
    }
}

#[test]
fn the_program_is_in_the_supervisors_group_and_session() {
    let (run, ready) = listener();
    let pid: i32 = ready.split(' ').nth(1).unwrap().parse().unwrap();
    assert_ne!(pid, run.pid());
    assert_eq!(ready.split(' ').nth(2).unwrap(), run.pid().to_string());
    // nix's calls, since rustix's have no answer for a group or session that was made outside this
    // pid namespace and so has the number 0.
    let of = |pid| Some(nix::unistd::Pid::from_raw(pid));
    let (group, session) = (nix::unistd::getpgid, nix::unistd::getsid);
    assert_eq!(group(of(pid)).unwrap(), group(of(run.pid())).unwrap());
    assert_eq!(session(of(pid)).unwrap(), session(of(run.pid())).unwrap());
}

/// Sends a signal to the supervisor alone, then the barrier, and counts.
fn is_passed_on_once(number: i32, name: &str) {
    let (run, _) = listener();
    run.signal(number);
    assert_eq!(run.line(), format!("{name} process"));
    run.signal(libc::SIGUSR2);
    let (status, lines, errors) = run.finish();
    assert_eq!((lines, status.code()), (vec!["SIGUSR2 process".to_owned()], Some(5)));
    assert_eq!(errors, [""; 0]);
}

macro_rules! passed_on_once {
    ($($test:ident: $number:expr, $name:literal;)*) => {$(
        #[test]
        fn $test() {
            is_passed_on_once($number, $name);
        }
    )*};
}

passed_on_once! {
    hup_is_passed_on_once: libc::SIGHUP, "SIGHUP";
    int_is_passed_on_once: libc::SIGINT, "SIGINT";
    quit_is_passed_on_once: libc::SIGQUIT, "SIGQUIT";
    term_is_passed_on_once: libc::SIGTERM, "SIGTERM";
    usr1_is_passed_on_once: libc::SIGUSR1, "SIGUSR1";
    alrm_is_passed_on_once: libc::SIGALRM, "SIGALRM";
    cont_is_passed_on_once: libc::SIGCONT, "SIGCONT";
    tstp_is_passed_on_once: libc::SIGTSTP, "SIGTSTP";
    ttin_is_passed_on_once: libc::SIGTTIN, "SIGTTIN";
    ttou_is_passed_on_once: libc::SIGTTOU, "SIGTTOU";
    winch_is_passed_on_once: libc::SIGWINCH, "SIGWINCH";
    urg_is_passed_on_once: libc::SIGURG, "SIGURG";
    io_is_passed_on_once: libc::SIGIO, "SIGIO";
    vtalrm_is_passed_on_once: libc::SIGVTALRM, "SIGVTALRM";
    pwr_is_passed_on_once: libc::SIGPWR, "SIGPWR";
    a_real_time_signal_is_passed_on_once: 40, "40";
}

#[test]
fn signals_keep_coming_through_one_after_the_other() {
    let (run, _) = listener();
    for _ in 0..20 {
        run.signal(libc::SIGUSR1);
        assert_eq!(run.line(), "SIGUSR1 process");
    }
}

#[test]
fn a_program_that_catches_term_decides_the_exit_code() {
    let run = Run::supervise(&[
        "--",
        "sh",
        "-c",
        "trap 'exit 9' TERM; echo ready; while :; do read x; done",
    ]);
    assert_eq!(run.line(), "ready");
    run.signal(libc::SIGTERM);
    assert_eq!(run.finish().0.code(), Some(9));
}

#[test]
fn a_hang_up_that_the_caller_ignores_reaches_nobody() {
    let mut nohup = default_signals();
    nohup.args(["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"]).arg(driver());
    let run = Run::start(nohup.args(["supervise", "--", python(), &script("listen.py")]));
    run.line();
    run.signal(libc::SIGHUP);
    run.signal(libc::SIGUSR2);
    let (status, lines, _) = run.finish();
    assert_eq!((lines, status.code()), (vec!["SIGUSR2 process".to_owned()], Some(5)));
}

#[test]
fn a_closed_pipe_ends_the_program_with_sigpipe() {
    let mut yes = command(&["supervise", "--", "yes"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdout = yes.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 2]).unwrap();
    drop(stdout);
    assert_eq!(yes.wait().unwrap().code(), Some(128 + libc::SIGPIPE));
}

#[test]
fn no_signal_is_ignored_in_the_program() {
    let output = output(&["supervise", "--", "grep", "SigIgn", "/proc/self/status"]);
    assert_eq!(ignored(&output), 0);
}

#[test]
fn a_stop_of_the_program_alone_does_not_stop_the_supervisor() {
    let (run, ready) = listener();
    let pid: i32 = ready.split(' ').nth(1).unwrap().parse().unwrap();
    send(pid, libc::SIGSTOP);
    send(pid, libc::SIGCONT);
    assert_eq!(run.line(), "SIGCONT process");
    run.signal(libc::SIGUSR2);
    assert_eq!(run.line(), "SIGUSR2 process");
}

#[test]
fn a_stopped_program_is_continued_by_a_signal_to_the_supervisor() {
    let (run, ready) = listener();
    let pid: i32 = ready.split(' ').nth(1).unwrap().parse().unwrap();
    send(pid, libc::SIGSTOP);
    run.signal(libc::SIGUSR1);
    run.signal(libc::SIGCONT);
    let mut lines = [run.line(), run.line()];
    lines.sort();
    assert_eq!(lines, ["SIGCONT process", "SIGUSR1 process"]);
}

#[test]
fn an_adopted_orphan_is_reaped() {
    let room = tempfile::tempdir().unwrap();
    let mut supervise = command(&["supervise", "--adopt", "yes", "--", python()]);
    supervise.arg(script("orphan.py")).env("ORPHAN_FILE", room.path().join("pid"));
    let run = Run::start(&mut supervise);
    assert_eq!(run.line(), format!("reaped {}", run.pid()));
    assert!(run.finish().0.success());
}

#[test]
fn orphans_are_reaped_by_process_1() {
    if !is_root() {
        // Only root may make a process namespace everywhere; the test above reaps as well.
        let mut stderr = std::io::stderr();
        std::io::Write::write_all(&mut stderr, b"not root: process 1 is not tried\n").unwrap();
        return;
    }
    let room = tempfile::tempdir().unwrap();
    let mut unshare = default_signals();
    unshare
        .args(["unshare", "--pid", "--fork", "--kill-child"])
        .arg(driver())
        .args(["supervise", "--"]);
    unshare.args([python(), &script("orphan.py")]).env("ORPHAN_FILE", room.path().join("pid"));
    let run = Run::start(&mut unshare);
    assert_eq!(run.line(), "reaped 1");
    assert!(run.finish().0.success());
}

#[test]
fn process_1_passes_signals_on() {
    if !is_root() {
        return is_passed_on_once(libc::SIGTERM, "SIGTERM");
    }
    let mut unshare = default_signals();
    unshare
        .args(["unshare", "--pid", "--fork", "--kill-child"])
        .arg(driver())
        .args(["supervise", "--"]);
    let run = Run::start(unshare.args([python(), &script("listen.py")]));
    assert_eq!(run.line(), "ready 2 1");
    let children = format!("/proc/{0}/task/{0}/children", run.pid());
    let first = std::fs::read_to_string(children).unwrap().trim().parse().unwrap();
    send(first, libc::SIGTERM);
    assert_eq!(run.line(), "SIGTERM process");
    send(first, libc::SIGUSR2);
    let (status, lines, _) = run.finish();
    assert_eq!((lines, status.code()), (vec!["SIGUSR2 process".to_owned()], Some(5)));
}
