//! POSIX shell: `eval "$(strongroom export --format shell)"`.

use std::io::{self, Write};

use super::{Entry, ExportOptions, Exporter, Value};

/// The format.
pub(super) struct Shell;

impl Exporter for Shell {
    fn name(&self) -> &'static str {
        "shell"
    }

    fn about(&self) -> &'static str {
        "export NAME='value' lines for a POSIX shell"
    }

    /// Inside single quotes only the single quote itself has a meaning (POSIX XCU 2.2.2).
    fn write(&self, entries: &[Entry], _: &ExportOptions, out: &mut dyn Write) -> io::Result<()> {
        for Entry { name, value } in entries {
            let quoted = Value::new(value.replace('\'', r"'\''"));
            writeln!(out, "export {name}='{}'", quoted.as_str())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{entries, unicode_entries, write};
    use super::*;

    #[test]
    fn a_shell_reads_every_value_back() {
        let entries = unicode_entries();
        let mut script = write(&Shell, &entries);
        for Entry { name, .. } in &entries {
            script.push_str(&format!("printf '%s\\0' \"${name}\"\n"));
        }
        let output = std::process::Command::new("sh").arg("-c").arg(&script).output().unwrap();
        let read: Vec<&[u8]> = output.stdout.split(|byte| *byte == 0).collect();
        assert_eq!(read.len(), entries.len() + 1);
        for (entry, read) in entries.iter().zip(read) {
            assert_eq!(entry.value.as_bytes(), read);
        }
    }

    #[test]
    fn a_value_cannot_leave_its_quotes() {
        assert_eq!(
            write(&Shell, &entries(&[("A", "'; id #$(id)`id`")])),
            "export A=''\\''; id #$(id)`id`'\n"
        );
    }
}
