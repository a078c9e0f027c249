//! init: the first minute.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use super::place::Place;

const DOTENV: &str = "# the key\nAPI_KEY=value-one\nexport DB_URL=\"postgres://u:p@h/db\"\n";

#[test]
fn a_dotenv_file_is_moved_in_and_names_are_left() {
    let place = Place::empty();
    place.write(".env", DOTENV);
    let done = place.ok(&["init", "--yes"]);
    assert!(!place.path(".env").exists());
    assert_eq!(place.ok(&["get", "API_KEY"]).out, "value-one");
    assert_eq!(place.ok(&["get", "DB_URL"]).out, "postgres://u:p@h/db");
    assert_eq!(place.read(".gitignore"), ".env\n");
    let example = place.read(".env.example");
    assert!(example.contains("API_KEY=") && example.contains("# the key"), "{example}");
    assert!(place.read("strongroom.toml").contains("[secrets.API_KEY]"));
    for text in [&done.out, &done.err, &example, &place.read("strongroom.toml")] {
        assert!(!text.contains("value-one") && !text.contains("postgres"), "{text}");
    }
    assert_eq!(done.out, "");
}

#[test]
fn without_a_yes_or_a_terminal_the_file_stays() {
    let place = Place::empty();
    place.write(".env", DOTENV);
    place.ok(&["init"]).expect_err("strongroom init --yes");
    assert_eq!(place.read(".env"), DOTENV);
    assert!(!place.path("strongroom.toml").exists());
}

#[test]
fn a_broken_line_is_named_and_nothing_is_moved() {
    let place = Place::empty();
    place.write(".env", "GOOD=1\nthis is no line of value-two\n");
    let done = place.refused(&["init", "--yes"], ".env:2");
    assert!(!done.err.contains("value-two"), "{}", done.err);
    assert!(place.path(".env").exists());
    assert!(!place.path("strongroom.toml").exists() && !place.path(".gitignore").exists());
    place.refused(&["get", "GOOD"], "not found");
}

#[test]
fn a_second_init_keeps_the_store() {
    let place = Place::with(&[("KEY", "value")]);
    place.ok(&["init"]).expect_err("using the store in");
    assert_eq!(place.ok(&["get", "KEY"]).out, "value");
}

#[test]
fn a_later_dotenv_file_is_added_to_the_project() {
    let place = Place::with(&[("KEY", "value")]);
    place.write(".env", "NEW=later\n");
    place.ok(&["init", "--yes"]);
    assert_eq!(place.ok(&["get", "NEW"]).out, "later");
    let toml = place.read("strongroom.toml");
    assert!(toml.contains("[secrets.KEY]") && toml.contains("[secrets.NEW]"), "{toml}");
}

#[test]
fn an_example_that_is_there_is_kept() {
    let place = Place::empty();
    place.write(".env", DOTENV);
    place.write(".env.example", "mine\n");
    place.ok(&["init", "--yes"]);
    assert_eq!(place.read(".env.example"), "mine\n");
}

#[test]
fn a_file_that_git_knows_is_warned_of() {
    let place = Place::empty();
    place.write(".env", DOTENV);
    for arguments in [&["init", "--quiet"][..], &["add", ".env"]] {
        let status = Command::new("git").args(arguments).current_dir(place.folder()).status();
        assert!(status.expect("git runs").success());
    }
    place.ok(&["init", "--yes"]).expect_err("git's history");
}

#[test]
fn the_store_and_its_key_are_for_their_owner_alone() {
    let place = Place::with(&[("KEY", "value")]);
    let mode =
        |path: std::path::PathBuf| path.metadata().expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(place.home()), 0o700);
    for name in ["store.db", "store.key"] {
        assert_eq!(mode(place.home().join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(place.home().join("audit")), 0o700);
}

#[test]
fn a_key_file_elsewhere_is_made_and_used_there() {
    let place = Place::empty();
    let key = place.path("elsewhere.key");
    let key = key.to_str().expect("UTF-8");
    place.ok(&["init", "--key-file", key]);
    place.ok(&["set", "KEY", "value", "--key-file", key]);
    assert_eq!(place.ok(&["get", "KEY", "--key-file", key]).out, "value");
    place.refused(&["get", "KEY"], "is missing").expect_err("--key-file FILE");
}

#[test]
fn a_key_file_that_is_there_is_never_overwritten() {
    let place = Place::empty();
    std::fs::create_dir(place.home()).expect("a folder");
    std::fs::write(place.home().join("store.key"), "somebody's").expect("is written");
    place.refused(&["init"], "is there already");
    let kept = std::fs::read_to_string(place.home().join("store.key")).expect("is read");
    assert_eq!(kept, "somebody's");
}

#[test]
fn a_project_gets_the_folders_name() {
    let place = Place::empty();
    place.ok(&["init"]);
    assert!(place.read("strongroom.toml").contains("project = \"app\""));
}

#[test]
fn commands_before_init_say_to_init() {
    let place = Place::empty();
    for arguments in [&["get", "KEY"][..], &["list"], &["run", "--", "true"], &["audit", "verify"]]
    {
        place.refused(arguments, "strongroom init");
    }
}
