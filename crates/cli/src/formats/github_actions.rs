//! GitHub Actions: entries for the file `$GITHUB_ENV`, and the commands that mask them in the log.
//!
//! actions/runner `FileCommandManager`: `NAME<<DELIMITER`, the lines of the value, `DELIMITER`.

use std::io::{self, Write};

use super::{Entry, ExportError, ExportOptions, Exporter, Value};

/// Lines with fewer characters are not masked: the runner replaces the text wherever it appears, and a
/// short one would blank out half of the log.
pub(super) const MASK_CHARS_MIN: usize = 6;

/// The format.
pub(super) struct GithubActions;

impl Exporter for GithubActions {
    fn name(&self) -> &'static str {
        "github-actions"
    }

    fn about(&self) -> &'static str {
        "entries for $GITHUB_ENV, masked in the log"
    }

    fn check(&self, entries: &[Entry], _: &ExportOptions) -> Result<(), ExportError> {
        let is_reserved = |name: &str| {
            let upper = name.to_ascii_uppercase();
            upper.starts_with("GITHUB_") || upper.starts_with("RUNNER_") || upper == "NODE_OPTIONS"
        };
        match entries.iter().find(|entry| is_reserved(entry.name.as_str())) {
            Some(Entry { name, .. }) => Err(ExportError::Refused {
                message: format!(
                    "{name} cannot be set through $GITHUB_ENV: the runner reserves it"
                ),
                hint: "leave it out, or store it under another name".to_owned(),
            }),
            None => Ok(()),
        }
    }

    fn write(&self, entries: &[Entry], _: &ExportOptions, out: &mut dyn Write) -> io::Result<()> {
        for Entry { name, value } in entries {
            let delimiter = delimiter_for(value);
            writeln!(out, "{name}<<{delimiter}\n{}\n{delimiter}", value.as_str())?;
        }
        Ok(())
    }

    /// One command for each line, as the runner matches the log line by line.
    fn write_masks(&self, entries: &[Entry], out: &mut dyn Write) -> io::Result<()> {
        for Entry { value, .. } in entries {
            for line in value.split(['\n', '\r']) {
                if line.chars().count() >= MASK_CHARS_MIN {
                    let escaped = Value::new(line.replace('%', "%25"));
                    writeln!(out, "::add-mask::{}", escaped.as_str())?;
                }
            }
        }
        Ok(())
    }
}

/// A line that is nowhere in the value.
fn delimiter_for(value: &str) -> String {
    let mut delimiter = String::from("STRONGROOM_END");
    let mut number = 0_usize;
    while value.contains(&delimiter) {
        number += 1;
        delimiter = format!("STRONGROOM_{number}_END");
    }
    delimiter
}

#[cfg(test)]
mod tests {
    use super::super::testing::{entries, refusal_of, unicode_entries, write};
    use super::*;

    #[test]
    fn a_value_cannot_end_its_entry_early() {
        let value = "STRONGROOM_END\nPATH<<X\nSTRONGROOM_1_END";
        assert_eq!(
            write(&GithubActions, &entries(&[("A", value), ("B", "")])),
            format!(
                "A<<STRONGROOM_2_END\n{value}\nSTRONGROOM_2_END\nB<<STRONGROOM_END\n\nSTRONGROOM_END\n"
            )
        );
    }

    /// The reading loop of the runner, on Linux.
    fn read_as_the_runner(text: &str) -> Vec<(String, String)> {
        let mut lines = text.split_inclusive('\n');
        let mut read = Vec::new();
        while let Some(head) = lines.next() {
            let (name, delimiter) = head.trim_end_matches('\n').split_once("<<").unwrap();
            let mut value = String::new();
            for line in lines.by_ref().take_while(|line| line.strip_suffix('\n') != Some(delimiter))
            {
                value.push_str(line);
            }
            value.pop();
            read.push((name.to_owned(), value));
        }
        read
    }

    #[test]
    fn the_runner_reads_every_value_back() {
        let all = unicode_entries();
        let read = read_as_the_runner(&write(&GithubActions, &all));
        let expected: Vec<_> =
            all.iter().map(|entry| (entry.name.to_string(), entry.value.to_string())).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn every_line_of_a_value_is_masked_unless_it_is_too_short() {
        let mut out = Vec::new();
        let all = entries(&[("A", "first line\n50%off\r\nshort\n"), ("B", "x")]);
        GithubActions.write_masks(&all, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "::add-mask::first line\n::add-mask::50%25off\n"
        );
    }

    #[test]
    fn the_runners_own_names_are_refused() {
        for name in ["GITHUB_TOKEN", "RUNNER_OS", "NODE_OPTIONS", "github_x"] {
            assert_eq!(
                refusal_of(&GithubActions, &entries(&[(name, "canary")])),
                format!("{name} cannot be set through $GITHUB_ENV: the runner reserves it")
            );
        }
    }
}
