//! A canary value goes through every command, and is found nowhere but where it belongs.

use std::collections::BTreeSet;

use data_encoding::{BASE64, BASE64URL, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};

use super::place::{Done, Place, ServedPlace, run_with_input};

const CANARY: &str = "cAnArY-7f3Qz+93/kW=Zx";

/// The canary in the forms in which it could be written by accident.
fn forms() -> Vec<Vec<u8>> {
    let bytes = CANARY.as_bytes();
    let mut forms: Vec<Vec<u8>> = vec![
        bytes.to_vec(),
        HEXLOWER.encode(bytes).into(),
        HEXUPPER.encode(bytes).into(),
        CANARY.bytes().rev().collect(),
        CANARY.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D").into(),
        CANARY.replace('/', "\\/").into(),
        CANARY.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ];
    // Base64 of a text that holds the canary at each of the three alignments, without the ends that depend on
    // what stands beside it.
    for shift in 0..3 {
        let padded = [&b"xx"[..shift], bytes].concat();
        for encoding in [BASE64, BASE64URL, BASE64URL_NOPAD] {
            let text = encoding.encode(&padded);
            forms.push(text.as_bytes()[4..text.len() - 4].to_vec());
        }
    }
    forms
}

#[track_caller]
fn is_clean(place: &str, bytes: &[u8]) {
    for form in forms() {
        let found = bytes.windows(form.len()).any(|window| window == form);
        assert!(!found, "{place} holds the canary as {:?}", String::from_utf8_lossy(&form));
    }
}

struct Watch {
    place: Place,
    seen: BTreeSet<String>,
}

impl Watch {
    /// Run a command whose streams must both be clean.
    #[track_caller]
    fn clean(&mut self, arguments: &[&str]) -> Done {
        let done = self.with_input(arguments, b"");
        is_clean(&format!("the standard output of {arguments:?}"), done.out.as_bytes());
        done
    }

    /// Run a command that may write the canary on its standard output, and nowhere else.
    #[track_caller]
    fn with_input(&mut self, arguments: &[&str], input: &[u8]) -> Done {
        self.seen.insert(arguments[0].to_owned());
        let done = run_with_input(self.place.command().args(arguments), input);
        is_clean(&format!("the error output of {arguments:?}"), done.err.as_bytes());
        done
    }
}

#[test]
fn a_canary_is_found_nowhere_but_where_it_belongs() {
    let mut watch = Watch { place: Place::empty(), seen: BTreeSet::new() };
    watch.place.write(".env", &format!("CANARY={CANARY}\nOTHER=1\n"));
    watch.clean(&["init", "--yes"]).expect_code(0);
    watch.with_input(&["set", "CANARY", "-"], CANARY.as_bytes()).expect_code(0);
    assert_eq!(watch.with_input(&["get", "CANARY"], b"").expect_code(0).out, CANARY);
    watch.with_input(&["export"], b"").expect_code(0).expect_out("cAnArY");
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["history", "CANARY"],
        &["history", "CANARY", "--json"],
        &["tag", "CANARY", "a=b"],
        &["check"],
        &["check", "--json"],
        &["diff", "dev", "dev"],
        &["rollback", "CANARY"],
        &["delete", "CANARY", "--versions", "1"],
        &["undelete", "CANARY"],
        &["run", "--", "true"],
        &["run", "--watch", "--", "true"],
        &["audit", "tail", "-n", "1000"],
        &["audit", "query", "--json"],
        &["audit", "verify"],
        &["doctor"],
        &["backup", "copy.db"],
        &["rekey", "--rotate-data-key"],
        &["completions", "bash"],
        &["status"],
        &["app", "list"],
        &["usage"],
        &["usage", "CANARY", "--json"],
        &["list", "--long"],
        &["policy", "list"],
        &["operator", "generate-root"],
        &["vault", "version"],
    ] {
        watch.clean(arguments).expect_code(0);
    }
    watch.clean(&["restore", "copy.db", "--yes"]).expect_code(1);
    watch.clean(&["token", "lookup"]).expect_code(1);
    watch.clean(&["seal"]).expect_code(1);
    watch.with_input(&["unseal", "-"], CANARY.as_bytes()).expect_code(1);
    watch.clean(&["explain", &"0".repeat(32)]).expect_code(1);
    errors(&mut watch);
    watch.clean(&["destroy", "CANARY", "--versions", "1", "--yes"]).expect_code(0);
    let all = strongroom::definition();
    let unseen: Vec<_> = all
        .get_subcommands()
        .map(|command| command.get_name().to_owned())
        .filter(|name| name != "help" && !watch.seen.contains(name))
        .collect();
    assert!(unseen.is_empty(), "not tried with the canary: {unseen:?}");
    for (path, bytes) in watch.place.home_files().into_iter().chain(watch.place.folder_files()) {
        is_clean(&path.display().to_string(), &bytes);
    }
}

/// Input that is refused while it holds the canary.
fn errors(watch: &mut Watch) {
    for (name, text) in [
        ("bad.env", format!("A={CANARY}\n{CANARY} is no line\n")),
        ("bad.json", format!("{{\"A\": \"{CANARY}\", \"B\": {CANARY}}}")),
        ("bad.yaml", format!("A: [{CANARY}\n")),
        ("bad.toml", format!("A = {CANARY}\n")),
        ("nested.json", format!("{{\"A\": {{\"B\": \"{CANARY}\"}}}}")),
        ("null.json", format!("{{\"A\": \"{CANARY}\", \"B\": null}}")),
    ] {
        watch.place.write(name, &text);
        watch.clean(&["import", name]).expect_code(1);
        std::fs::remove_file(watch.place.path(name)).expect("is removed");
    }
    watch.place.write("server.toml", &format!("[tls]\nfolder = \"{CANARY}\"\n{CANARY} = 1\n"));
    watch.clean(&["server", "--config", "server.toml"]).expect_code(1);
    std::fs::remove_file(watch.place.path("server.toml")).expect("is removed");
    let toml = watch.place.read("strongroom.toml");
    watch.place.write(
        "strongroom.toml",
        &format!("{toml}\n[secrets.PORT]\ntype = \"port\"\nrequired = false\n"),
    );
    watch.with_input(&["set", "PORT", "-"], CANARY.as_bytes()).expect_code(1);
    watch.with_input(&["set", "PORT", "-", "--force"], CANARY.as_bytes()).expect_code(0);
    watch.clean(&["run", "--", "true"]).expect_code(1);
    watch.clean(&["check"]).expect_code(1);
    watch.clean(&["export"]).expect_code(1);
    watch.with_input(&["export", "--no-check", "--format", "docker"], b"").expect_code(0);
    watch.place.write("strongroom.toml", &toml);
    let long = CANARY.repeat(60_000);
    watch.with_input(&["set", "CANARY", "-"], long.as_bytes()).expect_code(1);
    watch
        .with_input(&["set", "CANARY", "-", "--check-and-set", "99"], CANARY.as_bytes())
        .expect_code(1);
    let nul = format!("{CANARY}\0");
    watch.with_input(&["set", "NUL", "-", "--no-declare"], nul.as_bytes()).expect_code(0);
}

#[test]
fn a_canary_on_a_server_is_found_nowhere_but_where_it_belongs() {
    let place = ServedPlace::with(&[("CANARY", CANARY), ("OTHER", CANARY)]);
    let token = place.backend.value("STRONGROOM_TOKEN");
    assert_eq!(place.ok(&["get", "CANARY"]).out, CANARY);
    for (arguments, code) in [
        (&["list", "--json"][..], 0),
        (&["history", "CANARY", "--json"], 0),
        (&["tag", "CANARY", "a=b"], 0),
        (&["check"], 0),
        (&["diff", "dev", "dev"], 0),
        (&["delete", "CANARY", "--versions", "1"], 0),
        (&["get", "CANARY"], 1),
        (&["undelete", "CANARY"], 0),
        (&["rollback", "CANARY"], 1),
        (&["run", "--", "true"], 0),
        (&["run", "--watch", "--", "true"], 0),
        (&["policy", "test", "secret/app/dev/CANARY", "read", "--policy", "root"], 0),
        (&["status"], 0),
        (&["token", "lookup"], 0),
        (&["destroy", "CANARY", "--all", "--yes"], 0),
    ] {
        let done = place.run(arguments).expect_code(code);
        for (stream, text) in [("standard output", &done.out), ("error output", &done.err)] {
            is_clean(&format!("the {stream} of {arguments:?}"), text.as_bytes());
            assert!(!text.contains(&token), "the {stream} of {arguments:?} holds the token");
        }
    }
    let done =
        place.run_with_input(&["set", "OTHER", "-", "--check-and-set", "9"], CANARY.as_bytes());
    is_clean("a refused write", done.expect_code(1).err.as_bytes());
    let long = CANARY.repeat(60_000);
    let done = place.run_with_input(&["set", "OTHER", "-"], long.as_bytes());
    is_clean("a write over the limit", done.expect_code(1).err.as_bytes());
    let done =
        run_with_input(place.command().args(["get", "OTHER"]).env("STRONGROOM_TOKEN", CANARY), b"");
    is_clean("a wrong token", done.expect_code(1).err.as_bytes());
    let files = place.all_files();
    assert!(files.iter().any(|(path, _)| path.ends_with("server.log")), "the log is looked at");
    assert!(files.iter().any(|(path, _)| path.to_string_lossy().contains("audit")));
    for (path, bytes) in files {
        is_clean(&path.display().to_string(), &bytes);
        let token_there = bytes.windows(token.len()).any(|window| window == token.as_bytes());
        assert!(!token_there, "{} holds the token", path.display());
    }
}

#[test]
fn a_canary_in_the_environment_is_in_the_program_and_not_beside_it() {
    let place = Place::with(&[("CANARY", CANARY)]);
    let done =
        place.ok(&["run", "--", "sh", "-c", "tr '\\0' '\\n' < /proc/$$/cmdline; printenv CANARY"]);
    assert!(done.out.ends_with(&format!("{CANARY}\n")));
    is_clean("the command line", done.out.trim_end().trim_end_matches(CANARY).as_bytes());
    assert_eq!(done.err, "");
}

#[test]
fn the_forms_are_found_where_they_are() {
    for text in [
        CANARY.to_owned(),
        BASE64.encode(format!("user:{CANARY}:x").as_bytes()),
        HEXLOWER.encode(CANARY.as_bytes()),
        format!("a{}b", CANARY.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")),
    ] {
        let caught = std::panic::catch_unwind(|| is_clean("the text", text.as_bytes()));
        assert!(caught.is_err(), "{text}");
    }
}
