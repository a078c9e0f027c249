use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::cubbyhole::*;
use strongroom_engine::{Error, Kind};

use super::Case;

const PATH: &str = "cubbyhole/a/b";

fn or_missing<T>(result: Result<T, Error>) -> Result<(), Error> {
    match result {
        // There is none: whoever may, learns that.
        Err(error) if error.kind() == Kind::NotFound => Ok(()),
        other => other.map(drop),
    }
}

pub const CASES: &[Case] = &[
    Case {
        name: "DeleteCubbyhole",
        policy: r#"path "cubbyhole/a/b" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteCubbyhole { path: PATH.into() }),
    },
    Case {
        name: "ListCubbyhole",
        policy: r#"path "cubbyhole/a/" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListCubbyhole::new("cubbyhole/a")).map(drop),
    },
    Case {
        name: "ReadCubbyhole",
        policy: r#"path "cubbyhole/a/b" { capabilities = ["read"] }"#,
        ask: |actor, _| or_missing(actor.ask(&ReadCubbyhole { path: PATH.into() })),
    },
    Case {
        name: "WriteCubbyhole",
        policy: r#"path "cubbyhole/a/b" { capabilities = ["create"] }"#,
        ask: |actor, _| {
            let value = SecretValue::new(b"{}".to_vec());
            actor.ask(&WriteCubbyhole { path: PATH.into(), value })
        },
    },
];
