//! export, diff and check at their edges.

use std::os::unix::fs::{MetadataExt, PermissionsExt};

use serde_json::{Value, json};

use super::place::{Place, run_with_input};

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn export_names_every_missing_secret_and_writes_nothing() {
    let place = Place::with(&[("HERE", "value-here")]);
    let toml = place.read("strongroom.toml") + "\n[secrets.ONE]\n[secrets.TWO]\n";
    place.write("strongroom.toml", &toml);
    let done = place.refused(&["export", "--output", "out.env"], "ONE in dev, TWO in dev");
    assert_eq!(done.out, "");
    assert!(!place.path("out.env").exists());
    place.ok(&["export", "--only", "HERE"]).expect_out("value-here");
}

#[test]
fn a_missing_secret_that_is_excepted_does_not_matter() {
    let place = Place::with(&[("HERE", "1")]);
    let toml = place.read("strongroom.toml") + "\n[secrets.MISSING]\n";
    place.write("strongroom.toml", &toml);
    let shown = parsed(&place.ok(&["export", "--json", "--except", "MISSING"]).out);
    assert_eq!(shown, json!({ "HERE": "1" }));
    place.run(&["export", "--except", "MISSNIG"]).expect_code(2).expect_err("MISSING?");
}

#[test]
fn export_refuses_a_value_of_the_wrong_type_unless_told() {
    let place = Place::with(&[]);
    place.write("strongroom.toml", "project = \"app\"\n[secrets.PORT]\ntype = \"port\"\n");
    place.ok_with_input(&["set", "PORT", "-", "--force"], "canary");
    let done = place.refused(&["export"], "the value of PORT is not a port");
    assert!(!done.err.contains("canary") && done.out.is_empty(), "{}", done.err);
    place.ok(&["export", "--no-check"]).expect_out("canary");
}

#[test]
fn a_replaced_file_is_a_new_one_for_its_owner_alone() {
    let place = Place::with(&[("KEY", "value")]);
    place.write("out.env", "old");
    let open = std::fs::File::open(place.path("out.env")).expect("opens");
    std::fs::set_permissions(place.path("out.env"), PermissionsExt::from_mode(0o644))
        .expect("chmod");
    place.refused(&["export", "--output", "out.env"], "exists already");
    assert_eq!(place.read("out.env"), "old");
    place.ok(&["export", "--output", "out.env", "--force"]).expect_err("KEY");
    let metadata = place.path("out.env").metadata().expect("is there");
    assert_eq!(metadata.mode() & 0o777, 0o600);
    assert_ne!(metadata.ino(), open.metadata().expect("is open").ino());
    assert_eq!(open.metadata().expect("is open").len(), 3);
    let beside = std::fs::read_dir(place.folder()).expect("reads").count();
    assert_eq!(beside, 2, "nothing is left beside strongroom.toml and out.env");
}

#[test]
fn a_file_that_cannot_be_replaced_is_left() {
    let place = Place::with(&[("KEY", "value")]);
    std::fs::create_dir(place.path("out.env")).expect("makes a folder");
    place.refused(&["export", "--output", "out.env", "--force"], "cannot write");
    assert!(place.path("out.env").is_dir());
    let beside = std::fs::read_dir(place.folder()).expect("reads").count();
    assert_eq!(beside, 2, "nothing is left beside strongroom.toml and out.env");
}

#[test]
fn github_actions_outside_a_job_needs_a_file() {
    let place = Place::with(&[("KEY", "value-to-mask")]);
    let done = place.run(&["export", "--format", "github-actions"]).expect_code(2);
    assert_eq!(done.out, "");
    done.expect_err("--output FILE");
    let done = place.ok(&["export", "--format", "github-actions", "--output", "out.env"]);
    assert_eq!(done.out, "::add-mask::value-to-mask\n");
    assert_eq!(place.read("out.env"), "KEY<<STRONGROOM_END\nvalue-to-mask\nSTRONGROOM_END\n");
}

#[test]
fn github_actions_gets_values_too_short_to_mask_in_its_file() {
    let place = Place::with(&[("KEY", "short")]);
    place.write("env", "BEFORE=1\n");
    let file = place.path("env");
    let done = run_with_input(
        place.command().args(["export", "--format", "github-actions"]).env("GITHUB_ENV", &file),
        b"",
    )
    .expect_code(0);
    assert_eq!(done.out, "");
    assert_eq!(place.read("env"), "BEFORE=1\nKEY<<STRONGROOM_END\nshort\nSTRONGROOM_END\n");
}

#[test]
fn a_kubernetes_secret_gets_the_projects_name_or_the_one_that_is_said() {
    let place = Place::with(&[("KEY", "value")]);
    place.ok(&["export", "--format", "k8s"]).expect_out("name: \"app\"").expect_out("dmFsdWU=");
    place
        .ok(&["export", "--format", "k8s", "--name", "weather", "--namespace", "prod"])
        .expect_out("name: \"weather\"\n  namespace: \"prod\"");
    place.refused(&["export", "--format", "k8s", "--name", "No Name"], "DNS-1123");
    place.write("strongroom.toml", "project = \"My_App\"\n");
    place.ok(&["export", "--format", "k8s"]).expect_out("name: \"my-app\"");
}

#[test]
fn every_export_format_works_from_the_command_line() {
    let place = Place::with(&[("KEY", "plain")]);
    for format in ["dotenv", "shell", "json", "yaml", "toml", "docker"] {
        let done = place.ok(&["export", "--format", format]);
        assert!(done.out.contains("KEY") && done.out.contains("plain"), "{format}: {}", done.out);
    }
}

#[test]
fn a_closed_pipe_ends_an_export_quietly() {
    let place = Place::with(&[("KEY", &"x".repeat(200_000))]);
    let line = format!("{} export | head -c0", env!("CARGO_BIN_EXE_strongroom"));
    let output = place.command_of("sh").args(["-c", &line]).output().expect("sh runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn diff_leaves_out_what_has_no_value_in_either() {
    let place = Place::with(&[("KEY", "value")]);
    place.write("strongroom.toml", &(place.read("strongroom.toml") + "\n[environments.prod]\n"));
    place.ok(&["delete", "KEY", "--versions", "1", "--yes"]);
    let done = place.ok(&["diff", "dev", "prod"]);
    assert!(!done.out.contains("KEY"), "{}", done.out);
}

#[test]
fn diff_tells_its_rows_as_json() {
    let place = Place::with(&[("A", "1"), ("B", "2")]);
    place.write("strongroom.toml", &(place.read("strongroom.toml") + "\n[environments.prod]\n"));
    place.ok_with_input(&["set", "A", "-", "--env", "prod"], "1");
    let done = place.run(&["diff", "dev", "prod", "--json"]).expect_code(1);
    assert_eq!(
        parsed(&done.out),
        json!([{ "name": "A", "values": "equal" }, { "name": "B", "values": "only in dev" }])
    );
}

#[test]
fn check_as_json_tells_all_and_fails() {
    let place = Place::with(&[("STORED", "value")]);
    place.write(
        "strongroom.toml",
        "project = \"app\"\n[secrets.NEEDED]\n[secrets.SPARE]\nrequired = false\n\
         [secrets.EASY]\ndefault = \"x\"\n[secrets.PORT]\ntype = \"port\"\n",
    );
    place.ok_with_input(&["set", "PORT", "-", "--force"], "canary");
    let done = place.run(&["check", "--json"]).expect_code(1);
    assert!(!done.out.contains("canary") && !done.err.contains("canary"));
    let shown = parsed(&done.out);
    let states: Vec<_> = shown["secrets"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|secret| (secret["name"].as_str(), secret["state"].as_str()))
        .collect();
    assert_eq!(
        states,
        [
            (Some("NEEDED"), Some("missing")),
            (Some("SPARE"), Some("absent, and not required")),
            (Some("EASY"), Some("ok")),
            (Some("PORT"), Some("is not a port (1 to 65535)")),
        ]
    );
    assert_eq!(shown["undeclared"], json!(["STORED"]));
    done.expect_err("NEEDED, PORT");
}

#[test]
fn check_says_how_to_generate_what_is_missing() {
    let place = Place::with(&[]);
    place.write("strongroom.toml", "project = \"app\"\n[secrets.KEY]\ngenerate = \"uuid\"\n");
    place.refused(&["check"], "KEY").expect_err("strongroom check --env dev --generate");
    place.ok(&["check", "--generate"]);
    assert_eq!(place.ok(&["get", "KEY"]).out.len(), 36);
    let first = place.ok(&["get", "KEY"]).out;
    place.ok(&["check", "--generate"]);
    assert_eq!(place.ok(&["get", "KEY"]).out, first);
}
