//! What is asked on a terminal, and what comes of each answer.

use std::process::Command;

use serde_json::{Value, json};

use super::place::Place;

const CTRL_C: &str = "\u{3}";

/// How a command on a terminal ended.
struct Dialog {
    shown: String,
    code: i64,
    echo: bool,
}

/// Run a command on a terminal: wait for each text, then type its answer.
fn dialog(place: &Place, steps: &[(&str, &str)], arguments: &[&str]) -> Dialog {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/dialog.py");
    let mut command: Command = place.command_of("python3");
    command.arg(script).arg(json!(steps).to_string());
    let output = command
        .arg(env!("CARGO_BIN_EXE_strongroom"))
        .args(arguments)
        .output()
        .expect("python runs");
    let text = String::from_utf8_lossy(&output.stdout);
    let told: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(told["steps_left"], 0, "{told}");
    Dialog {
        shown: told["shown"].as_str().expect("text").to_owned(),
        code: told["code"].as_i64().expect("a code"),
        echo: told["echo"].as_bool().expect("a bool"),
    }
}

#[test]
fn a_value_is_asked_for_and_not_shown() {
    let place = Place::with(&[]);
    let done = dialog(&place, &[("Value of KEY: ", "typed value\n")], &["set", "KEY"]);
    assert_eq!((done.code, done.echo), (0, true), "{}", done.shown);
    assert!(!done.shown.contains("typed"), "{}", done.shown);
    assert_eq!(place.ok(&["get", "KEY"]).out, "typed value");
}

#[test]
fn an_interrupt_at_a_hidden_prompt_stores_nothing_and_leaves_the_terminal_as_it_was() {
    let place = Place::with(&[]);
    let done = dialog(&place, &[("Value of KEY: ", "half\u{3}")], &["set", "KEY"]);
    assert_eq!((done.code, done.echo), (-2, true), "{}", done.shown);
    place.refused(&["get", "KEY"], "not found");
    assert!(!place.read("strongroom.toml").contains("KEY"));
    let place = Place::with(&[("KEY", "v")]);
    let done = dialog(&place, &[("Value of KEY: ", "half\u{3}")], &["set", "KEY"]);
    assert_eq!((done.code, done.echo), (-2, true), "{}", done.shown);
    assert_eq!(place.ok(&["get", "KEY"]).out, "v");
}

#[test]
fn an_interrupt_at_a_new_passphrase_makes_no_store() {
    let place = Place::empty();
    let steps = [("New passphrase: ", "half a phrase\n"), ("The same again: ", CTRL_C)];
    let done = dialog(&place, &steps, &["init", "--seal", "passphrase"]);
    assert_eq!((done.code, done.echo), (-2, true), "{}", done.shown);
    assert!(!place.home().join("store.db").exists());
}

#[test]
fn two_passphrases_that_differ_make_no_store() {
    let place = Place::empty();
    let steps = [("New passphrase: ", "one phrase\n"), ("The same again: ", "another\n")];
    let done = dialog(&place, &steps, &["init", "--seal", "passphrase"]);
    assert_eq!(done.code, 1, "{}", done.shown);
    assert!(done.shown.contains("differ"), "{}", done.shown);
    assert!(!place.home().join("store.db").exists());
}

#[test]
fn a_secret_is_deleted_on_yes_and_kept_on_everything_else() {
    let place = Place::with(&[("KEY", "value")]);
    for answer in ["n\n", "\n", "what\n", CTRL_C, "\u{4}"] {
        let done =
            dialog(&place, &[("Delete secret/app/dev/KEY? [y/N] ", answer)], &["delete", "KEY"]);
        assert_ne!(done.code, 0, "{answer:?}: {}", done.shown);
        assert_eq!(place.ok(&["get", "KEY"]).out, "value", "{answer:?}");
    }
    let done = dialog(&place, &[("[y/N] ", "y\n")], &["delete", "KEY"]);
    assert_eq!(done.code, 0, "{}", done.shown);
    place.refused(&["get", "KEY"], "is deleted");
}

#[test]
fn a_secret_is_destroyed_on_yes_and_kept_on_everything_else() {
    let place = Place::with(&[("KEY", "one"), ("KEY", "two")]);
    for (question, arguments) in [
        ("for good? [y/N] ", &["destroy", "KEY", "--versions", "1"][..]),
        ("for good? [y/N] ", &["destroy", "KEY", "--all"]),
    ] {
        for answer in ["n\n", "\n", CTRL_C] {
            let done = dialog(&place, &[(question, answer)], arguments);
            assert_ne!(done.code, 0, "{answer:?}: {}", done.shown);
        }
        assert_eq!(place.ok(&["get", "KEY", "--version", "1"]).out, "one");
    }
    let done = dialog(&place, &[("[y/N] ", "yes\n")], &["destroy", "KEY", "--all"]);
    assert_eq!(done.code, 0, "{}", done.shown);
    place.refused(&["history", "KEY"], "not found");
}

#[test]
fn a_dotenv_file_is_moved_on_enter_and_kept_on_no() {
    let place = Place::empty();
    place.write(".env", "KEY=value-one\n");
    let done = dialog(&place, &[("[Y/n] ", "n\n")], &["init"]);
    assert_eq!(done.code, 0, "{}", done.shown);
    assert_eq!(place.read(".env"), "KEY=value-one\n");
    let done = dialog(&place, &[("[Y/n] ", CTRL_C)], &["init"]);
    assert_eq!(done.code, -2, "{}", done.shown);
    assert_eq!(place.read(".env"), "KEY=value-one\n");
    let done = dialog(&place, &[("[Y/n] ", "\n")], &["init"]);
    assert_eq!(done.code, 0, "{}", done.shown);
    assert!(!done.shown.contains("value-one"), "{}", done.shown);
    assert!(!place.path(".env").exists());
    assert_eq!(place.ok(&["get", "KEY"]).out, "value-one");
}

#[test]
fn a_value_on_a_terminal_ends_its_line() {
    let place = Place::with(&[("KEY", "value")]);
    assert_eq!(dialog(&place, &[], &["get", "KEY"]).shown, "value\r\n");
    assert_eq!(dialog(&place, &[], &["get", "KEY", "--no-newline"]).shown, "value");
}
