//! What a certificate is made of.

use core::net::IpAddr;
use std::time::Duration;

use rcgen::string::Ia5String;
use rcgen::{
    CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod,
    KeyUsagePurpose, PublicKeyData, SanType,
};

use super::error::IssueError;
use super::serial::SerialNumber;
use super::signer;
use super::subject::Subject;
use super::urls::Urls;
use super::usage;
use crate::time::Timestamp;

/// id-ce-subjectKeyIdentifier, RFC 5280, section 4.2.1.2.
const SUBJECT_KEY_IDENTIFIER: &[u64] = &[2, 5, 29, 14];
/// 9999-12-31T23:59:59Z, the last time that a certificate can say (RFC 5280, section 4.1.2.5).
const SECONDS_MAX: u64 = 253_402_300_799;
const MILLISECONDS: u64 = 1_000;

/// Alternative names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AlternativeNames {
    pub(super) dns: Vec<String>,
    pub(super) emails: Vec<String>,
    pub(super) addresses: Vec<IpAddr>,
    pub(super) uris: Vec<String>,
}

/// From when until when a certificate is valid, in whole seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
}

/// What leaves and roots have in common.
pub(super) struct Body<'a> {
    pub(super) serial: SerialNumber,
    pub(super) validity: Validity,
    pub(super) subject: &'a Subject,
    pub(super) names: &'a AlternativeNames,
    pub(super) urls: &'a Urls,
    pub(super) policies: &'a [Vec<u64>],
    pub(super) key_usages: Vec<KeyUsagePurpose>,
    pub(super) extended_key_usages: Vec<ExtendedKeyUsagePurpose>,
    pub(super) is_ca: IsCa,
}

impl AlternativeNames {
    pub(super) fn count(&self) -> usize {
        self.dns.len() + self.emails.len() + self.addresses.len() + self.uris.len()
    }

    fn encoded(&self) -> Result<Vec<SanType>, IssueError> {
        let ascii =
            |name: &String| Ia5String::try_from(name.as_str()).map_err(|_| IssueError::UncleanName);
        let mut names = Vec::with_capacity(self.count());
        for name in &self.dns {
            names.push(SanType::DnsName(ascii(name)?));
        }
        for name in &self.emails {
            names.push(SanType::Rfc822Name(ascii(name)?));
        }
        names.extend(self.addresses.iter().map(|address| SanType::IpAddress(*address)));
        for uri in &self.uris {
            names.push(SanType::URI(ascii(uri)?));
        }
        Ok(names)
    }
}

impl Validity {
    /// Ends are cut to whole seconds, and a time behind the year 9999 is its end.
    pub(super) fn new(not_before: Timestamp, not_after: Timestamp) -> Result<Self, IssueError> {
        let (not_before, not_after) = (whole_seconds(not_before), whole_seconds(not_after));
        (not_before < not_after)
            .then_some(Self { not_before, not_after })
            .ok_or(IssueError::EmptyLife)
    }
}

impl Body<'_> {
    /// What rcgen signs, for a certificate of this key.
    pub(super) fn parameters(
        self,
        key: &impl PublicKeyData,
    ) -> Result<CertificateParams, IssueError> {
        let mut parameters = CertificateParams::default();
        parameters.not_before =
            rcgen::date_time_ymd(1970, 1, 1) + since_epoch(self.validity.not_before);
        parameters.not_after =
            rcgen::date_time_ymd(1970, 1, 1) + since_epoch(self.validity.not_after);
        parameters.serial_number = Some(rcgen::SerialNumber::from_slice(self.serial.as_bytes()));
        parameters.distinguished_name = self.subject.distinguished_name()?;
        parameters.subject_alt_names = self.names.encoded()?;
        parameters.key_usages = self.key_usages;
        parameters.extended_key_usages = self.extended_key_usages;
        parameters.crl_distribution_points = self.urls.distribution_points();
        parameters.use_authority_key_identifier_extension = true;
        let identifier = signer::key_identifier(key);
        let leaf_identifier = match self.is_ca {
            IsCa::NoCa => Some(subject_key_identifier(&identifier)),
            IsCa::ExplicitNoCa | IsCa::Ca(_) => None,
        };
        parameters.is_ca = self.is_ca;
        parameters.key_identifier_method = KeyIdMethod::PreSpecified(identifier);
        let information = self.urls.authority_information();
        let policies = usage::certificate_policies(self.policies);
        parameters.custom_extensions =
            [leaf_identifier, information, policies].into_iter().flatten().collect();
        Ok(parameters)
    }
}

/// rcgen writes it with a basic constraint, and leaves that have none need it as well.
fn subject_key_identifier(identifier: &[u8]) -> CustomExtension {
    let content = yasna::construct_der(|writer| writer.write_bytes(identifier));
    CustomExtension::from_oid_content(SUBJECT_KEY_IDENTIFIER, content)
}

pub(super) fn whole_seconds(time: Timestamp) -> Timestamp {
    Timestamp((time.0 / MILLISECONDS).min(SECONDS_MAX) * MILLISECONDS)
}

/// To add to 1970-01-01: times of rcgen have a type that it does not export.
pub(super) fn since_epoch(time: Timestamp) -> Duration {
    Duration::from_millis(whole_seconds(time).0)
}
