//! A hot read in the engine: policy, record, value, audit record in a real file.

use std::fs::{File, OpenOptions};
use std::hint::black_box;
use std::io::Write;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::digest::{SHA256, digest};
use strongroom_core::model::Selector;
use strongroom_core::policy::{Acl, Capability, Policy, PolicyName, TemplateContext};
use strongroom_engine::audit::{
    Outcome, Principal as RecordPrincipal, Record, RecordKind, RequestId,
};
use strongroom_engine::operations::{PutSecret, ReadSecret};
use strongroom_engine::{Door, Engine, Principal, Request};
use strongroom_store::{Key, Range, Store};
use strongroom_store_sqlite::SqliteStore;
use tempfile::TempDir;

use crate::Arguments;
use crate::report::{Figure, Target};
use crate::setting::{SystemRandom, interleaved, new_store, open, text};

const PATH: &str = "secret/weather/prod/API_KEY";
const VALUE: &str = "value-of-a-key-0123456789-0123456789";
/// An audit line of such a read, and a sealed value.
const LINE_BYTES: usize = 400;
const SEALED_BYTES: usize = 80;

pub fn measure(arguments: &Arguments) -> Vec<Figure> {
    let (rounds, count) = if arguments.quick { (3, 50) } else { (41, 5_000) };
    let folder = TempDir::new().expect("a folder");
    let key = new_store(folder.path());
    let (store, engine) = open(folder.path(), &key);
    // As in a server: records reach the disk in the background.
    let _flusher = engine.audit().start_flusher().expect("a thread");
    let owner = Request::new(Principal::local_owner("owner"), Door::Cli, &SystemRandom);
    engine.execute(&owner, &PutSecret::new(PATH, text(VALUE))).expect("writes");
    let acl = acl();
    let app = Principal::with_policies("weather", "app", Arc::clone(&acl));
    let read = ReadSecret::new(PATH, Selector::Current);
    let (record, stored, sealed) = (record(), stored_key(&store), Sealed::new());
    let mut bare = bare_file(&folder);
    let line = [b'x'; LINE_BYTES];
    let mut calls: [&mut dyn FnMut(); 8] = [
        &mut || read_once(&engine, &app, &read),
        &mut || sealed.open(),
        &mut || bare.write_all(&line).expect("writes"),
        &mut || drop(black_box(engine.audit().append(&record).expect("appends"))),
        &mut || assert!(acl.check(PATH, Capability::Read).is_allowed()),
        &mut || assert!(store.get(&stored).expect("reads").is_some()),
        &mut || drop(black_box(Request::new(app.clone(), Door::Cli, &SystemRandom))),
        &mut || _ = black_box(digest(&SHA256, &line)),
    ];
    let [whole, aead, write, append, policy, get, request, hash] =
        interleaved(rounds, count, &mut calls);
    let part = |what: &str, value| Figure::new(format!("of it: {what}"), value, "µs");
    vec![
        Figure::new("a hot read in the engine, policy and audit record included", whole, "µs")
            .beside("one AES-256-GCM open and one `write` of 400 bytes", aead + write, "µs")
            .target(Target::AtMost(5.0)),
        part("the audit record, appended", append).beside(
            "one `write` and one SHA-256 of 400 bytes",
            write + hash,
            "µs",
        ),
        part("the policy check against twelve rules", policy),
        part("three reads of the store's cache", 3.0 * get),
        part("the request with its random number", request),
        part("the value, decrypted", aead),
    ]
}

fn read_once(engine: &Engine, app: &Principal, read: &ReadSecret) {
    let request = Request::new(app.clone(), Door::Cli, &SystemRandom);
    let answer = engine.execute(&request, read).expect("reads");
    assert_eq!(answer.payload.value().expose().len(), VALUE.len());
}

fn acl() -> Arc<Acl> {
    let rules: String = (0..10)
        .map(|index| {
            format!("path \"secret/team{index}/*\" {{ capabilities = [\"read\", \"list\"] }}\n")
        })
        .chain(["path \"secret/weather/+/API_KEY\" { capabilities = [\"read\"] }\n".to_owned()])
        .chain([
            "path \"secret/weather/prod/*\" { capabilities = [\"read\", \"update\"] }\n".to_owned()
        ])
        .collect();
    let policy =
        Policy::parse(PolicyName::new("weather").expect("a name"), &rules).expect("a policy");
    Arc::new(Acl::compile(&[policy], &TemplateContext::default()))
}

fn record() -> Record {
    Record {
        time: 1_800_000_000_000,
        kind: RecordKind::Access,
        request_id: RequestId(1),
        principal: Some(RecordPrincipal { name: "weather".to_owned(), kind: "app" }),
        door: "cli",
        operation: "secret-read",
        path: Some(PATH.to_owned()),
        version: Some(1),
        outcome: Outcome::Allowed,
        status: None,
        source: None,
        client: None,
        duration_us: 4,
        fields: Vec::new(),
    }
}

fn stored_key(store: &SqliteStore) -> Key {
    let listed = store.list(&Range { keys_only: true, ..Range::prefix("secret/") }).expect("lists");
    listed.entries.first().expect("the secret").key.clone()
}

fn bare_file(folder: &TempDir) -> File {
    let path = folder.path().join("bare");
    OpenOptions::new().append(true).create(true).open(path).expect("a file")
}

/// A value under a bare key.
struct Sealed {
    key: LessSafeKey,
    bytes: Vec<u8>,
}

impl Sealed {
    fn new() -> Self {
        let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("a key"));
        let mut bytes = vec![b'x'; SEALED_BYTES];
        key.seal_in_place_append_tag(Self::nonce(), Aad::empty(), &mut bytes).expect("seals");
        Self { key, bytes }
    }

    fn open(&self) {
        let mut opened = self.bytes.clone();
        self.key.open_in_place(Self::nonce(), Aad::empty(), &mut opened).expect("opens");
        black_box(&opened);
    }

    fn nonce() -> Nonce {
        Nonce::assume_unique_for_key([1; 12])
    }
}
