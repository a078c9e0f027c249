//! Tests of the command line with a server in the place of the store: what is printed and how it ends is the same.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail the test")]
#![expect(dead_code, reason = "the helpers are those of the other tests as well")]

#[path = "../cli/place.rs"]
mod base;
#[path = "../cli/exports.rs"]
mod exports;
#[path = "../cli/project.rs"]
mod project;
#[path = "../cli/run.rs"]
mod run;
#[path = "../cli/secrets.rs"]
mod secrets;
#[path = "../cli/served.rs"]
mod served;
#[path = "../cli/targets.rs"]
mod targets;

/// The place that the tests find.
mod place {
    pub use super::base::{Backend, Done, ServedPlace as Place, run_with_input};
}

#[test]
fn aws_libraries_get_the_server_and_no_keys_but_its_own() {
    let place = place::Place::with(&[("KEY", "value"), ("AWS_SECRET_ACCESS_KEY", "another")]);
    let run = |arguments: &[&str]| {
        let mut command = place.command();
        command.env("AWS_ACCESS_KEY_ID", "another").env("AWS_PROFILE", "another");
        command.env("AWS_REGION", "eu-west-1").args(["run", "--aws"]).args(arguments);
        place::Done::of(command.output().expect("runs"))
    };
    let done = run(&["--only", "KEY", "--", "env"]).expect_code(0);
    let value = |name: &str| {
        let line = done.out.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.map(str::to_owned)
    };
    let address = value("AWS_ENDPOINT_URL_SECRETS_MANAGER").expect("is set");
    assert!(address.starts_with("http://127.0.0.1:"), "{address}");
    assert_eq!(value("AWS_ENDPOINT_URL_STS"), Some(address.clone()));
    let keys = format!("{address}/aws/credentials");
    assert_eq!(value("AWS_CONTAINER_CREDENTIALS_FULL_URI"), Some(keys));
    assert!(value("AWS_CONTAINER_AUTHORIZATION_TOKEN").expect("is set").starts_with("hvs."));
    assert_eq!(value("AWS_DEFAULT_REGION").as_deref(), Some("eu-west-1"));
    assert_eq!(value("KEY").as_deref(), Some("value"));
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "STRONGROOM_TOKEN"] {
        assert_eq!(value(name), None, "{name}");
    }
    run(&["--", "env"]).expect_code(1).expect_err("AWS_SECRET_ACCESS_KEY");
}
