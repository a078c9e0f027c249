//! What a key may be used for (RFC 5280, sections 4.2.1.3 and 4.2.1.12), and object identifiers.

use rcgen::{CustomExtension, ExtendedKeyUsagePurpose, KeyUsagePurpose};
use yasna::models::ObjectIdentifier;

use super::limits::OBJECT_IDENTIFIER_LENGTH_MAX;
use super::role::{RoleError, RoleSettings};

/// id-ce-certificatePolicies, RFC 5280, section 4.2.1.4.
const CERTIFICATE_POLICIES: &[u64] = &[2, 5, 29, 32];

/// Names are those of Go's `x509.KeyUsage`, in any case. Empty ones do not count. `None` when one is unknown.
pub(super) fn key_usages(names: &[String]) -> Option<Vec<KeyUsagePurpose>> {
    let names = names.iter().map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| !name.is_empty()).map(|name| key_usage(&name)).collect()
}

/// Those that the role's flags stand for, those it names, and those it gives as object identifiers.
pub(super) fn extended_key_usages(
    role: &RoleSettings,
) -> Result<Vec<ExtendedKeyUsagePurpose>, RoleError> {
    let mut usages = Vec::new();
    let mut add = |usage| {
        if !usages.contains(&usage) {
            usages.push(usage);
        }
    };
    for (flag, usage) in [
        (role.server_flag, ExtendedKeyUsagePurpose::ServerAuth),
        (role.client_flag, ExtendedKeyUsagePurpose::ClientAuth),
        (role.code_signing_flag, ExtendedKeyUsagePurpose::CodeSigning),
        (role.email_protection_flag, ExtendedKeyUsagePurpose::EmailProtection),
    ] {
        if flag {
            add(usage);
        }
    }
    for name in role.ext_key_usage.iter().map(|name| name.trim()).filter(|name| !name.is_empty()) {
        let usage = extended_key_usage(&name.to_ascii_lowercase());
        add(usage.ok_or(RoleError::Unknown { field: "ext_key_usage" })?);
    }
    for identifier in &role.ext_key_usage_oids {
        let identifier = object_identifier(identifier);
        let identifier = identifier.ok_or(RoleError::Unknown { field: "ext_key_usage_oids" })?;
        add(ExtendedKeyUsagePurpose::Other(identifier));
    }
    Ok(usages)
}

/// From dotted numbers. `None` unless the first is at most 2, the second below 40 where the first is below 2, each
/// fits 32 bits, and there are between 2 and [`OBJECT_IDENTIFIER_LENGTH_MAX`].
pub(super) fn object_identifier(text: &str) -> Option<Vec<u64>> {
    let number = |part: &str| {
        let digits = part.bytes().all(|byte| byte.is_ascii_digit());
        digits.then(|| part.parse::<u32>().ok()).flatten().map(u64::from)
    };
    let numbers: Vec<u64> = text.split('.').map(number).collect::<Option<_>>()?;
    let valid = match numbers.as_slice() {
        [0 | 1, second, ..] => *second < 40,
        [2, _, ..] => true,
        _ => false,
    };
    (valid && numbers.len() <= OBJECT_IDENTIFIER_LENGTH_MAX).then_some(numbers)
}

/// `certificatePolicies ::= SEQUENCE OF SEQUENCE { policyIdentifier }`, or `None` without any.
pub(super) fn certificate_policies(policies: &[Vec<u64>]) -> Option<CustomExtension> {
    if policies.is_empty() {
        return None;
    }
    let content = yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            for policy in policies {
                writer.next().write_sequence(|writer| {
                    writer.next().write_oid(&ObjectIdentifier::from_slice(policy));
                });
            }
        });
    });
    Some(CustomExtension::from_oid_content(CERTIFICATE_POLICIES, content))
}

fn key_usage(name: &str) -> Option<KeyUsagePurpose> {
    Some(match name {
        "digitalsignature" => KeyUsagePurpose::DigitalSignature,
        "contentcommitment" => KeyUsagePurpose::ContentCommitment,
        "keyencipherment" => KeyUsagePurpose::KeyEncipherment,
        "dataencipherment" => KeyUsagePurpose::DataEncipherment,
        "keyagreement" => KeyUsagePurpose::KeyAgreement,
        "certsign" => KeyUsagePurpose::KeyCertSign,
        "crlsign" => KeyUsagePurpose::CrlSign,
        "encipheronly" => KeyUsagePurpose::EncipherOnly,
        "decipheronly" => KeyUsagePurpose::DecipherOnly,
        _ => return None,
    })
}

/// Object identifiers are those of Go's `crypto/x509`.
fn extended_key_usage(name: &str) -> Option<ExtendedKeyUsagePurpose> {
    let other = |identifier: &[u64]| ExtendedKeyUsagePurpose::Other(identifier.to_vec());
    Some(match name {
        "any" => ExtendedKeyUsagePurpose::Any,
        "serverauth" => ExtendedKeyUsagePurpose::ServerAuth,
        "clientauth" => ExtendedKeyUsagePurpose::ClientAuth,
        "codesigning" => ExtendedKeyUsagePurpose::CodeSigning,
        "emailprotection" => ExtendedKeyUsagePurpose::EmailProtection,
        "timestamping" => ExtendedKeyUsagePurpose::TimeStamping,
        "ocspsigning" => ExtendedKeyUsagePurpose::OcspSigning,
        "ipsecendsystem" => other(&[1, 3, 6, 1, 5, 5, 7, 3, 5]),
        "ipsectunnel" => other(&[1, 3, 6, 1, 5, 5, 7, 3, 6]),
        "ipsecuser" => other(&[1, 3, 6, 1, 5, 5, 7, 3, 7]),
        "microsoftservergatedcrypto" => other(&[1, 3, 6, 1, 4, 1, 311, 10, 3, 3]),
        "netscapeservergatedcrypto" => other(&[2, 16, 840, 1, 113_730, 4, 1]),
        _ => return None,
    })
}
