//! The program called as `vault`, as programs call it that drive Vault's command.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use serde_json::Value;
use strongroom_client::{Address, Settings, Transport};

use super::place::{Done, Place, ServedPlace, run_with_input};

/// A command of the program called by the name `vault`, told of the place's server.
fn vault(place: &ServedPlace, arguments: &[&str]) -> Command {
    let program = place.path("vault");
    if !program.exists() {
        symlink(env!("CARGO_BIN_EXE_strongroom"), &program).expect("a link");
    }
    let mut command = place.command_of(program.to_str().expect("text"));
    command
        .env("VAULT_ADDR", place.backend.value("VAULT_ADDR"))
        .env("VAULT_TOKEN", place.backend.value("VAULT_TOKEN"))
        .args(arguments);
    command
}

#[track_caller]
fn run(place: &ServedPlace, arguments: &[&str]) -> Done {
    run_with_input(&mut vault(place, arguments), b"")
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn the_version_is_what_programs_look_for() {
    let place = ServedPlace::empty();
    for arguments in [&["-version"][..], &["version"], &["--version"], &["-v"]] {
        let out = run(&place, arguments).expect_code(0).out;
        assert!(out.starts_with("Vault v1.16.0 (strongroom "), "{out}");
    }
    place.ok(&["vault", "-version"]).expect_out("Vault v1.16");
}

#[test]
fn the_status_is_told_by_the_exit_code() {
    let place = ServedPlace::empty();
    run(&place, &["status"]).expect_code(0).expect_out("Sealed");
    let told = json(&run(&place, &["status", "-format=json"]).expect_code(0).out);
    assert_eq!(told["sealed"], false);
    let address = place.backend.value("VAULT_ADDR");
    let by_flag = ["status", &format!("-address={address}")];
    run_with_input(vault(&place, &by_flag).env("VAULT_ADDR", "http://127.0.0.1:1"), b"")
        .expect_code(0);
    let gone = run(&place, &["status", "-address=http://127.0.0.1:1"]).expect_code(1);
    gone.expect_err("cannot be reached");
}

#[test]
fn a_secret_is_put_read_listed_and_deleted() {
    let place = ServedPlace::empty();
    place.write("value", "from a file\n");
    run(&place, &["kv", "put", "secret/app/db", "user=me", "file=@value"]).expect_code(0);
    let read =
        json(&run(&place, &["kv", "get", "-format=json", "secret/app/db"]).expect_code(0).out);
    assert_eq!(read["data"]["data"]["user"], "me");
    assert_eq!(read["data"]["metadata"]["version"], 1);
    assert_eq!(run(&place, &["kv", "get", "-field=user", "secret/app/db"]).out, "me\n");
    let by_mount = ["kv", "get", "-mount=secret", "-field=file", "app/db"];
    assert_eq!(run(&place, &by_mount).expect_code(0).out, "from a file\n\n");
    run(&place, &["kv", "get", "secret/app/db"]).expect_code(0).expect_out("created_time");
    let input = br#"{"user": "you", "n": 1}"#;
    run_with_input(&mut vault(&place, &["kv", "put", "secret/app/db", "-"]), input).expect_code(0);
    assert_eq!(run(&place, &["kv", "get", "-field=n", "secret/app/db"]).out, "1\n");
    let old = ["kv", "get", "-version=1", "-field=user", "secret/app/db"];
    assert_eq!(run(&place, &old).out, "me\n");
    run(&place, &["kv", "put", "-cas=1", "secret/app/db", "a=b"]).expect_code(2);
    assert_eq!(json(&run(&place, &["kv", "list", "-format=json", "secret"]).out)[0], "app/");
    run(&place, &["kv", "list", "secret/app"]).expect_code(0).expect_out("db");
    run(&place, &["kv", "delete", "secret/app/db"]).expect_code(0).expect_out("Success!");
    run(&place, &["kv", "get", "secret/app/db"]).expect_code(2);
    let none = run(&place, &["kv", "get", "secret/none"]).expect_code(2);
    none.expect_err("No value found at secret/data/none");
    run(&place, &["kv", "list", "secret/none"]).expect_code(2).expect_err("No value found");
    run(&place, &["kv", "get", "-field=other", "secret/app/db"]).expect_code(1);
}

#[test]
fn a_mount_of_version_1_is_used_with_the_same_commands() {
    let place = ServedPlace::empty();
    let settings = Settings {
        address: Address::parse(&place.backend.value("VAULT_ADDR")).expect("an address"),
        authority: None,
        program: "test".to_owned(),
        allows_clear: false,
    };
    let token = zeroize::Zeroizing::new(place.backend.value("VAULT_TOKEN"));
    let headers = [("x-vault-token", token)];
    let transport = Transport::new(&settings).expect("a transport");
    let body = br#"{"type":"kv","options":{"version":"1"}}"#;
    let mounted = transport.send("POST", "/v1/sys/mounts/old/one", &headers, Some(body));
    assert_eq!(mounted.expect("is answered").status, 204);
    let put = run(&place, &["kv", "put", "old/one/app/db", "user=me", "n=1"]).expect_code(0);
    put.expect_out("Success! Data written to: old/one/app/db");
    assert_eq!(run(&place, &["kv", "get", "-field=user", "old/one/app/db"]).out, "me\n");
    let by_mount = ["kv", "get", "-mount=old/one", "-field=n", "app/db"];
    assert_eq!(run(&place, &by_mount).expect_code(0).out, "1\n");
    let read = run(&place, &["kv", "get", "-format=json", "old/one/app/db"]).expect_code(0);
    assert_eq!(json(&read.out)["data"]["user"], "me");
    let table = run(&place, &["kv", "get", "old/one/app/db"]).expect_code(0);
    assert!(!table.out.contains("created_time"), "{}", table.out);
    assert_eq!(json(&run(&place, &["kv", "list", "-format=json", "old/one"]).out)[0], "app/");
    run(&place, &["kv", "list", "old/one/app"]).expect_code(0).expect_out("db");
    run(&place, &["kv", "delete", "-versions=1", "old/one/app/db"]).expect_code(1);
    run(&place, &["kv", "delete", "old/one/app/db"]).expect_code(0).expect_out("Success!");
    let gone = run(&place, &["kv", "get", "old/one/app/db"]).expect_code(2);
    gone.expect_err("No value found at old/one/app/db");
}

#[test]
fn what_vault_wrote_the_native_command_reads() {
    let place = ServedPlace::empty();
    run(&place, &["kv", "put", "secret/app/KEY", "value=same"]).expect_code(0);
    assert_eq!(place.ok(&["get", "secret/app/KEY"]).out, "same");
}

#[test]
fn a_refusal_has_vaults_words_and_never_the_token() {
    let place = ServedPlace::empty();
    let wrong = "hvs.wrong-cAnArY";
    let done =
        run_with_input(vault(&place, &["kv", "get", "secret/a"]).env("VAULT_TOKEN", wrong), b"");
    let done = done.expect_code(2).expect_err("Code: 403. Errors:").expect_err("permission denied");
    assert!(!done.err.contains("cAnArY"), "{}", done.err);
    let usage = run(&place, &["kv", "put", "secret/a", "cAnArY"]).expect_code(1);
    assert!(!usage.err.contains("cAnArY"), "{}", usage.err);
    let kept = place.folder().parent().expect("a home").join(".vault-token");
    std::fs::write(kept, place.backend.value("VAULT_TOKEN")).expect("is written");
    let kept = run_with_input(
        vault(&place, &["kv", "put", "secret/a", "a=b"]).env_remove("VAULT_TOKEN"),
        b"",
    );
    kept.expect_code(0);
}

#[test]
fn certificates_are_verified_whatever_is_asked() {
    let place = ServedPlace::empty();
    let address = place.backend.value("STRONGROOM_TLS_ADDR");
    let authority = place.backend.value("VAULT_CACERT");
    let with = |name: &str, value: &str| {
        let mut command = vault(&place, &["status"]);
        run_with_input(command.env("VAULT_ADDR", &address).env(name, value), b"")
    };
    with("VAULT_CACERT", &authority).expect_code(0);
    with("VAULT_CACERT", "").expect_code(1).expect_err("is not trusted");
    with("VAULT_SKIP_VERIFY", "true").expect_code(1).expect_err("VAULT_CACERT");
    with("VAULT_SKIP_VERIFY", "false").expect_code(1).expect_err("is not trusted");
}

#[test]
fn an_encoded_root_token_is_decoded_with_its_otp() {
    let place = ServedPlace::empty();
    // openbao, command/operator_generate_root_test.go
    let (encoded, otp) = ("Bxg9JQQqOCNKBRICNwMIRzo2J3cWCBRi", "3JhHkONiyiaNYj14nnD9xZQS");
    let decode = ["operator", "generate-root", "-decode", encoded, "-otp", otp];
    assert_eq!(run(&place, &decode).expect_code(0).out, "4RUmoevJ3lsLni9sTXcNnRE1\n");
    let otp = run(&place, &["operator", "generate-root", "-generate-otp"]).expect_code(0).out;
    assert_eq!(otp.trim().len(), 28);
    run(&place, &["operator", "generate-root"]).expect_code(1);
    run(&place, &["operator", "generate-root", "-decode", "x"]).expect_code(1);
}

#[test]
fn a_development_server_says_what_programs_wait_for() {
    let place = Place::empty();
    let mut command = place.command();
    command.env("TMPDIR", place.folder()).args([
        "vault",
        "server",
        "-dev",
        "-dev-root-token-id=root-of-test",
        "-dev-listen-address=127.0.0.1:0",
    ]);
    let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
    let lines = BufReader::new(server.stdout.take().expect("a pipe")).lines();
    let (mut address, mut token, mut started) = (None, None, false);
    for line in lines.map_while(Result::ok) {
        started |= line.contains("Vault server started!");
        address = address.or(line.split_once("Api Address: ").map(|(_, text)| text.to_owned()));
        if let Some((_, text)) = line.split_once("Root Token: ") {
            token = Some(text.to_owned());
            break;
        }
    }
    let address = address.expect("an address");
    assert_eq!((started, token.as_deref()), (true, Some("root-of-test")));
    let mut status = place.command();
    status.args(["vault", "kv", "put", "secret/a", "b=c"]).env("VAULT_ADDR", &address);
    run_with_input(status.env("VAULT_TOKEN", "root-of-test"), b"").expect_code(0);
    server.kill().expect("ends");
    server.wait().expect("has ended");
}

#[test]
fn a_server_needs_a_configuration() {
    let place = Place::empty();
    place.run(&["vault", "server"]).expect_code(1).expect_err("-config");
    place.write("a.hcl", "storage \"nonsense\" {}\n");
    place.run(&["vault", "server", "-config=a.hcl"]).expect_code(1);
    place.write("b.json", "{}");
    let done = place.run(&["vault", "server", "-config=a.hcl", "-config=b.json"]);
    done.expect_code(1).expect_err("joined only when all are .hcl");
    place.run(&["vault", "nothing"]).expect_code(1);
}
