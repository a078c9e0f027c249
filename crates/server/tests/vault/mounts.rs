use serde_json::{Value, json};

use super::{NodeSetting, Setting};

#[test]
fn mounts_are_listed_beside_the_data_as_well() {
    let setting = Setting::new();
    let root = setting.root();
    let listed = root.get("sys/mounts").is(200);
    assert_eq!(*listed.at("/secret~1/options"), json!({ "version": "2" }));
    assert_eq!(listed.at("/data/secret~1"), listed.at("/secret~1"));
    assert_eq!(*root.get("sys/auth").is(200).at("/token~1/type"), "token");
}

#[test]
fn an_engine_is_mounted_tuned_moved_and_unmounted() {
    let setting = Setting::new();
    let root = setting.root();
    let mount = json!({
        "type": "kv", "description": null, "config": null, "options": { "version": 2 },
        "plugin_name": null, "local": false, "seal_wrap": false,
    });
    root.post("sys/mounts/team", mount.clone()).is(204);
    let again = root.post("sys/mounts/team", mount.clone()).is(400);
    assert!(again.text("/errors/0").contains("path is already in use at team/"));
    root.post("sys/mounts/team/inner", mount).is(400);
    let tuned = root.get("sys/mounts/team/tune").is(200);
    assert_eq!(*tuned.at("/data/default_lease_ttl"), 2_764_800);
    root.post("sys/mounts/team/tune", json!({ "default_lease_ttl": "3600s" })).is(204);
    assert_eq!(*root.get("sys/mounts/team/tune").is(200).at("/data/default_lease_ttl"), 3_600);
    root.post("sys/remount", json!({ "from": "team", "to": "crew" })).is(200);
    let listed = root.get("sys/mounts").is(200);
    assert_eq!(listed.body.get("team/"), None);
    assert_ne!(*listed.at("/crew~1"), Value::Null);
    root.delete("sys/mounts/crew").is(204);
    root.delete("sys/mounts/crew").is(204);
    assert_eq!(root.get("sys/mounts").is(200).body.get("crew/"), None);
}

#[test]
fn what_cannot_be_mounted_is_refused() {
    let setting = Setting::new();
    let root = setting.root();
    for (path, kind) in [
        ("x", "nothing"),
        ("sys/x", "kv"),
        ("auth/x", "kv"),
        ("secret/inner", "kv"),
        ("x", "approle"),
        ("y", "system"),
    ] {
        root.post(&format!("sys/mounts/{path}"), json!({ "type": kind })).is(400);
    }
    root.post("sys/auth/x", json!({ "type": "kv" })).is(400);
    root.delete("sys/mounts/sys").is(400);
    root.delete("sys/auth/token").is(400);
}

/// hvac's own tests mount `secret/` on a new server.
#[test]
fn clients_mount_secret_on_a_new_server() {
    let (setting, root, _) = NodeSetting::opened(1, 1);
    let root = setting.client(Some(root));
    let body = json!({ "type": "kv", "options": { "version": "2" } });
    root.post("sys/mounts/secret", body.clone()).is(204);
    root.post("secret/data/a", json!({ "data": { "x": "y" } })).is(200);
    assert_eq!(*root.get("secret/data/a").is(200).at("/data/data"), json!({ "x": "y" }));
    let again = root.post("sys/mounts/secret", body).is(400);
    assert_eq!(again.text("/errors/0"), "path is already in use at secret/");
}

#[test]
fn secret_of_a_new_server_can_be_of_version_1() {
    let (setting, root, _) = NodeSetting::opened(1, 1);
    let root = setting.client(Some(root));
    root.post("sys/mounts/secret", json!({ "type": "kv" })).is(204);
    root.post("secret/a", json!({ "x": "y" })).is(204);
    assert_eq!(*root.get("secret/a").is(200).at("/data"), json!({ "x": "y" }));
    assert_eq!(*root.get("sys/mounts").is(200).at("/data/secret~1/options"), Value::Null);
}

#[test]
fn a_caller_sees_the_mounts_it_has_business_with() {
    let setting = Setting::new();
    let root = setting.root();
    root.post("sys/mounts/old", json!({ "type": "kv", "options": { "version": "1" } })).is(204);
    root.post("sys/auth/apps", json!({ "type": "approle" })).is(204);
    root.post("sys/auth/apps/tune", json!({ "listing_visibility": "unauth" })).is(204);
    let policy = r#"path "secret/data/a" { capabilities = ["create"] }"#;
    let client = setting.bearer("writer", policy);
    let all = client.get("sys/internal/ui/mounts").is(200);
    assert_eq!(*all.at("/data/secret/secret~1/options"), json!({ "version": "2" }));
    assert!(all.at("/data/secret").get("old/").is_none());
    assert_ne!(*all.at("/data/auth/apps~1/accessor"), Value::Null);
    let one = client.get("sys/internal/ui/mounts/secret/data/a").is(200);
    assert_eq!(one.text("/data/path"), "secret/");
    assert_eq!(one.text("/data/type"), "kv");
    for hidden in ["old/a", "nowhere/a", "old"] {
        let refused = client.get(&format!("sys/internal/ui/mounts/{hidden}")).is(403);
        assert_eq!(refused.text("/errors/0"), "permission denied");
    }
    let anybody = setting.client(None).get("sys/internal/ui/mounts").is(200);
    let told = json!({ "description": "", "options": null, "type": "approle" });
    assert_eq!(*anybody.at("/data"), json!({ "secret": {}, "auth": { "apps/": told } }));
    setting.client(None).get("sys/internal/ui/mounts/secret").is(403);
    let bad = setting.client(Some("hvs.none".to_owned()));
    bad.get("sys/internal/ui/mounts").is(403);
}

#[test]
fn what_a_mount_cannot_be_made_or_tuned_with_is_refused_by_name() {
    let setting = Setting::new();
    let root = setting.root();
    let empty = json!({
        "type": "kv", "local": false, "seal_wrap": false, "plugin_version": "",
        "config": { "force_no_cache": false, "passthrough_request_headers": [""] },
    });
    root.post("sys/mounts/empty", empty).is(204);
    for member in ["local", "seal_wrap", "external_entropy_access"] {
        let refused = root.post("sys/mounts/x", json!({ "type": "kv", member: true })).is(501);
        assert_eq!(refused.text("/errors/0"), format!("'{member}' is not supported"));
    }
    for (member, value) in [
        ("force_no_cache", json!("true")),
        ("audit_non_hmac_request_keys", json!(["a"])),
        ("passthrough_request_headers", json!("X-A")),
        ("user_lockout_config", json!({ "lockout_threshold": 3 })),
    ] {
        root.post("sys/mounts/x", json!({ "type": "kv", "config": { member: value } })).is(501);
        root.post("sys/mounts/empty/tune", json!({ member: value })).is(501);
        let nobody = setting.bearer("nobody", "");
        nobody.post("sys/mounts/empty/tune", json!({ member: value })).is(403);
    }
    assert!(root.get("sys/mounts").is(200).body.get("x/").is_none());
}
