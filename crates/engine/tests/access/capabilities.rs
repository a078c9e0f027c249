use strongroom_engine::operations::capabilities::*;

use super::Case;

pub const CASES: &[Case] = &[Case {
    name: "ReadCapabilities",
    policy: r#"path "sys/capabilities-self" { capabilities = ["update"] }"#,
    ask: |actor, _| {
        let paths = vec!["secret/app/KEY".to_owned()];
        actor.ask(&ReadCapabilities { of: CapabilitiesOf::Own, paths }).map(drop)
    },
}];
