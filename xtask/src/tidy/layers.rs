//! The layers: which crate may use which, and what is kept out of each.

/// What a package of the workspace may depend on.
pub struct Layer {
    pub package: &'static str,
    /// The packages of ours that it may use.
    pub uses: &'static [&'static str],
    /// The packages of ours that its tests may use as well.
    pub tests_use: &'static [&'static str],
    /// The packages of others that must not be linked into it, by whatever way.
    pub never: &'static [&'static str],
}

const CORE: &str = "strongroom-core";
const STORE: &str = "strongroom-store";
const STORE_SQLITE: &str = "strongroom-store-sqlite";
const STORE_ETCD: &str = "strongroom-store-etcd";
const ENGINE: &str = "strongroom-engine";
const CONNECTORS: &str = "strongroom-connectors";
const WIRE: &str = "strongroom-wire";
const SERVER: &str = "strongroom-server";
const CLIENT: &str = "strongroom-client";
const SCAN: &str = "strongroom-scan";
const BROKER: &str = "strongroom-broker";
const TESTKIT: &str = "strongroom-testkit";

/// Runtimes, logs, the network and databases: nothing for a crate that is bytes in, bytes out.
const IMPURE: &[&str] = &[
    "tokio",
    "async-std",
    "smol",
    "futures",
    "serde_json",
    "tracing",
    "log",
    "hyper",
    "reqwest",
    "ureq",
    "axum",
    "rusqlite",
    "rustls",
    "mio",
    "socket2",
];
/// HTTP and SQL.
const TRANSPORTS_AND_DATABASES: &[&str] =
    &["hyper", "axum", "reqwest", "ureq", "rustls", "rusqlite", "sqlx", "postgres", "etcd-client"];
const DATABASES: &[&str] = &["rusqlite", "sqlx", "postgres", "etcd-client"];

/// One row for each package, those of the parts that are not there included.
pub const LAYERS: &[Layer] = &[
    Layer { package: CORE, uses: &[], tests_use: &[], never: IMPURE },
    Layer { package: STORE, uses: &[CORE], tests_use: &[TESTKIT], never: DATABASES },
    Layer { package: STORE_SQLITE, uses: &[CORE, STORE], tests_use: &[TESTKIT], never: &["hyper"] },
    Layer {
        package: STORE_ETCD,
        uses: &[STORE],
        tests_use: &[CORE, TESTKIT],
        never: &["rusqlite"],
    },
    Layer {
        package: ENGINE,
        uses: &[CORE, STORE],
        tests_use: &[TESTKIT],
        never: TRANSPORTS_AND_DATABASES,
    },
    Layer {
        package: CONNECTORS,
        uses: &[CORE, ENGINE],
        tests_use: &[STORE, TESTKIT],
        never: &["rusqlite", "axum"],
    },
    Layer {
        package: SERVER,
        uses: &[CORE, ENGINE, WIRE],
        tests_use: &[STORE, CLIENT, TESTKIT],
        never: DATABASES,
    },
    // Both ends of the native API: neither a client's nor a server's library.
    Layer { package: WIRE, uses: &[CORE], tests_use: &[], never: TRANSPORTS_AND_DATABASES },
    Layer { package: CLIENT, uses: &[CORE, WIRE], tests_use: &[TESTKIT], never: DATABASES },
    Layer { package: SCAN, uses: &[CORE], tests_use: &[TESTKIT], never: DATABASES },
    Layer { package: BROKER, uses: &[CORE, CLIENT], tests_use: &[TESTKIT], never: DATABASES },
    Layer {
        package: "strongroom",
        uses: &[
            CORE,
            STORE,
            STORE_SQLITE,
            STORE_ETCD,
            ENGINE,
            CONNECTORS,
            SERVER,
            WIRE,
            CLIENT,
            SCAN,
            BROKER,
        ],
        tests_use: &[TESTKIT],
        never: &[],
    },
    Layer {
        package: "strongroom-py",
        uses: &[CORE, CLIENT, SCAN],
        tests_use: &[TESTKIT],
        never: DATABASES,
    },
    Layer { package: TESTKIT, uses: &[CORE, STORE, ENGINE], tests_use: &[], never: &[] },
    Layer {
        package: "strongroom-bench",
        uses: &[CORE, STORE, STORE_SQLITE, ENGINE, TESTKIT, "strongroom"],
        tests_use: &[],
        never: &[],
    },
    Layer {
        package: "strongroom-fuzz",
        uses: &[CORE, STORE, ENGINE, SCAN],
        tests_use: &[],
        never: &[],
    },
    Layer { package: "xtask", uses: &[], tests_use: &[], never: &[] },
];

/// The row of a package.
pub fn layer(package: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.package == package)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_that_a_row_uses_has_a_row() {
        for layer in LAYERS {
            for used in layer.uses.iter().chain(layer.tests_use) {
                assert!(super::layer(used).is_some(), "{used}, used by {}", layer.package);
            }
        }
    }

    #[test]
    fn the_rows_make_no_circle() {
        // Each package only uses packages that can be built before it.
        let mut built: Vec<&str> = Vec::new();
        for _ in LAYERS {
            for layer in LAYERS {
                if layer.uses.iter().all(|used| built.contains(used)) {
                    built.push(layer.package);
                }
            }
        }
        let missing = LAYERS.iter().filter(|layer| !built.contains(&layer.package));
        assert_eq!(missing.map(|layer| layer.package).collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
