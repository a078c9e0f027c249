//! When, how often and by whom secrets were read.

use super::place::{Place, ServedPlace};

#[test]
fn reads_are_counted_and_what_nobody_reads_is_found() {
    let place = Place::with(&[("READ", "1"), ("UNREAD", "2")]);
    place.ok(&["get", "READ"]);
    place.ok(&["run", "--only", "READ", "--", "true"]);
    let told: serde_json::Value =
        serde_json::from_str(&place.ok(&["usage", "READ", "--json"]).out).expect("is JSON");
    assert_eq!(told["total"], 2);
    assert_eq!(told["versions"][0]["version"], 1);
    place.ok(&["usage", "UNREAD"]).expect_err("was never used");
    let listed = place.ok(&["usage"]).out;
    assert!(listed.contains("UNREAD  never"), "{listed}");
    let long = place.ok(&["list", "--long", "--json"]).out;
    let long: serde_json::Value = serde_json::from_str(&long).expect("is JSON");
    assert_eq!(long[0]["usage"]["total"], 2);
    place.ok(&["list", "--long"]).expect_out("LAST READ");
    let unused = place.ok(&["usage", "--unused-for", "0s", "--json"]).out;
    assert!(unused.contains("UNREAD"), "{unused}");
    assert_eq!(place.ok(&["usage", "--unused-for", "1d", "--json"]).out, "[]\n");
    place.run(&["usage", "READ", "--unused-for", "1d"]).expect_code(2);
    place.run(&["usage", "NONE"]).expect_code(1);
}

#[test]
fn a_server_tells_of_usage_as_a_store_does() {
    let place = ServedPlace::with(&[("READ", "1")]);
    place.ok(&["get", "READ"]);
    let told: serde_json::Value =
        serde_json::from_str(&place.ok(&["usage", "READ", "--json"]).out).expect("is JSON");
    assert_eq!(told["total"], 1);
    place.ok(&["usage"]).expect_out("READ");
    place.run(&["usage", "--token", "none"]).expect_code(1);
}
