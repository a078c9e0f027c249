//! `docker run --env-file`: NAME=value lines without any quoting.
//!
//! docker/cli `pkg/kvfile` takes the value as it stands, splits at `\n`, drops a `\r` before it, and
//! gives up at a line of 64 KiB.

use std::io::{self, Write};

use super::{Entry, ExportError, ExportOptions, Exporter};

/// Bytes of a line, its end included (`bufio.MaxScanTokenSize`).
pub(super) const LINE_BYTES_MAX: usize = 64 * 1024 - 1;

/// The format.
pub(super) struct Docker;

impl Exporter for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn about(&self) -> &'static str {
        "a file for docker run --env-file; no values of several lines"
    }

    fn check(&self, entries: &[Entry], _: &ExportOptions) -> Result<(), ExportError> {
        for Entry { name, value } in entries {
            let message = if value.contains(['\n', '\r']) {
                format!(
                    "the value of {name} has several lines, which docker's --env-file cannot hold"
                )
            } else if name.as_str().len() + value.len() + 2 > LINE_BYTES_MAX {
                format!("the line of {name} is longer than {LINE_BYTES_MAX} bytes, docker's limit")
            } else {
                continue;
            };
            let hint = format!(
                "pass it from the environment: strongroom run -- docker run -e {name} IMAGE"
            );
            return Err(ExportError::Refused { message, hint });
        }
        Ok(())
    }

    fn write(&self, entries: &[Entry], _: &ExportOptions, out: &mut dyn Write) -> io::Result<()> {
        for Entry { name, value } in entries {
            writeln!(out, "{name}={}", value.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{entries, refusal_of, write};
    use super::*;

    #[test]
    fn values_are_written_as_they_are() {
        let all = entries(&[("A", " 'x' #y "), ("B", ""), ("C", "a=b")]);
        assert_eq!(write(&Docker, &all), "A= 'x' #y \nB=\nC=a=b\n");
    }

    #[test]
    fn a_value_of_several_lines_is_refused_by_name() {
        for value in ["canary\n2", "canary\r"] {
            assert_eq!(
                refusal_of(&Docker, &entries(&[("A", "1"), ("PEM", value)])),
                "the value of PEM has several lines, which docker's --env-file cannot hold"
            );
        }
    }

    #[test]
    fn a_line_is_written_up_to_dockers_limit_and_refused_past_it() {
        let longest = "x".repeat(LINE_BYTES_MAX - 3);
        assert_eq!(write(&Docker, &entries(&[("A", &longest)])).len(), LINE_BYTES_MAX);
        let refusal = refusal_of(&Docker, &entries(&[("A", &format!("{longest}x"))]));
        assert!(refusal.starts_with("the line of A is longer than"), "{refusal}");
    }
}
