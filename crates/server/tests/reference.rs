//! docs/reference/vault.md is made from the registry of the Vault door and from the tests that drive its routes.
//!
//! To make it anew: `STRONGROOM_UPDATE_DOCS=1 cargo test -p strongroom-server --test reference`. It writes
//! `clients/vault/routes.txt` as well, whose column of tests `STRONGROOM_UPDATE_DOCS=1 cargo xtask clients` fills, and
//! `clients/vault/not_served.txt`.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use strongroom_engine::MountKind;
use strongroom_server::vault::registry::{NODE_PARTS, PARTS};
use strongroom_server::vault::{Access, NOT_SUPPORTED, Verb};

const HEAD: &str = "\
# Vault's API

What of the HTTP API of HashiCorp Vault is served under `/v1/`, made from the registry of its routes. The test behind
each is in `clients/vault` and drives it with hvac, a client library of Vault's, as it comes, against a server process
over TLS.

A path is below a mount: `kv-v2` and `data/{path..}` is `secret/data/a/b` where the mount is `secret`. `{name}` is one
segment, `{path..}` the rest. `PUT` is as good as `POST`, and `GET` with `list=true` as `LIST`. *open* routes answer
callers without a token. What is not in the tables is refused: 404 where nothing is, 501 for a method that a path does
not have. Nothing that is not done answers success. *Partly* says which of Vault's parameters a route does not serve;
those that change what a request means are refused.
";

const NOT_SERVED: &str = "
## Not served

What hvac calls in its own tests and this server does not have, and what is refused by name (501).
`test_routes.test_what_is_not_served_is_refused` tries each.

| kind of mount | method | path |
|---|---|---|
";

const ROUTES_HEAD: &str = "\
# Every route of the Vault door: the kind of mount, the verb, the pattern, who may ask, and a test that drives it. The routes come from
# crates/server/tests/reference.rs, the tests from a run of clients/vault; both with STRONGROOM_UPDATE_DOCS=1.
";

const NOT_SERVED_HEAD: &str = "\
# What of Vault's API is not served: the kind of mount, the verb and the path. From crates/server/tests/reference.rs.
";

/// A route's kind of mount, verb and pattern.
type Key = (String, String, String);

/// What stands in the files for the pattern of the mount itself.
const MOUNT: &str = "/";

/// A route as the reference lists it.
struct Listed {
    key: Key,
    summary: &'static str,
    without: &'static str,
    is_open: bool,
}

#[test]
fn the_routes_of_the_client_tests_are_those_of_the_registry() {
    let path = repository("clients/vault/routes.txt");
    let made = routes(&tests());
    if is_update() {
        std::fs::write(&path, &made).expect("the list is written");
    }
    assert!(
        read(&path) == made,
        "clients/vault/routes.txt is old; this file says how to make it anew"
    );
}

#[test]
fn the_client_tests_know_what_is_not_served() {
    let path = repository("clients/vault/not_served.txt");
    let mut made = NOT_SERVED_HEAD.to_owned();
    for (kind, verb, pattern) in not_served() {
        writeln!(made, "{kind}\t{verb}\t{pattern}").expect("text");
    }
    if is_update() {
        std::fs::write(&path, &made).expect("the list is written");
    }
    assert!(
        read(&path) == made,
        "clients/vault/not_served.txt is old; this file says how to make it anew"
    );
}

#[test]
fn every_route_is_driven_by_a_test_of_the_clients() {
    let tests = tests();
    let driven = |key: &Key| tests.get(key).is_some_and(|test| !test.is_empty());
    let keys = listed().into_iter().map(|listed| listed.key);
    let without: Vec<Key> = keys.filter(|key| !driven(key)).collect();
    assert!(without.is_empty(), "no test of clients/vault drives {without:?}");
}

#[test]
fn the_compatibility_matrix_is_what_the_registry_says() {
    let path = repository("docs/reference/vault.md");
    let made = page(&tests());
    if is_update() {
        std::fs::write(&path, &made).expect("the page is written");
    }
    assert!(
        read(&path) == made,
        "docs/reference/vault.md is old; this file says how to make it anew"
    );
}

#[test]
fn no_route_is_registered_twice() {
    let mut seen = BTreeMap::new();
    for Listed { key, .. } in listed() {
        assert!(seen.insert(key.clone(), ()).is_none(), "{key:?}");
    }
}

fn page(tests: &BTreeMap<Key, String>) -> String {
    let mut text = HEAD.to_owned();
    let mut section = String::new();
    for Listed { key, summary, without, is_open } in listed() {
        if section != key.0 {
            section.clone_from(&key.0);
            write!(
                text,
                "\n## {section}\n\n| method | path | what it does | test |\n|---|---|---|---|\n"
            )
            .expect("text");
        }
        let open = if is_open { " (*open*)" } else { "" };
        let path = if key.2.is_empty() { "the mount" } else { key.2.as_str() };
        let (method, test) = (method(&key.1), tests.get(&key).map_or("", String::as_str));
        let test = test.replace("::", ".");
        let partly = match without {
            "" => String::new(),
            missing => format!(". *Partly*, without {missing}"),
        };
        writeln!(text, "| {method} | `{path}` | {summary}{open}{partly} | `{test}` |")
            .expect("text");
    }
    text.push_str(NOT_SERVED);
    for (kind, verb, path) in not_served() {
        writeln!(text, "| {kind} | {} | `{path}` |", method(&verb)).expect("text");
    }
    text
}

fn routes(tests: &BTreeMap<Key, String>) -> String {
    let mut text = ROUTES_HEAD.to_owned();
    for Listed { key, is_open, .. } in listed() {
        let test = tests.get(&key).map_or("", String::as_str);
        let (kind, verb, pattern) = &key;
        let pattern = if pattern.is_empty() { MOUNT } else { pattern };
        let access = if is_open { "open" } else { "policy" };
        let line = format!("{kind}\t{verb}\t{pattern}\t{access}\t{test}");
        writeln!(text, "{}", line.trim_end()).expect("text");
    }
    text
}

/// Every route, by kind of mount and in the order of the registry.
fn listed() -> Vec<Listed> {
    let mut listed = Vec::new();
    let mut list = |kind: &str, of: Verb, pattern: &str, (summary, without), is_open| {
        let key = (kind.to_owned(), verb(of).to_owned(), pattern.to_owned());
        listed.push(Listed { key, summary, without, is_open });
    };
    for route in NODE_PARTS.iter().copied().flatten() {
        let below = route.path.strip_prefix("sys/").unwrap_or(route.path);
        let said = (route.summary, route.without);
        list(kind(MountKind::System), route.verb, below, said, true);
    }
    for part in PARTS {
        for route in part.routes {
            let is_open = route.access == Access::Open;
            let said = (route.summary, route.without);
            list(kind(part.kind), route.verb, route.pattern, said, is_open);
        }
    }
    listed.retain(|listed| listed.summary != NOT_SUPPORTED);
    listed.sort_by(|left, right| left.key.0.cmp(&right.key.0));
    listed
}

/// The tests by route, as `routes.txt` has them.
fn tests() -> BTreeMap<Key, String> {
    let text = read(&repository("clients/vault/routes.txt"));
    rows(&text)
        .map(|(key, rest)| (key, rest.get(1).copied().unwrap_or_default().to_owned()))
        .collect()
}

/// What hvac calls and no route answers, and what routes refuse.
fn not_served() -> Vec<Key> {
    let listed = listed();
    let served = |(kind, verb, path): &Key| {
        let same = |key: &Key| key.0 == *kind && key.1 == *verb && covers(&key.2, path);
        listed.iter().any(|listed| same(&listed.key))
    };
    let text = read(&repository("fixtures/vault/paths.txt"));
    let called = rows(&text).map(|(key, _)| key).filter(|key| !served(key));
    called.chain(refused()).collect::<BTreeSet<Key>>().into_iter().collect()
}

/// What routes refuse, whoever asks.
fn refused() -> impl Iterator<Item = Key> {
    PARTS.iter().flat_map(|part| {
        let routes = part.routes.iter().filter(|route| route.summary == NOT_SUPPORTED);
        routes.map(|route| {
            let kind = kind(part.kind).to_owned();
            (kind, verb(route.verb).to_owned(), route.pattern.to_owned())
        })
    })
}

/// Whether a pattern takes every path that another one stands for.
fn covers(pattern: &str, path: &str) -> bool {
    let (parts, segments): (Vec<&str>, Vec<&str>) =
        (pattern.split('/').collect(), path.split('/').collect());
    if let Some((last, before)) = parts.split_last()
        && last.ends_with("..}")
    {
        let fits = before.iter().zip(&segments).all(|(part, segment)| one_covers(part, segment));
        return segments.len() > before.len() && fits;
    }
    let fits = parts.iter().zip(&segments).all(|(part, segment)| one_covers(part, segment));
    parts.len() == segments.len() && fits
}

fn one_covers(part: &str, segment: &str) -> bool {
    part.starts_with('{') || part == segment
}

/// The lines of a file: a key, and what stands behind it.
fn rows(text: &str) -> impl Iterator<Item = (Key, Vec<&str>)> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let (kind, verb, path) = (next(), next(), next());
        let path = if path == MOUNT { "" } else { path };
        ((kind.to_owned(), verb.to_owned(), path.to_owned()), columns.collect())
    })
}

fn kind(kind: MountKind) -> &'static str {
    match kind {
        MountKind::KeyValue => "kv-v2",
        MountKind::KeyValueUnversioned => "kv-v1",
        other => other.word(),
    }
}

fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Read => "read",
        Verb::List => "list",
        Verb::Scan => "scan",
        Verb::Write => "write",
        Verb::Patch => "patch",
        Verb::Delete => "delete",
        Verb::Head => "head",
    }
}

fn method(verb: &str) -> String {
    match verb {
        "read" => "GET".to_owned(),
        "write" => "POST".to_owned(),
        other => other.to_uppercase(),
    }
}

fn is_update() -> bool {
    std::env::var_os("STRONGROOM_UPDATE_DOCS").is_some()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}
