use std::sync::Arc;

use strongroom_core::token::PlainToken;
use strongroom_engine::operations::wrapping::*;
use strongroom_engine::{Error, Kind};

use super::Case;

fn token() -> Arc<PlainToken> {
    Arc::new(PlainToken::new(b"hvs.none".to_vec()))
}

fn or_not_valid<T>(result: Result<T, Error>) -> Result<(), Error> {
    match result {
        // There is no such wrapping token: whoever may, learns that.
        Err(error) if error.kind() == Kind::InvalidRequest => Ok(()),
        other => other.map(drop),
    }
}

pub const CASES: &[Case] = &[
    Case {
        name: "CheckWrap",
        policy: r#"path "sys/wrapping/wrap" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&CheckWrap),
    },
    Case {
        name: "Rewrap",
        policy: r#"path "sys/wrapping/rewrap" { capabilities = ["update"] }"#,
        ask: |actor, _| or_not_valid(actor.ask(&Rewrap { token: token(), is_own: false })),
    },
    Case {
        name: "Unwrap",
        policy: r#"path "sys/wrapping/unwrap" { capabilities = ["update"] }"#,
        ask: |actor, _| or_not_valid(actor.ask(&Unwrap { token: token(), is_own: false })),
    },
];
