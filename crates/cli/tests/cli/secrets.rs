//! set, get, list, history, rollback, delete, undelete, destroy, tag, import, export, diff.

use serde_json::Value;

use super::place::Place;

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn a_value_is_printed_exactly_as_it_was_stored() {
    let place = Place::with(&[("KEY", "välue with spaces\n and lines")]);
    assert_eq!(place.ok(&["get", "KEY"]).out, "välue with spaces\n and lines");
}

#[test]
fn one_line_end_at_the_end_of_the_input_is_not_part_of_the_value() {
    let place = Place::with(&[("KEY", "value\n"), ("TWO", "value\n\n"), ("DOS", "value\r\n")]);
    assert_eq!(place.ok(&["get", "KEY"]).out, "value");
    assert_eq!(place.ok(&["get", "TWO"]).out, "value\n");
    assert_eq!(place.ok(&["get", "DOS"]).out, "value");
}

#[test]
fn bytes_that_are_no_text_come_back() {
    let place = Place::with(&[]);
    place.run_with_input(&["set", "BLOB", "-"], &[0xff, 0, 0xfe]).expect_code(0);
    let output = place.command().args(["get", "BLOB"]).output().expect("runs");
    assert_eq!(output.stdout, [0xff, 0, 0xfe]);
    place.refused(&["get", "BLOB", "--json"], "bytes, not text");
    place.refused(&["run", "--", "true"], "holds bytes");
}

#[test]
fn one_member_of_a_json_object_is_read_by_its_name() {
    let place = Place::with(&[("DB", r#"{"user":"app","port":5432}"#), ("KEY", "value")]);
    assert_eq!(place.ok(&["get", "DB#user"]).out, "app");
    assert_eq!(place.ok(&["get", "DB#port"]).out, "5432");
    assert_eq!(place.ok(&["get", "KEY#"]).out, "value");
    assert_eq!(json(&place.ok(&["get", "DB#user", "--json"]).out)["value"], "app");
    place.refused(&["get", "DB#none"], "not found");
    place.refused(&["get", "KEY#user"], "not found");
}

#[test]
fn an_empty_value_is_a_value() {
    let place = Place::with(&[("KEY", "")]);
    assert_eq!(place.ok(&["get", "KEY"]).out, "");
    let done = place.ok(&["run", "--", "sh", "-c", "echo ${KEY-unset}"]);
    assert_eq!(done.out, "\n");
}

#[test]
fn each_set_makes_a_version_and_earlier_ones_are_read_by_number() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two")]);
    assert_eq!(place.ok(&["get", "KEY"]).out, "two");
    assert_eq!(place.ok(&["get", "KEY", "--version", "1"]).out, "one");
    place
        .refused(&["get", "KEY", "--version", "9"], "not found")
        .expect_err("strongroom history KEY");
}

#[test]
fn a_value_on_the_command_line_is_stored_with_a_warning() {
    let place = Place::with(&[]);
    place.ok(&["set", "KEY", "value"]).expect_err("shell's history");
    assert_eq!(place.ok(&["get", "KEY"]).out, "value");
}

#[test]
fn set_without_value_and_terminal_says_how_to_pass_one() {
    let place = Place::with(&[]);
    place.run(&["set", "KEY"]).expect_code(2).expect_err("strongroom set KEY -");
}

#[test]
fn check_and_set_stops_the_second_writer() {
    let place = Place::with(&[("KEY", "one")]);
    place.ok_with_input(&["set", "KEY", "-", "--check-and-set", "1"], "two");
    let done = place.run_with_input(&["set", "KEY", "-", "--check-and-set", "1"], b"three");
    done.expect_code(1).expect_err("the current version is 2").expect_err("strongroom history KEY");
    assert_eq!(place.ok(&["get", "KEY"]).out, "two");
}

#[test]
fn values_are_generated_by_the_named_generator() {
    let place = Place::with(&[]);
    for (generator, length) in [("password:20", 20), ("hex:8", 16), ("uuid", 36)] {
        place.ok(&["set", "KEY", &format!("--generate={generator}")]);
        assert_eq!(place.ok(&["get", "KEY"]).out.len(), length, "{generator}");
    }
    place
        .run(&["set", "KEY", "--generate=nonsense"])
        .expect_code(2)
        .expect_err("is not a generator");
    place.run(&["set", "KEY", "--generate"]).expect_code(2).expect_err("--generate=password:32");
}

#[test]
fn a_mistyped_name_gets_the_right_one() {
    let place = Place::with(&[("API_KEY", "x")]);
    for command in ["get", "history", "rollback", "undelete", "tag"] {
        place.refused(&[command, "API_KYE"], "did you mean API_KEY?");
    }
}

#[test]
fn a_full_path_is_used_as_it_is() {
    let place = Place::with(&[]);
    place.ok_with_input(&["set", "secret/shared/db/password", "-"], "value");
    assert_eq!(place.ok(&["get", "secret/shared/db/password"]).out, "value");
    place.ok(&["list", "secret/shared", "--recursive"]).expect_out("db/password");
    place.refused(&["get", "other/shared/x"], "no mount serves other/shared/x");
}

#[test]
fn a_list_has_names_and_no_values() {
    let place = Place::with(&[("B", "vvv"), ("A", "www")]);
    let done = place.ok(&["list"]);
    assert!(done.out.find("A").expect("A") < done.out.find("B").expect("B"));
    assert!(!done.out.contains("vvv") && !done.out.contains("www"));
    let listed = json(&place.ok(&["list", "--json"]).out);
    assert_eq!(listed[0]["path"], "secret/app/dev/A");
    assert_eq!(listed[0]["version"], 1);
    let folders = place.ok(&["list", "secret/"]).out;
    assert!(folders.contains("app/"), "{folders}");
}

#[test]
fn an_empty_list_says_so_on_the_error_output() {
    let place = Place::with(&[]);
    let done = place.ok(&["list"]).expect_err("there is nothing in secret/app/dev/");
    assert_eq!(done.out, "");
    assert_eq!(json(&place.ok(&["list", "--json"]).out), Value::Array(vec![]));
}

#[test]
fn history_is_newest_first_and_names_labels() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two")]);
    let shown = json(&place.ok(&["history", "KEY", "--json"]).out);
    assert_eq!(shown["versions"][0]["version"], 2);
    assert_eq!(shown["versions"][0]["labels"][0], "AWSCURRENT");
    assert_eq!(shown["versions"][1]["labels"][0], "AWSPREVIOUS");
    place.ok(&["history", "KEY"]).expect_out("AWSPREVIOUS");
}

#[test]
fn rollback_makes_the_earlier_value_a_new_version() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two"), ("KEY", "three")]);
    place.ok(&["rollback", "KEY"]);
    assert_eq!(place.ok(&["get", "KEY"]).out, "two");
    place.ok(&["rollback", "KEY", "--to", "1"]).expect_err("version 5 has the value of version 1");
    assert_eq!(place.ok(&["get", "KEY"]).out, "one");
    place.refused(&["rollback", "KEY", "--to", "99"], "not found");
}

#[test]
fn rollback_of_a_single_version_has_nothing_to_go_back_to() {
    let place = Place::with(&[("KEY", "one")]);
    place.refused(&["rollback", "KEY"], "not found").expect_err("strongroom history KEY");
}

#[test]
fn a_deleted_secret_is_hidden_and_comes_back_whole() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two")]);
    place.ok(&["delete", "KEY", "--yes"]).expect_err("strongroom undelete KEY");
    place.refused(&["get", "KEY"], "is deleted").expect_err("strongroom undelete KEY");
    place.refused(&["set", "KEY", "x"], "deleted");
    assert!(!place.ok(&["list"]).out.contains("KEY"));
    place.ok(&["list", "--deleted"]).expect_out("deleted");
    place.ok(&["undelete", "KEY"]);
    assert_eq!(place.ok(&["get", "KEY", "--version", "1"]).out, "one");
}

#[test]
fn deletion_without_a_terminal_needs_a_yes() {
    let place = Place::with(&[("KEY", "one")]);
    place.run(&["delete", "KEY"]).expect_code(2).expect_err("--yes");
    place.run(&["destroy", "KEY", "--all"]).expect_code(2).expect_err("--yes");
    assert_eq!(place.ok(&["get", "KEY"]).out, "one");
}

#[test]
fn the_recovery_window_has_an_upper_end() {
    let place = Place::with(&[("KEY", "one")]);
    place.refused(&["delete", "KEY", "--yes", "--recovery-days", "91"], "at most 90 days");
    place.ok(&["delete", "KEY", "--yes", "--recovery-days", "90"]);
}

#[test]
fn single_versions_are_deleted_and_brought_back() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two")]);
    place.ok(&["delete", "KEY", "--versions", "1"]);
    place.refused(&["get", "KEY", "--version", "1"], "is deleted");
    assert_eq!(place.ok(&["get", "KEY"]).out, "two");
    place.ok(&["undelete", "KEY"]);
    assert_eq!(place.ok(&["get", "KEY", "--version", "1"]).out, "one");
    place.ok(&["undelete", "KEY"]).expect_err("nothing of secret/app/dev/KEY is deleted");
}

#[test]
fn a_destroyed_version_is_gone() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two")]);
    place.ok(&["destroy", "KEY", "--versions", "1", "--yes"]);
    place.refused(&["get", "KEY", "--version", "1"], "not found");
    place.ok(&["history", "KEY"]).expect_out("destroyed");
    place.run(&["destroy", "KEY", "--yes"]).expect_code(2);
}

#[test]
fn a_destroyed_secret_leaves_its_name_free() {
    let place = Place::with(&[("KEY", "one")]);
    place.ok(&["destroy", "KEY", "--all", "--yes"]);
    place.refused(&["get", "KEY"], "was not found");
    place.ok_with_input(&["set", "KEY", "-"], "new");
    let shown = json(&place.ok(&["history", "KEY", "--json"]).out);
    assert_eq!(shown["versions"].as_array().map(Vec::len), Some(1));
}

#[test]
fn tags_are_set_shown_and_removed() {
    let place = Place::with(&[("KEY", "one")]);
    place.ok(&["tag", "KEY", "owner=payments", "tier=1", "--description", "for tests"]);
    place.ok(&["tag", "KEY", "--remove", "tier"]);
    let shown = json(&place.ok(&["tag", "KEY", "--json"]).out);
    assert_eq!(shown["tags"], serde_json::json!({ "owner": "payments" }));
    assert_eq!(shown["description"], "for tests");
    place.run(&["tag", "KEY", "nonsense"]).expect_code(2).expect_err("KEY=VALUE");
}

#[test]
fn the_number_of_kept_versions_can_be_set() {
    let place = Place::with(&[("KEY", "1")]);
    place.ok(&["tag", "KEY", "--keep", "2"]);
    for value in ["2", "3", "4"] {
        place.ok_with_input(&["set", "KEY", "-"], value);
    }
    let shown = json(&place.ok(&["history", "KEY", "--json"]).out);
    assert_eq!(shown["versions"].as_array().map(Vec::len), Some(2));
    place.refused(&["tag", "KEY", "--keep", "0"], "1 to 1,000");
}

#[test]
fn a_file_is_imported_and_its_names_declared() {
    let place = Place::with(&[]);
    for (name, text) in [
        ("a.env", "A_KEY=one\n"),
        ("b.json", r#"{"B_KEY":"two"}"#),
        ("c.yaml", "C_KEY: three\n"),
        ("d.toml", "D_KEY = \"four\"\n"),
    ] {
        place.write(name, text);
        place.ok(&["import", name]);
    }
    let values: Vec<_> =
        ["A_KEY", "B_KEY", "C_KEY", "D_KEY"].map(|name| place.ok(&["get", name]).out).into();
    assert_eq!(values, ["one", "two", "three", "four"]);
    assert!(place.read("strongroom.toml").contains("[secrets.D_KEY]"));
}

#[test]
fn standard_input_is_imported_when_the_format_is_named() {
    let place = Place::with(&[]);
    place.ok_with_input(&["import", "-", "--format", "json"], r#"{"KEY":"value"}"#);
    assert_eq!(place.ok(&["get", "KEY"]).out, "value");
    place.run_with_input(&["import", "-"], b"KEY=x").expect_code(2).expect_err("--format");
}

#[test]
fn what_is_exported_as_dotenv_imports_as_the_same() {
    let value = "a 'b' \"c\" $d `e` \\f\nline # two";
    let place = Place::with(&[("KEY", value), ("OTHER", "x")]);
    let exported = place.ok(&["export"]).out;
    let other = Place::with(&[]);
    other.write("in.env", &exported);
    other.ok(&["import", "in.env"]);
    assert_eq!(other.ok(&["get", "KEY"]).out, value);
}

#[test]
fn shell_export_is_what_a_shell_reads_back() {
    let value = "it's $HOME `id` \"q\" \\ \n end";
    let place = Place::with(&[("KEY", value)]);
    let script = place.ok(&["export", "--format", "shell"]).out;
    let output = std::process::Command::new("sh")
        .args(["-c", &format!("{script}\nprintf %s \"$KEY\"")])
        .output()
        .expect("sh runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout), value);
}

#[test]
fn export_writes_private_files_and_never_over_others() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with(&[("KEY", "value")]);
    place.ok(&["export", "--output", "out.env"]);
    let mode = place.path("out.env").metadata().expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    place.refused(&["export", "--output", "out.env"], "--force");
    place.ok(&["export", "--output", "out.env", "--force", "--format", "json"]);
    assert_eq!(json(&place.read("out.env"))["KEY"], "value");
}

#[test]
fn export_takes_only_and_except() {
    let place = Place::with(&[("A", "1"), ("B", "2")]);
    let only = json(&place.ok(&["export", "--json", "--only", "A"]).out);
    assert_eq!(only, serde_json::json!({ "A": "1" }));
    let except = json(&place.ok(&["export", "--json", "--except", "A"]).out);
    assert_eq!(except, serde_json::json!({ "B": "2" }));
    place.run(&["export", "--only", "C"]).expect_code(2).expect_err("C is not declared");
}

#[test]
fn an_unknown_export_format_lists_those_there_are() {
    let place = Place::with(&[("A", "1")]);
    place.run(&["export", "--format", "xml"]).expect_code(2).expect_err("github-actions");
}

#[test]
fn docker_export_refuses_what_the_format_cannot_hold() {
    let place = Place::with(&[("A", "one\ntwo")]);
    let done = place.refused(&["export", "--format", "docker"], "A");
    assert!(!done.err.contains("two"), "{}", done.err);
    assert_eq!(done.out, "");
}

#[test]
fn github_actions_gets_masks_before_values() {
    let place = Place::with(&[("KEY", "value-to-mask")]);
    let file = place.path("env");
    let done = super::place::run_with_input(
        place.command().args(["export", "--format", "github-actions"]).env("GITHUB_ENV", &file),
        b"",
    );
    done.expect_code(0).expect_out("::add-mask::value-to-mask");
    assert!(place.read("env").contains("value-to-mask"));
}

#[test]
fn diff_tells_equality_and_never_values() {
    let place = Place::with(&[("SAME", "s1"), ("OTHER", "o1"), ("HERE", "h1")]);
    place.write("strongroom.toml", &(place.read("strongroom.toml") + "\n[environments.prod]\n"));
    for (name, value) in [("SAME", "s1"), ("OTHER", "o2"), ("THERE", "t1")] {
        place.ok_with_input(&["set", name, "-", "--env", "prod"], value);
    }
    let done = place.run(&["diff", "dev", "prod"]).expect_code(1);
    for (name, standing) in [
        ("SAME", "equal"),
        ("OTHER", "different"),
        ("HERE", "only in dev"),
        ("THERE", "only in prod"),
    ] {
        let line = done.out.lines().find(|line| line.starts_with(name)).expect("a row");
        assert!(line.ends_with(standing), "{line}");
    }
    for value in ["s1", "o1", "o2", "h1", "t1"] {
        assert!(!done.out.contains(value) && !done.err.contains(value), "{}", done.out);
    }
    place.ok(&["diff", "dev", "dev"]);
}
