//! run: what the program gets, and what it does not.

use std::process::Stdio;

use super::place::{Done, Place};

#[test]
fn the_program_gets_its_secrets_and_nothing_is_written_or_printed() {
    let place = Place::with(&[("KEY", "value"), ("OTHER", "x")]);
    let before = place.folder_files();
    let done = place.ok(&["run", "--", "sh", "-c", "printf '%s %s' \"$KEY\" \"$OTHER\""]);
    assert_eq!((done.out.as_str(), done.err.as_str()), ("value x", ""));
    assert_eq!(place.folder_files(), before);
}

#[test]
fn the_exit_code_is_the_programs() {
    let place = Place::with(&[]);
    for code in [0, 1, 2, 42, 255] {
        place.run(&["run", "--", "sh", "-c", &format!("exit {code}")]).expect_code(code);
    }
    place.run(&["run", "--", "sh", "-c", "kill -TERM $$"]).expect_code(143);
    place.run(&["run", "--", "no-such-program"]).expect_code(127);
    place.run(&["run", "--", "/etc/passwd"]).expect_code(126);
}

#[test]
fn the_process_becomes_the_program() {
    let place = Place::with(&[]);
    let mut command = place.command();
    command.args(["run", "--", "sh", "-c", "echo $$"]).stdout(Stdio::piped());
    let child = command.spawn().expect("starts");
    let pid = child.id().to_string();
    let output = child.wait_with_output().expect("ends");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), pid);
}

#[test]
fn only_some_secrets_when_asked() {
    let place = Place::with(&[("KEY", "value"), ("OTHER", "x")]);
    let script = "echo ${KEY-none} ${OTHER-none}";
    assert_eq!(place.ok(&["run", "--only", "KEY", "--", "sh", "-c", script]).out, "value none\n");
    place.run(&["run", "--only", "NOPE", "--", "true"]).expect_code(2).expect_err("NOPE");
}

#[test]
fn a_prefix_stands_before_each_name() {
    let place = Place::with(&[("KEY", "value")]);
    let script = "echo ${APP_KEY-none} ${KEY-none}";
    let done = place.ok(&["run", "--prefix", "APP_", "--", "sh", "-c", script]);
    assert_eq!(done.out, "value none\n");
}

#[test]
fn a_pristine_environment_holds_nothing_else_of_the_caller() {
    let place = Place::with(&[("KEY", "value")]);
    let output = place
        .command()
        .env("STRAY", "1")
        .args(["run", "--pristine", "--", "env"])
        .output()
        .expect("runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut names: Vec<_> = text.lines().filter_map(|line| line.split('=').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["HOME", "KEY", "PATH", "USER"]);
}

#[test]
fn what_opens_the_store_does_not_reach_the_program() {
    let place = Place::with(&[]);
    let output = place
        .command()
        .env("STRONGROOM_PASSPHRASE", "p")
        .env("STRONGROOM_TOKEN", "t")
        .args(["run", "--", "env"])
        .output()
        .expect("runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!text.contains("PASSPHRASE") && !text.contains("TOKEN"), "{text}");
}

#[test]
fn aws_libraries_are_given_only_a_server_that_they_would_ask() {
    let place = Place::with(&[]);
    let refused = |address: &str, token: &str, says: &str| {
        let mut command = place.command();
        command.env("STRONGROOM_ADDR", address).env("STRONGROOM_TOKEN", token);
        let output = command.args(["run", "--aws", "--", "echo", "started"]).output();
        let done = Done::of(output.expect("runs")).expect_code(1).expect_err(says);
        assert_eq!(done.out, "");
    };
    refused("", "hvs.token", "--aws needs a server");
    refused("https://localhost:1", "", "--aws needs a token");
    refused("https://localhost:1", "hvs.to ken", "STRONGROOM_TOKEN holds no token");
    refused("http://192.0.2.1:1", "hvs.token", "this machine");
}

#[test]
fn every_missing_secret_is_named_and_nothing_starts() {
    let place = Place::with(&[("KEY", "value")]);
    let toml = place.read("strongroom.toml");
    place.write(
        "strongroom.toml",
        &(toml + "\n[secrets.ONE]\ndescription = \"first\"\n[secrets.TWO]\n"),
    );
    let done = place.refused(&["run", "--", "touch", "started"], "ONE in dev (first), TWO in dev");
    assert!(done.err.contains("strongroom set ONE --env dev"), "{}", done.err);
    assert!(!place.path("started").exists());
}

#[test]
fn names_that_change_how_programs_run_are_refused_unless_forced() {
    let place = Place::with(&[("LD_PRELOAD", "/nothing.so")]);
    place.refused(&["run", "--", "true"], "LD_PRELOAD").expect_err("--force");
    let done = place.run(&["run", "--force", "--", "printenv", "LD_PRELOAD"]);
    assert_eq!(done.out, "/nothing.so\n");
}

#[test]
fn a_hole_left_by_the_callers_shell_gets_a_hint() {
    let place = Place::with(&[("API_KEY", "value")]);
    place.ok(&["run", "--", "echo", "--token="]).expect_err("hint:");
}

#[test]
fn several_projects_are_joined_and_the_later_wins() {
    let place = Place::with(&[]);
    place.ok_with_input(&["set", "secret/one/dev/A", "-"], "a1");
    place.ok_with_input(&["set", "secret/one/dev/B", "-"], "b1");
    place.ok_with_input(&["set", "secret/two/dev/B", "-"], "b2");
    let done = place.ok(&["run", "-p", "one,two", "-e", "dev", "--", "sh", "-c", "echo $A $B"]);
    assert_eq!(done.out, "a1 b2\n");
}

#[test]
fn without_a_project_file_everything_of_the_environment_is_given() {
    let place = Place::empty();
    place.ok(&["init"]);
    std::fs::remove_file(place.path("strongroom.toml")).expect("is removed");
    place.ok_with_input(&["set", "KEY", "-"], "value");
    assert_eq!(place.ok(&["run", "--", "printenv", "KEY"]).out, "value\n");
}

#[test]
fn a_value_with_a_nul_cannot_be_a_variable_and_is_named() {
    let place = Place::with(&[]);
    place.run_with_input(&["set", "KEY", "-"], b"a\0b").expect_code(0);
    place.refused(&["run", "--", "true"], "KEY holds a NUL byte");
}

#[test]
fn standard_input_reaches_the_program() {
    let place = Place::with(&[]);
    let done = place.run_with_input(&["run", "--", "cat"], b"through");
    assert_eq!(done.out, "through");
}

#[test]
fn a_watched_program_is_restarted_with_the_new_value() {
    use std::io::{BufRead, BufReader};
    let place = Place::with(&[("KEY", "one")]);
    let script = "echo $KEY; exec sleep 60";
    let mut child = place
        .command()
        .args(["run", "--watch", "--settle", "1", "--", "sh", "-c", script])
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = || lines.next().expect("a line").expect("is read");
    assert_eq!(next(), "one");
    place.ok(&["tag", "KEY", "owner=x"]);
    place.ok_with_input(&["set", "KEY", "-"], "two");
    assert_eq!(next(), "two");
    let pid = rustix::process::Pid::from_raw(child.id() as i32).expect("a pid");
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("is sent");
    let status = child.wait().expect("ends");
    assert_eq!(status.code(), Some(143));
}

#[test]
fn a_watched_programs_own_end_is_the_end() {
    let place = Place::with(&[]);
    place.run(&["run", "--watch", "--", "sh", "-c", "exit 7"]).expect_code(7);
    let unknown = place.run(&["run", "--watch", "--on-change", "NOSIG", "--", "true"]);
    unknown.expect_code(2).expect_err("NOSIG");
}
