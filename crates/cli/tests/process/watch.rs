//! What the supervisor does when secrets change.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use crate::harness::*;

/// A program that is watched: its secret VALUE is in a file, a byte in a pipe is a change.
struct Watched {
    run: Run,
    changes: Option<File>,
    value: PathBuf,
    _room: tempfile::TempDir,
}

impl Watched {
    fn start(options: &[&str], program: &[&str]) -> Self {
        let room = tempfile::tempdir().unwrap();
        let (value, changes) = (room.path().join("value"), room.path().join("changes"));
        std::fs::write(&value, "one").unwrap();
        pipe(&changes);
        let watch = ["--value-file", path(&value), "--change-pipe", path(&changes)];
        let arguments = [&watch[..], options, &["--"], program].concat();
        let run = Run::supervise(&arguments);
        let changes = Some(File::options().write(true).open(&changes).unwrap());
        Self { run, changes, value, _room: room }
    }

    fn set(&mut self, value: &str) {
        std::fs::write(&self.value, value).unwrap();
        self.change(1);
    }

    /// The program's process id.
    fn child(&self) -> i32 {
        let children = format!("/proc/{0}/task/{0}/children", self.run.pid());
        std::fs::read_to_string(children).unwrap().trim().parse().unwrap()
    }

    fn change(&mut self, times: usize) {
        self.changes.as_mut().unwrap().write_all(&vec![1; times]).unwrap();
    }
}

/// Tells its VALUE and then waits for a signal; ends at TERM.
const TELL: &[&str] = &["sh", "-c", "echo \"$VALUE\"; exec sleep infinity"];

/// The same, and ignores TERM.
const STUBBORN: &[&str] = &["sh", "-c", "trap '' TERM; echo \"$VALUE\"; exec sleep infinity"];

/// Tells its VALUE and every TERM and USR1; ends with code 7 at the second TERM.
const COUNTING: &[&str] = &[
    "sh",
    "-c",
    "n=0; trap 'n=$((n+1)); echo term $n; [ $n -lt 2 ] || exit 7' TERM; trap 'echo usr1' USR1; \
     echo \"$VALUE\"; while :; do sleep infinity </dev/null >/dev/null 2>&1 & wait; done",
];

#[test]
fn the_program_is_restarted_with_the_new_value() {
    let mut watched = Watched::start(&[], TELL);
    for value in ["one", "two", "three"] {
        if value != "one" {
            watched.set(value);
        }
        assert_eq!(watched.run.line(), value);
    }
    assert_eq!(watched.run.error_line(), "notice: secrets changed: sent SIGTERM, then restarting");
    assert_eq!(watched.run.error_line(), "notice: restarted with the new secrets");
}

#[test]
fn a_program_that_ignores_term_is_killed_after_the_grace_period() {
    let mut watched = Watched::start(&["--grace", "20"], STUBBORN);
    assert_eq!(watched.run.line(), "one");
    watched.set("two");
    assert_eq!(watched.run.line(), "two");
    watched.run.error_line();
    let killed = "notice: the program did not end within 20ms and was killed";
    assert_eq!(watched.run.error_line(), killed);
}

#[test]
fn when_the_new_value_cannot_be_read_the_program_runs_on() {
    let mut watched = Watched::start(&[], COUNTING);
    assert_eq!(watched.run.line(), "one");
    std::fs::remove_file(&watched.value).unwrap();
    watched.change(1);
    let notice = watched.run.error_line();
    assert!(
        notice.starts_with("notice: secrets changed, but the old ones stay in use: "),
        "{notice}"
    );
    watched.run.signal(libc::SIGUSR1);
    assert_eq!(watched.run.line(), "usr1", "no TERM came before it");
    watched.set("two");
    assert_eq!(watched.run.line(), "term 1");
}

#[test]
fn when_the_new_value_is_too_large_the_program_runs_on() {
    let mut watched = Watched::start(&[], COUNTING);
    assert_eq!(watched.run.line(), "one");
    watched.set("{200000}");
    assert!(watched.run.error_line().contains("VALUE takes 200007 bytes"));
    watched.run.signal(libc::SIGUSR1);
    assert_eq!(watched.run.line(), "usr1");
}

#[test]
fn the_program_can_be_signalled_instead() {
    let mut watched = Watched::start(&["--signal", "USR1"], COUNTING);
    assert_eq!(watched.run.line(), "one");
    watched.set("two");
    assert_eq!(watched.run.line(), "usr1");
    assert_eq!(watched.run.error_line(), "notice: secrets changed: sent SIGUSR1");
    watched.run.signal(libc::SIGTERM);
    assert_eq!(watched.run.line(), "term 1", "it is the same process still");
}

#[test]
fn a_program_that_ends_by_itself_ends_the_run() {
    let watched = Watched::start(&[], &["sh", "-c", "echo \"$VALUE\"; exit 3"]);
    let (status, lines, errors) = watched.run.finish();
    assert_eq!((status.code(), lines, errors), (Some(3), vec!["one".to_owned()], vec![]));
}

#[test]
fn the_exit_code_after_a_restart_is_the_new_programs() {
    let program = "echo \"$VALUE\"; [ \"$VALUE\" = one ] || exit 4; exec sleep infinity";
    let mut watched = Watched::start(&[], &["sh", "-c", program]);
    assert_eq!(watched.run.line(), "one");
    watched.set("two");
    assert_eq!(watched.run.line(), "two");
    assert_eq!(watched.run.finish().0.code(), Some(4));
}

#[test]
fn changes_close_together_are_one_restart() {
    let mut watched = Watched::start(&["--settle", "300"], TELL);
    assert_eq!(watched.run.line(), "one");
    std::fs::write(&watched.value, "two").unwrap();
    watched.change(5);
    assert_eq!(watched.run.line(), "two");
    watched.run.signal(libc::SIGTERM);
    let (status, lines, _) = watched.run.finish();
    assert_eq!((status.code(), lines), (Some(128 + libc::SIGTERM), vec![]));
}

#[test]
fn a_change_during_a_restart_is_not_lost() {
    let mut watched = Watched::start(&[], COUNTING);
    assert_eq!(watched.run.line(), "one");
    watched.set("two");
    assert_eq!(watched.run.line(), "term 1");
    watched.set("three");
    watched.run.error_line();
    send(watched.child(), libc::SIGTERM);
    assert_eq!(watched.run.line(), "term 2");
    // Read anew before the start, or, when it was heard too late for that, restarted once more.
    let next = watched.run.line();
    if next == "two" {
        assert_eq!(watched.run.line(), "term 1");
        send(watched.child(), libc::SIGTERM);
        assert_eq!(watched.run.line(), "term 2");
        assert_eq!(watched.run.line(), "three");
    } else {
        assert_eq!(next, "three");
    }
}

#[test]
fn term_during_a_restart_gives_the_restart_up() {
    let mut watched = Watched::start(&[], COUNTING);
    assert_eq!(watched.run.line(), "one");
    watched.set("two");
    assert_eq!(watched.run.line(), "term 1");
    watched.run.signal(libc::SIGTERM);
    let (status, lines, _) = watched.run.finish();
    assert_eq!((status.code(), lines), (Some(7), vec!["term 2".to_owned()]));
}

#[test]
fn after_term_a_change_does_not_start_the_program_again() {
    let mut watched = Watched::start(&[], COUNTING);
    assert_eq!(watched.run.line(), "one");
    watched.run.signal(libc::SIGTERM);
    assert_eq!(watched.run.line(), "term 1");
    watched.set("two");
    watched.run.signal(libc::SIGTERM);
    let (status, lines, errors) = watched.run.finish();
    assert_eq!((status.code(), lines), (Some(7), vec!["term 2".to_owned()]));
    assert_eq!(errors, [""; 0]);
}

#[test]
fn a_stopped_program_is_restarted_too() {
    let mut watched = Watched::start(&[], TELL);
    assert_eq!(watched.run.line(), "one");
    send(watched.child(), libc::SIGSTOP);
    watched.set("two");
    assert_eq!(watched.run.line(), "two");
}

#[test]
fn the_program_runs_on_when_nobody_watches_any_more() {
    let mut watched = Watched::start(&[], COUNTING);
    assert_eq!(watched.run.line(), "one");
    watched.changes = None;
    watched.run.signal(libc::SIGUSR1);
    assert_eq!(watched.run.line(), "usr1");
    watched.run.signal(libc::SIGTERM);
    assert_eq!(watched.run.line(), "term 1");
}

#[test]
fn a_program_that_disappears_before_a_restart_ends_the_run_with_127() {
    let room = tempfile::tempdir().unwrap();
    let tool = room.path().join("tool");
    executable(&tool, "#!/bin/sh\necho \"$VALUE\"; exec sleep infinity\n", 0o755);
    let mut watched = Watched::start(&[], &[path(&tool)]);
    assert_eq!(watched.run.line(), "one");
    std::fs::remove_file(&tool).unwrap();
    watched.set("two");
    let (status, _, errors) = watched.run.finish();
    assert_eq!(status.code(), Some(127));
    assert!(errors.last().unwrap().starts_with("error: "), "{errors:?}");
}

#[test]
fn no_value_is_in_what_the_supervisor_says() {
    let mut watched = Watched::start(&["--grace", "20"], STUBBORN);
    assert_eq!(watched.run.line(), "one");
    watched.set("canary");
    assert_eq!(watched.run.line(), "canary");
    std::fs::remove_file(&watched.value).unwrap();
    watched.change(1);
    let mut notices = Vec::new();
    while !notices.iter().any(|notice: &String| notice.contains("old ones")) {
        notices.push(watched.run.error_line());
    }
    assert!(notices.iter().all(|notice| !notice.contains("canary")), "{notices:?}");
}
