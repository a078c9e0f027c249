//! Bad input gets a clear error and loses nothing.

use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use super::place::Place;

fn python() -> String {
    std::env::var("STRONGROOM_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

#[test]
fn a_broken_line_of_an_import_is_named_and_nothing_is_stored() {
    let place = Place::with(&[]);
    for (name, text, position) in [
        ("a.env", "GOOD=1\nA='never closed\n", "a.env:2"),
        ("b.json", "{\"GOOD\": \"1\",\n \"A\": }", "b.json:2"),
        ("c.yaml", "GOOD: 1\nA: [", "c.yaml:"),
        ("d.toml", "GOOD = \"1\"\nA = \n", "d.toml:2"),
    ] {
        place.write(name, text);
        place.refused(&["import", name], position);
    }
    place.refused(&["get", "GOOD"], "not found");
}

#[test]
fn nested_values_are_refused_with_the_ways_out() {
    let place = Place::with(&[]);
    place.write("a.json", r#"{"DB": {"USER": "u"}}"#);
    place.refused(&["import", "a.json"], "--nested");
    place.ok(&["import", "a.json", "--nested", "flatten"]);
    assert_eq!(place.ok(&["get", "DB__USER"]).out, "u");
    place.ok(&["import", "a.json", "--nested", "json"]);
    assert_eq!(place.ok(&["get", "DB"]).out, r#"{"USER":"u"}"#);
}

#[test]
fn a_value_is_taken_up_to_its_limit() {
    let place = Place::with(&[]);
    place.ok_with_input(&["set", "KEY", "-"], &"x".repeat(1_048_576));
    let done = place.run_with_input(&["set", "KEY", "-"], &vec![b'x'; 1_048_577]);
    done.expect_code(1).expect_err("KEY: the value has 1048577 bytes");
    assert_eq!(place.ok(&["get", "KEY"]).out.len(), 1_048_576);
}

#[test]
fn a_value_too_large_for_an_environment_is_named_before_the_program_starts() {
    let place = Place::with(&[]);
    place.ok_with_input(&["set", "KEY", "-"], &"x".repeat(200_000));
    let done = place.run(&["run", "--", "true"]).expect_code(126).expect_err("KEY");
    assert!(!done.err.contains("xxxx"));
}

#[test]
fn names_that_are_not_allowed_are_refused_with_the_rule() {
    let place = Place::with(&[]);
    for name in ["1KEY", "MY-KEY", "", "MY KEY", "KEY=1"] {
        place.run_with_input(&["set", name, "-"], b"v").expect_code(2).expect_err("hint:");
    }
    place
        .run_with_input(&["set", "secret/a/../b", "-"], b"v")
        .expect_code(1)
        .expect_err("segments");
    place.run_with_input(&["set", "secret/", "-"], b"v").expect_code(1);
}

#[test]
fn a_value_typed_behind_a_name_is_not_repeated() {
    let place = Place::with(&[]);
    let done = place.run(&["set", "KEY=hunter2hunter2"]).expect_code(2);
    assert!(!done.err.contains("hunter2"), "{}", done.err);
}

#[test]
fn a_mistyped_command_or_option_ends_with_2() {
    let place = Place::with(&[]);
    place.run(&["histroy", "KEY"]).expect_code(2).expect_err("history");
    place.run(&["get", "KEY", "--versoin", "1"]).expect_code(2).expect_err("--version");
    place.run(&[]).expect_code(2);
    assert!(place.ok(&["--help"]).out.contains("run"));
    assert!(place.ok(&["--version"]).out.starts_with("strongroom "));
}

#[test]
fn a_key_file_that_others_can_read_is_refused() {
    let place = Place::with(&[("KEY", "v")]);
    let key = place.home().join("store.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).expect("is set");
    place.refused(&["get", "KEY"], "mode 644").expect_err("chmod 600");
}

#[test]
fn a_missing_damaged_or_foreign_key_file_is_told_apart() {
    let place = Place::with(&[("KEY", "v")]);
    let key = place.home().join("store.key");
    let text = std::fs::read_to_string(&key).expect("is read");
    std::fs::write(&key, &text[..text.len() - 4]).expect("is cut");
    place.refused(&["get", "KEY"], "damaged");
    std::fs::write(&key, "hello").expect("is written");
    place.refused(&["get", "KEY"], "not a key file");
    let other = Place::with(&[]);
    std::fs::copy(other.home().join("store.key"), &key).expect("is copied");
    place.refused(&["get", "KEY"], "is not this store's");
    std::fs::remove_file(&key).expect("is removed");
    place.refused(&["get", "KEY"], "is missing").expect_err("--key-file");
    std::fs::write(&key, text).expect("is written");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).expect("is set");
    assert_eq!(place.ok(&["get", "KEY"]).out, "v");
}

#[test]
fn a_store_of_a_newer_version_is_refused_and_left_alone() {
    let place = Place::with(&[("KEY", "v")]);
    let database = place.home().join("store.db");
    let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\nc.execute('PRAGMA user_version=999')\nc.commit()";
    let status = Command::new(python()).args(["-c", script]).arg(&database).status();
    assert!(status.expect("python runs").success());
    place.refused(&["get", "KEY"], "999").expect_err("newer");
    place.refused(&["set", "KEY", "w"], "999");
}

#[test]
fn a_store_that_another_process_is_writing_is_said_to_be_busy() {
    let place = Place::with(&[("KEY", "v")]);
    let database = place.home().join("store.db");
    let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1],isolation_level=None)\n\
                  c.execute('BEGIN IMMEDIATE')\nprint('held',flush=True)\nsys.stdin.read()";
    let mut child = Command::new(python())
        .args(["-c", script])
        .arg(&database)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python runs");
    let mut held = [0; 5];
    child.stdout.take().expect("a pipe").read_exact(&mut held).expect("it says so");
    place.refused(&["set", "KEY", "w"], "another process is writing");
    assert_eq!(place.ok(&["get", "KEY"]).out, "v");
    drop(child.stdin.take());
    child.wait().expect("ends");
    place.ok(&["set", "KEY", "w"]);
}

#[test]
fn a_file_that_is_no_store_is_refused_and_left_alone() {
    let place = Place::with(&[]);
    let database = place.home().join("store.db");
    for name in ["store.db-wal", "store.db-shm"] {
        let _ = std::fs::remove_file(place.home().join(name));
    }
    let text = vec![b'x'; 8_192];
    std::fs::write(&database, &text).expect("is written");
    place.refused(&["list"], "store.db");
    place.refused(&["init"], "store.db");
    assert_eq!(std::fs::read(&database).expect("is read"), text);
}

#[test]
fn a_closed_pipe_on_the_standard_output_is_quiet() {
    let place = Place::with(&[("KEY", &"x".repeat(300_000))]);
    let mut child = place
        .command()
        .args(["get", "KEY"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), &b""[..]));
}

#[test]
fn a_server_address_is_not_silently_ignored() {
    let place = Place::with(&[("KEY", "v")]);
    let output = place
        .command()
        .env("STRONGROOM_ADDR", "https://x")
        .args(["get", "KEY"])
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
}

#[test]
fn a_read_only_disk_refuses_writes_and_says_so() {
    let place = Place::with(&[("KEY", "v")]);
    let home = place.home();
    let script =
        "mount --bind \"$1\" \"$1\" && mount -o remount,ro,bind \"$1\" && shift && exec \"$@\"";
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(&home)
        .arg(env!("CARGO_BIN_EXE_strongroom"))
        .args(["set", "KEY", "w"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").expect("a PATH"))
        .env("STRONGROOM_HOME", &home)
        .current_dir(place.folder());
    let output = command.output().expect("unshare runs");
    let text = String::from_utf8_lossy(&output.stderr);
    if !rustix::process::geteuid().is_root() {
        // Mounting needs root; a folder without write permission stands for the disk.
        std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o500)).expect("is set");
        place.run(&["set", "KEY", "w"]).expect_code(1);
        std::fs::set_permissions(&home, std::fs::Permissions::from_mode(0o700)).expect("is set");
    } else {
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains("read-only"), "{text}");
    }
    assert_eq!(place.ok(&["get", "KEY"]).out, "v");
}

#[test]
fn errors_are_json_when_asked_for() {
    let place = Place::with(&[]);
    let done = place.run(&["get", "NOPE", "--json"]).expect_code(1);
    let error: serde_json::Value = serde_json::from_str(&done.err).expect("JSON");
    assert!(error["error"].as_str().is_some_and(|text| text.contains("NOPE")));
    assert!(error["hints"].as_array().is_some_and(|hints| !hints.is_empty()));
}
