//! Which secret a command touches, what it says when that is not the one that was meant, and hints that can be pasted.

use serde_json::{Value, json};

use super::place::{Done, Place};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// The project `app` whose environment `prod` inherits from `dev`.
fn inheriting(secrets: &[(&str, &str)]) -> Place {
    let place = Place::with(secrets);
    let toml = place.read("strongroom.toml") + "\n[environments.prod]\ninherits = \"dev\"\n";
    place.write("strongroom.toml", &toml);
    place
}

/// Run the command of a hint, as a user who pastes it.
fn paste(place: &Place, done: &Done, command: &str) -> Done {
    assert!(done.err.contains(command), "no {command:?} in {}", done.err);
    let start = done.err.find(command).expect("it is there");
    let line = done.err[start..].lines().next().expect("a line");
    let line = line.replacen("strongroom", env!("CARGO_BIN_EXE_strongroom"), 1);
    let output = place.command_of("sh").args(["-c", &line]).output().expect("sh runs");
    Done::of(output)
}

#[test]
fn a_command_that_changes_never_reaches_into_an_inherited_environment() {
    for command in [
        &["delete", "KEY", "--yes"][..],
        &["delete", "KEY", "--versions", "1", "--yes"],
        &["destroy", "KEY", "--all", "--yes"],
        &["destroy", "KEY", "--versions", "1", "--yes"],
        &["rollback", "KEY"],
        &["tag", "KEY", "owner=me"],
    ] {
        let place = inheriting(&[("KEY", "one"), ("KEY", "two")]);
        let before = place.ok(&["history", "KEY", "--env", "dev", "--json"]).out;
        let arguments = [command, &["--env", "prod"]].concat();
        place
            .refused(&arguments, "secret/app/prod/")
            .expect_err(&format!("strongroom {} KEY --env dev", command[0]));
        assert_eq!(
            place.ok(&["history", "KEY", "--env", "dev", "--json"]).out,
            before,
            "{command:?}"
        );
        assert_eq!(place.ok(&["get", "KEY", "--env", "prod"]).out, "two");
    }
}

#[test]
fn what_is_inherited_is_read_and_its_path_is_told() {
    let place = inheriting(&[("KEY", "one")]);
    assert_eq!(place.ok(&["get", "KEY", "--env", "prod"]).out, "one");
    let shown = parsed(&place.ok(&["history", "KEY", "--env", "prod", "--json"]).out);
    assert_eq!(shown["path"], "secret/app/dev/KEY");
    place.ok(&["history", "KEY", "--env", "prod"]).expect_err("secret/app/dev/KEY");
}

#[test]
fn versions_that_are_not_there_are_named_and_nothing_is_done() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two")]);
    for command in [
        &["delete", "KEY", "--versions", "1,7,9", "--yes"][..],
        &["destroy", "KEY", "--versions", "1,7,9", "--yes"],
        &["undelete", "KEY", "--versions", "7,9"],
    ] {
        place
            .refused(command, "has no version 7, 9")
            .expect_err("strongroom history KEY --env dev");
    }
    assert_eq!(place.ok(&["get", "KEY", "--version", "1"]).out, "one");
    place.run(&["delete", "KEY", "--versions", "0"]).expect_code(2);
    place.run(&["delete", "KEY", "--versions", "one"]).expect_code(2);
}

#[test]
fn a_version_that_is_not_deleted_is_not_said_to_be_back() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two"), ("KEY", "three")]);
    place.ok(&["destroy", "KEY", "--versions", "1", "--yes"]);
    place.refused(&["undelete", "KEY", "--versions", "1"], "version 1 is destroyed");
    place.refused(&["undelete", "KEY", "--versions", "2"], "version 2 is not deleted");
}

#[test]
fn versions_of_a_deleted_secret_come_back_with_it() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two")]);
    place.ok(&["delete", "KEY", "--versions", "1", "--yes"]);
    place.ok(&["delete", "KEY", "--yes"]);
    place.ok(&["undelete", "KEY"]);
    assert_eq!(place.ok(&["get", "KEY"]).out, "two");
    place.refused(&["get", "KEY", "--version", "1"], "is deleted");
    place.ok(&["undelete", "KEY", "--versions", "1"]);
    assert_eq!(place.ok(&["get", "KEY", "--version", "1"]).out, "one");
}

#[test]
fn the_hint_of_a_deleted_secret_can_be_pasted() {
    for command in
        [&["get", "KEY"][..], &["set", "KEY", "x"], &["rollback", "KEY"], &["tag", "KEY", "a=b"]]
    {
        let place = inheriting(&[]);
        for value in ["one", "two"] {
            place.ok_with_input(&["set", "KEY", "-", "--env", "prod"], value);
        }
        place.ok(&["delete", "KEY", "--env", "prod", "--yes"]);
        let arguments = [command, &["--env", "prod"]].concat();
        let done = place.refused(&arguments, "deleted");
        paste(&place, &done, "strongroom undelete KEY --env prod").expect_code(0);
        assert_eq!(place.ok(&["get", "KEY", "--env", "prod"]).out, "two", "{command:?}");
    }
}

#[test]
fn the_hint_of_a_deletion_can_be_pasted() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two")]);
    let done = place.ok(&["delete", "KEY", "--yes"]);
    paste(&place, &done, "strongroom undelete").expect_code(0);
    let done = place.ok(&["delete", "KEY", "--versions", "2,1", "--yes"]);
    paste(&place, &done, "strongroom undelete").expect_code(0);
    assert_eq!(place.ok(&["get", "KEY", "--version", "1"]).out, "one");
    assert_eq!(place.ok(&["get", "KEY"]).out, "two");
}

#[test]
fn the_hint_of_a_deleted_current_version_can_be_pasted() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two")]);
    place.ok(&["delete", "KEY", "--versions", "2", "--yes"]);
    let done = place.refused(&["get", "KEY"], "version 2 of secret/app/dev/KEY is deleted");
    paste(&place, &done, "strongroom undelete").expect_code(0);
    assert_eq!(place.ok(&["get", "KEY"]).out, "two");
}

#[test]
fn a_path_with_a_space_is_quoted_in_a_hint() {
    let place = Place::with(&[]);
    place.ok_with_input(&["set", "secret/shared/the key", "-"], "value");
    let done = place.ok(&["delete", "secret/shared/the key", "--yes"]);
    paste(&place, &done, "strongroom undelete").expect_code(0);
    assert_eq!(place.ok(&["get", "secret/shared/the key"]).out, "value");
}

#[test]
fn a_named_project_is_named_in_a_hint() {
    let place = Place::with(&[]);
    place.ok_with_input(&["set", "KEY", "-", "--project", "other"], "value");
    let done = place.ok(&["delete", "KEY", "--project", "other", "--yes"]);
    paste(&place, &done, "strongroom undelete").expect_code(0);
    assert_eq!(place.ok(&["get", "KEY", "--project", "other"]).out, "value");
}

#[test]
fn a_mistyped_path_gets_the_right_one() {
    let place = Place::with(&[("API_KEY", "value")]);
    for command in ["get", "history", "rollback", "undelete", "tag"] {
        place
            .refused(&[command, "secret/app/dev/API_KYE"], "not found")
            .expect_err("did you mean secret/app/dev/API_KEY?");
    }
}

#[test]
fn a_mistyped_name_of_only_gets_the_right_one() {
    let place = Place::with(&[("API_KEY", "value")]);
    place.run(&["run", "--only", "API_KYE", "--", "true"]).expect_code(2).expect_err("API_KEY?");
    place
        .run(&["export", "--only", "OTHER"])
        .expect_code(2)
        .expect_err("strongroom set OTHER --env dev");
}

#[test]
fn an_import_over_deleted_secrets_names_each_and_stores_nothing() {
    let place = Place::with(&[("B", "old-b"), ("D", "old-d")]);
    place.ok(&["delete", "B", "--yes"]);
    place.ok(&["delete", "D", "--yes"]);
    place.write("in.env", "A=1\nB=2\nC=3\nD=4\n");
    let done = place.refused(&["import", "in.env"], "B, D");
    done.expect_err("strongroom undelete B --env dev")
        .expect_err("strongroom undelete D --env dev");
    assert_eq!(place.ok(&["list"]).out, "");
}

#[test]
fn a_deleted_secret_is_not_generated_anew() {
    let place = Place::with(&[]);
    place.write("strongroom.toml", "project = \"app\"\n[secrets.KEY]\ngenerate = \"hex:16\"\n");
    place.ok(&["check", "--generate"]);
    let value = place.ok(&["get", "KEY"]).out;
    place.ok(&["delete", "KEY", "--yes"]);
    let done = place.refused(&["check", "--generate"], "deleted");
    paste(&place, &done, "strongroom undelete KEY").expect_code(0);
    assert_eq!(place.ok(&["get", "KEY"]).out, value);
}

#[test]
fn changes_are_told_as_json() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two")]);
    let path = "secret/app/dev/KEY";
    let done = |arguments: &[&str]| parsed(&place.ok(arguments).out);
    assert_eq!(
        done(&["delete", "KEY", "--versions", "1", "--yes", "--json"]),
        json!({ "path": path, "deleted": [1] })
    );
    assert_eq!(done(&["undelete", "KEY", "--json"]), json!({ "path": path, "undeleted": [1] }));
    let deleted = done(&["delete", "KEY", "--yes", "--json"]);
    assert_eq!(deleted["path"], path);
    assert!(deleted["kept_until"].as_str().expect("a time").ends_with('Z'));
    assert_eq!(done(&["undelete", "KEY", "--json"]), json!({ "path": path, "undeleted": "all" }));
    assert_eq!(
        done(&["destroy", "KEY", "--versions", "1", "--yes", "--json"]),
        json!({ "path": path, "destroyed": [1] })
    );
    assert_eq!(
        done(&["destroy", "KEY", "--all", "--yes", "--json"]),
        json!({ "path": path, "destroyed": "all" })
    );
}

#[test]
fn more_versions_than_one_commit_erases_are_destroyed() {
    let place = Place::with(&[("KEY", "0")]);
    place.ok(&["tag", "KEY", "--keep", "150"]);
    for number in 1..105 {
        place.ok_with_input(&["set", "KEY", "-"], &number.to_string());
    }
    let list: Vec<_> = (1..=103).map(|number: u32| number.to_string()).collect();
    place.ok(&["destroy", "KEY", "--versions", &list.join(","), "--yes"]);
    assert_eq!(place.ok(&["get", "KEY", "--version", "104"]).out, "103");
    let shown = parsed(&place.ok(&["history", "KEY", "--json"]).out);
    let versions = shown["versions"].as_array().expect("versions");
    let destroyed = versions.iter().filter(|version| version["state"] == "destroyed").count();
    assert_eq!(destroyed, 103);
    place.ok(&["destroy", "KEY", "--all", "--yes"]);
    place.refused(&["history", "KEY"], "not found");
}

#[test]
fn a_tag_that_is_not_there_is_not_said_to_be_removed() {
    let place = Place::with(&[("KEY", "one")]);
    place.ok(&["tag", "KEY", "owner=me"]);
    place.refused(&["tag", "KEY", "--remove", "owned"], "no tag").expect_err("strongroom tag KEY");
    place.run(&["tag", "KEY", "owner=you", "--remove", "owner"]).expect_code(2);
    place.run(&["tag", "KEY", "=x"]).expect_code(2);
    place.ok(&["tag", "KEY"]).expect_out("owner  me");
}

#[test]
fn the_help_of_a_command_tells_the_whole() {
    let place = Place::empty();
    place.ok(&["diff", "--help"]).expect_out("Exit codes:");
    place.ok(&["init", "--help"]).expect_out(".env is removed");
    place.ok(&["run", "--help"]).expect_out("The program replaces this process");
    place.ok(&["destroy", "--help"]).expect_out("a backup still holds it");
}
