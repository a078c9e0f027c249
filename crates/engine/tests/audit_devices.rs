//! Audit devices: what they get, what they may not reach, and that they keep nobody waiting.

#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;
use strongroom_core::secret::SecretValue;
use strongroom_engine::audit::{AUDIT_DEVICES_MAX, DeviceKind, DevicesAllowed};
use strongroom_engine::operations::audit_device::*;
use strongroom_engine::operations::token::{RevokeToken, TokenReference, TokenRequest};
use strongroom_engine::{Engine, Error, Kind};
use strongroom_testkit::TestRoom;
use tempfile::TempDir;

const READ: &str = r#"path "secret/app/*" { capabilities = ["read"] }
    path "auth/token/*" { capabilities = ["update"] }"#;

fn enable(path: &str, kind: DeviceKind, options: &[(&str, &str)]) -> EnableAuditDevice {
    let options = options.iter().map(|(name, text)| ((*name).into(), (*text).into()));
    let mut device = EnableAuditDevice::new(path, kind);
    device.options = options.collect();
    device
}

fn allow(engine: &Engine, folder: &Path) {
    let allowed = DevicesAllowed { folder: Some(folder.to_owned()), ..DevicesAllowed::default() };
    engine.allow_audit_devices(allowed).expect("is allowed");
}

/// A room whose devices may write in a folder, and a secret.
fn room() -> (TestRoom, TempDir) {
    let (room, folder) = (TestRoom::new(), tempfile::tempdir().expect("a folder"));
    allow(&room.engine, folder.path());
    room.owner().put("secret/app/KEY", "canary-value").expect("writes");
    (room, folder)
}

fn lines(folder: &TempDir, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.path().join(name)).expect("is read");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn listed(room: &TestRoom) -> Vec<AuditDeviceRead> {
    room.owner().ask(&ListAuditDevices).expect("lists")
}

fn hash(room: &TestRoom, text: &[u8]) -> Result<String, Error> {
    room.owner().ask(&HashForAudit::new("file", SecretValue::new(text.to_vec())))
}

#[test]
fn a_device_gets_a_request_and_a_response_for_each_record_with_tokens_hashed() {
    let (room, folder) = room();
    let app = room.bearer("app", READ);
    let enabled = enable("file/", DeviceKind::File, &[("path", "audit.log")]);
    room.owner().ask(&enabled).expect("enables");
    app.read("secret/app/KEY").expect("reads");
    app.read("secret/other").expect_err("is denied");
    let lines = lines(&folder, "audit.log");
    let kinds: Vec<&str> =
        lines.iter().map(|line| line["type"].as_str().expect("a type")).collect();
    assert_eq!(kinds, ["request", "response"].repeat(3), "with the one that enabled it");
    let [.., read, _, denied, refused] = lines.as_slice() else { panic!("too few lines") };
    assert_eq!(read["request"]["path"], "secret/app/KEY");
    assert_eq!(read["request"]["operation"], "read");
    assert_eq!(read["request"]["mount_point"], "secret/");
    assert_eq!(read["auth"]["policy_results"]["allowed"], true);
    assert_eq!(read["auth"]["token_policies"], serde_json::json!(["app"]));
    let token = app.token();
    let hashed = hash(&room, token.expose()).expect("hashes");
    assert_eq!(read["request"]["client_token"], hashed.as_str());
    assert_eq!(read["auth"]["client_token"], hashed.as_str());
    assert!(read["auth"]["accessor"].as_str().expect("a text").starts_with("hmac-sha256:"));
    assert_eq!(
        (&denied["auth"]["policy_results"]["allowed"], &refused["error"]),
        (&false.into(), &"forbidden".into())
    );
    // The log has them all, and says where.
    let log = room.audit();
    let seq = read["strongroom"]["seq"].as_u64().expect("a number");
    assert!(
        log.iter().any(|entry| entry.seq == seq && entry.path.as_deref() == Some("secret/app/KEY"))
    );
}

/// CVE-2025-62513 and CVE-2025-62705: bytes that were not redacted in audit lines.
#[test]
fn no_token_accessor_or_value_is_in_what_a_device_writes() {
    let (room, folder) = room();
    room.owner().ask(&enable("file", DeviceKind::File, &[("path", "audit.log")])).expect("enables");
    let app = room.bearer("app", READ);
    app.put("secret/app/KEY", "canary-other").expect_err("is denied");
    room.owner().put("secret/app/KEY", "canary-other").expect("writes");
    app.read("secret/app/KEY").expect("reads");
    let child = app.child(TokenRequest::default());
    let root = room.root();
    let accessor = {
        let lookup = strongroom_engine::operations::token::LookupToken(TokenReference::Own);
        root.ask(&lookup).expect("reads").token.accessor.to_string()
    };
    let revoke = RevokeToken { which: TokenReference::Accessor(accessor.clone()), orphans: false };
    room.owner().ask(&revoke).expect("revokes");
    drop(hash(&room, b"canary-hashed"));
    let text = std::fs::read_to_string(folder.path().join("audit.log")).expect("is read");
    let tokens = [Some(app), Some(root), child.ok()].into_iter().flatten();
    for token in tokens {
        let token = token.token();
        assert!(!text.contains(token.expose_text().expect("text")));
    }
    assert!(!text.contains(&accessor) && !text.contains("canary"), "{text}");
    assert!(!text.contains("hvs."));
}

#[test]
fn a_devices_file_is_for_its_owner_only_and_accessors_are_shown_when_asked_for() {
    let (room, folder) = room();
    let options = [("file_path", folder.path().join("a.log")), ("hmac_accessor", "false".into())];
    let options = options.map(|(name, text)| (name, text.to_str().expect("text").to_owned()));
    let options: Vec<_> = options.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let prefixed = [options.as_slice(), &[("prefix", "@cee: ")]].concat();
    room.owner().ask(&enable("file", DeviceKind::File, &prefixed)).expect("enables");
    let app = room.bearer("app", READ);
    app.read("secret/app/KEY").expect("reads");
    let text = std::fs::read_to_string(folder.path().join("a.log")).expect("is read");
    assert!(text.lines().all(|line| line.starts_with("@cee: {")));
    let last: Value =
        serde_json::from_str(&text.lines().last().expect("a line")[6..]).expect("JSON");
    assert!(!last["auth"]["accessor"].as_str().expect("a text").starts_with("hmac-sha256:"));
    let mode = std::fs::metadata(folder.path().join("a.log")).expect("is there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

/// CVE-2025-6000: an audit device could write anywhere.
#[test]
fn a_device_that_could_reach_elsewhere_is_not_enabled() {
    let (room, folder) = room();
    let outside = tempfile::tempdir().expect("a folder");
    let outside = outside.path().join("x").to_str().expect("text").to_owned();
    let up = format!("{}/../x", folder.path().display());
    for (kind, options) in [
        (DeviceKind::File, vec![("file_path", outside.as_str())]),
        (DeviceKind::File, vec![("file_path", up.as_str())]),
        (DeviceKind::File, vec![("file_path", "stdout/..")]),
        (DeviceKind::File, vec![("path", "a.log"), ("mode", "0777")]),
        (DeviceKind::File, vec![("path", "a.log"), ("log_raw", "true")]),
        (DeviceKind::File, vec![]),
        (DeviceKind::Socket, vec![("address", "127.0.0.1:1")]),
        (DeviceKind::Socket, vec![("address", "/run/x"), ("socket_type", "unix")]),
        (DeviceKind::Syslog, vec![]),
    ] {
        let error = room.owner().ask(&enable("x", kind, &options)).expect_err("is refused");
        assert_eq!(error.kind(), Kind::InvalidRequest, "{options:?}");
    }
    assert_eq!(listed(&room), []);
    assert_eq!(std::fs::read_dir(folder.path()).expect("is read").count(), 0);
    // Without a word of the operator nothing is allowed, and where the audit log is nothing ever is.
    let closed = TestRoom::new();
    let file = enable("file", DeviceKind::File, &[("path", "a.log")]);
    closed.owner().ask(&file).expect_err("is refused");
    let below = closed.audit_directory().join("below");
    std::fs::create_dir(&below).expect("a folder");
    for folder in [closed.audit_directory(), below, closed.directory.path().join("absent")] {
        let allowed = DevicesAllowed { folder: Some(folder), ..DevicesAllowed::default() };
        closed.engine.allow_audit_devices(allowed).expect_err("is refused");
    }
}

#[test]
fn devices_survive_a_restart_and_a_disabled_one_gets_nothing_more() {
    let (room, folder) = room();
    let file = enable("file", DeviceKind::File, &[("path", "audit.log")]);
    room.owner().ask(&file).expect("enables");
    assert_eq!(room.owner().ask(&file).expect_err("is there").kind(), Kind::AlreadyExists);
    let before = hash(&room, b"text").expect("hashes");
    let reopened = room.second_engine().expect("opens");
    allow(&reopened, folder.path());
    let listed = room.ask_of(&reopened, &ListAuditDevices).expect("lists");
    assert_eq!((listed.len(), listed[0].failing, listed[0].lost), (1, false, 0));
    let input = SecretValue::new(b"text".to_vec());
    let after = room.ask_of(&reopened, &HashForAudit::new("file", input)).expect("hashes");
    assert_eq!(before, after);
    let count = lines(&folder, "audit.log").len();
    assert_eq!(count, 2 * 5, "both engines write");
    for _ in 0..2 {
        room.ask_of(&reopened, &DisableAuditDevice::new("file/")).expect("disables");
    }
    room.owner().read("secret/app/KEY").expect("reads");
    assert_eq!(lines(&folder, "audit.log").len(), count);
    assert_eq!(hash(&room, b"text").expect_err("is gone").to_string(), "unknown audit backend");
    // With another key from now on.
    room.owner().ask(&file).expect("enables");
    assert_ne!(hash(&room, b"text").expect("hashes"), before);
}

#[test]
fn a_device_that_fails_is_shown_and_no_request_is_refused() {
    let (room, folder) = room();
    let path = folder.path().join("audit.log");
    room.owner().ask(&enable("file", DeviceKind::File, &[("path", "audit.log")])).expect("enables");
    std::fs::remove_file(&path).expect("is removed");
    std::fs::create_dir(&path).expect("a folder in its place");
    assert_eq!(room.owner().read("secret/app/KEY").expect("reads"), "canary-value");
    let device = listed(&room).remove(0);
    assert!(device.failing && device.lost > 0, "{device:?}");
    std::fs::remove_dir(&path).expect("is removed");
    room.owner().read("secret/app/KEY").expect("reads");
    assert!(!listed(&room).remove(0).failing);
    assert!(!lines(&folder, "audit.log").is_empty());
    // Another configuration does not allow it.
    room.engine.allow_audit_devices(DevicesAllowed::default()).expect("is allowed");
    room.owner().read("secret/app/KEY").expect("reads");
    assert!(listed(&room).remove(0).failing);
}

#[test]
fn a_socket_that_takes_nothing_keeps_no_request_waiting() {
    let (room, folder) = room();
    let path = folder.path().join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&path).expect("binds");
    let path = path.to_str().expect("text");
    let addresses = vec![format!("unix://{path}")];
    let allowed = DevicesAllowed { addresses, ..DevicesAllowed::default() };
    room.engine.allow_audit_devices(allowed).expect("is allowed");
    let options = [("address", path), ("socket_type", "unix")];
    room.owner().ask(&enable("socket", DeviceKind::Socket, &options)).expect("enables");
    // More than the queue and the kernel's buffer hold: were one to wait for the reader, it would wait for ever.
    for _ in 0..2_000 {
        room.owner().read("secret/app/KEY").expect("reads");
    }
    assert!(listed(&room).remove(0).lost > 0);
    drop(listener);
}

#[test]
fn there_are_no_more_devices_than_the_limit() {
    let (room, folder) = room();
    let device = |index: usize| {
        let name = format!("{index}.log");
        room.owner().ask(&enable(&format!("d{index}"), DeviceKind::File, &[("path", &name)]))
    };
    (0..AUDIT_DEVICES_MAX).for_each(|index| device(index).expect("enables"));
    assert_eq!(device(AUDIT_DEVICES_MAX).expect_err("too many").kind(), Kind::InvalidRequest);
    let mut long = enable("long", DeviceKind::File, &[("path", "long.log")]);
    long.description = "x".repeat(1_025);
    room.owner().ask(&long).expect_err("is too long");
    drop(folder);
}
