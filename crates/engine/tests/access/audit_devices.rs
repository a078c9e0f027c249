use strongroom_core::secret::SecretValue;
use strongroom_engine::Kind;
use strongroom_engine::audit::DeviceKind;
use strongroom_engine::operations::audit_device::*;

use super::Case;

pub const CASES: &[Case] = &[
    Case {
        name: "DisableAuditDevice",
        policy: r#"path "sys/audit/file" { capabilities = ["delete", "sudo"] }"#,
        ask: |actor, _| actor.ask(&DisableAuditDevice::new("file")),
    },
    Case {
        name: "EnableAuditDevice",
        policy: r#"path "sys/audit/file" { capabilities = ["update", "sudo"] }"#,
        ask: |actor, _| match actor.ask(&EnableAuditDevice::new("file", DeviceKind::File)) {
            // No folder is allowed: whoever may ask, learns that.
            Err(error) if error.kind() == Kind::InvalidRequest => Ok(()),
            other => other,
        },
    },
    Case {
        name: "HashForAudit",
        policy: r#"path "sys/audit-hash/file" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let hash = HashForAudit::new("file", SecretValue::new(b"text".to_vec()));
            match actor.ask(&hash) {
                Err(error) if error.kind() == Kind::InvalidRequest => Ok(()),
                other => other.map(drop),
            }
        },
    },
    Case {
        name: "ListAuditDevices",
        policy: r#"path "sys/audit" { capabilities = ["read", "sudo"] }"#,
        ask: |actor, _| actor.ask(&ListAuditDevices).map(drop),
    },
];
