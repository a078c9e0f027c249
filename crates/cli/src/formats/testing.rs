//! What the tests of the formats share.

use super::*;

pub(super) fn entries(pairs: &[(&str, &str)]) -> Vec<Entry> {
    let entry = |&(name, value): &(&str, &str)| Entry {
        name: Name::parse(name).unwrap(),
        value: Value::new(value.to_owned()),
    };
    pairs.iter().map(entry).collect()
}

pub(super) fn pairs(entries: &[Entry]) -> Vec<(&str, &str)> {
    entries.iter().map(|entry| (entry.name.as_str(), entry.value.as_str())).collect()
}

pub(super) fn read(format: &dyn Importer, text: &str) -> Result<Imported, Problems> {
    import(format, "f", text.as_bytes(), &ImportOptions::default())
}

pub(super) fn import_with(
    format: &dyn Importer,
    text: &str,
    nested: Nested,
) -> Result<Imported, Problems> {
    import(format, "f", text.as_bytes(), &ImportOptions { nested, ..Default::default() })
}

/// The message of the one problem; a value named `canary` in it, or no hint, fails the test.
pub(super) fn message_of(result: Result<Imported, Problems>) -> String {
    let problems = result.unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(!format!("{problems:?}").contains("canary"), "{problems:?}");
    assert!(!problems[0].hint.is_empty());
    problems[0].to_string()
}

pub(super) fn write(format: &dyn Exporter, entries: &[Entry]) -> String {
    write_with(format, entries, &ExportOptions::default())
}

pub(super) fn write_with(
    format: &dyn Exporter,
    entries: &[Entry],
    options: &ExportOptions,
) -> String {
    let mut out = Vec::new();
    export(format, entries, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

pub(super) fn refusal_of(format: &dyn Exporter, entries: &[Entry]) -> String {
    refusal_with(format, entries, &ExportOptions::default())
}

/// Why an export is refused, with nothing written.
pub(super) fn refusal_with(
    format: &dyn Exporter,
    entries: &[Entry],
    options: &ExportOptions,
) -> String {
    let mut out = Vec::new();
    match export(format, entries, options, &mut out) {
        Err(ExportError::Refused { message, hint }) => {
            assert!(out.is_empty() && !hint.is_empty());
            assert!(!message.contains("canary"), "{message}");
            message
        }
        other => panic!("not refused: {other:?}"),
    }
}

/// SplitMix64: the same numbers from the same seed.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// A value without NUL, of characters that formats treat in a special way and of any others.
    pub(super) fn value(&mut self) -> String {
        const SPECIAL: &[char] = &[
            '\'', '"', '`', '\\', '\n', '\r', '\t', ' ', '#', '$', '{', '}', '=', ':', '-', '|',
            '%', '&', '!', '*', '\u{7f}', '\u{85}', '\u{a0}', '\u{2028}', '\u{feff}', '\u{ffff}',
            '\x01', '\x1f', '\x0b', 'n', 'a', '0',
        ];
        let length = self.below(12);
        let character = |_| match self.below(3) {
            0 => char::from_u32(u32::try_from(self.below(0x11_0000)).unwrap()).unwrap_or('x'),
            _ => SPECIAL[self.below(SPECIAL.len())],
        };
        (0..length).map(character).filter(|character| *character != '\0').collect()
    }
}

/// Two hundred entries with seeded random values.
pub(super) fn unicode_entries() -> Vec<Entry> {
    let mut random = Random(7);
    let entry = |index: usize| Entry {
        name: Name::parse(&format!("NAME_{index}")).unwrap(),
        value: random.value().into(),
    };
    (0..200).map(entry).collect()
}

/// Writes entries, has Python's own parser read them and print JSON, and compares.
pub(super) fn check_with_python(format: &dyn Exporter, program: &str) {
    use std::process::{Command, Stdio};
    let entries = unicode_entries();
    let mut child = Command::new("python3")
        .args(["-c", program])
        .env("PYTHONUTF8", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(write(format, &entries).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let read: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&output.stdout).unwrap();
    let read: Vec<_> =
        read.iter().map(|(name, value)| (name.as_str(), value.as_str().unwrap())).collect();
    assert_eq!(read, pairs(&entries));
}
