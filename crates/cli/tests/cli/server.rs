//! What only a server says: who is not let in, and what is done to it by operators.

use super::place::{Done, Place, ServedPlace, run_with_input};
use super::served::Server;

/// Run with another environment than the place has.
#[track_caller]
fn with(place: &ServedPlace, variables: &[(&str, &str)], arguments: &[&str]) -> Done {
    let mut command = place.command();
    for (name, value) in variables {
        command.env(name, value);
    }
    run_with_input(command.args(arguments), b"")
}

#[test]
fn a_wrong_token_is_refused_with_what_to_do() {
    let place = ServedPlace::with(&[("KEY", "value")]);
    let wrong = with(&place, &[("STRONGROOM_TOKEN", "hvs.wrong")], &["get", "KEY"]);
    let wrong = wrong.expect_code(1).expect_err("permission denied");
    let wrong = wrong.expect_err("put another one into STRONGROOM_TOKEN");
    assert!(!wrong.err.contains("hvs.wrong"), "{}", wrong.err);
    let none = with(&place, &[("STRONGROOM_TOKEN", "")], &["get", "KEY"]);
    none.expect_code(1).expect_err("wants a token").expect_err("export STRONGROOM_TOKEN=");
    let odd = with(&place, &[("STRONGROOM_TOKEN", "a\nb")], &["get", "KEY"]);
    odd.expect_code(1).expect_err("characters that no token has");
}

#[test]
fn a_server_that_is_not_there_is_told_with_its_address() {
    let place = ServedPlace::with(&[]);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let gone = with(&place, &[("STRONGROOM_ADDR", &address)], &["get", "KEY"]);
    let gone = gone.expect_code(1).expect_err("cannot be reached").expect_err(&address);
    gone.expect_err("is the server running");
    for bad in ["localhost:8200", "ftp://x", "https://u:cAnArY@host", "http://192.0.2.1:8200"] {
        let done = with(&place, &[("STRONGROOM_ADDR", bad)], &["get", "KEY"]).expect_code(1);
        assert!(!done.err.contains("cAnArY"), "{}", done.err);
        assert!(done.err.contains("https://"), "{}", done.err);
    }
}

#[test]
fn a_certificate_is_trusted_only_by_its_authority() {
    let place = ServedPlace::with(&[("KEY", "value")]);
    let address = place.backend.value("STRONGROOM_TLS_ADDR");
    let authority = place.backend.value("SSL_CERT_FILE");
    let here = ("STRONGROOM_ADDR", address.as_str());
    let unknown = with(&place, &[here], &["get", "KEY"]);
    let unknown = unknown.expect_code(1).expect_err("is not trusted");
    unknown.expect_err("export STRONGROOM_CACERT=FILE");
    let trusted = with(&place, &[here, ("STRONGROOM_CACERT", &authority)], &["get", "KEY"]);
    assert_eq!(trusted.expect_code(0).out, "value");
    let by_system = with(&place, &[here, ("SSL_CERT_FILE", &authority)], &["get", "KEY"]);
    assert_eq!(by_system.expect_code(0).out, "value");
    place.write("empty.pem", "");
    let empty = with(&place, &[here, ("STRONGROOM_CACERT", "empty.pem")], &["get", "KEY"]);
    empty.expect_code(1).expect_err("holds no certificate");
    let plain = format!("http{}", address.trim_start_matches("https"));
    with(&place, &[("STRONGROOM_ADDR", &plain)], &["get", "KEY"]).expect_code(1);
    let tls = place.backend.value("STRONGROOM_ADDR").replace("http", "https");
    with(&place, &[("STRONGROOM_ADDR", &tls)], &["get", "KEY"]).expect_code(1);
}

#[test]
fn what_is_done_to_a_store_of_this_machine_says_so() {
    let place = ServedPlace::with(&[]);
    for arguments in [
        &["backup", "copy.db"][..],
        &["rekey"],
        &["doctor"],
        &["audit", "verify"],
        &["audit", "tail"],
        &["audit", "query"],
        &["audit", "public-key"],
        &["operator", "generate-root"],
    ] {
        let done = place.refused(arguments, "a store of this machine");
        done.expect_err("unset STRONGROOM_ADDR");
    }
    assert!(!place.home().exists(), "no store is made where a server is used");
}

#[test]
fn status_tells_how_the_server_is_and_who_asks() {
    let place = ServedPlace::with(&[]);
    let done = place.ok(&["status", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(told["sealed"], false);
    assert_eq!(told["server"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(told["token"]["policies"][0], "root");
    place.ok(&["status"]).expect_out("open").expect_out("root");
    let stranger = with(&place, &[("STRONGROOM_TOKEN", "")], &["status"]);
    stranger.expect_code(0).expect_out("no token");
    let local = Place::with(&[]);
    local.ok(&["status"]).expect_out("open").expect_out("owner");
}

#[test]
fn tokens_are_made_looked_up_renewed_and_revoked() {
    let place = ServedPlace::with(&[("KEY", "value")]);
    place.write("read.hcl", r#"path "secret/app/dev/KEY" { capabilities = ["read"] }"#);
    place.ok(&["policy", "write", "reader", "read.hcl"]);
    let token = place.ok(&["token", "create", "--policy", "reader", "--ttl", "1h"]).out;
    let token = token.trim();
    assert!(token.starts_with("hvs."), "{token}");
    let as_reader = [("STRONGROOM_TOKEN", token)];
    assert_eq!(with(&place, &as_reader, &["get", "KEY"]).expect_code(0).out, "value");
    let denied = with(&place, &as_reader, &["set", "KEY", "other"]).expect_code(1);
    denied.expect_err("permission denied").expect_err("strongroom explain ");
    with(&place, &as_reader, &["token", "lookup"]).expect_code(0).expect_out("reader");
    with(&place, &as_reader, &["token", "renew", "--increment", "2h"]).expect_code(0);
    let seen = with(&place, &as_reader, &["token", "lookup", "--json"]).expect_code(0).out;
    let seen: serde_json::Value = serde_json::from_str(&seen).expect("JSON");
    let accessor = seen["accessor"].as_str().expect("an accessor");
    place.ok(&["token", "revoke", "--accessor", accessor]);
    let gone = with(&place, &as_reader, &["get", "KEY"]).expect_code(1);
    gone.expect_err("STRONGROOM_TOKEN");
    let own = place.ok(&["token", "create", "--policy", "reader"]).out;
    let as_own = [("STRONGROOM_TOKEN", own.trim())];
    with(&place, &as_own, &["token", "revoke", "--self"]).expect_code(0);
    with(&place, &as_own, &["token", "lookup"]).expect_code(1);
    place.run(&["token", "revoke"]).expect_code(2);
    Place::with(&[]).refused(&["token", "create"], "STRONGROOM_ADDR").expect_err("generate-root");
}

#[test]
fn policies_are_written_read_listed_and_deleted_here_and_there() {
    fn policies<B: super::place::Backend>(place: &super::place::At<B>) {
        let text = "path \"secret/app/*\" { capabilities = [\"read\"] }\n";
        place.write("app.hcl", text);
        place.ok(&["policy", "write", "app", "app.hcl"]).expect_err("wrote the policy app");
        assert_eq!(place.ok(&["policy", "read", "app"]).out, text);
        place.ok(&["policy", "list"]).expect_out("app\n");
        place.ok_with_input(&["policy", "write", "app", "-"], "path \"a\" { policy = \"read\" }");
        place.ok(&["policy", "delete", "app", "--yes"]);
        place.refused(&["policy", "read", "app"], "was not found");
        place.write("bad.hcl", "path {");
        place.refused(&["policy", "write", "app", "bad.hcl"], "failed to parse policy");
        place.run(&["policy", "delete", "app"]).expect_code(2).expect_err("--yes");
    }
    policies(&Place::with(&[]));
    policies(&ServedPlace::with(&[]));
}

#[test]
fn the_owner_of_a_store_makes_the_first_token_of_its_server() {
    let place = Place::with(&[("KEY", "value")]);
    let token = place.ok(&["operator", "generate-root"]).out;
    assert!(token.starts_with("hvs."), "{token}");
    let again = place.ok(&["operator", "generate-root"]).out;
    assert_ne!(token, again);
    place.ok(&["audit", "query", "--operation", "root-token-create"]).expect_out("accessor=");
}

#[test]
fn what_a_server_left_that_was_killed_is_removed_by_the_next() {
    let directory = tempfile::TempDir::new().expect("a folder");
    let folders = || {
        let entries = std::fs::read_dir(directory.path()).expect("is read");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let names = names.filter(|name| name.to_string_lossy().starts_with("strongroom-dev-"));
        names.collect::<Vec<_>>()
    };
    // Its end here is a SIGKILL.
    drop(Server::with(directory.path(), &[]));
    let left = folders();
    assert_eq!(left.len(), 1);
    let next = Server::with(directory.path(), &[]);
    let own = folders();
    assert_eq!((own.len(), own == left), (1, false));
    let beside = Server::with(directory.path(), &[]);
    assert_eq!(folders().len(), 2, "one that runs keeps its folder");
    drop((next, beside));
}
