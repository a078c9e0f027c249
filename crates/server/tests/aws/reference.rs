//! docs/reference/aws.md is made from the registry of the AWS door and from the tests that drive its operations.
//!
//! To make it anew: `STRONGROOM_UPDATE_DOCS=1 cargo test -p strongroom-server --test aws reference`. It writes
//! `clients/aws/operations.txt` as well, whose column of tests `STRONGROOM_UPDATE_DOCS=1 cargo xtask clients` fills.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use strongroom_server::aws::registry::{self, OPERATIONS, UNANSWERED, UNUSED_ERRORS};

const HEAD: &str = "\
# AWS Secrets Manager's API

What of the API of AWS Secrets Manager is served, made from the registry of its operations. A test compares the registry
with the service model of botocore: every operation, every member of requests and answers with its constraints, and every
error is served or listed below. The test behind each operation is in `clients/aws` and drives it with boto3 as it comes,
against a server process over TLS.

Requests are `POST /` in the protocol JSON 1.1, signed with Signature Version 4 by an access key of an app
(`strongroom app create`). Clients are told where the server is by `AWS_ENDPOINT_URL_SECRETS_MANAGER`. A region is a
mount of versioned secrets ([server.md](server.md)): one secret is the same at every door. A name with characters that
paths have not is kept beside the secret.
";

const NOTES: &str = "
## Where it differs

- `RotateSecret` runs no function of AWS Lambda: it is refused as AWS refuses a function that it cannot call, and nothing
  of it is kept.
- Lists are consistent at once. Nothing is throttled unless an operator sets a rate limit.
- Copies in other regions follow in the same commit: their status is always `InSync`.
- A name of a secret may be served at the server's other doors, whose policies are the same.
";

#[test]
fn the_operations_of_the_client_tests_are_those_of_the_registry() {
    let path = repository("clients/aws/operations.txt");
    let (head, tests) = listed(&path);
    let mut made = head;
    for entry in OPERATIONS {
        let test = tests.get(entry.name).map_or("", String::as_str);
        writeln!(made, "{}", format!("{}\t{test}", entry.name).trim_end()).expect("text");
    }
    check(&path, &made);
}

#[test]
fn every_operation_is_driven_by_a_test_of_the_clients() {
    let (_, tests) = listed(&repository("clients/aws/operations.txt"));
    for entry in OPERATIONS {
        let driven = tests.get(entry.name).is_some_and(|test| !test.is_empty());
        assert!(driven, "no test of clients/aws drives {}", entry.name);
    }
}

#[test]
fn the_page_is_what_the_registry_says() {
    let (_, tests) = listed(&repository("clients/aws/operations.txt"));
    let mut page = HEAD.to_owned();
    operations(&mut page, &tests);
    members(&mut page);
    errors(&mut page);
    page.push_str(NOTES);
    check(&repository("docs/reference/aws.md"), &page);
}

fn operations(page: &mut String, tests: &BTreeMap<String, String>) {
    page.push_str("\n## Operations\n\n| operation | what it does | test |\n|---|---|---|\n");
    for entry in OPERATIONS {
        let what = match (entry.never, entry.refused.len() + entry.partly.len()) {
            (Some(_), _) => format!("*Refused.* {}", entry.about),
            (None, 0) => entry.about.to_owned(),
            (None, _) => format!("*In part.* {}", entry.about),
        };
        let test = tests.get(entry.name).map_or("", String::as_str).replace("::", ".");
        writeln!(page, "| `{}` | {what} | `{test}` |", entry.name).expect("text");
    }
}

fn members(page: &mut String) {
    page.push_str("\n## Refused\n\n| operation | member | what is said |\n|---|---|---|\n");
    for entry in OPERATIONS {
        if let Some(text) = entry.never {
            writeln!(page, "| `{}` | all | {text} |", entry.name).expect("text");
        }
        for refused in entry.refused {
            let line = format!("| `{}` | `{}` | {} |", entry.name, refused.member, refused.text);
            writeln!(page, "{line}").expect("text");
        }
    }
    page.push_str("\n## Served in part\n\n| operation | member | what is taken |\n|---|---|---|\n");
    for entry in OPERATIONS {
        for partly in entry.partly {
            let line = format!("| `{}` | `{}` | {} |", entry.name, partly.member, partly.about);
            writeln!(page, "{line}").expect("text");
        }
    }
    page.push_str("\n## In no answer\n\n| member | why |\n|---|---|\n");
    for (member, why) in UNANSWERED {
        writeln!(page, "| `{member}` | {why} |").expect("text");
    }
}

fn errors(page: &mut String) {
    page.push_str("\n## Errors\n\n| `__type` | status | text in |\n|---|---|---|\n");
    for (name, status, member) in registry::errors() {
        writeln!(page, "| `{name}` | {status} | `{member}` |").expect("text");
    }
    page.push_str("\nNever answered:\n\n| `__type` | why |\n|---|---|\n");
    for (name, why) in UNUSED_ERRORS {
        writeln!(page, "| `{name}` | {why} |").expect("text");
    }
}

fn listed(path: &Path) -> (String, BTreeMap<String, String>) {
    let text = std::fs::read_to_string(path).expect("the file");
    let (head, lines): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with('#'));
    let tests = lines.iter().map(|line| {
        let (name, test) = line.split_once('\t').unwrap_or((line, ""));
        (name.to_owned(), test.to_owned())
    });
    (head.iter().map(|line| format!("{line}\n")).collect(), tests.collect())
}

fn check(path: &Path, made: &str) {
    if std::env::var_os("STRONGROOM_UPDATE_DOCS").is_some() {
        std::fs::write(path, made).expect("the file is written");
    }
    let is = std::fs::read_to_string(path).unwrap_or_default();
    assert!(is == made, "{} is old; this file says how to make it anew", path.display());
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
