use strongroom_core::secret::SecretValue;
use strongroom_core::transit::*;
use strongroom_engine::operations::mount::{EnableMount, MountSide};
use strongroom_engine::operations::transit::*;
use strongroom_testkit::TestRoom;

use super::Case;

/// A mount with the key `k`, of which everything is allowed, and `signer`.
pub fn prepare(room: &TestRoom) {
    let owner = room.owner();
    owner.ask(&EnableMount::new(MountSide::Secret, "transit", "transit")).expect("mounts");
    let new = NewKey {
        exportable: true,
        allow_plaintext_backup: true,
        ..NewKey::of(KeyType::AES_256_GCM96)
    };
    owner.ask(&CreateKey::new("transit", "k", new)).expect("makes a key");
    let signer = NewKey::of(KeyType::ED25519);
    owner.ask(&CreateKey::new("transit", "signer", signer)).expect("makes a key");
    let minimum = Configuration {
        deletion_allowed: Some(true),
        min_encryption_version: Some(1),
        ..Configuration::default()
    };
    owner.ask(&ConfigureKey::new("transit", "k", minimum)).expect("configures");
}

fn plaintext() -> EncryptItem {
    EncryptItem {
        plaintext: SecretValue::new(b"value".to_vec()),
        context: Vec::new(),
        associated: Vec::new(),
        version: 0,
    }
}

fn ciphertext() -> DecryptItem {
    DecryptItem {
        ciphertext: "vault:v1:AAAA".to_owned(),
        context: Vec::new(),
        associated: Vec::new(),
    }
}

fn signed() -> SignItem {
    SignItem { input: b"input".to_vec(), context: Vec::new() }
}

pub const CASES: &[Case] = &[
    Case {
        name: "BackUpKey",
        policy: r#"path "transit/backup/k" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&BackUpKey::new("transit", "k")).map(drop),
    },
    Case {
        name: "ConfigureKey",
        policy: r#"path "transit/keys/k/config" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let wanted =
                Configuration { deletion_allowed: Some(false), ..Configuration::default() };
            actor.ask(&ConfigureKey::new("transit", "k", wanted)).map(drop)
        },
    },
    Case {
        name: "CreateKey",
        policy: r#"path "transit/keys/new" { capabilities = ["create"] }"#,
        ask: |actor, _| {
            let new = NewKey::of(KeyType::HMAC);
            actor.ask(&CreateKey::new("transit", "new", new)).map(drop)
        },
    },
    Case {
        name: "DecryptData",
        policy: r#"path "transit/decrypt/k" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&DecryptData::new("transit", "k", vec![ciphertext()])).map(drop),
    },
    Case {
        name: "DeleteKey",
        policy: r#"path "transit/keys/k" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeleteKey::new("transit", "k")),
    },
    Case {
        name: "EncryptData",
        policy: r#"path "transit/encrypt/k" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let key_type = KeyType::AES_256_GCM96;
            actor.ask(&EncryptData::new("transit", "k", key_type, vec![plaintext()])).map(drop)
        },
    },
    Case {
        name: "ExportKey",
        policy: r#"path "transit/export/hmac-key/k/latest" { capabilities = ["read"] }"#,
        ask: |actor, _| {
            let (kind, format) = (ExportKind::HmacKey, ExportFormat::Default);
            let export = ExportKey::new("transit", "k", kind, format, Some("latest"))?;
            actor.ask(&export).map(drop)
        },
    },
    Case {
        name: "GenerateDataKey",
        policy: r#"path "transit/datakey/wrapped/k" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let request = DataKeyRequest::default();
            actor.ask(&GenerateDataKey::new("transit", "k", request)).map(drop)
        },
    },
    Case {
        name: "GenerateRandom",
        policy: r#"path "transit/random/32" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&GenerateRandom::new("transit", Some("32"), 32)).map(drop),
    },
    Case {
        name: "HashData",
        policy: r#"path "transit/hash" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let hash = HashAlgorithm::default();
            actor.ask(&HashData::new("transit", None, hash, b"input".to_vec())).map(drop)
        },
    },
    Case {
        name: "HmacData",
        policy: r#"path "transit/hmac/k/sha2-256" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let hash = HashAlgorithm::default();
            let inputs = vec![b"input".to_vec()];
            let hmac = HmacData::new("transit", "k", Some("sha2-256"), hash, 0, inputs);
            actor.ask(&hmac).map(drop)
        },
    },
    Case {
        name: "ListKeys",
        policy: r#"path "transit/keys" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListKeys::new("transit", None, None)).map(drop),
    },
    Case {
        name: "ReadKey",
        policy: r#"path "transit/keys/k" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadKey::new("transit", "k", b"")).map(drop),
    },
    Case {
        name: "RestoreKey",
        policy: r#"path "transit/restore/other" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let backup = SecretValue::new(b"none".to_vec());
            match actor.ask(&RestoreKey::new("transit", Some("other"), backup, false)) {
                // It is no backup: whoever may, learns that.
                Err(error) if error.kind() == strongroom_engine::Kind::InvalidRequest => Ok(()),
                other => other,
            }
        },
    },
    Case {
        name: "RewrapData",
        policy: r#"path "transit/rewrap/k" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let item = RewrapItem { decrypt: ciphertext(), version: 0 };
            actor.ask(&RewrapData::new("transit", "k", vec![item])).map(drop)
        },
    },
    Case {
        name: "RotateKey",
        policy: r#"path "transit/keys/k/rotate" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&RotateKey::new("transit", "k")).map(drop),
    },
    Case {
        name: "SignData",
        policy: r#"path "transit/sign/signer" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let options = SignatureOptions::default();
            let sign = SignData::new("transit", "signer", None, options, 0, vec![signed()]);
            actor.ask(&sign).map(drop)
        },
    },
    Case {
        name: "TrimKey",
        policy: r#"path "transit/keys/k/trim" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&TrimKey::new("transit", "k", 1)).map(drop),
    },
    Case {
        name: "VerifyData",
        policy: r#"path "transit/verify/signer/sha2-512" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let item = VerifyItem { item: signed(), signature: "vault:v1:AAAA".to_owned() };
            let options = SignatureOptions::default();
            let hash = Some("sha2-512");
            let verify = VerifyData::new("transit", "signer", hash, options, vec![item]);
            actor.ask(&verify).map(drop)
        },
    },
    Case {
        name: "VerifyHmac",
        policy: r#"path "transit/verify/k" { capabilities = ["update"] }"#,
        ask: |actor, _| {
            let item = HmacItem { input: b"input".to_vec(), hmac: "vault:v1:AAAA".to_owned() };
            let hash = HashAlgorithm::default();
            actor.ask(&VerifyHmac::new("transit", "k", None, hash, vec![item])).map(drop)
        },
    },
];
