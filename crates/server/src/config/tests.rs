use std::time::Duration;

use proptest::prelude::*;
use strongroom_engine::audit::DevicesAllowed;

use super::*;

const DOORS: &[&str] = &["vault", "native"];

fn own(text: &str) -> Result<Loaded, ConfigError> {
    Config::parse("server.toml", text, DOORS)
}

fn vaults(text: &str) -> Result<Loaded, ConfigError> {
    Config::parse("vault.hcl", text, DOORS)
}

/// A file with the listener and the store that every file needs, and this.
fn with(text: &str) -> String {
    format!("{text}\n[[listeners]]\naddress = \"127.0.0.1:8200\"\n[storage]\nmemory = true\n")
}

fn vaults_with(text: &str) -> String {
    format!("storage \"inmem\" {{}}\nlistener \"tcp\" {{ tls_disable = 1 }}\n{text}\n")
}

fn told(error: &ConfigError) -> String {
    let hint = error.hint.as_ref().map(|hint| format!(" ({hint})"));
    format!("{error}{}", hint.unwrap_or_default())
}

fn plain(address: &str) -> Listener {
    Listener { address: address.parse().unwrap(), protection: Protection::Plain }
}

fn tls(address: &str, certificate: Certificate, oldest: TlsVersion) -> Listener {
    let address = address.parse().unwrap();
    Listener { address, protection: Protection::Tls { certificate, oldest } }
}

fn files(certificate: &str, key: &str) -> Certificate {
    Certificate::Files { certificate: certificate.into(), key: key.into() }
}

// tidy: long function because it is one file and what is read from it
#[test]
fn own_file_says_everything() {
    let text = r#"
        default_lease_ttl = "1h"
        max_lease_ttl = 86_400
        doors = ["vault"]
        api_address = "https://vault.example.com"

        [[listeners]]
        address = "127.0.0.1:8200"
        tls = false

        [[listeners]]
        address = ":8201"
        certificate = "/etc/tls/server.pem"
        key = "/etc/tls/server.key"
        min_version = "1.3"

        [tls]
        folder = "/var/tls"
        names = ["vault.example.com", "10.0.0.1"]

        [limits]
        connections_max = 7
        request_body_bytes_max = 1_000
        held_bodies_bytes_max = 1_000
        idle_timeout = "90s"

        [storage]
        path = "/var/lib/strongroom"

        [audit]
        folder = "/var/log/strongroom"
        devices_folder = "/var/log/vault"
        devices_addresses = ["tcp://10.0.0.1:514"]
        devices_syslog = "/dev/log"

        [seal]
        type = "keyfile"
        key_file = "/etc/strongroom.key"

        [log]
        level = "debug"
        format = "json"
    "#;
    let Loaded { config, warnings } = own(text).unwrap();
    let listeners = vec![
        plain("127.0.0.1:8200"),
        tls("[::]:8201", files("/etc/tls/server.pem", "/etc/tls/server.key"), TlsVersion::Tls13),
    ];
    let names = vec!["vault.example.com".to_owned(), "10.0.0.1".to_owned()];
    let wanted = Config {
        listeners,
        authority: Authority { folder: Some("/var/tls".into()), names },
        limits: Limits {
            connections_max: 7,
            request_body_bytes_max: 1_000,
            held_bodies_bytes_max: 1_000,
            idle_timeout: Duration::from_secs(90),
            ..Limits::default()
        },
        storage: Storage::Folder("/var/lib/strongroom".into()),
        audit_folder: Some("/var/log/strongroom".into()),
        audit_devices: DevicesAllowed {
            folder: Some("/var/log/vault".into()),
            addresses: vec!["tcp://10.0.0.1:514".into()],
            syslog: Some("/dev/log".into()),
        },
        seal: Seal::KeyFile(Some("/etc/strongroom.key".into())),
        log: Log { level: Level::Debug, format: Some(Format::Json) },
        default_lease_ttl: Seconds(3_600),
        max_lease_ttl: Seconds(86_400),
        doors: Some(vec!["vault".to_owned()]),
        api_address: Some("https://vault.example.com".to_owned()),
        aws: Aws::default(),
    };
    assert_eq!((config, warnings), (wanted, vec![]));
}

#[test]
fn short_file_has_safe_defaults() {
    let text = "[[listeners]]\naddress = \"[::1]:0\"\n[storage]\npath = \"/data\"\n";
    let Loaded { config, warnings } = own(text).unwrap();
    let listeners = vec![tls("[::1]:0", Certificate::Local, TlsVersion::Tls12)];
    let authority = Authority { folder: Some("/data/tls".into()), names: vec![] };
    let storage = Storage::Folder("/data".into());
    let wanted = Config { storage, ..Config::in_memory(listeners, authority) };
    assert_eq!((config, warnings), (wanted, vec![]));
}

/// What stands in the file, and what is told from the line on.
const OWN_MISTAKES: &[(&str, &str)] = &[
    ("\nlistners = 1", "2: listners: unknown key (did you mean `listeners`?)"),
    (
        "[limits]\nconections_max = 1",
        "2: limits.conections_max: unknown key (did you mean `connections_max`?)",
    ),
    ("[limits]\nconnections_max = 0", "2: limits.connections_max: is not between 1 and 1000000"),
    (
        "[limits]\nconnections_max = 99999999999999999999",
        "2: limits.connections_max: is not a whole number",
    ),
    ("[limits]\nconnections_max = -1", "2: limits.connections_max: is not between 1 and 1000000"),
    ("[limits]\nconnections_max = \"7\"", "2: limits.connections_max: is not a whole number"),
    (
        "[limits]\nrequest_head_bytes_max = 8191",
        "2: limits.request_head_bytes_max: is not between 8192 and 1048576",
    ),
    (
        "[limits]\nidle_timeout = \"0s\"",
        "2: limits.idle_timeout: is not between 1 second and 1 day",
    ),
    (
        "[limits]\nidle_timeout = \"soon\"",
        "2: limits.idle_timeout: is not a duration, such as \"30s\" or \"768h\"",
    ),
    (
        "[limits]\nheld_bodies_bytes_max = 1",
        "2: limits.held_bodies_bytes_max: is less than request_body_bytes_max",
    ),
    ("limits = 1", "1: limits: is not a table"),
    (
        "[tls]\nnames = [\"a b\"]",
        "2: tls.names: holds \"a b\", which is neither a DNS name nor an IP address",
    ),
    ("[tls]\nnames = [1]", "2: tls.names: is not a list of texts in quotes"),
    ("[tls]\nfolder = \"\"", "2: tls.folder: is empty"),
    (
        "[audit]\ndevices_addresses = [\"10.0.0.1:514\"]",
        "2: audit.devices_addresses: holds \"10.0.0.1:514\", which does not begin with tcp:// or udp:// or unix:///",
    ),
    ("[audit]\nfolder = true", "2: audit.folder: is not text in quotes"),
    (
        "[seal]\ntype = \"key_file\"",
        "2: seal.type: \"key_file\" is not known (did you mean `keyfile`?)",
    ),
    (
        "[seal]\ntype = \"awskms\"",
        "2: seal.type: \"awskms\" is not known (write one of keyfile, passphrase, shamir)",
    ),
    (
        "[seal]\ntype = \"shamir\"\nkey_file = \"a\"",
        "3: seal.key_file: has no meaning without type = \"keyfile\"",
    ),
    ("[seal]", "1: seal.type: is missing"),
    ("[log]\nlevel = \"debg\"", "2: log.level: \"debg\" is not known (did you mean `debug`?)"),
    (
        "[log]\nformat = \"xml\"",
        "2: log.format: \"xml\" is not known (write one of auto, text, json)",
    ),
    (
        "default_lease_ttl = \"769h\"",
        "1: default_lease_ttl: is longer than 768h, max_lease_ttl's default",
    ),
    (
        "max_lease_ttl = 1\ndefault_lease_ttl = 2",
        "2: default_lease_ttl: is longer than max_lease_ttl",
    ),
    ("max_lease_ttl = 0", "1: max_lease_ttl: is less than a second"),
    ("doors = [\"valut\"]", "1: doors: \"valut\" is not known (did you mean `vault`?)"),
    (
        "\"a\\nb\" = 1",
        "1: a\\nb: unknown key (the keys here are listeners, tls, limits, storage, audit, seal, log, default_lease_ttl, max_lease_ttl, doors, api_address, aws)",
    ),
];

#[test]
fn own_mistakes_are_told_with_file_line_key_and_mend() {
    for (text, wanted) in [
        (
            "",
            "server.toml:1: storage: is missing (write [storage] and path = \"/var/lib/strongroom\")",
        ),
        ("a = = 1", "server.toml:1: is not TOML: extra `=`, expected nothing"),
        (
            "[storage]\nmemory = true",
            "server.toml:1: listeners: no listener is configured (write [[listeners]] and address = \"127.0.0.1:8200\")",
        ),
        (
            "listeners = 1\n[storage]\nmemory = true",
            "server.toml:1: listeners: is not a list of tables: write [[listeners]]",
        ),
    ] {
        let error = own(text).unwrap_err();
        let told = told(&error);
        // TOML's own words are its library's.
        let wanted = wanted.split("is not TOML").next().unwrap();
        assert!(told.starts_with(wanted), "{told}");
    }
    for (text, wanted) in OWN_MISTAKES {
        let error = own(&with(text)).unwrap_err();
        assert_eq!(told(&error), format!("server.toml:{wanted}"), "{text}");
    }
}

#[test]
fn mistakes_of_a_listener_and_of_the_store_are_told() {
    for (listener, wanted) in [
        ("", "1: listeners[0].address: is missing"),
        (
            "address = \"vault:8200\"",
            "2: listeners[0].address: is not an IP address and a port (write it as \"127.0.0.1:8200\", \"[::]:8200\" or \"localhost:8200\")",
        ),
        (
            "address = \":1\"\nmin_version = \"1.1\"",
            "3: listeners[0].min_version: is neither \"1.2\" nor \"1.3\"",
        ),
        (
            "address = \":1\"\ncertificate = \"a\"",
            "1: listeners[0].key: is missing beside certificate",
        ),
        ("address = \":1\"\nkey = \"a\"", "1: listeners[0].certificate: is missing beside key"),
        (
            "address = \":1\"\ntls = false\nmin_version = \"1.2\"",
            "4: listeners[0].min_version: has no meaning beside tls = false",
        ),
        ("address = \":1\"\ntls = 0", "3: listeners[0].tls: is not true or false"),
        (
            "address = \":1\"\nadress = \":1\"",
            "3: listeners[0].adress: unknown key (did you mean `address`?)",
        ),
    ] {
        let text = format!("[[listeners]]\n{listener}\n[storage]\nmemory = true\n");
        assert_eq!(told(&own(&text).unwrap_err()), format!("server.toml:{wanted}"), "{listener}");
    }
    for (storage, wanted) in [
        ("", "storage.path: is missing (write [storage] and path = \"/var/lib/strongroom\")"),
        (
            "memory = false",
            "storage.path: is missing (write [storage] and path = \"/var/lib/strongroom\")",
        ),
        ("path = \"a\"\nmemory = true", "storage.memory: is true beside a path"),
    ] {
        let text = format!("[storage]\n{storage}\n[[listeners]]\naddress = \":1\"\n");
        let told = told(&own(&text).unwrap_err());
        assert_eq!(told.split_once(": ").unwrap().1, wanted, "{storage}");
    }
    let many = "[[listeners]]\naddress = \":1\"\n".repeat(17);
    let error = own(&format!("[storage]\nmemory = true\n{many}")).unwrap_err();
    assert!(error.message.contains("more than 16 listeners"));
}

#[test]
fn vaults_file_reads_alike_in_hcl_and_json() {
    let hcl = r#"
        ui = false
        disable_mlock = false
        storage "file" { path = "/opt/vault/data" }
        listener "tcp" {
          address         = "127.0.0.1:8200"
          tls_disable     = "true"
        }
        listener "tcp" {
          address         = "0.0.0.0:8300"
          tls_cert_file   = "/tls/cert.pem"
          tls_key_file    = "/tls/key.pem"
          tls_min_version = "tls13"
          max_request_size = 1000
          http_idle_timeout = "1m"
        }
        seal "shamir" {}
        default_lease_ttl = "1h"
        max_lease_ttl     = "24h"
        log_level         = "Warn"
        api_addr          = "https://vault:8300"
        audit_devices_folder = "/var/log/vault"
    "#;
    let json = r#"{
        "backend": {"raft": {"path": "/opt/vault/data", "node_id": ""}},
        "listener": [
            {"tcp": {"address": "127.0.0.1:8200", "tls_disable": 1}},
            {"tcp": {"address": "0.0.0.0:8300", "tls_cert_file": "/tls/cert.pem",
                "tls_key_file": "/tls/key.pem", "tls_min_version": "tls13",
                "max_request_size": "1000", "http_idle_timeout": 60}}
        ],
        "default_lease_ttl": 3600, "max_lease_ttl": "86400", "log_level": "warn",
        "api_addr": "https://vault:8300", "cluster_addr": null, "ui": false,
        "audit_devices_folder": "/var/log/vault"
    }"#;
    let wanted = Config {
        limits: Limits {
            request_body_bytes_max: 1_000,
            idle_timeout: Duration::from_secs(60),
            ..Limits::default()
        },
        storage: Storage::Folder("/opt/vault/data".into()),
        seal: Seal::Shamir,
        log: Log { level: Level::Warn, format: None },
        default_lease_ttl: Seconds(3_600),
        max_lease_ttl: Seconds(86_400),
        api_address: Some("https://vault:8300".to_owned()),
        audit_devices: DevicesAllowed {
            folder: Some("/var/log/vault".into()),
            ..DevicesAllowed::default()
        },
        ..Config::in_memory(
            vec![
                plain("127.0.0.1:8200"),
                tls("0.0.0.0:8300", files("/tls/cert.pem", "/tls/key.pem"), TlsVersion::Tls13),
            ],
            Authority { folder: Some("/opt/vault/data/tls".into()), names: vec![] },
        )
    };
    for text in [hcl, json] {
        let Loaded { config, warnings } = vaults(text).unwrap();
        assert_eq!((config, warnings), (wanted.clone(), vec![]));
    }
}

#[test]
fn what_vaults_file_cannot_have_is_warned_of_by_name() {
    let text = "ui = true\ndisable_mlock = true\nplugin_directory = \"/p\"\n\
                telemetry { statsite_address = \"a\" }\nlog_file = \"/l\"\n";
    let Loaded { warnings, .. } = vaults(&vaults_with(text)).unwrap();
    let keys = warnings.iter().map(|warning| (warning.line.unwrap(), warning.key.clone().unwrap()));
    let wanted = ["ui", "disable_mlock", "plugin_directory", "telemetry", "log_file"];
    let wanted = (3..).zip(wanted.map(str::to_owned)).collect::<Vec<_>>();
    assert_eq!(keys.collect::<Vec<_>>(), wanted);
    assert_eq!(
        warnings[1].to_string(),
        "vault.hcl:4: disable_mlock: keys are in locked memory wherever the system allows it"
    );
    let text = "storage \"inmem\" {}\nlistener \"tcp\" {\n  tls_min_version = \"tls11\"\n}\n";
    let Loaded { config, warnings } = vaults(text).unwrap();
    assert_eq!(config.listeners, [tls("127.0.0.1:8200", Certificate::Local, TlsVersion::Tls12)]);
    assert_eq!(warnings[0].key.as_deref(), Some("listener.tcp.tls_min_version"));
    assert_eq!(warnings[1].key.as_deref(), Some("listener.tcp.tls_cert_file"));
}

#[test]
fn plain_listener_on_a_network_is_warned_of_in_both_formats() {
    let toml = "[[listeners]]\naddress = \":80\"\ntls = false\n[storage]\nmemory = true\n";
    let hcl = "storage \"inmem\" {}\nlistener \"tcp\" { address = \":80\" tls_disable = 1 }\n";
    for loaded in [own(toml), vaults(hcl)] {
        let warnings = loaded.unwrap().warnings;
        assert_eq!(warnings.len(), 1);
        assert!(warnings[0].to_string().contains("[::]:80 takes tokens"), "{}", warnings[0]);
    }
}

/// What stands beside a whole file, and what is told from the line on.
const VAULTS_MISTAKES: &[(&str, &str)] = &[
    (
        "seal \"awskms\" {}",
        "3: seal: the root key would not be protected as this asks (remove the stanza to unseal with key shares)",
    ),
    (
        "entropy \"seal\" { mode = \"augmentation\" }",
        "3: entropy: random bytes come from the system, not from where this asks (remove it if the server may run without)",
    ),
    (
        "ha_storage \"consul\" {}",
        "3: ha_storage: this server is one node and no cluster (remove it if the server may run without)",
    ),
    ("disable_mlokc = true", "3: disable_mlokc: unknown key (did you mean `disable_mlock`?)"),
    ("log_level = \"loud\"", "3: log_level: is no level of the log"),
    ("log_level = \"info\"\nlog_level = \"info\"", "4: log_level: stands twice"),
    ("storage \"inmem\" {}", "3: storage: stands twice"),
    ("listener \"unix\" {}", "3: listener: the server listens on TCP only"),
    ("listener = 1", "3: listener: is not a stanza"),
    ("max_lease_ttl = -1", "3: max_lease_ttl: is not a duration, such as \"30s\" or \"768h\""),
    ("ui = \n", "5: found the end of the text where a value should be"),
];

#[test]
fn what_would_be_dangerous_to_leave_out_of_vaults_file_is_refused() {
    let listener =
        |text: &str| format!("storage \"inmem\" {{}}\nlistener \"tcp\" {{\n{text}\n}}\n");
    for (text, wanted) in [
        ("listener \"tcp\" {}".to_owned(), "1: storage: is missing"),
        (
            "storage \"inmem\" {}".to_owned(),
            "1: listener: no listener is configured (write listener \"tcp\" { address = \"127.0.0.1:8200\" })",
        ),
        (
            "storage \"consul\" {}".to_owned(),
            "1: storage: the secrets cannot be kept there (use storage \"file\" with a path)",
        ),
        ("storage \"file\" {}".to_owned(), "1: storage.file.path: is missing"),
        (
            "storage \"raft\" {\npath = \"a\"\nretry_join {}\n}".to_owned(),
            "3: storage.raft.retry_join: this server would not join the others, and hold secrets of its own (remove it if the server may run without)",
        ),
        (
            listener("tls_require_and_verify_client_cert = true"),
            "3: listener.tcp.tls_require_and_verify_client_cert: certificates of clients are not verified (remove it if the server may run without)",
        ),
        (
            listener("proxy_protocol_behavior = \"use_always\""),
            "3: listener.tcp.proxy_protocol_behavior: addresses that a proxy reports are not taken: audit records and bound CIDRs would hold the proxy's (remove it if the server may run without)",
        ),
        (
            listener("tls_cert_file = \"a\""),
            "2: listener.tcp.tls_key_file: is missing beside tls_cert_file",
        ),
        (
            listener("tls_disable = \"perhaps\""),
            "3: listener.tcp.tls_disable: is not true or false",
        ),
        (
            listener("max_request_size = -1"),
            "3: listener.tcp.max_request_size: is not between 1 and 1073741824",
        ),
        (
            listener("tls_max_version = \"tls12\""),
            "3: listener.tcp.tls_max_version: TLS 1.3 is spoken always",
        ),
    ] {
        assert_eq!(told(&vaults(&text).unwrap_err()), format!("vault.hcl:{wanted}"), "{text}");
    }
    for (text, wanted) in VAULTS_MISTAKES {
        let error = vaults(&vaults_with(text)).unwrap_err();
        assert_eq!(told(&error), format!("vault.hcl:{wanted}"), "{text}");
    }
    // What is switched off asks for nothing.
    let text = listener("tls_disable = true\ntls_require_and_verify_client_cert = false");
    assert!(vaults(&text).is_ok());
    assert!(vaults(&vaults_with("seal \"awskms\" { disabled = true }")).is_ok());
}

#[test]
fn several_listeners_limits_are_the_strictest() {
    let text = "storage \"inmem\" {}\nlistener \"tcp\" { max_request_size = 10 }\n\
                listener \"tcp\" { address = \":1\" http_read_timeout = \"5s\" max_request_size = 0 }\n";
    let limits = vaults(text).unwrap().config.limits;
    assert_eq!((limits.request_body_bytes_max, limits.body_timeout.as_secs()), (10, 5));
}

#[test]
fn files_are_read_up_to_the_limit_and_named_when_they_cannot_be() {
    let room = tempfile::TempDir::new().unwrap();
    let path = room.path().join(FILE_NAME);
    let error = Config::load(&path, DOORS).unwrap_err();
    assert!(error.to_string().contains("strongroom-server.toml: cannot be read: "), "{error}");
    std::fs::write(&path, with("")).unwrap();
    assert_eq!(Config::load(&path, DOORS), own(&with("")));
    let long = with(&"#".repeat(CONFIG_BYTES_MAX));
    std::fs::write(&path, long).unwrap();
    let error = Config::load(&path, DOORS).unwrap_err();
    assert!(error.to_string().ends_with("is longer than 1048576 bytes"), "{error}");
    assert!(Config::load(room.path(), DOORS).is_err());
}

#[test]
fn reference_page_names_every_key_and_metric_and_its_example_is_read() {
    let page = include_str!("../../../../docs/reference/server.md");
    let example = page.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let Loaded { config, warnings } = own(example).unwrap();
    assert_eq!((config.listeners.len(), config.limits, warnings), (2, Limits::default(), vec![]));
    for key in own::keys() {
        assert!(page.contains(&format!("`{key}`")), "{key}");
    }
    for family in crate::metrics::FAMILIES {
        let (name, kind, labels) = (family.name, family.kind.as_str(), family.labels.join(", "));
        let labels = if labels.is_empty() { String::new() } else { format!("{labels} ") };
        let row = format!("| `{name}` | {kind} | {labels}| {} |", family.help);
        assert!(page.contains(&row), "{row}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    for depth in [17, 1_000, 100_000] {
        let (open, close) = ("[".repeat(depth), "]".repeat(depth));
        assert!(own(&with(&format!("doors = {open}{close}"))).is_err());
        assert!(vaults(&vaults_with(&format!("ui = {open}{close}"))).is_err());
        let tables = "a.".repeat(depth);
        assert!(own(&with(&format!("[{tables}a]"))).is_err());
    }
}

/// Pieces that configurations are made of, so that what is put together gets further than the first letter.
fn pieces() -> impl Strategy<Value = String> {
    let words = [
        "listener",
        "listeners",
        "[[listeners]]\n",
        "\"tcp\"",
        "storage",
        "\"file\"",
        "{",
        "}",
        "[",
        "]",
        "=",
        ",",
        "\n",
        "\"",
        "true",
        "0",
        "-1",
        "1e99",
        "9999999999999999999999",
        "address",
        "path",
        "[limits]\n",
        "connections_max",
        "idle_timeout",
        "\"127.0.0.1:0\"",
        "\":\"",
        "seal",
        "[tls]\n",
        "names",
        "\"\\u0000\"",
        "max_lease_ttl",
        "\"1h\"",
        "null",
        ":",
        "#",
        "/*",
        "tls_disable",
        "é",
        "1979-05-27",
        "[storage]\n",
        "memory = true\n",
        "address = \"127.0.0.1:0\"\n",
        ".",
    ];
    let piece =
        prop_oneof![proptest::sample::select(words.to_vec()).prop_map(str::to_owned), ".{0,3}"];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #[test]
    fn no_text_makes_the_readers_panic(text in pieces()) {
        for name in ["a.toml", "a.hcl", "a.json"] {
            for text in [text.clone(), with(&text), vaults_with(&text), format!("{{{text}}}")] {
                if let Err(error) = Config::parse(name, &text, DOORS) {
                    prop_assert!(error.to_string().starts_with(name));
                }
            }
        }
    }

    #[test]
    fn no_bytes_make_the_readers_panic(text in "\\PC{0,200}") {
        for name in ["a.toml", "a.hcl"] {
            if let Ok(loaded) = Config::parse(name, &text, DOORS) {
                prop_assert!(!loaded.config.listeners.is_empty());
            }
        }
    }
}
