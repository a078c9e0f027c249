//! Roles.

use serde::Deserialize;
use serde_json::{Value, json};
use strongroom_core::pki::{Role, RoleSettings};
use strongroom_engine::operations::pki::{DeletePkiRole, ListPkiRoles, ReadPkiRole, WritePkiRole};

use super::super::body::{Span, Words};
use super::super::call::Call;
use super::super::fault::Fault;
use super::super::lenient::{Truth, Whole};
use super::super::reply::Reply;
use super::Fields;
use super::authority::{WrittenSubject, bits};

const ROLE_FIELDS: Fields = Fields {
    known: &[
        "allow_any_name",
        "allow_bare_domains",
        "allow_glob_domains",
        "allow_ip_sans",
        "allow_localhost",
        "allow_subdomains",
        "allow_wildcard_certificates",
        "allowed_domains",
        "allowed_serial_numbers",
        "allowed_uri_sans",
        "basic_constraints_valid_for_non_ca",
        "client_flag",
        "cn_validations",
        "code_signing_flag",
        "country",
        "email_protection_flag",
        "enforce_hostnames",
        "ext_key_usage",
        "ext_key_usage_oids",
        "generate_lease",
        "key_bits",
        "key_type",
        "key_usage",
        "locality",
        "max_ttl",
        "name",
        "no_store",
        "not_before_duration",
        "organization",
        "ou",
        "policy_identifiers",
        "postal_code",
        "province",
        "require_cn",
        "server_flag",
        "signature_bits",
        "street_address",
        "ttl",
        "use_csr_common_name",
        "use_csr_sans",
    ],
    unsupported: &[
        ("allow_token_displayname", &[]),
        ("allowed_domains_template", &[]),
        ("allowed_ip_sans_cidr", &[]),
        ("allowed_other_sans", &[]),
        ("allowed_uri_sans_template", &[]),
        ("allowed_user_ids", &[]),
        ("backend", &[]),
        ("issuer_ref", &["default"]),
        ("no_store_metadata", &[]),
        ("not_after", &[]),
        ("not_after_bound", &["permit"]),
        ("not_before", &[]),
        ("not_before_bound", &["permit"]),
        ("serial_number_source", &["json-csr"]),
        ("use_csr_serial_number", &[]),
        ("use_pss", &[]),
    ],
};

/// What a client writes. What is absent is as Vault's defaults have it: a role is written whole.
#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenRole {
    ttl: Option<Span>,
    max_ttl: Option<Span>,
    allow_localhost: Option<Truth>,
    allowed_domains: Option<Words>,
    allow_bare_domains: Option<Truth>,
    allow_subdomains: Option<Truth>,
    allow_glob_domains: Option<Truth>,
    allow_wildcard_certificates: Option<Truth>,
    allow_any_name: Option<Truth>,
    enforce_hostnames: Option<Truth>,
    allow_ip_sans: Option<Truth>,
    allowed_uri_sans: Option<Words>,
    allowed_serial_numbers: Option<Words>,
    server_flag: Option<Truth>,
    client_flag: Option<Truth>,
    code_signing_flag: Option<Truth>,
    email_protection_flag: Option<Truth>,
    key_type: Option<String>,
    key_bits: Whole,
    signature_bits: Whole,
    key_usage: Option<Words>,
    ext_key_usage: Option<Words>,
    ext_key_usage_oids: Option<Words>,
    use_csr_common_name: Option<Truth>,
    use_csr_sans: Option<Truth>,
    generate_lease: Option<Truth>,
    no_store: Option<Truth>,
    require_cn: Option<Truth>,
    cn_validations: Option<Words>,
    policy_identifiers: Option<Words>,
    basic_constraints_valid_for_non_ca: Option<Truth>,
    not_before_duration: Option<Span>,
}

impl WrittenRole {
    fn settings(self, subject: WrittenSubject) -> Result<RoleSettings, Fault> {
        let default = RoleSettings::default();
        let truth = |new: Option<Truth>, old: bool| new.map_or(old, |truth| truth.0);
        let words = |new: Option<Words>, old: Vec<String>| new.map_or(old, |words| words.0);
        Ok(RoleSettings {
            ttl: self.ttl.map_or(default.ttl, |span| span.0),
            max_ttl: self.max_ttl.map_or(default.max_ttl, |span| span.0),
            allow_localhost: truth(self.allow_localhost, default.allow_localhost),
            allowed_domains: words(self.allowed_domains, default.allowed_domains),
            allow_bare_domains: truth(self.allow_bare_domains, default.allow_bare_domains),
            allow_subdomains: truth(self.allow_subdomains, default.allow_subdomains),
            allow_glob_domains: truth(self.allow_glob_domains, default.allow_glob_domains),
            allow_wildcard_certificates: truth(
                self.allow_wildcard_certificates,
                default.allow_wildcard_certificates,
            ),
            allow_any_name: truth(self.allow_any_name, default.allow_any_name),
            enforce_hostnames: truth(self.enforce_hostnames, default.enforce_hostnames),
            allow_ip_sans: truth(self.allow_ip_sans, default.allow_ip_sans),
            allowed_uri_sans: words(self.allowed_uri_sans, default.allowed_uri_sans),
            allowed_serial_numbers: words(
                self.allowed_serial_numbers,
                default.allowed_serial_numbers,
            ),
            server_flag: truth(self.server_flag, default.server_flag),
            client_flag: truth(self.client_flag, default.client_flag),
            code_signing_flag: truth(self.code_signing_flag, default.code_signing_flag),
            email_protection_flag: truth(self.email_protection_flag, default.email_protection_flag),
            key_type: self.key_type.filter(|name| !name.is_empty()).unwrap_or(default.key_type),
            key_bits: bits("key_bits", self.key_bits)?,
            signature_bits: bits("signature_bits", self.signature_bits)?,
            key_usage: words(self.key_usage, default.key_usage),
            ext_key_usage: words(self.ext_key_usage, default.ext_key_usage),
            ext_key_usage_oids: words(self.ext_key_usage_oids, default.ext_key_usage_oids),
            use_csr_common_name: truth(self.use_csr_common_name, default.use_csr_common_name),
            use_csr_sans: truth(self.use_csr_sans, default.use_csr_sans),
            subject: subject.attributes(),
            generate_lease: truth(self.generate_lease, default.generate_lease),
            no_store: truth(self.no_store, default.no_store),
            require_cn: truth(self.require_cn, default.require_cn),
            cn_validations: words(self.cn_validations, default.cn_validations),
            policy_identifiers: words(self.policy_identifiers, default.policy_identifiers),
            basic_constraints_valid_for_non_ca: truth(
                self.basic_constraints_valid_for_non_ca,
                default.basic_constraints_valid_for_non_ca,
            ),
            not_before_duration: self
                .not_before_duration
                .map_or(default.not_before_duration, |span| span.0),
        })
    }
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListPkiRoles::new(call.mount()))?)
}

pub(super) fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let role = call.ask(&ReadPkiRole::new(call.mount(), &call.named("name")))?;
    Ok(Reply::data(described(&role)))
}

pub(super) fn write(call: &Call<'_>) -> Result<Reply, Fault> {
    ROLE_FIELDS.check(&call.body)?;
    let (written, subject): (WrittenRole, _) = (call.body.read()?, call.body.read()?);
    let settings = written.settings(subject)?;
    let lease_is_lost = settings.generate_lease && settings.no_store;
    let role = call.ask(&WritePkiRole::new(call.mount(), &call.named("name"), settings))?;
    let warning = "mutually exclusive values no_store=true and generate_lease=true were both specified; no_store=true takes priority";
    let warning = lease_is_lost.then(|| warning.to_owned());
    Ok(Reply::data(described(&role)).warning(warning.into_iter().collect()))
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeletePkiRole::new(call.mount(), &call.named("name")))?;
    Ok(Reply::Empty)
}

/// A role in Vault's words, with what is not supported as it always is here.
fn described(role: &Role) -> Value {
    let mut members = permissions(role.settings());
    if let (Value::Object(members), Value::Object(looks)) = (&mut members, looks(role)) {
        members.extend(looks);
    }
    members
}

/// For which names certificates are issued.
fn permissions(settings: &RoleSettings) -> Value {
    json!({
        "allow_any_name": settings.allow_any_name,
        "allow_bare_domains": settings.allow_bare_domains,
        "allow_glob_domains": settings.allow_glob_domains,
        "allow_ip_sans": settings.allow_ip_sans,
        "allow_localhost": settings.allow_localhost,
        "allow_subdomains": settings.allow_subdomains,
        "allow_token_displayname": false,
        "allow_wildcard_certificates": settings.allow_wildcard_certificates,
        "allowed_domains": settings.allowed_domains,
        "allowed_domains_template": false,
        "allowed_other_sans": [],
        "allowed_serial_numbers": settings.allowed_serial_numbers,
        "allowed_uri_sans": settings.allowed_uri_sans,
        "allowed_uri_sans_template": false,
        "allowed_user_ids": [],
        "cn_validations": settings.cn_validations,
        "enforce_hostnames": settings.enforce_hostnames,
        "require_cn": settings.require_cn,
        "use_csr_common_name": settings.use_csr_common_name,
        "use_csr_sans": settings.use_csr_sans,
    })
}

/// How certificates look.
fn looks(role: &Role) -> Value {
    let settings = role.settings();
    let subject = &settings.subject;
    json!({
        "basic_constraints_valid_for_non_ca": settings.basic_constraints_valid_for_non_ca,
        "client_flag": settings.client_flag,
        "code_signing_flag": settings.code_signing_flag,
        "country": subject.country,
        "email_protection_flag": settings.email_protection_flag,
        "ext_key_usage": settings.ext_key_usage,
        "ext_key_usage_oids": settings.ext_key_usage_oids,
        "generate_lease": settings.generate_lease,
        "issuer_ref": "default",
        "key_bits": role.key_algorithm().map_or(0, |key| key.key_bits()),
        "key_type": settings.key_type,
        "key_usage": settings.key_usage,
        "locality": subject.locality,
        "max_ttl": settings.max_ttl.0,
        "no_store": settings.no_store,
        "not_after": "",
        "not_before_duration": settings.not_before_duration.0,
        "organization": subject.organization,
        "ou": subject.organizational_unit,
        "policy_identifiers": settings.policy_identifiers,
        "postal_code": subject.postal_code,
        "province": subject.province,
        "server_flag": settings.server_flag,
        "signature_bits": settings.signature_bits,
        "street_address": subject.street_address,
        "ttl": settings.ttl.0,
        "use_pss": false,
    })
}
