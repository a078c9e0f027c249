use serde_json::{Value, json};
use strongroom_core::time::Seconds;

use super::Setting;

#[test]
fn a_rate_limit_is_kept_as_it_was_written() {
    let setting = Setting::new();
    let root = setting.root();
    root.list("sys/quotas/rate-limit").is(404);
    let body = json!({
        "name": "test-quota", "path": "secret/*", "rate": 100, "interval": "600",
        "block_interval": "600", "role": null, "type": "rate-limit", "inheritable": null,
    });
    root.post("sys/quotas/rate-limit/test-quota", body.clone()).is(204);
    let read = root.get("sys/quotas/rate-limit/test-quota").is(200);
    let wanted = json!({
        "block_interval": 600, "interval": 600, "name": "test-quota", "path": "secret/*",
        "rate": 100, "role": "", "type": "rate-limit",
    });
    assert_eq!(*read.at("/data"), wanted);
    let listed = root.list("sys/quotas/rate-limit").is(200);
    assert_eq!(*listed.at("/data/keys"), json!(["test-quota"]));
    root.post("sys/quotas/rate-limit/other", body).is(400);
    root.post("sys/quotas/rate-limit/other", json!({ "rate": 0.5, "path": "secret" })).is(204);
    let other = root.get("sys/quotas/rate-limit/other").is(200);
    assert_eq!((other.at("/data/path"), other.at("/data/rate")), (&json!("secret/"), &json!(0.5)));
    for _ in 0..2 {
        root.delete("sys/quotas/rate-limit/test-quota").is(204);
    }
    root.get("sys/quotas/rate-limit/test-quota").is(404);
}

#[test]
fn a_limit_that_is_none_is_refused() {
    let setting = Setting::new();
    let (root, nobody) = (setting.root(), setting.bearer("nobody", ""));
    for body in [
        json!({}),
        json!({ "rate": null }),
        json!({ "rate": 0 }),
        json!({ "rate": -1 }),
        json!({ "rate": "many" }),
        json!({ "rate": 1e10 }),
        json!({ "rate": [1] }),
        json!({ "rate": 101, "path": "/not-exist" }),
        json!({ "rate": 1, "path": "../secret" }),
        json!({ "rate": 1, "path": 3 }),
        json!({ "rate": 1, "interval": "soon" }),
        json!({ "rate": 1, "interval": 31_536_001 }),
        json!({ "rate": 1, "path": format!("secret/{}", "a".repeat(512)) }),
        json!({ "rate": 1, "path": "secret", "inheritable": true }),
        json!({ "rate": 1, "path": "team/secret/data" }),
        json!({ "rate": 1, "type": "lease-count" }),
    ] {
        root.post("sys/quotas/rate-limit/x", body).is(400);
    }
    root.post("sys/quotas/rate-limit/x", json!({ "rate": 1, "role": "web" })).is(501);
    nobody.post("sys/quotas/rate-limit/x", json!({ "rate": 1 })).is(403);
    nobody.post("sys/quotas/rate-limit/x", json!({ "rate": 1, "role": "web" })).is(403);
    nobody.get("sys/quotas/config").is(403);
    setting.client(None).list("sys/quotas/rate-limit").is(403);
    root.list("sys/quotas/rate-limit").is(404);
}

#[test]
fn a_client_over_the_limit_is_told_when_to_come_back() {
    let setting = Setting::new();
    let root = setting.root();
    let limit = json!({ "rate": 2, "interval": "10s", "path": "sys/policies/*" });
    root.post("sys/quotas/rate-limit/policies", limit).is(204);
    let logged = setting.room.audit().len();
    let ask = |client: &super::Client<'_>| client.get("sys/policies/acl/default");
    ask(&root).is(200);
    // One without a token is counted as well.
    ask(&setting.client(None)).is(403);
    let refused = ask(&root).is(429);
    assert_eq!(refused.retry_after.as_deref(), Some("5"));
    assert_eq!(refused.content_type, "application/json");
    assert!(refused.text("/errors/0").ends_with("rate limit quota exceeded"));
    ask(&root).is(429);
    let log = setting.room.audit();
    assert_eq!(log.len(), logged + 3, "nothing was done for the third, and one line tells of it");
    let told = log.last().expect("a record");
    assert_eq!(told.operation.as_deref(), Some("rate-limit"));
    assert_eq!(
        (told.outcome.as_deref(), told.source.as_deref()),
        (Some("denied"), Some("127.0.0.1"))
    );
    let line = told.raw();
    assert!(line.contains("sys/policies/*") && line.contains("\"refused\":\"1\""), "{line}");
    root.get("sys/mounts").is(200);
    setting.room.clock.advance(Seconds(5));
    ask(&root).is(200);
    ask(&root).is(429);
    // Another engine of the same store has the limit as well; a changed one begins anew.
    let limit =
        json!({ "rate": 1, "interval": "1s", "block_interval": "1h", "path": "sys/policies/*" });
    root.post("sys/quotas/rate-limit/policies", limit).is(204);
    ask(&root).is(200);
    assert_eq!(ask(&root).is(429).retry_after.as_deref(), Some("3600"));
    root.delete("sys/quotas/rate-limit/policies").is(204);
    ask(&root).is(200);
}

#[test]
fn some_paths_are_counted_by_no_limit() {
    let setting = Setting::new();
    let root = setting.root();
    root.post("sys/quotas/config", json!({ "enable_rate_limit_audit_logging": true })).is(501);
    for body in [
        json!({ "rate_limit_exempt_paths": 3 }),
        json!({ "rate_limit_exempt_paths": vec!["x"; 257] }),
    ] {
        root.post("sys/quotas/config", body).is(400);
    }
    let config =
        json!({ "rate_limit_exempt_paths": ["/v1/sys/mounts", "sys/health", "sys/policies/*"] });
    root.post("sys/quotas/config", config).is(204);
    let read = root.get("sys/quotas/config").is(200);
    let Value::Array(exempt) = read.at("/data/rate_limit_exempt_paths") else { panic!("a list") };
    assert_eq!(exempt.iter().filter(|path| **path == "sys/health").count(), 1);
    root.post("sys/quotas/rate-limit/all", json!({ "rate": 1, "interval": "1h" })).is(204);
    root.get("sys/auth").is(200);
    root.get("sys/auth").is(429);
    for path in ["sys/mounts", "sys/policies/acl/default"] {
        root.get(path).is(200);
        root.get(path).is(200);
    }
}
