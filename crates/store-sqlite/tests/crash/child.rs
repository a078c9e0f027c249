//! What a child process does, and how a test starts one.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use strongroom_store::{Batch, CommitError, Key, Revision, Store, Write};
use strongroom_store_sqlite::{CreateOptions, OpenOptions, SqliteStore};

const ROLE: &str = "STORE_TEST_ROLE";
const PATH: &str = "STORE_TEST_PATH";
/// Threads that append.
const THREADS: &str = "STORE_TEST_THREADS";
/// Commits of each thread.
const COMMITS: &str = "STORE_TEST_COMMITS";

/// No wrapper.
pub const ALONE: &[&str] = &[];

pub fn create(path: &Path) -> SqliteStore {
    SqliteStore::create(path, &CreateOptions::default()).unwrap()
}

pub fn open(path: &Path) -> SqliteStore {
    SqliteStore::open(path, &OpenOptions::default()).unwrap()
}

/// A command that runs this program as a child. `wrapper` is put before it: a tracer and its arguments.
pub fn command<S: AsRef<OsStr>>(wrapper: &[S], role: &str, path: &Path) -> Command {
    let program = std::env::current_exe().unwrap();
    let mut words = wrapper.iter().map(AsRef::as_ref).chain([program.as_os_str()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words);
    command.args(["child::child", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(ROLE, role).env(PATH, path);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

pub fn appender<S: AsRef<OsStr>>(
    wrapper: &[S],
    path: &Path,
    threads: usize,
    commits: usize,
) -> Command {
    let mut command = command(wrapper, "append", path);
    command.env(THREADS, threads.to_string()).env(COMMITS, commits.to_string());
    command
}

/// The lines of a child that are meant for its test.
pub fn lines(child: &mut Child) -> impl Iterator<Item = String> + use<> {
    let output = BufReader::new(child.stdout.take().unwrap());
    output
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| line.split_once("child: ").map(|(_, said)| said.to_owned()))
}

fn say(line: &str) {
    // One write, so that a line is on the pipe whole or not at all.
    std::io::stdout().lock().write_all(format!("child: {line}\n").as_bytes()).unwrap();
}

#[test]
#[ignore = "the child process of other tests"]
fn child() {
    let path = std::env::var_os(PATH).expect("other tests start this one");
    let store = open(Path::new(&path));
    match std::env::var(ROLE).unwrap().as_str() {
        "append" => append(&store),
        "obey" => obey(&store),
        role => panic!("no such role: {role}"),
    }
}

/// Each thread commits its records 1, 2, 3 and says of each what became of it.
fn append(store: &SqliteStore) {
    let number = |name| std::env::var(name).unwrap().parse::<usize>().unwrap();
    std::thread::scope(|scope| {
        for thread in 0..number(THREADS) {
            scope.spawn(move || {
                for record in 1..=number(COMMITS) {
                    match store.commit(record_batch(thread, record)) {
                        Ok(_) => say(&format!("acked {thread} {record}")),
                        Err(CommitError::Unknown(_)) => say(&format!("unknown {thread} {record}")),
                        Err(error) => say(&format!("failed {thread} {record} {error:?}")),
                    }
                }
            });
        }
    });
    say("done");
}

/// A record is three keys, of a few bytes and of many.
pub fn record_batch(thread: usize, record: usize) -> Batch {
    let writes = (0..3).map(|part| {
        let key = part_key(thread, record, part);
        Write::Put(key, Arc::from(part_value(thread, record, part)))
    });
    Batch { preconditions: Vec::new(), writes: writes.collect() }
}

fn part_key(thread: usize, record: usize, part: usize) -> Key {
    Key::new(format!("{part}/{thread}/{record}")).unwrap()
}

fn part_value(thread: usize, record: usize, part: usize) -> Vec<u8> {
    let bytes = [10, 300, 6_000][part];
    (0..bytes).map(|at| (at + thread * 7 + record * 13) as u8).collect()
}

/// Whether the record is there, whole.
pub fn is_whole(store: &dyn Store, thread: usize, record: usize) -> bool {
    let parts: Vec<Option<(Revision, bool)>> = (0..3)
        .map(|part| {
            let entry = store.get(&part_key(thread, record, part)).unwrap();
            entry.map(|entry| (entry.revision, entry.value[..] == part_value(thread, record, part)))
        })
        .collect();
    match parts[..] {
        [None, None, None] => false,
        [Some((a, true)), Some((b, true)), Some((c, true))] if a == b && b == c => true,
        _ => panic!("record {record} of thread {thread} is half there: {parts:?}"),
    }
}

/// Put and get as the lines on standard input say.
fn obey(store: &SqliteStore) {
    say("ready");
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["put", name, value] => {
                let key = Key::new(name).unwrap();
                let writes = vec![Write::Put(key, value.as_bytes().into())];
                store.commit(Batch { preconditions: Vec::new(), writes }).unwrap();
                say("ok");
            }
            ["get", name] => {
                let entry = store.get(&Key::new(name).unwrap()).unwrap();
                say(&entry
                    .map_or("none".into(), |e| String::from_utf8_lossy(&e.value).into_owned()));
            }
            _ => panic!("no such order: {line}"),
        }
    }
}
