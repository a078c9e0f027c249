//! What operators do to a server that is opened with shares: a process of its own, over TLS.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::process::{Child, Stdio};

use serde_json::Value;

use super::place::{Done, Place, ServedPlace, run_with_input};

/// A server whose store has no keys yet, and ends with the test.
struct Sealed {
    place: Place,
    process: Child,
    address: String,
    token: String,
    shares: Vec<String>,
}

impl Sealed {
    fn new() -> Self {
        let place = Place::empty();
        let folder = place.folder();
        place.write(
            "server.toml",
            &format!(
                "[[listeners]]\naddress = \"127.0.0.1:0\"\n\n[storage]\npath = \"{}/store\"\n\n\
                 [seal]\ntype = \"shamir\"\n\n[log]\nformat = \"json\"\n",
                folder.display()
            ),
        );
        let mut command = place.command();
        command.args(["server", "--config", "server.toml"]);
        let mut process = command.stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut log = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let address = log.by_ref().map_while(Result::ok).find_map(|line| {
            let said: Value = serde_json::from_str(&line).ok()?;
            let is_it = said["message"] == "listening";
            is_it.then(|| said["address"].as_str().expect("an address").to_owned())
        });
        // What it says afterwards must find a reader.
        std::thread::spawn(move || log.for_each(drop));
        let address = format!("https://{}", address.expect("it listens"));
        Self { place, process, address, token: String::new(), shares: Vec::new() }
    }

    /// With keys: this many shares, of which two open the store.
    fn with_keys() -> Self {
        let mut server = Self::new();
        let made = server.run(&["operator", "init", "--shares", "3", "--threshold", "2"], "");
        let mut lines: Vec<String> = made
            .expect_code(0)
            .expect_err("strongroom unseal")
            .out
            .lines()
            .map(Into::into)
            .collect();
        server.token = lines.pop().expect("a token");
        assert_eq!((lines.len(), server.token.starts_with("hvs.")), (3, true));
        server.shares = lines;
        server
    }

    fn run(&self, arguments: &[&str], input: &str) -> Done {
        let mut command = self.place.command();
        let authority = self.place.path("store/tls/ca.pem");
        command
            .env("STRONGROOM_ADDR", &self.address)
            .env("STRONGROOM_CACERT", &authority)
            .env("STRONGROOM_TOKEN", &self.token);
        run_with_input(command.args(arguments), input.as_bytes())
    }

    /// The program called by the name `vault`.
    fn vault(&self, arguments: &[&str]) -> Done {
        let program = self.place.path("vault");
        if !program.exists() {
            symlink(env!("CARGO_BIN_EXE_strongroom"), &program).expect("a link");
        }
        let mut command = self.place.command_of(program.to_str().expect("text"));
        command
            .env("VAULT_ADDR", &self.address)
            .env("VAULT_CACERT", self.place.path("store/tls/ca.pem"))
            .env("VAULT_TOKEN", &self.token);
        run_with_input(command.args(arguments), b"")
    }

    fn state(&self) -> (Value, Value, Value) {
        let told = self.run(&["operator", "status", "--json"], "").out;
        let told: Value = serde_json::from_str(&told).expect("JSON");
        (told["initialised"].clone(), told["sealed"].clone(), told["progress"].clone())
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_server_gets_its_keys_is_opened_and_sealed() {
    let server = Sealed::new();
    server.run(&["operator", "status"], "").expect_code(1).expect_out("without keys yet");
    let none = server.run(&["unseal", "-"], "x").expect_code(1);
    none.expect_err("no keys yet").expect_err("strongroom operator init");
    drop(server);

    let server = Sealed::with_keys();
    let [first, second, third] = &server.shares[..] else { panic!("three shares") };
    server.run(&["operator", "init"], "").expect_code(1).expect_err("already");
    let one = server.run(&["unseal", "-"], &format!("{first}\n{first}\n")).expect_code(0);
    one.expect_err("1 of 2 shares are there").expect_err("was brought before");
    assert_eq!(server.state(), (true.into(), true.into(), 1.into()));
    server.run(&["unseal", "--reset"], "").expect_code(0);
    assert_eq!(server.state().2, 0);
    server.run(&["operator", "unseal", "-"], first).expect_code(0);
    server.run(&["unseal", "-"], &format!("\n  {third}\n")).expect_code(0).expect_err("is open");
    server.run(&["unseal", "-"], second).expect_code(0).expect_err("open already");
    server.run(&["operator", "status"], "").expect_code(0).expect_out("shares   2 of 3");
    server.run(&["seal"], "").expect_code(0).expect_err("strongroom unseal");
    server.run(&["status"], "").expect_code(1).expect_out("sealed");
    server.run(&["operator", "seal"], "").expect_code(1).expect_err("sealed");
}

#[test]
fn a_share_that_is_wrong_is_not_shown_again() {
    let server = Sealed::with_keys();
    let input = format!("{}\nwrong-cAnArY\n", server.shares[0]);
    let wrong = server.run(&["unseal", "-"], &input).expect_code(1);
    assert!(!wrong.err.contains("cAnArY") && !wrong.err.contains(&server.shares[0]));
    let argument = server.run(&["unseal", "cAnArY"], "").expect_code(2);
    argument.expect_err("possible values: -");
    let nobody = server.run(&["unseal"], "");
    nobody.expect_code(1).expect_err("there is no terminal").expect_err("standard input");
}

#[test]
fn a_server_gets_new_shares() {
    let server = Sealed::with_keys();
    let old = format!("{}\n{}\n", server.shares[0], server.shares[1]);
    server.run(&["unseal", "-"], &old).expect_code(0);
    let few = ["operator", "rekey", "--shares", "2", "--threshold", "2", "--no-verify", "-"];
    let broken = server.run(&few, &server.shares[0]).expect_code(1);
    broken.expect_err("the present shares stay");
    let made = server.run(&few, &old).expect_code(0).expect_err("the old ones no longer do");
    server.run(&["seal"], "").expect_code(0);
    server.run(&["unseal", "-"], &old).expect_code(1);
    server.run(&["unseal", "-"], &made.out).expect_code(0).expect_err("is open");
    // Without a terminal nobody can show the new ones.
    server.run(&["operator", "rekey"], "").expect_code(1).expect_err("there is no terminal");
    server.run(&["operator", "rekey", "--cancel"], "").expect_code(0);
    server.run(&["operator", "rekey", "-"], &made.out).expect_code(2).expect_err("--no-verify");
}

#[test]
fn what_needs_a_token_is_refused_without_one() {
    let mut server = Sealed::with_keys();
    let old = server.shares.join("\n");
    server.run(&["unseal", "-"], &old).expect_code(0);
    server.token = "hvs.none".to_owned();
    server.run(&["seal"], "").expect_code(1).expect_err("permission denied");
    let rekey = server.run(&["operator", "rekey", "--no-verify", "-"], &old).expect_code(1);
    rekey.expect_err("permission denied");
    assert_eq!(server.state(), (true.into(), false.into(), 0.into()));
}

#[test]
fn a_store_of_this_machine_is_told_what_does_it_there() {
    let place = Place::with(&[]);
    for (arguments, hint) in [
        (&["seal"][..], "export STRONGROOM_ADDR="),
        (&["unseal", "-"], "export STRONGROOM_ADDR="),
        (&["operator", "init"], "strongroom init"),
        (&["operator", "rekey"], "strongroom rekey"),
    ] {
        place.refused(arguments, "STRONGROOM_ADDR names none").expect_err(hint);
    }
    place.ok(&["operator", "status"]).expect_out("open");
    let served = ServedPlace::empty();
    served.ok(&["operator", "status"]).expect_out("keyfile");
}

#[test]
fn vaults_own_command_makes_opens_rekeys_and_seals() {
    let mut server = Sealed::new();
    server.vault(&["operator", "init", "-status"]).expect_code(2);
    let init = ["operator", "init", "-key-shares=3", "-key-threshold=2", "-format=json"];
    let made: Value = serde_json::from_str(&server.vault(&init).expect_code(0).out).expect("JSON");
    let texts = |name: &str| -> Vec<String> {
        let values = made[name].as_array().cloned().unwrap_or_else(|| vec![made[name].clone()]);
        values.iter().map(|value| value.as_str().expect("text").to_owned()).collect()
    };
    server.token = texts("root_token").remove(0);
    let keys = texts("unseal_keys_b64");
    server.vault(&["operator", "init", "-status"]).expect_code(0);
    server.vault(&["status"]).expect_code(2).expect_out("Sealed");
    server.vault(&["operator", "unseal", &keys[0]]).expect_code(0).expect_out("1");
    server.vault(&["operator", "unseal", "-reset"]).expect_code(0);
    for key in &keys[..2] {
        server.vault(&["operator", "unseal", key]).expect_code(0);
    }
    server.vault(&["status"]).expect_code(0);
    let none = server.vault(&["operator", "rekey", &keys[0]]).expect_code(1);
    none.expect_err("vault operator rekey -init");
    let begin = ["operator", "rekey", "-init", "-key-shares=1", "-key-threshold=1"];
    server.vault(&begin).expect_code(0).expect_out("started");
    server.vault(&["operator", "rekey", "-cancel"]).expect_code(0);
    server.vault(&begin).expect_code(0);
    server.vault(&["operator", "rekey", &keys[0]]).expect_code(0);
    let made = server.vault(&["operator", "rekey", &keys[2]]).expect_code(0).out;
    let (_, rest) = made.split_once("Key 1: ").expect("the new share");
    let new = rest.lines().next().expect("a line");
    server.vault(&["operator", "seal"]).expect_code(0).expect_out("Success!");
    server.vault(&["status"]).expect_code(2);
    server.vault(&["operator", "unseal", new]).expect_code(0);
    server.vault(&["status"]).expect_code(0);
    server.vault(&["kv", "put", "secret/a", "b=c"]).expect_code(0);
    assert_eq!(server.vault(&["kv", "get", "-field=b", "secret/a"]).out, "c\n");
}
