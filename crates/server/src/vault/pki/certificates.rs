//! Certificates: issuing, signing, reading, revoking, forgetting.

use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use strongroom_core::pki::{Format, IssueRequest, PrivateKeyFormat, pem_certificate};
use strongroom_core::time::Seconds;
use strongroom_engine::operations::pki::{
    Certified, IssueCertificate, ListCertificates, ReadCertificate, RevokeCertificate,
    TidyCertificates,
};

use super::super::body::{Span, Words};
use super::super::call::Call;
use super::super::fault::Fault;
use super::super::lenient::Truth;
use super::super::reply::Reply;
use super::super::tokens::rfc3339;
use super::Fields;
use super::authority::{certificate_der, certificate_pem, rendered};

/// How many commits one request to forget makes at most, each for 60 certificates that it looks at.
const TIDY_STEPS_MAX: usize = 100;

const ISSUE_FIELDS: Fields = Fields {
    known: &[
        "alt_names",
        "common_name",
        "csr",
        "exclude_cn_from_sans",
        "format",
        "ip_sans",
        "name",
        "private_key_format",
        "role",
        "serial_number",
        "ttl",
        "uri_sans",
    ],
    unsupported: &[
        ("cert_metadata", &[]),
        ("issuer_ref", &["default"]),
        ("not_after", &[]),
        ("not_before", &[]),
        ("other_sans", &[]),
        ("remove_roots_from_chain", &[]),
        ("user_ids", &[]),
    ],
};

const REVOKE_FIELDS: Fields = Fields {
    known: &["serial_number"],
    unsupported: &[("certificate", &[]), ("private_key", &[])],
};

const TIDY_FIELDS: Fields = Fields {
    known: &[
        "after",
        "safety_buffer",
        "tidy_cert_store",
        "tidy_revocation_list",
        "tidy_revoked_certs",
    ],
    unsupported: &[
        ("acme_account_safety_buffer", &["2592000", "720h"]),
        ("issuer_safety_buffer", &["31536000", "8760h"]),
        ("page_size", &[]),
        ("pause_duration", &["0s"]),
        ("revocation_queue_safety_buffer", &["172800", "48h"]),
        ("tidy_acme", &[]),
        ("tidy_cert_metadata", &[]),
        ("tidy_cmpv2_nonce_store", &[]),
        ("tidy_cross_cluster_revoked_certs", &[]),
        ("tidy_expired_issuers", &[]),
        ("tidy_invalid_certs", &[]),
        ("tidy_move_legacy_ca_bundle", &[]),
        ("tidy_revocation_queue", &[]),
        // There are no such associations to be wrong.
        ("tidy_revoked_cert_issuer_associations", &[]),
    ],
};

/// How long a certificate that ended is kept, as Vault's default.
const SAFETY_BUFFER_DEFAULT: Seconds = Seconds(72 * 3_600);

/// What a certificate is asked to be.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Wanted {
    common_name: String,
    alt_names: Words,
    ip_sans: Words,
    uri_sans: Words,
    serial_number: String,
    exclude_cn_from_sans: Truth,
    ttl: Span,
}

/// How it is written.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WrittenFormats<'b> {
    format: Option<&'b str>,
    private_key_format: Option<&'b str>,
}

/// The same, once it was read.
pub(super) struct Formats {
    pub(super) format: Format,
    pub(super) key_format: PrivateKeyFormat,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Revoked {
    serial_number: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tidied {
    tidy_cert_store: Truth,
    tidy_revocation_list: Truth,
    tidy_revoked_certs: Truth,
    safety_buffer: Option<Span>,
    after: Option<String>,
}

impl Wanted {
    pub(super) fn request(self) -> IssueRequest {
        IssueRequest {
            common_name: self.common_name,
            alt_names: self.alt_names.0,
            ip_sans: self.ip_sans.0,
            uri_sans: self.uri_sans.0,
            serial_number: self.serial_number,
            exclude_cn_from_sans: self.exclude_cn_from_sans.0,
            ttl: self.ttl.0,
        }
    }
}

impl WrittenFormats<'_> {
    pub(super) fn parsed(&self) -> Result<Formats, Fault> {
        let unknown = || {
            Fault::invalid(
                "the \"format\" path parameter must be \"pem\", \"der\", or \"pem_bundle\"",
            )
        };
        let format = Format::parse(self.format.filter(|word| !word.is_empty()).unwrap_or("pem"));
        let key_format = PrivateKeyFormat::parse(self.private_key_format.unwrap_or_default());
        Ok(Formats {
            format: format.ok_or_else(unknown)?,
            key_format: key_format
                .ok_or_else(|| Fault::invalid("private_key_format must be \"der\" or \"pkcs8\""))?,
        })
    }
}

pub(super) fn issue(call: &Call<'_>) -> Result<Reply, Fault> {
    ISSUE_FIELDS.check(&call.body)?;
    let wanted: Wanted = call.body.read()?;
    let formats = call.body.read::<WrittenFormats<'_>>()?.parsed()?;
    let role = call.named("role");
    let certified = call.ask(&IssueCertificate::issue(call.mount(), &role, wanted.request()))?;
    described(&certified, &formats)
}

pub(super) fn sign(call: &Call<'_>) -> Result<Reply, Fault> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Requested {
        csr: String,
    }
    ISSUE_FIELDS.check(&call.body)?;
    let Requested { csr } = call.body.read()?;
    if csr.is_empty() {
        return Err(Fault::invalid("\"csr\" is empty"));
    }
    let wanted: Wanted = call.body.read()?;
    let formats = call.body.read::<WrittenFormats<'_>>()?.parsed()?;
    let role = call.named("role");
    let sign = IssueCertificate::sign(call.mount(), &role, csr, wanted.request());
    described(&call.ask(&sign)?, &formats)
}

fn described(certified: &Certified, formats: &Formats) -> Result<Reply, Fault> {
    let Certified { issued, lease } = certified;
    let given = issued.render(formats.format, formats.key_format);
    // The key was made a moment ago, so that it is read as well.
    let given = given.map_err(|_| Fault::failed())?;
    let mut data = rendered(&given);
    if let Value::Object(members) = &mut data {
        members.insert("serial_number".to_owned(), issued.serial.to_string().into());
        members.insert("expiration".to_owned(), (issued.not_after.0 / 1_000).into());
    }
    let warnings = issued.warnings.iter().map(ToString::to_string).collect();
    let reply = Reply::data(data).warning(warnings);
    Ok(match lease {
        Some(lease) => reply.leased(lease.id.clone(), lease.lifetime.ttl.0, false),
        None => reply,
    })
}

pub(super) fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let read = call.ask(&ReadCertificate::new(call.mount(), &call.named("serial")))?;
    Ok(Reply::data(json!({
        "certificate": pem_certificate(&read.der),
        "revocation_time": read.revoked_at.map_or(0, |at| at.0 / 1_000),
        "revocation_time_rfc3339": read.revoked_at.map_or(String::new(), |at| rfc3339(at.0)),
    })))
}

pub(super) fn read_der(call: &Call<'_>) -> Result<Reply, Fault> {
    let read = call.ask(&ReadCertificate::new(call.mount(), &call.named("serial")))?;
    certificate_der(read.der)
}

pub(super) fn read_pem(call: &Call<'_>) -> Result<Reply, Fault> {
    let read = call.ask(&ReadCertificate::new(call.mount(), &call.named("serial")))?;
    certificate_pem(&read.der)
}

/// With colons, as Vault lists them; hyphens are for paths.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    let limit = call.limit()?;
    let after = call.query("after").map(|after| after.replace(':', "-"));
    let (names, more) = call.ask(&ListCertificates::new(call.mount(), after, limit))?;
    let warning = "there are more certificates: list on with the parameter after";
    let warning = (more && limit.is_none()).then(|| warning.to_owned());
    let names = names.iter().map(|name| name.replace('-', ":")).collect();
    Ok(Reply::keys(names)?.warning(warning.into_iter().collect()))
}

pub(super) fn revoke(call: &Call<'_>) -> Result<Reply, Fault> {
    REVOKE_FIELDS.check(&call.body)?;
    let Revoked { serial_number } = call.body.read()?;
    if serial_number.is_empty() {
        return Err(Fault::invalid("The serial number must be provided"));
    }
    let revocation = call.ask(&RevokeCertificate::new(call.mount(), &serial_number))?;
    Ok(Reply::data(json!({
        "revocation_time": revocation.revoked_at.0 / 1_000,
        "revocation_time_rfc3339": rfc3339(revocation.revoked_at.0),
        "state": "revoked",
    })))
}

/// Vault answers at once and goes on by itself; here the answer says how far it came.
pub(super) fn tidy(call: &Call<'_>) -> Result<Reply, Fault> {
    TIDY_FIELDS.check(&call.body)?;
    let wanted: Tidied = call.body.read()?;
    let asked = [wanted.tidy_cert_store, wanted.tidy_revocation_list, wanted.tidy_revoked_certs];
    if asked.iter().all(|truth| !truth.0) {
        call.ask(&TidyCertificates::nothing(call.mount()))?;
        let warning = "no tidy operation was asked for: set tidy_cert_store or tidy_revoked_certs";
        let nothing = Reply::data_with(StatusCode::ACCEPTED, Value::Null);
        return Ok(nothing.warning(vec![warning.to_owned()]));
    }
    let buffer = wanted.safety_buffer.map_or(SAFETY_BUFFER_DEFAULT, |span| span.0);
    let mut after = wanted.after.map(|after| after.replace(':', "-"));
    let mut forgotten = 0;
    for _ in 0..TIDY_STEPS_MAX {
        let step = TidyCertificates::new(call.mount(), after.as_deref(), buffer);
        let progress = call.ask(&step)?;
        forgotten += progress.forgotten;
        after = progress.after;
        if after.is_none() {
            break;
        }
    }
    let warning = "there are more certificates: tidy on with the parameter after";
    let warning = after.is_some().then(|| warning.to_owned());
    let after = after.map(|after| after.replace('-', ":"));
    let data = json!({ "forgotten": forgotten, "after": after });
    Ok(Reply::data(data).warning(warning.into_iter().collect()))
}
