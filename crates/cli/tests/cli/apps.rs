//! Apps, in a store of this machine and on a server.

use super::place::{Place, ServedPlace};

/// The value of a `KEY=value` line.
fn value<'t>(text: &'t str, key: &str) -> &'t str {
    let found = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("{key} is not in {text}"))
}

#[test]
fn an_app_of_a_local_store_is_made_shown_and_deleted_and_its_secrets_are_told_once() {
    let place = Place::with(&[]);
    let made = place.ok(&["app", "create", "web", "--policy", "web"]);
    for (key, length) in [
        ("VAULT_ROLE_ID", 36),
        ("VAULT_SECRET_ID", 36),
        ("AWS_ACCESS_KEY_ID", 20),
        ("AWS_SECRET_ACCESS_KEY", 40),
        ("AZURE_CLIENT_ID", 36),
        ("AZURE_CLIENT_SECRET", 40),
    ] {
        assert_eq!(value(&made.out, key).len(), length, "{key}");
    }
    assert_eq!(place.ok(&["app", "list"]).out, "web\n");
    let key = value(&made.out, "AWS_ACCESS_KEY_ID");
    let shown = place.ok(&["app", "show", "web"]).out;
    assert!(shown.contains(key), "{shown}");
    for secret in ["VAULT_SECRET_ID", "AWS_SECRET_ACCESS_KEY", "AZURE_CLIENT_SECRET"] {
        assert!(!shown.contains(value(&made.out, secret)), "{secret}");
    }
    place.ok(&["app", "disable", "web", "--key", key]);
    place.ok(&["app", "enable", "web", "--key", key]);
    place.ok(&["app", "disable", "web"]);
    place.ok(&["app", "show", "web"]).expect_out("disabled");
    place.ok(&["app", "enable", "web"]);
    place.ok(&["app", "set-policies", "web", "--policy", "other"]);
    place.ok(&["app", "show", "web", "--json"]).expect_out("\"other\"");
    place.run(&["app", "create", "web", "--policy", "web"]).expect_code(1);
    place.run(&["app", "delete", "web"]).expect_code(2);
    place.ok(&["app", "delete", "web", "--yes"]);
    assert_eq!(place.ok(&["app", "list"]).out, "");
    place.run(&["app", "show", "web"]).expect_code(1);
}

#[test]
fn a_credential_is_rotated_beside_the_others_or_in_their_place() {
    let place = Place::with(&[]);
    place.ok(&["app", "create", "web", "--policy", "web", "--door", "aws"]);
    let rotate = ["app", "rotate-credential", "web", "--door", "aws"];
    let second = place.ok(&rotate);
    let third = place.run(&rotate).expect_code(1);
    assert!(third.err.contains("2 active access keys"), "{}", third.err);
    place.ok(&[&rotate[..], &["--force"]].concat());
    let id = value(&second.out, "AWS_ACCESS_KEY_ID");
    place.ok(&["app", "remove-credential", "web", id]);
    place.run(&["app", "remove-credential", "web", id]).expect_code(1);
    let only = place.ok(&[&rotate[..], &["--end-others", "--json"]].concat());
    let shown: serde_json::Value = serde_json::from_str(&only.out).expect("is JSON");
    let read = place.ok(&["app", "show", "web", "--json"]);
    let read: serde_json::Value = serde_json::from_str(&read.out).expect("is JSON");
    assert_eq!(read["credentials"].as_array().map(Vec::len), Some(1));
    assert_eq!(read["credentials"][0]["id"], shown["credentials"][0]["id"]);
}

#[test]
fn the_lines_for_clients_go_to_a_file_of_its_owner_instead() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::with(&[]);
    let create = ["app", "create", "web", "--policy", "web", "--env-file", "web.env"];
    assert_eq!(place.ok(&create).out, "");
    let text = place.read("web.env");
    value(&text, "AWS_SECRET_ACCESS_KEY");
    let mode = std::fs::metadata(place.path("web.env")).expect("is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_server_has_apps_and_a_development_server_has_one_that_is_ready() {
    let place = ServedPlace::with(&[]);
    let made = place.ok(&["app", "create", "web", "--policy", "web"]);
    assert_eq!(value(&made.out, "VAULT_ADDR"), place.backend.value("STRONGROOM_ADDR"));
    let listed = place.ok(&["app", "list"]).out;
    assert_eq!(listed, "dev\nweb\n");
    assert_eq!(place.backend.value("VAULT_ROLE_ID").len(), 36);
    assert_eq!(place.backend.value("VAULT_SECRET_ID").len(), 36);
    place.ok(&["app", "show", "dev", "--json"]).expect_out("secret-id");
    place.ok(&["app", "rotate-credential", "dev", "--door", "azure", "--ttl", "90d"]);
    place.ok(&["app", "delete", "web", "--yes"]);
    place.run(&["app", "show", "web"]).expect_code(1);
}
