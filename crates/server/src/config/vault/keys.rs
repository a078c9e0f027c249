//! The keys of Vault's server configuration (developer.hashicorp.com/vault/docs/configuration, as of 1.21), and what
//! becomes of each.

/// What becomes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It means here what it means there.
    Honoured,
    /// It is left out, which the operator is told with these words.
    LeftOut(&'static str),
    /// It is left out, and refused where it asks for more than `false`, `0` or an empty text: without it the server
    /// would be less safe than what was written, or another one.
    Refused(&'static str),
}

pub struct Key {
    pub name: &'static str,
    pub fate: Fate,
}

use Fate::{Honoured, LeftOut, Refused};

const ONE_NODE: &str = "this server is one node and no cluster";
const NO_PLUGINS: &str = "plugins are not run";
const TO_STDERR: &str = "the log goes to the standard error";
const CLIENT_CERTIFICATES: &str = "certificates of clients are not verified";
const PROXY: &str = "addresses that a proxy reports are not taken: audit records and bound CIDRs would hold the proxy's";
const OWN_CIPHERS: &str = "TLS uses the cipher suites of rustls, which are all of them secure";
const PROFILES: &str = "there are no profiles of the process to show";

pub const TOP: &[Key] = &[
    key("storage", Honoured),
    key("backend", Honoured),
    key("listener", Honoured),
    key("seal", Honoured),
    key("default_lease_ttl", Honoured),
    key("max_lease_ttl", Honoured),
    key("log_level", Honoured),
    key("log_format", Honoured),
    key("api_addr", Honoured),
    // Of ours: Vault lets whoever may enable a device write anywhere.
    key("audit_devices_folder", Honoured),
    key("disable_mlock", LeftOut("keys are in locked memory wherever the system allows it")),
    key("ui", LeftOut("whether there is a web interface is not set here")),
    key("cluster_addr", LeftOut(ONE_NODE)),
    key("cluster_name", LeftOut(ONE_NODE)),
    key("disable_clustering", LeftOut(ONE_NODE)),
    key("disable_performance_standby", LeftOut(ONE_NODE)),
    key("replication", LeftOut(ONE_NODE)),
    key("service_registration", LeftOut("the server does not register itself anywhere")),
    key("ha_storage", Refused(ONE_NODE)),
    key("ha_backend", Refused(ONE_NODE)),
    key("plugin_directory", LeftOut(NO_PLUGINS)),
    key("plugin_tmpdir", LeftOut(NO_PLUGINS)),
    key("plugin_file_uid", LeftOut(NO_PLUGINS)),
    key("plugin_file_permissions", LeftOut(NO_PLUGINS)),
    key("log_file", LeftOut(TO_STDERR)),
    key("log_rotate_bytes", LeftOut(TO_STDERR)),
    key("log_rotate_duration", LeftOut(TO_STDERR)),
    key("log_rotate_max_files", LeftOut(TO_STDERR)),
    key("log_requests_level", LeftOut("requests are logged at the level debug, without paths")),
    key("pid_file", LeftOut("no file with the process number is written")),
    key("telemetry", LeftOut("metrics are read from the server, and are sent nowhere")),
    key("cache_size", LeftOut("caches have sizes of their own")),
    key("disable_cache", LeftOut("caches hold ciphertext only and cannot be turned off")),
    key("disable_sealwrap", LeftOut("everything that is stored is encrypted alike")),
    key("disable_printable_check", LeftOut("names are checked always")),
    key("disable_indexing", LeftOut("there is no index to turn off")),
    key("detect_deadlocks", LeftOut("locks are not watched")),
    key("experiments", LeftOut("there are no experiments")),
    key("feature_flags", LeftOut("there are no feature flags")),
    key("introspection_endpoint", LeftOut("the endpoint does not exist")),
    key("raw_storage_endpoint", LeftOut("the endpoint does not exist")),
    key("enable_response_header_hostname", LeftOut("answers do not name the host")),
    key("enable_response_header_raft_node_id", LeftOut("answers do not name a node")),
    key("enable_post_unseal_trace", LeftOut("traces are not written")),
    key("post_unseal_trace_directory", LeftOut("traces are not written")),
    key("imprecise_lease_role_tracking", LeftOut("leases are counted exactly")),
    key("remove_irrevocable_lease_after", LeftOut("a lease is kept until it is revoked")),
    key("default_max_request_duration", LeftOut("requests end by themselves")),
    key(
        "request_limiter",
        LeftOut("limits.requests_running_max of the own format bounds requests"),
    ),
    key("license_path", LeftOut("there are no licences")),
    key("reporting", LeftOut("nothing is reported to anybody")),
    key("observations", LeftOut("observations are not written")),
    key("administrative_namespace_path", Refused("there are no namespaces")),
    key("allow_audit_log_prefixing", LeftOut("audit records have no prefix")),
    key("entropy", Refused("random bytes come from the system, not from where this asks")),
    key("kms_library", Refused("the root key would not be protected as this asks")),
    key("user_lockout", Refused("logins are not locked out as this asks: use a rate limit quota")),
];

pub const LISTENER: &[Key] = &[
    key("address", Honoured),
    key("tls_disable", Honoured),
    key("tls_cert_file", Honoured),
    key("tls_key_file", Honoured),
    key("tls_min_version", Honoured),
    key("tls_max_version", Honoured),
    key("tls_disable_client_certs", Honoured),
    key("tls_require_and_verify_client_cert", Refused(CLIENT_CERTIFICATES)),
    key("tls_client_ca_file", Refused(CLIENT_CERTIFICATES)),
    key("tls_cipher_suites", LeftOut(OWN_CIPHERS)),
    key("tls_prefer_server_cipher_suites", LeftOut(OWN_CIPHERS)),
    key("max_request_size", Honoured),
    key("http_idle_timeout", Honoured),
    key("http_read_header_timeout", Honoured),
    key("http_read_timeout", Honoured),
    key(
        "http_write_timeout",
        LeftOut("a client that takes nothing is cut off by http_idle_timeout"),
    ),
    key("max_request_duration", LeftOut("requests end by themselves")),
    key("cluster_address", LeftOut(ONE_NODE)),
    key("proxy_protocol_behavior", Refused(PROXY)),
    key("proxy_protocol_authorized_addrs", Refused(PROXY)),
    key("x_forwarded_for_authorized_addrs", Refused(PROXY)),
    key("x_forwarded_for_hop_skips", LeftOut(PROXY)),
    key("x_forwarded_for_reject_not_authorized", LeftOut(PROXY)),
    key("x_forwarded_for_reject_not_present", LeftOut(PROXY)),
    key("x_forwarded_for_client_cert_header", Refused(CLIENT_CERTIFICATES)),
    key("x_forwarded_for_client_cert_header_decoders", LeftOut(CLIENT_CERTIFICATES)),
    key("require_request_header", Refused("requests without X-Vault-Request would be answered")),
    key("chroot_namespace", Refused("there are no namespaces")),
    key("telemetry", LeftOut("metrics are shown to those whose policy allows it")),
    key("profiling", LeftOut(PROFILES)),
    key("inflight_requests_logging", LeftOut(PROFILES)),
    key("custom_response_headers", LeftOut("answers have no header fields of the operator's")),
    key("disable_replication_status_endpoints", LeftOut(ONE_NODE)),
    key("redact_addresses", LeftOut("addresses are shown")),
    key("redact_cluster_name", LeftOut("there is no cluster name")),
    key("redact_version", LeftOut("the version is shown")),
    key("disable_request_limiter", LeftOut("requests are bounded always")),
    key("max_json_depth", LeftOut("JSON has limits of its own")),
    key("max_json_string_value_length", LeftOut("JSON has limits of its own")),
    key("max_json_object_entry_count", LeftOut("JSON has limits of its own")),
    key("max_json_array_element_count", LeftOut("JSON has limits of its own")),
];

pub const STORAGE: &[Key] = &[
    key("path", Honoured),
    key("node_id", LeftOut(ONE_NODE)),
    key("performance_multiplier", LeftOut(ONE_NODE)),
    key("trailing_logs", LeftOut(ONE_NODE)),
    key("snapshot_threshold", LeftOut(ONE_NODE)),
    key("snapshot_interval", LeftOut(ONE_NODE)),
    key("max_entry_size", LeftOut("a record has a limit of its own")),
    key("max_mount_and_namespace_table_entry_size", LeftOut("a record has a limit of its own")),
    key("max_transaction_size", LeftOut("a commit has a limit of its own")),
    key("raft_log_verifier_enabled", LeftOut(ONE_NODE)),
    key("raft_log_verification_interval", LeftOut(ONE_NODE)),
    key("raft_wal", LeftOut(ONE_NODE)),
    key("autopilot_reconcile_interval", LeftOut(ONE_NODE)),
    key("autopilot_update_interval", LeftOut(ONE_NODE)),
    key("autopilot_upgrade_version", LeftOut(ONE_NODE)),
    key("autopilot_redundancy_zone", LeftOut(ONE_NODE)),
    key(
        "retry_join",
        Refused("this server would not join the others, and hold secrets of its own"),
    ),
    key("retry_join_as_non_voter", Refused(ONE_NODE)),
    key("max_parallel", LeftOut("the store decides what runs side by side")),
];

const fn key(name: &'static str, fate: Fate) -> Key {
    Key { name, fate }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_listed_twice() {
        for keys in [TOP, LISTENER, STORAGE] {
            let mut names = keys.iter().map(|key| key.name).collect::<Vec<_>>();
            names.sort_unstable();
            assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        }
    }
}
