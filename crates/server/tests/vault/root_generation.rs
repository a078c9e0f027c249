use data_encoding::BASE64_NOPAD;
use serde_json::json;

use super::{NodeSetting, Setting};

/// What `vault operator generate-root -decode` does.
fn decoded(encoded: &str, one_time_password: &str) -> String {
    let hidden = BASE64_NOPAD.decode(encoded.as_bytes()).expect("base64");
    let pairs = hidden.iter().zip(one_time_password.bytes());
    String::from_utf8(pairs.map(|(byte, other)| byte ^ other).collect()).expect("text")
}

#[test]
fn a_root_token_is_generated_as_vaults_clients_do_it() {
    let (setting, root, keys) = NodeSetting::opened(5, 3);
    let root = setting.client(Some(root));
    let none = root.get("sys/generate-root/attempt").is(200);
    assert_eq!((none.at("/started"), none.at("/nonce")), (&json!(false), &json!("")));
    assert_eq!((none.at("/required"), none.at("/otp_length")), (&json!(3), &json!(28)));
    // A password of hvac's tests.
    let password = "BMjzW3wAsEzINXCM05Wbas3u9zSl";
    let begun = root.put("sys/generate-root/attempt", json!({ "otp": password })).is(200);
    assert_eq!((begun.at("/started"), begun.at("/otp")), (&json!(true), &json!("")));
    let nonce = begun.text("/nonce");
    assert_eq!(root.get("sys/generate-root/attempt").is(200).at("/started"), true);
    let bring = |key: &str| {
        root.put("sys/generate-root/update", json!({ "key": key, "nonce": nonce })).is(200)
    };
    let first = bring(&keys[0]);
    assert_eq!((first.at("/progress"), first.at("/complete")), (&json!(1), &json!(false)));
    assert_eq!(first.at("/encoded_root_token"), "");
    bring(&keys[1]);
    let last = bring(&keys[2]);
    assert_eq!((last.at("/progress"), last.at("/complete")), (&json!(3), &json!(true)));
    assert_eq!(last.at("/encoded_token"), last.at("/encoded_root_token"));
    let token = decoded(&last.text("/encoded_root_token"), password);
    assert!(token.starts_with("hvs."), "{token}");
    let made = setting.client(Some(token)).get("auth/token/lookup-self").is(200);
    assert_eq!(*made.at("/data/policies"), json!(["root"]));
    assert_eq!(root.get("sys/generate-root/attempt").is(200).at("/started"), false);
}

#[test]
fn a_password_is_made_where_none_is_given_and_told_once() {
    let (setting, root, _) = NodeSetting::opened(3, 2);
    let root = setting.client(Some(root));
    let begun = root.send("PUT", "sys/generate-root/attempt", b"").is(200);
    assert_eq!(begun.text("/otp").len(), 28);
    assert!(begun.text("/otp").bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(root.get("sys/generate-root/attempt").is(200).at("/otp"), "");
    root.put("sys/generate-root/attempt", json!({})).is(400);
    root.delete("sys/generate-root/attempt").is(204);
    root.delete("sys/generate-root/attempt").is(204);
    assert_eq!(root.get("sys/generate-root/attempt").is(200).at("/started"), false);
}

#[test]
fn what_is_wrong_with_an_attempt_is_said() {
    let (setting, root, keys) = NodeSetting::opened(3, 2);
    let root = setting.client(Some(root));
    let update = |key: &str, nonce: &str| {
        root.put("sys/generate-root/update", json!({ "key": key, "nonce": nonce })).is(400)
    };
    assert_eq!(update(&keys[0], "").text("/errors/0"), "no root generation in progress");
    for otp in ["x", &"x".repeat(27), &"x".repeat(29)] {
        root.put("sys/generate-root/attempt", json!({ "otp": otp })).is(400);
    }
    root.put("sys/generate-root/attempt", json!({ "otp": 5 })).is(400);
    root.put("sys/generate-root/attempt", json!({ "pgp_key": "x" })).is(501);
    let nonce = root.put("sys/generate-root/attempt", json!({})).is(200).text("/nonce");
    root.put("sys/generate-root/update", json!({ "nonce": nonce })).is(400);
    assert!(update(&keys[0], "x").text("/errors/0").contains("incorrect nonce"));
    update("zz", &nonce);
    update(&"ab".repeat(33), "");
    assert_eq!(*root.get("sys/generate-root/attempt").is(200).at("/progress"), 0);
    let body = json!({ "key": "ab".repeat(33), "nonce": nonce });
    root.put("sys/generate-root/update", body).is(200);
    let wrong = update(&keys[0], &nonce).text("/errors/0");
    assert!(wrong.contains("forgotten") && !wrong.contains(&keys[0]), "{wrong}");
    assert_eq!(*root.get("sys/generate-root/attempt").is(200).at("/progress"), 0);
}

/// CVE-2026-5807
#[test]
fn cve_2026_5807_generate_root_and_rekey_take_a_token() {
    let (setting, root, keys) = NodeSetting::opened(3, 2);
    let root = setting.client(Some(root));
    let nonce = root.put("sys/generate-root/attempt", json!({})).is(200).text("/nonce");
    let nobody = setting.client(None);
    for key in &keys {
        for path in ["sys/generate-root/update", "sys/rekey/update", "sys/rekey/verify"] {
            nobody.put(path, json!({ "key": key, "nonce": nonce })).is(403);
        }
    }
    for path in ["sys/generate-root/attempt", "sys/rekey/init", "sys/rekey/verify"] {
        nobody.get(path).is(403);
        nobody.delete(path).is(403);
    }
    nobody.put("sys/generate-root/attempt", json!({})).is(403);
    nobody.put("sys/rekey/init", json!({ "secret_shares": 1, "secret_threshold": 1 })).is(403);
    assert_eq!(*root.get("sys/generate-root/attempt").is(200).at("/progress"), 0);
    assert_eq!(root.get("sys/rekey/init").is(200).at("/started"), false);
}

#[test]
fn a_server_with_a_key_file_takes_its_key_as_the_one_share() {
    let setting = Setting::new();
    let root = setting.root();
    let file = strongroom_core::crypto::seal::write_keyfile(&setting.room.key);
    let line = file.lines().find(|line| line.starts_with("strongroom-key-1 ")).expect("a line");
    let digits = line.split(' ').nth(1).expect("the key's digits");
    let begun = root.put("sys/generate-root/attempt", json!({})).is(200);
    assert_eq!(*begun.at("/required"), 1);
    let body = json!({ "key": digits, "nonce": begun.text("/nonce") });
    let made = root.put("sys/generate-root/update", body).is(200);
    let token = decoded(&made.text("/encoded_root_token"), &begun.text("/otp"));
    setting.client(Some(token)).get("auth/token/lookup-self").is(200);
    assert_eq!(root.get("sys/seal-status").is(200).at("/type"), "keyfile");
    root.put("sys/seal", json!({})).is(204);
    let open = setting.client(None).put("sys/unseal", json!({ "key": digits })).is(200);
    assert_eq!(open.at("/sealed"), false);
}
