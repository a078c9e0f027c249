use strongroom_core::secret::Passphrase;
use strongroom_engine::operations::mount::{EnableMount, MountSide};
use strongroom_engine::operations::userpass::*;
use strongroom_testkit::TestRoom;

use super::{Case, OpenCase};

const MOUNT: &str = "auth/people";

/// A mount.
pub fn prepare(room: &TestRoom) {
    let mount = EnableMount::new(MountSide::Auth, "people", "userpass");
    room.owner().ask(&mount).expect("mounts");
}

/// A user: a hash of a password, which takes its time.
pub fn prepare_user(room: &TestRoom) {
    room.owner().ask(&write("mary")).expect("writes");
}

fn write(name: &str) -> WriteUser {
    let change = UserChange { password: Some(password()), ..UserChange::default() };
    WriteUser::new(MOUNT, name, UserPart::Whole, change)
}

fn password() -> Passphrase {
    Passphrase::from("password of the test".to_owned())
}

pub const OPEN: &[OpenCase] = &[OpenCase {
    name: "LoginUserpass",
    ask: |actor, mount| actor.ask(&LoginUserpass::new(mount, "mary", password())).map(drop),
}];

pub const CASES: &[Case] = &[
    Case {
        name: "DeleteUser",
        policy: r#"path "auth/people/users/mary" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteUser::new(MOUNT, "mary")),
    },
    Case {
        name: "ListUsers",
        policy: r#"path "auth/people/users" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListUsers::new(MOUNT)).map(drop),
    },
    Case {
        name: "ReadUser",
        policy: r#"path "auth/people/users/mary" { capabilities = ["read"] }"#,
        ask: |actor, _| match actor.ask(&ReadUser::new(MOUNT, "mary")) {
            // There is none: whoever may, learns that.
            Err(error) if error.kind() == strongroom_engine::Kind::NotFound => Ok(()),
            other => other.map(drop),
        },
    },
    Case {
        name: "WriteUser",
        policy: r#"path "auth/people/users/john" { capabilities = ["create"] }"#,
        ask: |actor, _| actor.ask(&write("john")),
    },
];
