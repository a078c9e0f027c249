use std::cell::RefCell;

use strongroom_engine::operations::app::*;
use strongroom_testkit::TestRoom;

use super::Case;

const NAME: &str = "shop";

thread_local! {
    /// The ids of the access key and the client's secret in the room of this thread's test.
    static IDS: RefCell<[String; 2]> = RefCell::default();
}

/// An app with an access key and a client's secret.
pub fn prepare(room: &TestRoom) {
    let mut create = CreateApp::new(NAME, vec!["shop".into()]);
    let kinds = [CredentialKind::AccessKey, CredentialKind::ClientSecret];
    create.credentials.extend(kinds.map(CredentialRequest::new));
    let made = room.owner().ask(&create).expect("makes the app");
    let ids: Vec<_> = made.credentials.iter().map(|made| made.id.clone()).collect();
    IDS.set(ids.try_into().expect("has both"));
}

fn id(place: usize) -> String {
    IDS.with_borrow(|ids| ids.get(place).cloned().unwrap_or_default())
}

pub const CASES: &[Case] = &[
    Case {
        name: "AddCredential",
        policy: r#"path "sys/apps/shop/credentials" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let asked = CredentialRequest::new(CredentialKind::AccessKey);
            actor.ask(&AddCredential::new(NAME, asked)).map(drop)
        },
    },
    Case {
        name: "ChangeCredential",
        policy: r#"path "sys/apps/shop/credentials/*" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&ChangeCredential::new(NAME, &id(0), false)),
    },
    Case {
        name: "CreateApp",
        policy: r#"path "sys/apps/new" { capabilities = ["create"] }"#,
        ask: |actor, _| actor.ask(&CreateApp::new("new", vec!["shop".into()])).map(drop),
    },
    Case {
        name: "DeleteApp",
        policy: r#"path "sys/apps/shop" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteApp::new(NAME)),
    },
    Case {
        name: "ListApps",
        policy: r#"path "sys/apps" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListApps).map(drop),
    },
    Case {
        name: "ReadApp",
        policy: r#"path "sys/apps/shop" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadApp::new(NAME)).map(drop),
    },
    Case {
        name: "RemoveCredential",
        policy: r#"path "sys/apps/shop/credentials/*" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&RemoveCredential::new(NAME, &id(1))),
    },
    Case {
        name: "UpdateApp",
        policy: r#"path "sys/apps/shop" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&UpdateApp::new(NAME, AppChange::default())),
    },
];
