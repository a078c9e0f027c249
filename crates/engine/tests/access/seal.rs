use strongroom_core::secret::SecretValue;
use strongroom_engine::operations::seal::*;
use strongroom_engine::{Error, Kind};

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "CeremonyStep",
        policy: r#"path "sys/rekey/init" { capabilities = ["update", "sudo"] }"#,
        ask: |actor, _| actor.ask(&CeremonyStep::StartRekey),
    },
    Case {
        name: "GenerateRoot",
        policy: r#"path "sys/generate-root/update" { capabilities = ["update", "sudo"] }"#,
        ask: |actor, _| not_begun(actor.ask(&GenerateRoot::new(None, "", &part()))),
    },
    Case {
        name: "ReadKeyStatus",
        policy: r#"path "sys/key-status" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadKeyStatus).map(drop),
    },
    Case {
        name: "SealStore",
        policy: r#"path "sys/seal" { capabilities = ["update", "sudo"] }"#,
        ask: |actor, _| actor.ask(&SealStore),
    },
    Case {
        name: "UpdateRekey",
        policy: r#"path "sys/rekey/update" { capabilities = ["update", "sudo"] }"#,
        ask: |actor, _| not_begun(actor.ask(&UpdateRekey::new(None, "", &part()))),
    },
    Case {
        name: "VerifyRekey",
        policy: r#"path "sys/rekey/verify" { capabilities = ["update", "sudo"] }"#,
        ask: |actor, _| not_begun(actor.ask(&VerifyRekey::new(None, "", &part()))),
    },
];

fn part() -> SecretValue {
    SecretValue::new(Vec::new())
}

/// Whoever may, learns that nothing has begun.
fn not_begun<T>(asked: Result<T, Error>) -> Result<(), Error> {
    match asked {
        Err(error) if error.kind() == Kind::InvalidRequest => Ok(()),
        other => other.map(drop),
    }
}
