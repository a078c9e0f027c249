//! backup, restore, doctor, completions.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use super::place::Place;

pub fn write_private(path: &Path, bytes: &[u8]) {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    file.expect("is made").write_all(bytes).expect("is written");
}

#[test]
fn a_backup_brings_back_what_was_there() {
    let place = Place::with(&[("KEY", "one")]);
    place.ok(&["backup", "copy.db"]);
    let mode = place.path("copy.db").metadata().expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    place.ok_with_input(&["set", "KEY", "-"], "two");
    place.ok_with_input(&["set", "LATER", "-"], "x");
    place.ok(&["restore", "copy.db", "--yes"]).expect_err("the store that was there is in");
    assert_eq!(place.ok(&["get", "KEY"]).out, "one");
    place.refused(&["get", "secret/app/dev/LATER"], "not found");
    place.ok(&["audit", "verify"]);
    place.ok(&["audit", "tail"]).expect_out("sys/restore");
}

#[test]
fn a_backup_never_overwrites_unless_forced() {
    let place = Place::with(&[("KEY", "one")]);
    place.write("copy.db", "mine");
    place.refused(&["backup", "copy.db"], "--force");
    assert_eq!(place.read("copy.db"), "mine");
    place.ok(&["backup", "copy.db", "--force"]);
}

#[test]
fn a_lost_store_is_restored_into_an_empty_home() {
    let place = Place::with(&[("KEY", "one")]);
    place.ok(&["backup", "copy.db"]);
    for name in ["store.db", "store.db-wal", "store.db-shm"] {
        std::fs::remove_file(place.home().join(name)).expect("is removed");
    }
    place.ok(&["restore", "copy.db"]);
    assert_eq!(place.ok(&["get", "KEY"]).out, "one");
}

#[test]
fn what_is_no_backup_or_another_stores_is_refused_and_changes_nothing() {
    let place = Place::with(&[("KEY", "one")]);
    place.write("junk.db", &"x".repeat(9_000));
    place.refused(&["restore", "junk.db", "--yes"], "no backup");
    let other = Place::with(&[("KEY", "foreign")]);
    let copy = place.path("foreign.db");
    other.ok(&["backup", copy.to_str().expect("UTF-8")]);
    place.refused(&["restore", "foreign.db", "--yes"], "does not open this backup");
    place.refused(&["restore", "missing.db", "--yes"], "missing.db");
    assert_eq!(place.ok(&["get", "KEY"]).out, "one");
}

#[test]
fn a_cut_backup_is_refused() {
    let place = Place::with(&[("KEY", "one")]);
    place.ok(&["backup", "copy.db"]);
    let bytes = std::fs::read(place.path("copy.db")).expect("is read");
    std::fs::write(place.path("copy.db"), &bytes[..bytes.len() - 4_096]).expect("is cut");
    place.refused(&["restore", "copy.db", "--yes"], "copy.db");
    assert_eq!(place.ok(&["get", "KEY"]).out, "one");
}

#[test]
fn a_backup_after_a_rekey_opens_with_the_old_key_file() {
    let place = Place::with(&[("KEY", "one")]);
    place.ok(&["backup", "copy.db"]);
    place.ok(&["rekey"]);
    place
        .refused(&["restore", "copy.db", "--yes"], "does not open this backup")
        .expect_err("--key-file");
    let mut files = place.home_files().into_iter().map(|(path, _)| path);
    let kept = files.find(|path| path.to_string_lossy().contains("before-rekey"));
    let kept = kept.expect("the old key is kept");
    let kept = kept.to_str().expect("UTF-8");
    place.ok(&["restore", "copy.db", "--yes", "--key-file", kept]);
    assert_eq!(place.ok(&["get", "KEY", "--key-file", kept]).out, "one");
}

#[test]
fn doctor_finds_nothing_wrong_with_a_new_store() {
    let place = Place::with(&[("KEY", "one")]);
    let done = place.ok(&["doctor"]);
    assert!(!done.out.contains("error"), "{}", done.out);
    let found: serde_json::Value =
        serde_json::from_str(&place.ok(&["doctor", "--json"]).out).expect("JSON");
    assert!(found.as_array().is_some_and(|all| all.iter().all(|one| one["grade"] != "error")));
}

#[test]
fn doctor_names_a_damaged_record_and_the_rest_stays_readable() {
    let place = Place::with(&[("KEY", "one"), ("OTHER", "two")]);
    let script = "import sqlite3,sys\nc=sqlite3.connect(sys.argv[1])\n\
        k=[r for r in c.execute('select rowid,key,value from records') if bytes(r[1],'utf8').startswith(b'secret/') and str(r[1]).endswith('/KEY')][0]\n\
        v=bytearray(k[2]); v[-1]^=1\n\
        c.execute('update records set value=? where rowid=?',(bytes(v),k[0])); c.commit()";
    let python = std::env::var("STRONGROOM_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = std::process::Command::new(python)
        .args(["-c", script])
        .arg(place.home().join("store.db"))
        .output()
        .expect("python runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    place.refused(&["get", "KEY"], "is damaged").expect_err("strongroom doctor");
    let done = place.run(&["doctor"]).expect_code(1);
    assert!(done.out.contains("secret/app/dev/KEY is damaged"), "{}", done.out);
    assert_eq!(place.ok(&["get", "OTHER"]).out, "two");
}

#[test]
fn doctor_reports_when_the_store_does_not_open() {
    let place = Place::with(&[("KEY", "one")]);
    std::fs::write(place.home().join("store.key"), "hello").expect("is written");
    place.run(&["doctor"]).expect_code(1).expect_out("the store does not open");
}

#[test]
fn doctor_finds_values_in_clear_and_open_doors() {
    let place = Place::with(&[("KEY", "one")]);
    place.write(".env", "KEY=value\n");
    std::fs::set_permissions(place.home(), std::fs::Permissions::from_mode(0o755)).expect("is set");
    let done = place.run(&["doctor"]).expect_code(1);
    assert!(done.out.contains(".env holds values in clear"), "{}", done.out);
    assert!(done.out.contains("chmod 700"), "{}", done.out);
}

#[test]
fn completions_are_scripts_that_name_the_commands() {
    let place = Place::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        place.ok(&["completions", shell]).expect_out("rollback");
    }
    let script = place.ok(&["completions", "bash"]).out;
    place.write("script", &script);
    let status = std::process::Command::new("bash").arg("-n").arg(place.path("script")).status();
    assert!(status.expect("bash runs").success());
}

#[test]
fn diff_ends_with_2_when_it_cannot_compare() {
    let place = Place::with(&[("KEY", "value")]);
    place.run(&["diff", "dev", "nowhere"]).expect_code(2);
    std::fs::remove_file(place.home().join("store.key")).expect("removes the key");
    place.run(&["diff", "dev", "dev"]).expect_code(2).expect_err("is missing");
}
