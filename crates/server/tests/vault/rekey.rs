use serde_json::{Value, json};

use super::{Answered, Client, NodeSetting};

/// Bring keys for new ones until it is complete.
fn bring(root: &Client<'_>, path: &str, keys: &[String], nonce: &str) -> Answered {
    for key in keys {
        let answer = root.put(path, json!({ "key": key, "nonce": nonce })).is(200);
        if answer.body.get("complete") == Some(&json!(true)) {
            return answer;
        }
    }
    panic!("it is not complete")
}

fn keys_of(answer: &Answered) -> Vec<String> {
    serde_json::from_value(answer.at("/keys").clone()).expect("texts")
}

fn opens(setting: &NodeSetting, root: &Client<'_>, keys: &[String]) -> bool {
    root.put("sys/seal", json!({})).is(204);
    let nobody = setting.client(None);
    let opened = keys.iter().any(|key| {
        let answer = nobody.put("sys/unseal", json!({ "key": key }));
        answer.body.get("sealed") == Some(&json!(false))
    });
    if !opened {
        nobody.put("sys/unseal", json!({ "reset": true })).is(200);
    }
    opened
}

#[test]
fn new_shares_are_made_as_vaults_clients_do_it() {
    let (setting, root, keys) = NodeSetting::opened(5, 3);
    let root = setting.client(Some(root));
    let none = root.get("sys/rekey/init").is(200);
    assert_eq!((none.at("/started"), none.at("/required")), (&json!(false), &json!(3)));
    let asked = json!({ "secret_shares": 3, "secret_threshold": 2, "require_verification": false });
    root.put("sys/rekey/init", asked.clone()).is(200);
    root.put("sys/rekey/init", asked.clone()).is(400);
    root.delete("sys/rekey/init").is(204);
    let begun = root.put("sys/rekey/init", asked).is(200);
    assert_eq!(
        (begun.at("/started"), begun.at("/t"), begun.at("/n")),
        (&json!(true), &json!(2), &json!(3))
    );
    let nonce = begun.text("/nonce");
    let first = root.put("sys/rekey/update", json!({ "key": keys[4], "nonce": nonce })).is(200);
    assert_eq!((first.at("/progress"), first.at("/required")), (&json!(1), &json!(3)));
    let done = bring(&root, "sys/rekey/update", &keys, &nonce);
    assert_eq!(
        (done.at("/nonce"), done.at("/verification_required")),
        (&json!(nonce), &json!(false))
    );
    let new = keys_of(&done);
    assert_eq!(new.len(), 3);
    root.get("auth/token/lookup-self").is(200);
    assert_eq!(root.get("sys/rekey/init").is(200).at("/started"), false);
    let status = root.get("sys/seal-status").is(200);
    assert_eq!((status.at("/t"), status.at("/n")), (&json!(2), &json!(3)));
    assert!(opens(&setting, &root, &new));
    assert!(!opens(&setting, &root, &keys));
}

#[test]
fn new_shares_are_shown_before_they_count_where_that_was_asked_for() {
    let (setting, root, keys) = NodeSetting::opened(5, 3);
    let root = setting.client(Some(root));
    root.get("sys/rekey/verify").is(400);
    root.delete("sys/rekey/verify").is(400);
    let asked = json!({ "secret_shares": 5, "secret_threshold": 3, "require_verification": true });
    let nonce = root.put("sys/rekey/init", asked).is(200).text("/nonce");
    let made = bring(&root, "sys/rekey/update", &keys, &nonce);
    assert_eq!(made.at("/verification_required"), true);
    let (new, first) = (keys_of(&made), made.text("/verification_nonce"));
    assert_eq!(root.get("sys/rekey/verify").is(200).text("/nonce"), first);
    assert_eq!(root.get("sys/rekey/init").is(200).text("/verification_nonce"), first);
    root.put("sys/rekey/update", json!({ "key": keys[0], "nonce": nonce })).is(400);
    let again = root.delete("sys/rekey/verify").is(200);
    assert_ne!(again.text("/nonce"), first);
    assert_eq!((again.at("/started"), again.at("/progress")), (&json!(true), &json!(0)));
    assert!(root.put("sys/rekey/verify", json!({ "key": new[0], "nonce": first })).status == 400);
    let done = bring(&root, "sys/rekey/verify", &new, &again.text("/nonce"));
    assert_eq!(done.at("/nonce"), again.at("/nonce"));
    root.get("auth/token/lookup-self").is(200);
    assert!(opens(&setting, &root, &new));
}

#[test]
fn what_cannot_be_a_new_seal_is_refused() {
    let (setting, root, keys) = NodeSetting::opened(3, 2);
    let root = setting.client(Some(root));
    for (body, status) in [
        (json!({}), 400),
        (json!({ "secret_shares": 3, "secret_threshold": 1 }), 400),
        (json!({ "secret_shares": 3, "secret_threshold": 4 }), 400),
        (json!({ "secret_shares": 300, "secret_threshold": 4 }), 400),
        (json!({ "secret_shares": "x", "secret_threshold": [] }), 400),
        (json!({ "secret_shares": 1, "secret_threshold": 1, "pgp_keys": ["x"] }), 501),
        (json!({ "secret_shares": 1, "secret_threshold": 1, "backup": true }), 501),
    ] {
        let answer = root.put("sys/rekey/init", body.clone());
        assert_eq!(answer.status.as_u16(), status, "{body}");
    }
    let none = root.put("sys/rekey/update", json!({ "key": keys[0], "nonce": "" })).is(400);
    assert_eq!(none.text("/errors/0"), "no rekey in progress");
    root.put("sys/rekey/verify", json!({ "key": keys[0], "nonce": "" })).is(400);
    let begun = root.put("sys/rekey/init", json!({ "secret_shares": 1, "secret_threshold": 1 }));
    let nonce = begun.is(200).text("/nonce");
    root.put("sys/rekey/update", json!({ "nonce": nonce })).is(400);
    root.put("sys/rekey/update", json!({ "key": keys[0], "nonce": "x" })).is(400);
    let bring = |key: &str| root.put("sys/rekey/update", json!({ "key": key, "nonce": nonce }));
    bring(&keys[0]).is(200);
    bring(&keys[0]).is(400);
    bring(&"ab".repeat(33)).is(400);
    assert_eq!(*root.get("sys/rekey/init").is(200).at("/progress"), 0, "they are forgotten");
    assert!(opens(&setting, &root, &keys));
}

#[test]
fn there_are_no_backups_and_no_recovery_keys() {
    let (setting, root, _) = NodeSetting::opened(3, 2);
    let root = setting.client(Some(root));
    let none = root.get("sys/rekey/backup").is(400);
    assert_eq!(none.body, json!({ "errors": ["no backed-up keys found"] }));
    root.delete("sys/rekey/backup").is(204);
    for path in ["init", "update", "verify", "backup"] {
        let path = format!("sys/rekey-recovery-key/{path}");
        root.get(&path).is(400);
        root.put(&path, json!({ "key": "x" })).is(400);
        root.delete(&path).is(400);
    }
    assert_eq!(*root.get("sys/rekey/init").is(200).at("/pgp_fingerprints"), Value::Null);
}
