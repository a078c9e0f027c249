//! A hot read in the engine: policy, record, value, audit record in a real file.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use strongroom_core::model::Selector;
use strongroom_core::policy::{Acl, Capability, Policy, PolicyName, TemplateContext};
use strongroom_engine::audit::{
    Outcome, Principal as RecordPrincipal, Record, RecordKind, RequestId,
};
use strongroom_engine::operations::{PutSecret, ReadSecret};
use strongroom_engine::{Door, Principal, Request};
use strongroom_store::{Range, Store};
use tempfile::TempDir;

use crate::Arguments;
use crate::report::{Figure, Target};
use crate::setting::{SystemRandom, micros_each, new_store, open, text};

const PATH: &str = "secret/weather/prod/API_KEY";
const VALUE: &str = "value-of-a-key-0123456789-0123456789";

pub fn measure(arguments: &Arguments) -> Vec<Figure> {
    let (rounds, count) = if arguments.quick { (3, 50) } else { (21, 10_000) };
    let folder = TempDir::new().expect("a folder");
    let key = new_store(folder.path());
    let (store, engine) = open(folder.path(), &key);
    let owner = Request::new(Principal::local_owner("owner"), Door::Cli, &SystemRandom);
    engine.execute(&owner, &PutSecret::new(PATH, text(VALUE))).expect("writes");
    let acl = acl();
    let app = Principal::with_policies("weather", "app", Arc::clone(&acl));
    let read = ReadSecret { path: PATH.to_owned(), selector: Selector::Current };
    let whole = micros_each(rounds, count, |_| {
        let request = Request::new(app.clone(), Door::Cli, &SystemRandom);
        let answer = engine.execute(&request, &read).expect("reads");
        assert_eq!(answer.payload.value().expose().len(), VALUE.len());
    });
    let record = record();
    let append = micros_each(rounds, count, |_| {
        let _receipt = engine.audit().append(&record).expect("appends");
    });
    let policy = micros_each(rounds, count, |_| {
        assert!(acl.check(PATH, Capability::Read).is_allowed());
    });
    let listed = store.list(&Range { keys_only: true, ..Range::prefix("secret/") }).expect("lists");
    let stored = listed.entries.first().expect("the secret").key.clone();
    let get = micros_each(rounds, count, |_| assert!(store.get(&stored).expect("reads").is_some()));
    let floor = aead_open(rounds, count) + bare_write(rounds, count, &folder);
    vec![
        Figure::new("a hot read in the engine, policy and audit record included", whole, "µs")
            .beside("one AES-256-GCM open and one `write` of 400 bytes", floor, "µs")
            .target(Target::AtMost(5.0)),
        Figure::new("of it: appending the audit record", append, "µs"),
        Figure::new("of it: the policy check against twelve rules", policy, "µs"),
        Figure::new("of it: one of three reads of the store", get, "µs"),
    ]
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

fn aead_open(rounds: usize, count: usize) -> f64 {
    let key = LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &[7; 32]).expect("a key"));
    let nonce = || Nonce::assume_unique_for_key([1; 12]);
    let mut sealed = vec![b'x'; 300];
    key.seal_in_place_append_tag(nonce(), Aad::empty(), &mut sealed).expect("seals");
    micros_each(rounds, count, |_| {
        let mut opened = sealed.clone();
        key.open_in_place(nonce(), Aad::empty(), &mut opened).expect("opens");
    })
}

fn bare_write(rounds: usize, count: usize, folder: &TempDir) -> f64 {
    let path = folder.path().join("bare");
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a file");
    let line = [b'x'; 400];
    micros_each(rounds, count, |_| file.write_all(&line).expect("writes"))
}
