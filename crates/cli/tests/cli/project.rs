//! strongroom.toml: environments, defaults, templates, references, types, generators.

use super::place::Place;

fn with_toml(toml: &str) -> Place {
    let place = Place::with(&[]);
    place.write("strongroom.toml", toml);
    place
}

#[test]
fn an_environment_inherits_values_and_its_own_come_first() {
    let place = with_toml(
        "project = \"app\"\ndefault_environment = \"prod\"\n[environments.base]\n[environments.prod]\n\
         inherits = \"base\"\n[secrets.A]\n[secrets.B]\n",
    );
    place.ok_with_input(&["set", "A", "-", "--env", "base"], "base-a");
    place.ok_with_input(&["set", "B", "-", "--env", "base"], "base-b");
    place.ok_with_input(&["set", "B", "-", "--env", "prod"], "prod-b");
    assert_eq!(place.ok(&["run", "--", "sh", "-c", "echo $A $B"]).out, "base-a prod-b\n");
    assert_eq!(place.ok(&["get", "A"]).out, "base-a");
    place.ok(&["run", "--env", "base", "--", "true"]);
}

#[test]
fn defaults_templates_and_references_give_values() {
    let place = with_toml(
        "project = \"app\"\n[secrets.USER_NAME]\ndefault = \"web\"\nrequired = false\n[secrets.PASS]\n\
         [secrets.URL]\nvalue = \"pg://${USER_NAME}:${PASS}@db\"\n[secrets.SHARED]\nref = \"secret/shared/key\"\n",
    );
    place.ok_with_input(&["set", "PASS", "-"], "p");
    place.ok_with_input(&["set", "secret/shared/key", "-"], "s");
    let done = place.ok(&["run", "--", "sh", "-c", "echo $USER_NAME $URL $SHARED"]);
    assert_eq!(done.out, "web pg://web:p@db s\n");
    let only = place.ok(&["run", "--only", "URL", "--", "sh", "-c", "echo $URL ${PASS-none}"]);
    assert_eq!(only.out, "pg://web:p@db none\n");
}

#[test]
fn a_required_secret_that_a_template_lacks_stops_the_program() {
    let place = with_toml(
        "project = \"app\"\n[secrets.PASS]\nrequired = false\n[secrets.URL]\nvalue = \"x${PASS}\"\n",
    );
    place.refused(&["run", "--", "true"], "URL in dev");
}

#[test]
fn an_optional_secret_may_be_absent() {
    let place = with_toml("project = \"app\"\n[secrets.KEY]\nrequired = false\n");
    assert_eq!(place.ok(&["run", "--", "sh", "-c", "echo ${KEY-none}"]).out, "none\n");
    place.ok(&["check"]).expect_out("absent, and not required");
}

#[test]
fn a_value_of_the_wrong_type_is_refused_when_set_and_when_run() {
    let place = with_toml("project = \"app\"\n[secrets.PORT]\ntype = \"port\"\n");
    let done = place.run_with_input(&["set", "PORT", "-"], b"seventy-seven");
    done.expect_code(1).expect_err("--force");
    place.ok_with_input(&["set", "PORT", "-", "--force"], "seventy-seven");
    let done = place.refused(&["run", "--", "true"], "PORT");
    assert!(!done.err.contains("seventy"), "{}", done.err);
    place.ok(&["run", "--no-check", "--", "true"]);
    place.refused(&["check"], "PORT");
    place.ok_with_input(&["set", "PORT", "-"], "8080");
    place.ok(&["check"]);
}

#[test]
fn check_generates_what_can_be_generated() {
    let place = with_toml("project = \"app\"\n[secrets.KEY]\ngenerate = \"hex:16\"\n");
    place.refused(&["check"], "strongroom set KEY");
    place.ok(&["check", "--generate"]).expect_err("generated secret/app/dev/KEY");
    let value = place.ok(&["get", "KEY"]).out;
    assert_eq!(value.len(), 32);
    place.ok(&["check", "--generate"]);
    assert_eq!(place.ok(&["get", "KEY"]).out, value);
    place.ok(&["set", "KEY", "--generate"]);
    assert_ne!(place.ok(&["get", "KEY"]).out, value);
}

#[test]
fn check_tells_of_stored_secrets_that_no_program_gets() {
    let place = Place::with(&[("KEY", "v")]);
    place.ok_with_input(&["set", "STRAY", "-", "--no-declare"], "x");
    place.ok(&["check"]).expect_err("STRAY");
}

#[test]
fn check_needs_a_project_file() {
    let place = Place::with(&[]);
    std::fs::remove_file(place.path("strongroom.toml")).expect("is removed");
    place.refused(&["check"], "strongroom init");
}

#[test]
fn an_unknown_environment_lists_those_there_are() {
    let place = Place::with(&[]);
    place.run(&["list", "--env", "prdo"]).expect_code(2).expect_err("it has: dev");
    place.run(&["list", "--env", "a/b"]).expect_code(2);
}

#[test]
fn a_broken_project_file_is_named_with_line_and_mend() {
    let place = with_toml("project = \"app\"\n[secrets.KEY]\nrequierd = true\n");
    place.refused(&["run", "--", "true"], "strongroom.toml:3").expect_err("required");
}

#[test]
fn a_new_name_is_declared_and_comments_stay() {
    let place = with_toml("# mine\nproject = \"app\" # here\n");
    place.ok_with_input(&["set", "KEY", "-"], "v");
    let toml = place.read("strongroom.toml");
    assert!(toml.starts_with("# mine\nproject = \"app\" # here\n"), "{toml}");
    assert!(toml.contains("[secrets.KEY]"), "{toml}");
}

#[test]
fn the_project_is_found_from_a_folder_below() {
    let place = Place::with(&[("KEY", "v")]);
    let below = place.path("src");
    std::fs::create_dir(&below).expect("a folder");
    let output = place.command().current_dir(below).args(["get", "KEY"]).output().expect("runs");
    assert_eq!(output.stdout, b"v");
}
