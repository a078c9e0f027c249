use serde_json::{Value, json};
use strongroom_engine::MountKind;
use strongroom_server::vault::Verb;
use strongroom_server::vault::registry::{NODE_PARTS, PARTS};

use super::{Answered, Client, NodeSetting, Setting};

/// A way to ask each route, with something in the places of its names.
fn ask(client: &Client<'_>, verb: Verb, path: &str) -> Answered {
    let method = match verb {
        Verb::Read => "GET",
        Verb::List => "LIST",
        Verb::Scan => "SCAN",
        Verb::Write => "POST",
        Verb::Patch => "PATCH",
        Verb::Delete => "DELETE",
        Verb::Head => "HEAD",
    };
    client.send(method, path, b"{}")
}

fn every_route() -> Vec<(Verb, String)> {
    let routes = PARTS.iter().flat_map(|part| part.routes.iter().map(|route| (part.kind, route)));
    let path = |(kind, route): (MountKind, &strongroom_server::vault::Route)| {
        let mount = match kind {
            MountKind::System => "sys".to_owned(),
            kind if kind.is_auth() => format!("auth/{}", kind.word()),
            kind => kind.word().to_owned(),
        };
        let names =
            route.pattern.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
        (route.verb, format!("{mount}/{}", names.collect::<Vec<_>>().join("/")))
    };
    routes.map(path).collect()
}

#[test]
fn a_sealed_server_answers_nothing_but_how_to_unseal_it() {
    let (setting, root, _) = NodeSetting::opened(3, 2);
    let root = setting.client(Some(root));
    root.put("sys/seal", json!({})).is(204);
    let bare = NodeSetting::new();
    let routes = every_route();
    assert!(routes.len() > 60, "{}", routes.len());
    for (verb, path) in routes {
        for client in [&root, &setting.client(None), &bare.client(None)] {
            let answer = ask(client, verb, &path).is(503);
            assert_eq!(answer.body, json!({ "errors": ["Vault is sealed"] }), "{path}");
            assert_eq!(answer.content_type, "application/json");
        }
    }
    for path in ["nowhere/a", "sys/nothing", "auth/x/login", "sys/init/x", "sys/health/x"] {
        root.get(path).is(503);
    }
}

#[test]
fn no_route_of_operators_answers_without_a_token() {
    let (setting, _, _) = NodeSetting::opened(3, 2);
    let nobody = setting.client(None);
    let words = ["sys/seal", "sys/key-status", "sys/rotate", "sys/generate-root", "sys/rekey"];
    let mut tried = 0;
    for (verb, path) in every_route() {
        if words.iter().any(|word| path.starts_with(word)) {
            let answer = ask(&nobody, verb, &path).is(403);
            assert_eq!(answer.at("/errors/0"), "permission denied", "{path}");
            tried += 1;
        }
    }
    assert_eq!(tried, 21);
    assert_eq!(nobody.get("sys/seal-status").is(200).at("/sealed"), false);
}

#[test]
fn what_is_for_anybody_answers_in_every_state() {
    let (bare, (sealed, root, _), (open, _, _)) =
        (NodeSetting::new(), NodeSetting::opened(3, 2), NodeSetting::opened(3, 2));
    sealed.client(Some(root)).put("sys/seal", json!({})).is(204);
    for (setting, is_initialised, is_sealed, code) in
        [(&bare, false, true, 501), (&sealed, true, true, 503), (&open, true, false, 200)]
    {
        let client = setting.client(None);
        assert_eq!(client.get("sys/init").is(200).body, json!({ "initialized": is_initialised }));
        let status = client.get("sys/seal-status").is(200);
        assert_eq!(
            (status.at("/initialized"), status.at("/sealed")),
            (&json!(is_initialised), &json!(is_sealed))
        );
        let count = |number: u8| json!(if is_initialised { number } else { 0 });
        assert_eq!((status.at("/t"), status.at("/n")), (&count(2), &count(3)));
        assert_eq!((status.at("/type"), status.at("/progress")), (&json!("shamir"), &json!(0)));
        assert_eq!(
            (status.at("/version"), status.at("/storage_type")),
            (&json!("1.16.0"), &json!("inmem"))
        );
        assert!(status.text("/server").starts_with("strongroom "));
        assert_eq!(status.body.get("cluster_id").is_some(), !is_sealed);
        let health = client.get("sys/health").is(code);
        assert_eq!(
            (health.at("/initialized"), health.at("/sealed")),
            (&json!(is_initialised), &json!(is_sealed))
        );
        assert_eq!(
            (health.at("/standby"), health.at("/server_time_utc")),
            (&json!(false), &json!(1_800_000_000))
        );
        let head = client.send("HEAD", "sys/health", b"").is(code);
        assert_eq!(head.body, Value::Null);
        assert_eq!(client.get("sys/leader").is(200).at("/ha_enabled"), false);
        let asked = "sys/health?standbyok=true&sealedcode=200&uninitcode=299&activecode=202";
        let codes = [(501, 299), (503, 200), (200, 202)];
        let other = codes.iter().find(|(usual, _)| *usual == code).expect("one of them").1;
        client.get(asked).is(other);
        for bad in ["activecode=abc", "sealedcode=99", "uninitcode=100000", "standbyok=maybe"] {
            client.get(&format!("sys/health?{bad}")).is(400);
        }
    }
    assert!(NODE_PARTS.iter().map(|routes| routes.len()).sum::<usize>() == 7);
}

#[test]
fn a_server_is_initialised_as_vaults_clients_do_it() {
    let setting = NodeSetting::new();
    let nobody = setting.client(None);
    let asked = json!({ "secret_shares": 5, "secret_threshold": 3, "root_token_pgp_key": null });
    let made = nobody.put("sys/init", asked.clone()).is(200);
    let names: Vec<_> = made.body.as_object().expect("an object").keys().cloned().collect();
    assert_eq!(names, ["keys", "keys_base64", "root_token"], "without an envelope");
    let keys: Vec<String> = serde_json::from_value(made.at("/keys").clone()).expect("texts");
    let base64: Vec<String> =
        serde_json::from_value(made.at("/keys_base64").clone()).expect("texts");
    assert!(keys.iter().all(|key| key.len() == 66) && base64.iter().all(|key| key.len() == 44));
    let again = nobody.put("sys/init", asked).is(400);
    assert_eq!(again.body, json!({ "errors": ["Vault is already initialized"] }));
    nobody.put("sys/unseal", json!({ "key": keys[0], "migrate": false })).is(200);
    nobody.post("sys/unseal", json!({ "key": base64[1] })).is(200);
    let open = nobody.put("sys/unseal", json!({ "key": keys[2] })).is(200);
    assert_eq!((open.at("/sealed"), open.at("/progress")), (&json!(false), &json!(0)));
    let root = setting.client(Some(made.text("/root_token")));
    assert_eq!(*root.get("auth/token/lookup-self").is(200).at("/data/policies"), json!(["root"]));
    root.post("secret/data/a", json!({ "data": { "a": "b" } }));
}

#[test]
fn what_cannot_be_a_first_seal_is_refused_and_makes_none() {
    let setting = NodeSetting::new();
    let nobody = setting.client(None);
    for (body, status) in [
        (json!({}), 400),
        (json!({ "secret_shares": 5, "secret_threshold": 1 }), 400),
        (json!({ "secret_shares": 2, "secret_threshold": 3 }), 400),
        (json!({ "secret_shares": 256, "secret_threshold": 3 }), 400),
        (json!({ "secret_shares": -5, "secret_threshold": -3 }), 400),
        (json!({ "secret_shares": "five", "secret_threshold": 3 }), 400),
        (json!({ "secret_shares": 1e30, "secret_threshold": 3 }), 400),
        (json!({ "secret_shares": 2.5, "secret_threshold": 2 }), 400),
        (json!({ "secret_shares": 1, "secret_threshold": 1, "pgp_keys": ["x"] }), 501),
        (json!({ "secret_shares": 1, "secret_threshold": 1, "root_token_pgp_key": "x" }), 501),
        (json!({ "secret_shares": 1, "secret_threshold": 1, "recovery_shares": 5 }), 400),
    ] {
        let answer = nobody.put("sys/init", body.clone());
        assert_eq!(answer.status.as_u16(), status, "{body}");
    }
    for bad in [&b"{"[..], b"[1]", b"\xff\xfe", &[b'['; 10_000]] {
        nobody.send("PUT", "sys/init", bad).is(400);
        nobody.send("PUT", "sys/unseal", bad).is(400);
    }
    let unseal = nobody.put("sys/unseal", json!({ "key": "00" })).is(400);
    assert_eq!(unseal.text("/errors/0"), "Vault is not initialized");
    assert_eq!(nobody.get("sys/init").is(200).at("/initialized"), false);
}

#[test]
fn a_server_is_unsealed_as_vaults_clients_do_it() {
    let (setting, root, keys) = NodeSetting::opened(5, 3);
    let (nobody, root) = (setting.client(None), setting.client(Some(root)));
    root.put("sys/seal", json!({})).is(204);
    let bring = |key: &str| nobody.put("sys/unseal", json!({ "key": key })).is(200);
    bring(&keys[0]);
    assert_eq!(*bring(&keys[1]).at("/progress"), 2);
    let reset = nobody.put("sys/unseal", json!({ "reset": true, "migrate": false })).is(200);
    assert_eq!((reset.at("/progress"), reset.at("/nonce")), (&json!(0), &json!("")));
    bring(&keys[1]);
    assert_eq!(*bring(&keys[1]).at("/progress"), 1, "a share counts once");
    let second = bring(&keys[2]);
    assert_eq!((second.at("/progress"), second.at("/sealed")), (&json!(2), &json!(true)));
    assert_eq!(second.text("/nonce").len(), 36);
    assert_eq!(*bring(&keys[0]).at("/sealed"), false);
    assert_eq!(*bring(&keys[3]).at("/sealed"), false, "it is open already");
    root.get("auth/token/lookup-self").is(200);
    nobody.put("sys/unseal", json!({ "reset": true })).is(400);
}

#[test]
fn garbage_unseals_nothing_and_is_told_apart_from_a_wrong_key() {
    let (setting, root, keys) = NodeSetting::opened(3, 2);
    let nobody = setting.client(None);
    setting.client(Some(root)).put("sys/seal", json!({})).is(204);
    let mut wrong = keys[1].clone();
    wrong.replace_range(..2, if wrong.starts_with("00") { "01" } else { "00" });
    nobody.put("sys/unseal", json!({ "key": keys[0] })).is(200);
    for body in [
        json!({}),
        json!({ "key": "" }),
        json!({ "key": null }),
        json!({ "key": 5 }),
        json!({ "key": "zz" }),
        json!({ "key": "A".repeat(2_000) }),
        json!({ "key": "00".repeat(33) }),
        json!({ "reset": "yes" }),
    ] {
        nobody.put("sys/unseal", body).is(400);
    }
    nobody.put("sys/unseal", json!({ "key": keys[1], "migrate": true })).is(501);
    nobody.put("sys/unseal", json!({ "key": "A".repeat(20_000) })).is(413);
    assert_eq!(*nobody.get("sys/seal-status").is(200).at("/progress"), 1);
    let answer = nobody.put("sys/unseal", json!({ "key": wrong })).is(400);
    assert!(!answer.text("/errors/0").contains(&wrong[..8]), "{answer:?}");
    assert_eq!(*nobody.get("sys/seal-status").is(200).at("/progress"), 0);
    nobody.put("sys/unseal", json!({ "key": keys[0] })).is(200);
    nobody.put("sys/unseal", json!({ "key": keys[2] })).is(200);
    assert_eq!(nobody.get("sys/seal-status").is(200).at("/sealed"), false);
}

#[test]
fn other_methods_and_namespaces_are_not_supported_on_what_is_for_anybody() {
    let setting = NodeSetting::new();
    let nobody = setting.client(None);
    for path in ["sys/init", "sys/seal-status", "sys/unseal", "sys/health", "sys/leader"] {
        for method in ["DELETE", "PATCH", "LIST", "TRACE"] {
            nobody.send(method, path, b"").is(501);
        }
    }
    let mut spaced = setting.client(None);
    spaced.headers.push(("X-Vault-Namespace", "team".into()));
    spaced.get("sys/health").is(501);
    for path in ["SYS/init", "sys/Init", "sys%2finit/x", "sys/init%20"] {
        nobody.get(path).is(503);
    }
    for path in ["sys/../sys/init", "sys//init", "sys/init%00"] {
        nobody.get(path).is(400);
    }
}

#[test]
fn sealing_needs_sudo_and_update() {
    let setting = Setting::new();
    for policy in [
        "",
        r#"path "sys/seal" { capabilities = ["update"] }"#,
        r#"path "sys/seal" { capabilities = ["sudo"] }"#,
        r#"path "sys/seal" { capabilities = ["create", "read", "delete", "list", "sudo"] }"#,
    ] {
        setting.bearer("some", policy).put("sys/seal", json!({})).is(403);
    }
    let may = setting.bearer("some", r#"path "sys/seal" { capabilities = ["update", "sudo"] }"#);
    may.put("sys/seal", json!({})).is(204);
    may.put("sys/seal", json!({})).is(503);
}

#[test]
fn the_data_key_is_told_of_and_followed_by_the_next() {
    let setting = Setting::new();
    let root = setting.root();
    let before = root.get("sys/key-status").is(200);
    assert_eq!((before.at("/term"), before.at("/data/term")), (&json!(1), &json!(1)));
    assert_eq!(before.text("/data/install_time"), "2027-01-15T08:00:00.000Z");
    assert!(before.at("/data/encryptions").is_u64());
    root.put("sys/rotate", json!({})).is(204);
    assert_eq!(*root.get("sys/key-status").is(200).at("/data/term"), 2);
    let config = root.get("sys/rotate/config").is(200);
    assert_eq!(*config.at("/data/max_operations"), 1 << 24);
    root.put("sys/rotate/config", json!({ "max_operations": 1 })).is(501);
    let reader = setting.bearer("r", r#"path "sys/key-status" { capabilities = ["read"] }"#);
    reader.get("sys/key-status").is(200);
    reader.put("sys/rotate", json!({})).is(403);
    reader.get("sys/rotate/config").is(403);
}
