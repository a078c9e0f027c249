use serde_json::{Value, json};

use super::Setting;

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
        ("secret", "kv"),
        ("x", "approle"),
        ("y", "system"),
    ] {
        root.post(&format!("sys/mounts/{path}"), json!({ "type": kind })).is(400);
    }
    root.post("sys/auth/x", json!({ "type": "kv" })).is(400);
    root.delete("sys/mounts/sys").is(400);
    root.delete("sys/auth/token").is(400);
}
