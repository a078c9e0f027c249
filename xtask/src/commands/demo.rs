//! `cargo xtask demo`: a key moves out of a `.env` file, and the unchanged program gets it back.

use clap::ArgMatches;

use super::{Task, setup};
use crate::failure::{Failure, Result};
use crate::stage::{Output, Stage};
use crate::workspace::Workspace;
use crate::{process, stage};

pub const TASK: Task = Task {
    name: "demo",
    about: "Show what Strongroom does, from a .env file to a verified audit log",
    arguments: |command| command,
    run: |workspace, _: &ArgMatches| show(workspace, &["--package", "strongroom"]),
};

/// The keys that the weather service accepts, by name. The first is the one of `examples/weather/.env`.
const KEYS: &[(&str, &str)] =
    &[("first", "demo-key-not-a-secret"), ("second", "demo-key-2-not-a-secret")];

/// One command of the demo, and what makes it a success.
struct Step {
    says: &'static str,
    /// The command, as a user types it to a shell.
    typed: &'static str,
    status: i32,
    /// Words that the output holds.
    shows: &'static [&'static str],
    /// What else holds afterwards.
    check: fn(&Stage, &Output) -> Result<()>,
}

const STEPS: &[Step] = &[
    Step {
        says: "A program reads its key from the environment. Without the key it cannot work.",
        typed: "python app.py",
        status: 1,
        shows: &["WEATHER_API_KEY", "not set"],
        check: nothing_more,
    },
    Step {
        says: "With a key that is not the service's own it is refused.",
        typed: "env WEATHER_API_KEY=a-guess python app.py",
        status: 1,
        shows: &["401"],
        check: nothing_more,
    },
    Step {
        says: "The key is in a .env file. Move it into the encrypted store.",
        typed: "strongroom init --yes",
        status: 0,
        shows: &["WEATHER_API_KEY"],
        check: key_has_left_the_folder,
    },
    Step {
        says: "What stays in the folder are names.",
        typed: "cat .env.example strongroom.toml",
        status: 0,
        shows: &["WEATHER_API_KEY"],
        check: nothing_more,
    },
    Step {
        says: "The same program, with the key in its environment and nowhere else.",
        typed: "strongroom run -- python app.py",
        status: 0,
        shows: &["Lisbon", "first key"],
        check: nothing_more,
    },
    Step {
        says: "Change the key: a new version, read from stdin.",
        typed: "printf %s demo-key-2-not-a-secret | strongroom set WEATHER_API_KEY -",
        status: 0,
        shows: &[],
        check: nothing_more,
    },
    Step {
        says: "The next start has the new key.",
        typed: "strongroom run -- python app.py",
        status: 0,
        shows: &["Lisbon", "second key"],
        check: nothing_more,
    },
    Step {
        says: "Both versions are kept.",
        typed: "strongroom history WEATHER_API_KEY",
        status: 0,
        shows: &["1", "2"],
        check: two_lines,
    },
    Step {
        says: "Every access has left a record.",
        typed: "strongroom audit tail",
        status: 0,
        shows: &["WEATHER_API_KEY"],
        check: two_lines,
    },
    Step {
        says: "The records are chained and signed. Nobody has changed one.",
        typed: "strongroom audit verify",
        status: 0,
        shows: &[],
        check: nothing_more,
    },
    Step {
        says: "No file of the folder or of the store holds a key in clear: grep finds none.",
        typed: "grep -rF demo-key . \"$STRONGROOM_HOME\"",
        status: 1,
        shows: &[],
        check: no_output,
    },
];

/// Builds what `selected` selects, plays every step in a throw-away folder, and fails with the first
/// step that goes wrong.
pub fn show(workspace: &Workspace, selected: &[&str]) -> Result<()> {
    setup::ensure_python(workspace)?;
    process::run(process::cargo(workspace).args(["build", "--quiet"]).args(selected))?;
    let stage = Stage::open(workspace, "examples/weather", &["app.py", ".env"], KEYS)?;
    for step in STEPS {
        play(&stage, step)?;
    }
    drop(stage);
    stage::say("The demo is over, and its folder is gone.");
    Ok(())
}

fn play(stage: &Stage, step: &Step) -> Result<()> {
    let Step { says, typed, status, shows, check } = step;
    stage::say(says);
    let output = stage.run(typed)?;
    if output.status != Some(*status) {
        let ended = output.status.map_or("by a signal".to_owned(), |status| status.to_string());
        return Err(Failure::new(format!("`{typed}` ended with {ended}, not {status}")));
    }
    let all = output.all();
    if let Some(missing) = shows.iter().find(|word| !all.contains(**word)) {
        return Err(Failure::new(format!("the output of `{typed}` does not hold `{missing}`")));
    }
    if let Some((name, _)) = KEYS.iter().find(|(_, key)| all.contains(key)) {
        return Err(Failure::new(format!("the output of `{typed}` holds the {name} key")));
    }
    check(stage, &output)
}

fn nothing_more(_: &Stage, _: &Output) -> Result<()> {
    Ok(())
}

fn no_output(_: &Stage, output: &Output) -> Result<()> {
    match output.all().is_empty() {
        true => Ok(()),
        false => Err(Failure::new("there was output where there should be none")),
    }
}

/// One line for each of two things, at the least.
fn two_lines(_: &Stage, output: &Output) -> Result<()> {
    match output.stdout.lines().count() {
        0 | 1 => Err(Failure::new("stdout has fewer than two lines")),
        _ => Ok(()),
    }
}

/// `.env` is gone and ignored, and its names are kept.
fn key_has_left_the_folder(stage: &Stage, _: &Output) -> Result<()> {
    if stage.project_file(".env").is_some() {
        return Err(Failure::new("`strongroom init` left the .env file where it was"));
    }
    let ignored = stage.project_file(".gitignore").unwrap_or_default();
    if !ignored.lines().any(|line| line.trim_start_matches('/') == ".env") {
        return Err(Failure::new("`strongroom init` did not add .env to .gitignore"));
    }
    for name in [".env.example", "strongroom.toml"] {
        let text = stage.project_file(name).unwrap_or_default();
        if !text.contains("WEATHER_API_KEY") {
            return Err(Failure::new(format!("`strongroom init` left no {name} with the name")));
        }
        if KEYS.iter().any(|(_, key)| text.contains(key)) {
            return Err(Failure::new(format!("`strongroom init` wrote the key into {name}")));
        }
    }
    Ok(())
}
