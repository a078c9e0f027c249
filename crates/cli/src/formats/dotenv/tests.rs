use std::path::Path;

use super::super::testing::{message_of, pairs, read};
use super::*;

fn expanded(text: &str) -> Result<Imported, Problems> {
    let options = ImportOptions { expand: true, ..Default::default() };
    crate::formats::import(&Dotenv, "f", text.as_bytes(), &options)
}

/// The `.json` files were written by python-dotenv (`fixtures/dotenv/README.md`).
#[test]
fn files_read_as_python_dotenv_reads_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/dotenv");
    let mut compared = 0;
    for file in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
        if file.extension().is_none_or(|extension| extension != "env") {
            continue;
        }
        let bytes = std::fs::read(&file).unwrap();
        let expected = std::fs::read_to_string(file.with_extension("json")).unwrap();
        let expected: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&expected).unwrap();
        let expected: Vec<_> =
            expected.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
        let read = crate::formats::import(&Dotenv, "f", &bytes, &ImportOptions::default()).unwrap();
        assert_eq!(pairs(&read.entries), expected, "{}", file.display());
        compared += expected.len();
    }
    assert!(compared >= 60, "only {compared} values were compared");
}

#[test]
fn backtick_quotes_are_literal_as_in_nodes_dotenv() {
    let imported = read(&Dotenv, "A=`it's \"x\" \\n #y`\nB=`l1\nl2` # c\n").unwrap();
    assert_eq!(pairs(&imported.entries), [("A", "it's \"x\" \\n #y"), ("B", "l1\nl2")]);
}

#[test]
fn errors_name_the_place_and_never_the_line() {
    for (text, message) in [
        ("A=1\ncanary\n", "f:2:1: this line has no `=`"),
        ("A: canary\n", "f:1:1: this line has `:` in the place of `=`"),
        ("A=\"canary\nB=1\n", "f:1:3: the double quote that opens here is never closed"),
        ("A='canary", "f:1:3: the single quote that opens here is never closed"),
        ("A=`canary", "f:1:3: the backtick quote that opens here is never closed"),
        ("A=\"x\" canary\n", "f:1:7: text after the closing quote"),
        ("A=\"l1\nl2\"canary\n", "f:2:4: text after the closing quote"),
        (" =canary\n", "f:1:2: the name before `=` is empty"),
        ("1A=canary\n", "f:1:1: the name before `=` begins with a digit"),
        (
            "export https://u:canary@h?x=1\n",
            "f:1:8: the name before `=` has a character that is not a letter, a digit or `_` (number 6 of the name)",
        ),
        ("A=1\r\ncanary\r\n", "f:2:1: this line has no `=`"),
    ] {
        assert_eq!(message_of(read(&Dotenv, text)), message, "{text:?}");
    }
}

#[test]
fn every_broken_line_is_reported_up_to_the_limit() {
    let problems = read(&Dotenv, "a\nB=1\nc\n").unwrap_err();
    let lines: Vec<_> = problems.iter().map(|problem| problem.position.unwrap().line).collect();
    assert_eq!(lines, [1, 3]);
    let problems = read(&Dotenv, &"x\n".repeat(100)).unwrap_err();
    assert_eq!(problems.len(), crate::formats::PROBLEMS_MAX);
}

#[test]
fn the_last_of_two_values_wins_and_the_warning_names_both_lines() {
    let imported = read(&Dotenv, "A=1\nB=2\n\nA=3\nA=4\n").unwrap();
    assert_eq!(pairs(&imported.entries), [("A", "4"), ("B", "2")]);
    let warnings: Vec<_> = imported.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        ["f:4:1: A is set in line 1 and in line 4", "f:5:1: A is set in line 4 and in line 5"]
    );
    assert_eq!(imported.warnings[0].hint, "line 4 wins; remove line 1");
}

#[test]
fn references_stay_literal_with_a_warning_unless_expanded() {
    let text = "A=1\nB=\"${A}-${X:-d}\"\nC='${A}'\nD=$A ${ ${}\n";
    let imported = read(&Dotenv, text).unwrap();
    assert_eq!(imported.entries[1].value.as_str(), "${A}-${X:-d}");
    let warnings: Vec<_> = imported.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, ["f:2:1: the value of B holds `${…}`, kept as it is"]);
    let imported = expanded(text).unwrap();
    assert_eq!(
        pairs(&imported.entries),
        [("A", "1"), ("B", "1-d"), ("C", "${A}"), ("D", "$A ${ ${}")]
    );
    assert!(imported.warnings.is_empty());
}

#[test]
fn a_reference_to_nothing_is_an_error_when_expanded() {
    assert_eq!(
        message_of(expanded("A=${B}\nB=1\n")),
        "f:1:1: the value of A refers to B, which is not set above it"
    );
}

#[test]
fn expansion_cannot_make_a_small_file_large() {
    let mut text = String::from("A0=xxxxxxxxxx\n");
    for level in 1..30 {
        let reference = format!("${{A{}}}", level - 1);
        text.push_str(&format!("A{level}={}\n", reference.repeat(10)));
    }
    let problems = expanded(&text).unwrap_err();
    assert!(problems.iter().all(|problem| !problem.message.contains("xxx")));
}
