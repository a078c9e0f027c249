//! On a terminal: Ctrl-C, Ctrl-Z, its size, its end.

use std::fs::File;
use std::process::Command;

use crate::harness::*;

/// A command as the leader of a session on a terminal.
fn on_terminal(arguments: &[&str]) -> Run {
    let mut pty = Command::new(python());
    Run::start(pty.arg(script("terminal.py")).args(arguments))
}

fn supervise(options: &[&str]) -> Run {
    let listen = script("listen.py");
    let program = [path(driver()), "supervise", "--", python(), &listen];
    on_terminal(&[&program[..], options].concat())
}

/// The ids of the listener and of its parent, the supervisor.
fn ready(run: &Run) -> (i32, i32) {
    let line = run.line_with("ready ");
    let mut ids = line.rsplit(' ').map(|id| id.parse().unwrap());
    let (parent, own) = (ids.next().unwrap(), ids.next().unwrap());
    (own, parent)
}

/// The lines about one signal until the listener's end.
fn about(run: &Run, name: &str) -> usize {
    let mut count = 0;
    loop {
        let line = run.line();
        count += usize::from(line.contains(name));
        if line.contains("SIGUSR2 process") {
            return count;
        }
    }
}

/// Has the terminal send a signal while the supervisor is held, and counts what the program gets of it
/// once the supervisor goes on: were it passed on, it would come again, and not melt into the first.
fn reaches_the_program_once(order: &str, name: &str) {
    let mut run = supervise(&[]);
    let (_, supervisor) = ready(&run);
    send(supervisor, libc::SIGSTOP);
    run.write(order);
    run.line_ending(&format!("{name} kernel"));
    send(supervisor, libc::SIGCONT);
    send(supervisor, libc::SIGUSR2);
    assert_eq!(about(&run, name), 0);
    run.line_ending("exit 5");
}

#[test]
fn ctrl_c_reaches_the_program_once_and_the_exit_code_comes_back() {
    reaches_the_program_once("send 03\n", "SIGINT");
}

#[test]
fn ctrl_backslash_reaches_the_program_once() {
    reaches_the_program_once("send 1c\n", "SIGQUIT");
}

#[test]
fn a_new_size_of_the_terminal_reaches_the_program_once() {
    reaches_the_program_once("resize\n", "SIGWINCH");
}

#[test]
fn ctrl_c_ends_a_program_that_does_not_catch_it_with_130() {
    let mut run =
        on_terminal(&[path(driver()), "supervise", "--", "sh", "-c", "echo up; exec cat"]);
    run.line_ending("up");
    run.write("send 03\n");
    run.line_ending("exit 130");
}

#[test]
fn a_signal_of_a_process_is_passed_on_once_on_a_terminal_too() {
    let run = supervise(&[]);
    let (_, supervisor) = ready(&run);
    send(supervisor, libc::SIGINT);
    run.line_ending("SIGINT process");
    send(supervisor, libc::SIGUSR2);
    assert_eq!(about(&run, "SIGINT"), 0);
}

#[test]
fn the_end_of_the_terminal_reaches_the_program_of_a_session_leader_once() {
    let room = tempfile::tempdir().unwrap();
    let report = room.path().join("report");
    pipe(&report);
    let mut run = supervise(&["--output", path(&report)]);
    let lines = lines(File::open(&report).unwrap());
    let supervisor: i32 =
        lines.recv_timeout(HANG).unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    run.write("hangup\n");
    assert_eq!(lines.recv_timeout(HANG).unwrap(), "SIGHUP process");
    send(supervisor, libc::SIGUSR2);
    let rest: Vec<_> = lines.iter().collect();
    assert_eq!(rest.iter().filter(|line| line.starts_with("SIGHUP")).count(), 0, "{rest:?}");
    run.line_ending("exit 5");
}

#[test]
fn ctrl_z_stops_the_job_and_fg_continues_it() {
    let mut run = on_terminal(&["bash", "--norc", "--noprofile", "-i"]);
    let listen = script("listen.py");
    let line = format!("{} supervise -- {} {listen} --open SIGTSTP\n", path(driver()), python());
    type_in(&mut run, &line);
    let (_, supervisor) = ready(&run);
    run.write("send 1a\n");
    run.line_with("Stopped");
    type_in(&mut run, "fg\n");
    run.line_with("SIGCONT process");
    run.write("send 03\n");
    run.line_ending("SIGINT kernel");
    send(supervisor, libc::SIGUSR2);
    assert_eq!(about(&run, "SIGCONT"), 0, "continued once");
    type_in(&mut run, "echo code=$?; exit\n");
    run.line_with("code=5");
}

#[test]
fn a_job_stopped_by_ctrl_z_is_continued_by_a_signal_to_the_supervisor() {
    let mut run = on_terminal(&["bash", "--norc", "--noprofile", "-i"]);
    let listen = script("listen.py");
    let line = format!("{} supervise -- {} {listen} --open SIGTSTP\n", path(driver()), python());
    type_in(&mut run, &line);
    let (_, supervisor) = ready(&run);
    run.write("send 1a\n");
    run.line_with("Stopped");
    send(supervisor, libc::SIGCONT);
    run.line_with("SIGCONT process");
}

#[test]
fn the_program_reads_from_the_terminal() {
    let program = "echo up; read line; echo \"<$line>\"";
    let mut run = on_terminal(&[path(driver()), "supervise", "--", "sh", "-c", program]);
    run.line_ending("up");
    type_in(&mut run, "hello\n");
    run.line_ending("<hello>");
    run.line_ending("exit 0");
}

#[test]
fn a_restart_gives_the_next_program_the_terminal_as_it_was() {
    let room = tempfile::tempdir().unwrap();
    let (value, changes) = (room.path().join("value"), room.path().join("changes"));
    std::fs::write(&value, "one").unwrap();
    pipe(&changes);
    let program = "case $VALUE in one) stty raw -echo;; esac; \
                   case $(stty -a) in *' -icanon'*) echo $VALUE raw;; *) echo $VALUE cooked;; esac; \
                   exec sleep infinity";
    let watch = ["--value-file", path(&value), "--change-pipe", path(&changes)];
    let supervise = [&[path(driver()), "supervise"][..], &watch, &["--", "sh", "-c", program]];
    let run = on_terminal(&supervise.concat());
    let mut changes = File::options().write(true).open(&changes).unwrap();
    run.line_ending("one raw");
    std::fs::write(&value, "two").unwrap();
    std::io::Write::write_all(&mut changes, &[1]).unwrap();
    run.line_ending("two cooked");
}

fn type_in(run: &mut Run, text: &str) {
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    run.write(&format!("send {hex}\n"));
}
