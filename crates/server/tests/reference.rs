//! docs/reference/vault.md is made from the registry of the Vault door and from the tests that drive its routes.
//!
//! To make it anew: `STRONGROOM_UPDATE_DOCS=1 cargo test -p strongroom-server --test reference`. It writes
//! `clients/vault/routes.txt` as well, whose column of tests `clients/vault` fills.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use strongroom_engine::MountKind;
use strongroom_server::vault::registry::{NODE_PARTS, PARTS};
use strongroom_server::vault::{Access, Verb};

const HEAD: &str = "\
# Vault's API

What of the HTTP API of HashiCorp Vault is served under `/v1/`, made from the registry of its routes. The test behind
each is in `clients/vault` and drives it with hvac, a client library of Vault's, as it comes, against a server process
over TLS.

A path is below a mount: `kv-v2` and `data/{path..}` is `secret/data/a/b` where the mount is `secret`. `{name}` is one
segment, `{path..}` the rest. `PUT` is as good as `POST`, and `GET` with `list=true` as `LIST`. *open* routes answer
callers without a token. What is not in the tables is refused: 404 where nothing is, 501 for a method that a path does
not have. Nothing that is not done answers success.
";

const NOT_SERVED: &str = "
## Not served

What hvac can call and this server does not have. `test_routes.test_what_is_not_served_is_refused` tries each.

| kind of mount | method | path |
|---|---|---|
";

const ROUTES_HEAD: &str = "\
# Every route of the Vault door: the kind of mount, the verb, the pattern, and a test that drives it. The routes come from
# crates/server/tests/reference.rs, the tests from a run of clients/vault; both with STRONGROOM_UPDATE_DOCS=1.
";

/// A route's kind of mount, verb and pattern.
type Key = (String, String, String);

/// What the page says of a route.
struct Shown {
    pattern: &'static str,
    summary: &'static str,
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
fn every_route_is_driven_by_a_test_of_the_clients() {
    let tests = tests();
    let driven = |key: &Key| tests.get(key).is_some_and(|test| !test.is_empty());
    let without: Vec<Key> =
        keys().into_iter().filter(|(key, _)| !driven(key)).map(|(key, _)| key).collect();
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
    for (key, _) in keys() {
        assert!(seen.insert(key.clone(), ()).is_none(), "{key:?}");
    }
}

fn page(tests: &BTreeMap<Key, String>) -> String {
    let mut text = HEAD.to_owned();
    let mut section = String::new();
    for (key, route) in keys() {
        if section != key.0 {
            section.clone_from(&key.0);
            write!(
                text,
                "\n## {section}\n\n| method | path | what it does | test |\n|---|---|---|---|\n"
            )
            .expect("text");
        }
        let open = if route.is_open { " (*open*)" } else { "" };
        let path = if route.pattern.is_empty() { "the mount" } else { route.pattern };
        let (method, test) = (method(&key.1), tests.get(&key).map_or("", String::as_str));
        let test = test.replace("::", ".");
        writeln!(text, "| {method} | `{path}` | {}{open} | `{test}` |", route.summary)
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
    for (key, _) in keys() {
        let test = tests.get(&key).map_or("", String::as_str);
        let (kind, verb, pattern) = &key;
        writeln!(text, "{}", format!("{kind}\t{verb}\t{pattern}\t{test}").trim_end())
            .expect("text");
    }
    text
}

/// Every route with its key, by kind of mount and in the order of the registry.
fn keys() -> Vec<(Key, Shown)> {
    let mut keys = Vec::new();
    for part in PARTS {
        for route in part.routes {
            let key = (kind(part.kind), verb(route.verb), route.pattern);
            let is_open = route.access == Access::Open;
            keys.push((key, Shown { pattern: route.pattern, summary: route.summary, is_open }));
        }
    }
    for route in NODE_PARTS.iter().flat_map(|routes| routes.iter()) {
        let pattern = route.path.strip_prefix("sys/").expect("a path below sys/");
        let key = (kind(MountKind::System), verb(route.verb), pattern);
        keys.push((key, Shown { pattern, summary: route.summary, is_open: true }));
    }
    let owned = |(kind, verb, pattern): (&str, &str, &str)| {
        (kind.to_owned(), verb.to_owned(), pattern.to_owned())
    };
    let mut keys: Vec<(Key, Shown)> =
        keys.into_iter().map(|(key, shown)| (owned(key), shown)).collect();
    keys.sort_by(|(left, _), (right, _)| left.0.cmp(&right.0));
    keys
}

/// The tests by route, as `routes.txt` has them.
fn tests() -> BTreeMap<Key, String> {
    let text = read(&repository("clients/vault/routes.txt"));
    rows(&text).map(|(key, test)| (key, test.to_owned())).collect()
}

/// What hvac calls and no route answers.
fn not_served() -> Vec<Key> {
    let keys = keys();
    let served = |(kind, verb, path): &Key| {
        let same = |key: &Key| key.0 == *kind && key.1 == *verb && covers(&key.2, path);
        keys.iter().any(|(key, _)| same(key))
    };
    let text = read(&repository("fixtures/vault/paths.txt"));
    rows(&text).map(|(key, _)| key).filter(|key| !served(key)).collect()
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

fn rows(text: &str) -> impl Iterator<Item = (Key, &str)> {
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| {
        let mut columns = line.split('\t');
        let mut next = || columns.next().unwrap_or_default();
        let key = (next().to_owned(), next().to_owned(), next().to_owned());
        (key, next())
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
