//! docs/reference/cli.md is made from the definition of the command line.
//!
//! To make it anew: `STRONGROOM_UPDATE_DOCS=1 cargo test -p strongroom --test cli reference`

use std::fmt::Write;
use std::path::Path;

use clap::{Arg, Command};

const HEAD: &str = "\
# Commands

Made from the program's own help. Values go to the standard output, everything else to the standard error output. Exit
codes: 0 done, 1 refused or failed, 2 used wrongly; `run` ends with the program's own, with 127 when there is no such
program and 126 when it cannot be started.

A NAME without `/` is a variable's name in the project and environment of the current folder; with `/` it is a full
path such as `secret/weather/prod/API_KEY`. Outside a project folder the project is `default` and the environment `dev`.
";

#[test]
fn the_reference_page_is_what_the_program_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/cli.md");
    let made = page();
    if std::env::var_os("STRONGROOM_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &made).expect("the page is written");
    }
    let found = std::fs::read_to_string(&path).expect("the page is there");
    assert!(found == made, "docs/reference/cli.md is old; this file says how to make it anew");
}

fn page() -> String {
    let mut root = strongroom::definition();
    root.build();
    let mut text = HEAD.to_owned();
    text.push_str("\n## Options of every command\n\n");
    options(&mut text, &root, |argument| argument.is_global_set());
    for command in root.get_subcommands().filter(|command| command.get_name() != "help") {
        section(&mut text, command, "##");
    }
    text
}

fn section(text: &mut String, command: &Command, level: &str) {
    let name = command.get_display_name().unwrap_or(command.get_name()).replace('-', " ");
    let name = name.replacen("strongroom ", "", 1).replace("public key", "public-key");
    let about = command.get_long_about().or(command.get_about()).map(ToString::to_string);
    let usage = command.clone().render_usage().to_string().replace("Usage: ", "");
    write!(text, "\n{level} {name}\n\n{}\n", about.unwrap_or_default().trim()).expect("text");
    if command.has_subcommands() {
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            section(text, inner, "###");
        }
        return;
    }
    write!(text, "\n```\n{}\n```\n\n", usage.trim()).expect("text");
    options(text, command, |argument| !argument.is_global_set());
}

fn options(text: &mut String, command: &Command, wanted: impl Fn(&Arg) -> bool) {
    let arguments = command.get_arguments().filter(|argument| {
        wanted(argument)
            && !matches!(argument.get_id().as_str(), "help" | "version_flag")
            && !(argument.get_id() == "version"
                && argument.get_long() == Some("version")
                && argument.get_short() == Some('V')
                && command.get_name() == "strongroom")
    });
    for argument in arguments {
        let help = argument.get_long_help().or(argument.get_help());
        let help = help.map(ToString::to_string).unwrap_or_default();
        let shown = argument.to_string();
        let short = argument.get_short().map(|short| format!("`-{short}`, ")).unwrap_or_default();
        let choices: Vec<_> = argument
            .get_possible_values()
            .iter()
            .filter(|_| argument.get_num_args().is_some_and(|count| count.takes_values()))
            .map(|value| format!("`{}`", value.get_name()))
            .collect();
        let choices =
            if choices.is_empty() { String::new() } else { format!(": {}", choices.join(", ")) };
        let env = argument.get_env().map(|name| format!(" (`{}`)", name.to_string_lossy()));
        let help = help.replace('\n', " ");
        writeln!(text, "- {short}`{shown}`: {help}{choices}{}", env.unwrap_or_default())
            .expect("text");
    }
}
