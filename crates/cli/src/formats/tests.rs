//! What holds for every format of the registries.

use super::testing::{Random, entries, message_of, pairs, read, unicode_entries, write};
use super::*;

#[test]
fn every_format_has_its_own_name_and_one_line_of_help() {
    let mut names: Vec<_> = IMPORTERS.iter().map(|format| format.name()).collect();
    assert_eq!(names, ["dotenv", "json", "yaml", "toml"]);
    names = EXPORTERS.iter().map(|format| format.name()).collect();
    assert_eq!(
        names,
        ["dotenv", "shell", "json", "yaml", "toml", "docker", "k8s", "github-actions"]
    );
    for about in EXPORTERS.iter().map(|format| format.about()) {
        assert!(!about.is_empty() && !about.contains('\n'));
    }
    assert!(exporter("json").is_some() && importer("json").is_some());
    assert!(exporter("xml").is_none() && importer("shell").is_none());
}

#[test]
fn a_file_name_tells_its_format() {
    for (file, format) in [
        (".env", "dotenv"),
        (".env.production", "dotenv"),
        ("prod.env", "dotenv"),
        (".envrc", "dotenv"),
        ("secrets.JSON", "json"),
        ("a.yml", "yaml"),
        ("a.yaml", "yaml"),
        ("a.toml", "toml"),
    ] {
        assert_eq!(importer_of(file).map(|format| format.name()), Some(format), "{file}");
    }
    assert!(importer_of("secrets.txt").is_none() && importer_of("env").is_none());
}

#[test]
fn what_a_format_writes_it_reads_back() {
    let all = unicode_entries();
    for format in IMPORTERS {
        let text = write(exporter(format.name()).unwrap(), &all);
        assert_eq!(read(*format, &text).unwrap().entries, all, "{}", format.name());
    }
}

#[test]
fn arbitrary_bytes_never_panic_and_dotenv_errors_quote_nothing() {
    let mut random = Random(11);
    const PIECES: &[&str] = &[
        "A", "=", "canary", "\"", "'", "`", "\n", "\r", " ", "#", "export ", "${A}", "${A:-x}",
        "\\", ":", "{", "}", "[", "]", ",", "- ", "&a ", "*a", "!x ", "\u{feff}", "é", "null",
        "1.5", "|\n",
    ];
    for _ in 0..4_000 {
        let text: String =
            (0..random.below(14)).map(|_| PIECES[random.below(PIECES.len())]).collect();
        dotenv::fuzz_dotenv(text.as_bytes());
        for format in IMPORTERS {
            let Err(problems) = read(*format, &text) else { continue };
            // The other formats show keys, and a key may be the word.
            if format.name() == "dotenv" {
                assert!(!format!("{problems:?}").contains("canary"), "{text:?}: {problems:?}");
            }
        }
        let bytes: Vec<u8> =
            (0..random.below(40)).map(|_| random.next().to_le_bytes()[0]).collect();
        dotenv::fuzz_dotenv(&bytes);
        for format in IMPORTERS {
            drop(import(*format, "f", &bytes, &ImportOptions::default()));
        }
    }
}

#[test]
fn a_file_is_read_up_to_its_size_and_refused_past_it() {
    let mut bytes = b"A=1\n#".to_vec();
    bytes.resize(FILE_BYTES_MAX, b'x');
    let dotenv = importer("dotenv").unwrap();
    assert_eq!(import(dotenv, "f", &bytes, &ImportOptions::default()).unwrap().entries.len(), 1);
    bytes.push(b'x');
    assert_eq!(
        message_of(import(dotenv, "f", &bytes, &ImportOptions::default())),
        "f: the file is 8388609 bytes long; at most 8388608 are read"
    );
}

#[test]
fn entries_are_read_up_to_their_number_and_refused_past_it() {
    for format in IMPORTERS {
        let numbered = |count: usize| {
            let all: Vec<_> = (0..count)
                .map(|index| Entry {
                    name: Name::parse(&format!("N{index}")).unwrap(),
                    value: Value::new("v".to_owned()),
                })
                .collect();
            read(*format, &write(exporter(format.name()).unwrap(), &all))
        };
        assert_eq!(numbered(ENTRIES_MAX).unwrap().entries.len(), ENTRIES_MAX, "{}", format.name());
        let message = message_of(numbered(ENTRIES_MAX + 1));
        assert!(message.ends_with("more than 10000 entries"), "{message}");
    }
}

#[test]
fn a_value_is_read_up_to_its_size_and_refused_past_it() {
    for format in IMPORTERS {
        let sized = |bytes: usize| {
            let all = entries(&[("A", &"x".repeat(bytes))]);
            read(*format, &write(exporter(format.name()).unwrap(), &all))
        };
        assert!(sized(VALUE_BYTES_MAX).is_ok(), "{}", format.name());
        assert_eq!(
            message_of(sized(VALUE_BYTES_MAX + 1)),
            "f: the value of A is 1048577 bytes long; at most 1048576 are kept"
        );
    }
}

#[test]
fn a_nul_character_is_refused_since_no_environment_can_hold_it() {
    let json = importer("json").unwrap();
    assert_eq!(
        message_of(read(json, r#"{"A": "canary\u0000"}"#)),
        "f: the value of A holds a NUL character"
    );
}

#[test]
fn bytes_that_are_not_utf8_are_named_by_their_place() {
    let dotenv = importer("dotenv").unwrap();
    let read = |bytes: &[u8]| message_of(import(dotenv, "f", bytes, &ImportOptions::default()));
    assert_eq!(read(b"A=1\nB=canary\xFF"), "f:2:9: this byte is not UTF-8");
    assert_eq!(read(b"\xFF\xFEA\0"), "f: the file is in UTF-16");
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_name() {
    for (format, text) in
        [("dotenv", "A=1"), ("json", "{\"A\":1}"), ("yaml", "A: 1"), ("toml", "A=1")]
    {
        let imported = read(importer(format).unwrap(), &format!("\u{feff}{text}")).unwrap();
        assert_eq!(pairs(&imported.entries), [("A", "1")]);
    }
}

#[test]
fn debug_of_an_entry_shows_no_value() {
    assert_eq!(format!("{:?}", entries(&[("A", "canary")])), "[Entry { name: Name(\"A\"), .. }]");
}
