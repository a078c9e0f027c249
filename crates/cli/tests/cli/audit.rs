//! audit: every command leaves a record, and tampering is found, at once and later.

use std::path::PathBuf;

use super::place::Place;

fn log(place: &Place) -> PathBuf {
    place.home().join("audit/00000000000000000001.jsonl")
}

fn lines(place: &Place) -> Vec<String> {
    let text = std::fs::read_to_string(log(place)).expect("the log is read");
    text.lines().map(str::to_owned).collect()
}

fn write_lines(place: &Place, lines: &[String]) {
    std::fs::write(log(place), lines.join("\n") + "\n").expect("the log is written");
}

fn used() -> Place {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two"), ("OTHER", "three")]);
    place.ok(&["get", "KEY"]);
    place.ok(&["run", "--", "true"]);
    place
}

/// The very next command finds it, and so does one after others have written to the log.
#[track_caller]
fn is_found(place: &Place, says: &str) {
    place.refused(&["audit", "verify"], says);
    place.run(&["get", "KEY"]);
    place.run(&["list"]);
    place.refused(&["audit", "verify"], "is not what was written");
}

#[test]
fn a_record_tells_who_did_what_and_never_the_value() {
    let place = used();
    let done = place.ok(&["audit", "tail", "-n", "1"]);
    for word in ["allowed", "secrets-read", "secret/app/dev/", "tester(", "read=KEY@2 OTHER@1"] {
        assert!(done.out.contains(word), "{word}: {}", done.out);
    }
    let all = place.ok(&["audit", "tail", "-n", "1000", "--json"]).out;
    assert!(!all.contains("three"), "{all}");
}

#[test]
fn failures_are_recorded_as_well() {
    let place = used();
    place.run(&["get", "NOPE"]).expect_code(1);
    place.ok(&["audit", "query", "--outcome", "failed"]).expect_out("secret/app/dev/NOPE");
}

#[test]
fn queries_narrow_by_time_path_operation_and_request() {
    let place = used();
    let count = |arguments: &[&str]| {
        let mut all = vec!["audit", "query", "--json"];
        all.extend(arguments);
        place.ok(&all).out.lines().count()
    };
    assert_eq!(count(&["--operation", "secret-write"]), 3);
    assert_eq!(count(&["--operation", "secret-write", "--path", "secret/app/dev/KEY"]), 2);
    assert_eq!(count(&["--path", "secret/*/OTHER"]), 1);
    assert_eq!(count(&["--since", "1h", "--limit", "2"]), 2);
    assert_eq!(count(&["--until", "1h"]), 0);
    assert_eq!(count(&["--principal", "nobody"]), 0);
    place
        .run(&["audit", "query", "--since", "yesterday"])
        .expect_code(2)
        .expect_err("30m, 2h or 7d");
}

#[test]
fn an_untouched_log_verifies() {
    let place = used();
    place.ok(&["audit", "verify"]).expect_err("the audit log is whole");
    let key = place.ok(&["audit", "public-key"]).out;
    assert_eq!(key.trim().len(), 64);
    place.ok(&["audit", "verify", "--public-key", key.trim()]);
}

#[test]
fn an_edited_record_is_found() {
    let place = used();
    let mut all = lines(&place);
    all[1] = all[1].replace("allowed", "denied ");
    write_lines(&place, &all);
    is_found(&place, "line 2");
}

#[test]
fn a_removed_record_is_found() {
    let place = used();
    let mut all = lines(&place);
    all.remove(2);
    write_lines(&place, &all);
    is_found(&place, "line 3");
}

#[test]
fn reordered_records_are_found() {
    let place = used();
    let mut all = lines(&place);
    all.swap(1, 2);
    write_lines(&place, &all);
    is_found(&place, "line 2");
}

#[test]
fn a_cut_off_end_is_found_even_when_a_run_was_last() {
    let place = used();
    let mut all = lines(&place);
    all.pop();
    write_lines(&place, &all);
    place.refused(&["audit", "verify"], "is not what was written");
}

#[test]
fn a_log_cut_behind_a_change_is_found_for_good() {
    let place = used();
    let mut all = lines(&place);
    all.truncate(2);
    write_lines(&place, &all);
    is_found(&place, "is not what was written");
}

#[test]
fn a_deleted_log_is_found() {
    let place = used();
    std::fs::remove_file(log(&place)).expect("is removed");
    is_found(&place, "is not what was written");
}

#[test]
fn a_deleted_head_is_found() {
    let place = used();
    std::fs::remove_file(place.home().join("audit/head")).expect("is removed");
    is_found(&place, "is not what was written");
}

#[test]
fn a_deleted_folder_is_found_even_after_further_changes() {
    let place = used();
    std::fs::remove_dir_all(place.home().join("audit")).expect("is removed");
    place.ok(&["set", "KEY", "after"]);
    place.ok(&["set", "KEY", "and after"]);
    is_found(&place, "is not what was written");
}

#[test]
fn a_cut_behind_a_single_set_is_found() {
    let place = Place::with(&[("KEY", "one")]);
    let mut all = lines(&place);
    all.pop();
    write_lines(&place, &all);
    place.refused(&["audit", "verify"], "is not what was written");
}

#[test]
fn nothing_is_given_when_it_cannot_be_audited() {
    let place = used();
    std::fs::remove_dir_all(place.home().join("audit")).expect("is removed");
    std::fs::write(place.home().join("audit"), "a file in its place").expect("is written");
    let done = place.run(&["get", "KEY"]).expect_code(1);
    assert_eq!(done.expect_err("audit").out, "");
    let done = place.run(&["run", "--", "echo", "started"]).expect_code(1);
    assert_eq!(done.out, "");
}

#[test]
fn many_commands_at_once_share_one_whole_log() {
    let place = Place::with(&[("KEY", "one")]);
    let children: Vec<_> = (0..12)
        .map(|number| {
            let value = number.to_string();
            let arguments = if number % 2 == 0 {
                ["get", "KEY"].to_vec()
            } else {
                ["set", "KEY", &value].to_vec()
            };
            let mut command = place.command();
            command
                .args(arguments)
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::null());
            command.spawn().expect("starts")
        })
        .collect();
    for mut child in children {
        assert!(child.wait().expect("ends").success());
    }
    place.ok(&["audit", "verify"]);
    let history = place.ok(&["history", "KEY"]).out;
    assert!(history.contains("\n7  "), "{history}");
}
