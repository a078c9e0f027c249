//! The root, where it and its revocation list are found, and both of them.

use bytes::Bytes;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use strongroom_core::pki::{
    KeyAlgorithm, NewRoot, Rendered, SubjectAttributes, Urls, pem_certificate, pem_revocation_list,
};
use strongroom_engine::operations::pki::{
    DeletePkiRoot, GeneratePkiRoot, ReadPkiIssuer, ReadPkiUrls, ReadRevocationList,
    RotateRevocationList, UrlsChange, WritePkiUrls,
};

use super::super::body::Words;
use super::super::call::Call;
use super::super::fault::Fault;
use super::super::lenient::Whole;
use super::super::reply::Reply;
use super::Fields;
use super::certificates::{Formats, Wanted, WrittenFormats};

/// The types of the answers that are no JSON, as Vault has them.
const CERTIFICATE_DER: &str = "application/pkix-cert";
const CERTIFICATE_PEM: &str = "application/pem-certificate-chain";
const LIST_DER: &str = "application/pkix-crl";
const LIST_PEM: &str = "application/x-pem-file";

const ROOT_FIELDS: Fields = Fields {
    known: &[
        "alt_names",
        "common_name",
        "country",
        "exclude_cn_from_sans",
        "format",
        "ip_sans",
        "issuer_name",
        "key_bits",
        "key_name",
        "key_type",
        "locality",
        "max_path_length",
        "organization",
        "ou",
        "permitted_dns_domains",
        "postal_code",
        "private_key_format",
        "province",
        "serial_number",
        "signature_bits",
        "street_address",
        "ttl",
        "type",
        "uri_sans",
    ],
    unsupported: &[
        ("excluded_dns_domains", &[]),
        ("excluded_email_addresses", &[]),
        ("excluded_ip_ranges", &[]),
        ("excluded_uri_domains", &[]),
        ("key_ref", &["default"]),
        ("key_usage", &["CertSign", "CRLSign"]),
        ("managed_key_id", &[]),
        ("managed_key_name", &[]),
        ("not_after", &[]),
        ("not_before_duration", &["30", "30s"]),
        ("other_sans", &[]),
        ("permitted_email_addresses", &[]),
        ("permitted_ip_ranges", &[]),
        ("permitted_uri_domains", &[]),
        ("use_pss", &[]),
    ],
};

const URL_FIELDS: Fields = Fields {
    known: &["crl_distribution_points", "issuing_certificates", "ocsp_servers"],
    unsupported: &[("delta_crl_distribution_points", &[]), ("enable_templating", &[])],
};

/// What of the subject a root and a role say.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WrittenSubject {
    country: Words,
    organization: Words,
    ou: Words,
    locality: Words,
    province: Words,
    street_address: Words,
    postal_code: Words,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenRoot {
    key_type: Option<String>,
    key_bits: Whole,
    signature_bits: Whole,
    max_path_length: Option<Whole>,
    permitted_dns_domains: Words,
    issuer_name: String,
    key_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WrittenUrls {
    issuing_certificates: Option<Words>,
    crl_distribution_points: Option<Words>,
    ocsp_servers: Option<Words>,
}

impl WrittenSubject {
    pub(super) fn attributes(self) -> SubjectAttributes {
        SubjectAttributes {
            country: self.country.0,
            organization: self.organization.0,
            organizational_unit: self.ou.0,
            locality: self.locality.0,
            province: self.province.0,
            street_address: self.street_address.0,
            postal_code: self.postal_code.0,
        }
    }
}

pub(super) fn generate(call: &Call<'_>) -> Result<Reply, Fault> {
    let exported = match call.named("type").as_str() {
        "exported" => true,
        "internal" => false,
        "existing" | "kms" => {
            return Err(Fault::unsupported("roots are made with keys of their own only"));
        }
        _ => return Err(Fault::invalid("the type of a root is internal or exported")),
    };
    ROOT_FIELDS.check(&call.body)?;
    let (written, wanted): (WrittenRoot, Wanted) = (call.body.read()?, call.body.read()?);
    let Formats { format, key_format } = call.body.read::<WrittenFormats<'_>>()?.parsed()?;
    let key_type = written.key_type.as_deref().filter(|name| !name.is_empty()).unwrap_or("rsa");
    let key = KeyAlgorithm::parse(key_type, bits("key_bits", written.key_bits)?);
    let root = NewRoot {
        request: wanted.request(),
        subject: call.body.read::<WrittenSubject>()?.attributes(),
        key: key.map_err(|error| Fault::invalid(error.to_string()))?,
        signature_bits: bits("signature_bits", written.signature_bits)?,
        max_path_length: path_length(written.max_path_length)?,
        permitted_dns_domains: written.permitted_dns_domains.0,
    };
    let made = call.ask(&GeneratePkiRoot::new(call.mount(), exported, root, format, key_format))?;
    let mut data = rendered(&made.rendered);
    if let Value::Object(members) = &mut data {
        members.insert("serial_number".to_owned(), made.serial.to_string().into());
        members.insert("expiration".to_owned(), (made.not_after.0 / 1_000).into());
        members.remove("ca_chain");
    }
    let mut warnings: Vec<String> = made.warnings.iter().map(ToString::to_string).collect();
    let named = [("issuer_name", &written.issuer_name), ("key_name", &written.key_name)];
    let unkept = named.into_iter().filter(|(_, name)| !name.is_empty());
    warnings.extend(
        unkept.map(|(field, _)| format!("{field} is not kept: the mount has one issuer and key")),
    );
    Ok(Reply::data(data).warning(warnings))
}

/// What Vault answers of a certificate that was made.
pub(super) fn rendered(rendered: &Rendered) -> Value {
    let mut data = json!({
        "ca_chain": rendered.ca_chain,
        "certificate": rendered.certificate.expose_text().unwrap_or_default(),
        "issuing_ca": rendered.issuing_ca,
    });
    if let (Value::Object(members), Some(key)) = (&mut data, &rendered.private_key) {
        let key = key.expose_text().unwrap_or_default();
        members.insert("private_key".to_owned(), key.into());
        let key_type = rendered.private_key_type.unwrap_or_default();
        members.insert("private_key_type".to_owned(), key_type.into());
    }
    data
}

/// A number of bits.
pub(super) fn bits(field: &str, number: Whole) -> Result<u32, Fault> {
    let refused = |_| Fault::invalid(format!("{field} is out of range"));
    u32::try_from(number.0).map_err(refused)
}

/// Vault's -1 is no limit.
fn path_length(number: Option<Whole>) -> Result<Option<u8>, Fault> {
    match number {
        None | Some(Whole(-1)) => Ok(None),
        Some(Whole(length)) => {
            let refused = |_| Fault::invalid("max_path_length is -1, or 0 to 255");
            u8::try_from(length).map(Some).map_err(refused)
        }
    }
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeletePkiRoot::new(call.mount()))?;
    Ok(Reply::Empty)
}

pub(super) fn read_urls(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(described_urls(&call.ask(&ReadPkiUrls::new(call.mount()))?))
}

pub(super) fn write_urls(call: &Call<'_>) -> Result<Reply, Fault> {
    URL_FIELDS.check(&call.body)?;
    let written: WrittenUrls = call.body.read()?;
    let change = UrlsChange {
        issuing_certificates: written.issuing_certificates.map(|words| words.0),
        crl_distribution_points: written.crl_distribution_points.map(|words| words.0),
        ocsp_servers: written.ocsp_servers.map(|words| words.0),
    };
    Ok(described_urls(&call.ask(&WritePkiUrls::new(call.mount(), change))?))
}

fn described_urls(urls: &Urls) -> Reply {
    Reply::data(json!({
        "issuing_certificates": urls.issuing_certificates(),
        "crl_distribution_points": urls.crl_distribution_points(),
        "ocsp_servers": urls.ocsp_servers(),
        "enable_templating": false,
    }))
}

fn issuer_of(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    call.ask(&ReadPkiIssuer::new(call.mount()))
}

fn list_of(call: &Call<'_>) -> Result<Vec<u8>, Fault> {
    call.ask(&ReadRevocationList::new(call.mount()))
}

/// Bytes of a type of their own, as what is no JSON is answered.
pub(super) fn bare(kind: &'static str, bytes: impl Into<Bytes>) -> Result<Reply, Fault> {
    Ok(Reply::Bytes(StatusCode::OK, kind, bytes.into()))
}

pub(super) fn certificate_der(der: Vec<u8>) -> Result<Reply, Fault> {
    bare(CERTIFICATE_DER, der)
}

pub(super) fn certificate_pem(der: &[u8]) -> Result<Reply, Fault> {
    bare(CERTIFICATE_PEM, pem_certificate(der))
}

pub(super) fn issuer_der(call: &Call<'_>) -> Result<Reply, Fault> {
    certificate_der(issuer_of(call)?)
}

pub(super) fn issuer_pem(call: &Call<'_>) -> Result<Reply, Fault> {
    certificate_pem(&issuer_of(call)?)
}

/// The chain of a root is the root.
pub(super) fn chain(call: &Call<'_>) -> Result<Reply, Fault> {
    bare(CERTIFICATE_DER, pem_certificate(&issuer_of(call)?))
}

pub(super) fn issuer(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(Reply::data(json!({
        "certificate": pem_certificate(&issuer_of(call)?),
        "revocation_time": 0,
        "revocation_time_rfc3339": "",
    })))
}

pub(super) fn issuer_chain(call: &Call<'_>) -> Result<Reply, Fault> {
    let chain = pem_certificate(&issuer_of(call)?);
    Ok(Reply::data(json!({
        "ca_chain": chain,
        "certificate": chain,
        "revocation_time": 0,
        "revocation_time_rfc3339": "",
    })))
}

pub(super) fn list_der(call: &Call<'_>) -> Result<Reply, Fault> {
    bare(LIST_DER, list_of(call)?)
}

pub(super) fn list_pem(call: &Call<'_>) -> Result<Reply, Fault> {
    bare(LIST_PEM, pem_revocation_list(&list_of(call)?))
}

pub(super) fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    Ok(Reply::data(json!({
        "certificate": pem_revocation_list(&list_of(call)?),
        "revocation_time": 0,
        "revocation_time_rfc3339": "",
    })))
}

pub(super) fn rotate_list(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&RotateRevocationList::new(call.mount()))?;
    Ok(Reply::data(json!({ "success": true })))
}
