use strongroom_core::time::Seconds;
use strongroom_engine::operations::lease::*;
use strongroom_engine::{Error, Kind};

use super::Case;

/// There is no lease: whoever may ask, learns that.
fn or_missing<T>(answer: Result<T, Error>) -> Result<(), Error> {
    match answer {
        Err(error) if error.kind() == Kind::InvalidRequest => Ok(()),
        other => other.map(drop),
    }
}

fn lease() -> LeaseReference {
    LeaseReference { id: "pki/issue/web/none".into(), in_path: false }
}

pub const CASES: &[Case] = &[
    Case {
        name: "CountLeases",
        policy: r#"path "sys/leases/count" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&CountLeases).map(drop),
    },
    Case {
        name: "ListLeases",
        policy: r#"path "sys/leases/lookup/pki/" { capabilities = ["list", "sudo"] }"#,
        ask: |actor, _| actor.ask(&ListLeases::below("pki")).map(drop),
    },
    Case {
        name: "LookupLease",
        policy: r#"path "sys/leases/lookup" { capabilities = ["update"] }"#,
        ask: |actor, _| or_missing(actor.ask(&LookupLease(lease().id))),
    },
    Case {
        name: "RenewLease",
        policy: r#"path "sys/leases/renew" { capabilities = ["update"] }"#,
        ask: |actor, _| or_missing(actor.ask(&RenewLease::new(lease(), Seconds(0)))),
    },
    Case {
        name: "RevokeLease",
        policy: r#"path "sys/leases/revoke" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&RevokeLease::new(lease())),
    },
    Case {
        name: "RevokePrefix",
        policy: r#"path "sys/leases/revoke-prefix/pki" { capabilities = ["update", "sudo"] }"#,
        ask: |actor, _| actor.ask(&RevokePrefix::new("pki", false)).map(drop),
    },
    Case {
        name: "TidyLeases",
        policy: r#"path "sys/leases/tidy" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&TidyLeases::default()).map(drop),
    },
];
