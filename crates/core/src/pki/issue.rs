//! Issuing certificates, with a new key or for a request.

use core::net::IpAddr;

use rcgen::{IsCa, PublicKeyData};

use super::certificate::{AlternativeNames, Body, Validity, whole_seconds};
use super::error::IssueError;
use super::hostname;
use super::issuer::{Issuer, LeafNotAfter};
use super::key::PrivateKey;
use super::limits::{LIFETIME_MAX, NAME_LENGTH_MAX, NAMES_MAX};
use super::names;
use super::request::SigningRequest;
use super::role::Role;
use super::serial::SerialNumber;
use super::signer::Signer;
use super::subject::{Subject, is_clean_name};
use super::urls::{Urls, is_uri};
use crate::random::Random;
use crate::time::{Seconds, Timestamp};

/// What a client asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssueRequest {
    /// `common_name`; empty for none.
    pub common_name: String,
    /// `alt_names`: hosts and email addresses.
    pub alt_names: Vec<String>,
    /// `ip_sans`.
    pub ip_sans: Vec<String>,
    /// `uri_sans`.
    pub uri_sans: Vec<String>,
    /// `serial_number`, an attribute of the subject; empty for none.
    pub serial_number: String,
    /// `exclude_cn_from_sans`: whether the common name is no alternative name.
    pub exclude_cn_from_sans: bool,
    /// `ttl`; 0 for the role's.
    pub ttl: Seconds,
}

/// The mount's lives of certificates, for roles that have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// When none is asked for.
    pub default: Seconds,
    /// At most.
    pub max: Seconds,
}

/// What a certificate is issued with.
pub struct Issuance<'a> {
    /// Who signs.
    pub issuer: &'a Issuer,
    /// What is allowed.
    pub role: &'a Role,
    /// Where the certificate says that things are found.
    pub urls: &'a Urls,
    /// The mount's lives of certificates.
    pub lifetimes: Lifetimes,
    /// The time.
    pub now: Timestamp,
    /// Where serial numbers come from.
    pub random: &'a dyn Random,
}

/// A certificate that was issued. There is no `Debug`: its key is in it.
pub struct Issued {
    /// Its serial number.
    pub serial: SerialNumber,
    /// When it begins.
    pub not_before: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// The certificate of its issuer in DER.
    pub issuing_ca: Vec<u8>,
    /// Its key, when it was made with it.
    pub key: Option<PrivateKey>,
    /// What was asked for and not given.
    pub warnings: Vec<Warning>,
}

/// What was asked for and not given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// The life was cut to the longest that is allowed.
    #[error("TTL \"{}s\" is longer than permitted maxTTL \"{}s\", so maxTTL is being used", asked.0, max.0)]
    LifeCut {
        /// What was asked for.
        asked: Seconds,
        /// What was given.
        max: Seconds,
    },
    /// The role takes the name from the request.
    #[error(
        "the common_name field was provided but the role is set with \"use_csr_common_name\" set to true"
    )]
    CommonNameOfRequest,
    /// The role takes the alternative names from the request.
    #[error(
        "alternative names were provided but the role is set with \"use_csr_sans\" set to true"
    )]
    NamesOfRequest,
}

impl Issuance<'_> {
    /// Make a key of the role's kind and a certificate for it.
    ///
    /// # Errors
    /// When the role does not allow a name, the certificate would outlive an issuer that refuses that, or the role
    /// only signs requests.
    pub fn issue(&self, request: &IssueRequest) -> Result<Issued, IssueError> {
        let algorithm = self.role.key_algorithm().ok_or(IssueError::AnyKey)?;
        let names = NameSource { role: self.role, request, csr: None }.names()?;
        let (validity, warnings) = self.validity(request)?;
        let key = PrivateKey::generate(algorithm, self.random)?;
        let key_pair = Signer::new(&key, 0)?;
        let (serial, certificate) = self.signed(&names, validity, &key_pair)?;
        Ok(self.issued(serial, certificate, validity, Some(key), warnings))
    }

    /// Make a certificate for the key of a request (PKCS #10, RFC 2986) in PEM. Of the request's extensions only the
    /// alternative names are used, and only when the role says so.
    ///
    /// # Errors
    /// As [`Issuance::issue`], and when the request is no request, is not signed with its own key, or its key is not
    /// what the role wants.
    pub fn sign(&self, csr: &str, request: &IssueRequest) -> Result<Issued, IssueError> {
        let csr = SigningRequest::parse(csr)?;
        self.check_key(&csr)?;
        let names = NameSource { role: self.role, request, csr: Some(&csr) }.names()?;
        let (validity, mut warnings) = self.validity(request)?;
        let settings = self.role.settings();
        if settings.use_csr_common_name && !request.common_name.is_empty() {
            warnings.push(Warning::CommonNameOfRequest);
        }
        if settings.use_csr_sans && !request.alt_names.is_empty() {
            warnings.push(Warning::NamesOfRequest);
        }
        let (serial, certificate) = self.signed(&names, validity, &csr.key)?;
        Ok(self.issued(serial, certificate, validity, None, warnings))
    }

    fn check_key(&self, csr: &SigningRequest) -> Result<(), IssueError> {
        let Some(wanted) = self.role.key_algorithm() else {
            return Ok(());
        };
        let (key_type, key_bits) = (wanted.key_type(), wanted.key_bits());
        let fits = csr.key.key_type() == key_type && csr.key.key_bits() >= key_bits;
        fits.then_some(()).ok_or(IssueError::RequestKey { key_type, key_bits })
    }

    fn validity(&self, request: &IssueRequest) -> Result<(Validity, Vec<Warning>), IssueError> {
        let (end, warnings) = not_after(self.role, request, self.lifetimes, self.now)?;
        let limit = self.issuer.not_after();
        let end = match self.issuer.leaf_not_after() {
            LeafNotAfter::Refuse if end > limit => {
                return Err(IssueError::BeyondIssuer { not_after: end, issuer_not_after: limit });
            }
            LeafNotAfter::Truncate => end.min(limit),
            LeafNotAfter::Refuse | LeafNotAfter::Permit => end,
        };
        if end <= self.now {
            return Err(IssueError::EmptyLife);
        }
        Ok((Validity::new(not_before(self.role, self.now), end)?, warnings))
    }

    fn signed(
        &self,
        names: &Names,
        validity: Validity,
        key: &impl PublicKeyData,
    ) -> Result<(SerialNumber, Vec<u8>), IssueError> {
        let settings = self.role.settings();
        let explicit = settings.basic_constraints_valid_for_non_ca;
        let serial = SerialNumber::generate(self.random);
        let body = Body {
            serial,
            validity,
            subject: &names.subject,
            names: &names.alternative,
            urls: self.urls,
            policies: &self.role.policies,
            key_usages: self.role.key_usages.clone(),
            extended_key_usages: self.role.extended_key_usages.clone(),
            is_ca: if explicit { IsCa::ExplicitNoCa } else { IsCa::NoCa },
        };
        let signer = self.issuer.signer(settings.signature_bits)?;
        let certificate = body.parameters(key)?.signed_by(key, &signer);
        let certificate = certificate.map_err(|_| IssueError::Signing)?;
        Ok((serial, certificate.der().to_vec()))
    }

    fn issued(
        &self,
        serial: SerialNumber,
        certificate: Vec<u8>,
        validity: Validity,
        key: Option<PrivateKey>,
        warnings: Vec<Warning>,
    ) -> Issued {
        Issued {
            serial,
            not_before: validity.not_before,
            not_after: validity.not_after,
            certificate,
            issuing_ca: self.issuer.certificate().to_vec(),
            key,
            warnings,
        }
    }
}

/// When a certificate ends, before its issuer is asked: what is asked for, or the role's life, or the mount's, and at
/// most the role's longest, or the mount's. In whole seconds, so that a certificate can end with its issuer.
pub(super) fn not_after(
    role: &Role,
    request: &IssueRequest,
    lifetimes: Lifetimes,
    now: Timestamp,
) -> Result<(Timestamp, Vec<Warning>), IssueError> {
    let settings = role.settings();
    if request.ttl > LIFETIME_MAX {
        return Err(IssueError::LifeTooLong);
    }
    let first =
        |spans: [Seconds; 3]| spans.into_iter().find(|span| *span > Seconds(0)).unwrap_or_default();
    let asked = first([request.ttl, settings.ttl, lifetimes.default]);
    if asked == Seconds(0) {
        return Err(IssueError::EmptyLife);
    }
    let max = first([settings.max_ttl, lifetimes.max, LIFETIME_MAX]).min(LIFETIME_MAX);
    let warnings = if asked > max { vec![Warning::LifeCut { asked, max }] } else { Vec::new() };
    Ok((whole_seconds(now.plus(asked.min(max))), warnings))
}

/// When a certificate begins.
pub(super) fn not_before(role: &Role, now: Timestamp) -> Timestamp {
    let before = role.settings().not_before_duration.0.saturating_mul(1_000);
    Timestamp(now.0.saturating_sub(before))
}

/// Names that are allowed.
pub(super) struct Names {
    pub(super) subject: Subject,
    pub(super) alternative: AlternativeNames,
}

/// Where names come from, and who allows them.
pub(super) struct NameSource<'a> {
    pub(super) role: &'a Role,
    pub(super) request: &'a IssueRequest,
    pub(super) csr: Option<&'a SigningRequest>,
}

impl NameSource<'_> {
    /// The names that were asked for, when the role allows each of them.
    pub(super) fn names(&self) -> Result<Names, IssueError> {
        let settings = self.role.settings();
        let common_name = self.common_name()?;
        let serial_number = self.serial_number()?;
        let mut alternative = match self.csr.filter(|_| settings.use_csr_sans) {
            Some(csr) => csr.names.clone(),
            None => self.requested()?,
        };
        if !common_name.is_empty() && !self.request.exclude_cn_from_sans {
            add_common_name(&mut alternative, &common_name)?;
        }
        without_repetition(&mut alternative.dns);
        without_repetition(&mut alternative.emails);
        if alternative.count() + usize::from(!common_name.is_empty()) > NAMES_MAX {
            return Err(IssueError::TooManyNames);
        }
        self.check(&common_name, &alternative)?;
        let attributes = settings.subject.clone();
        Ok(Names { subject: Subject { common_name, serial_number, attributes }, alternative })
    }

    fn common_name(&self) -> Result<String, IssueError> {
        let settings = self.role.settings();
        let of_csr = self.csr.filter(|_| settings.use_csr_common_name);
        let of_csr = of_csr.map(|csr| &csr.common_name).filter(|name| !name.is_empty());
        let name = of_csr.unwrap_or(&self.request.common_name);
        if name.is_empty() && settings.require_cn {
            return Err(IssueError::CommonNameMissing);
        }
        is_clean_name(name).then(|| name.clone()).ok_or(IssueError::UncleanName)
    }

    fn serial_number(&self) -> Result<String, IssueError> {
        let of_csr = self.csr.map(|csr| &csr.serial_number);
        let asked = Some(&self.request.serial_number).filter(|number| !number.is_empty());
        let number = asked.or(of_csr).cloned().unwrap_or_default();
        if !is_clean_name(&number) {
            return Err(IssueError::UncleanName);
        }
        if number.is_empty() || names::is_allowed_serial_number(self.role.settings(), &number) {
            return Ok(number);
        }
        Err(IssueError::SubjectSerialNumber { number })
    }

    /// The names of the client's request. They are counted before any is looked at.
    fn requested(&self) -> Result<AlternativeNames, IssueError> {
        let request = self.request;
        let count = request.alt_names.len() + request.ip_sans.len() + request.uri_sans.len();
        if count > NAMES_MAX {
            return Err(IssueError::TooManyNames);
        }
        let mut names = AlternativeNames::default();
        for name in request.alt_names.iter().filter(|name| !name.is_empty()) {
            if !is_clean_name(name) {
                return Err(IssueError::UncleanName);
            }
            if name.contains('@') {
                names.emails.push(name.clone());
            } else {
                let ascii = hostname::to_ascii(name).filter(|ascii| hostname::is_hostname(ascii));
                let refused = || IssueError::AlternativeName { name: name.clone() };
                names.dns.push(ascii.ok_or_else(refused)?);
            }
        }
        for value in request.ip_sans.iter().filter(|value| !value.is_empty()) {
            let refused = |_| IssueError::InvalidIpAddress { value: shortened(value) };
            names.addresses.push(value.parse::<IpAddr>().map_err(refused)?);
        }
        names.uris.extend(request.uri_sans.iter().filter(|uri| !uri.is_empty()).cloned());
        Ok(names)
    }

    fn check(&self, common_name: &str, alternative: &AlternativeNames) -> Result<(), IssueError> {
        let settings = self.role.settings();
        if !common_name.is_empty() && !names::is_allowed_common_name(self.role, common_name) {
            return Err(IssueError::CommonName { name: common_name.to_owned() });
        }
        let is_host = |name: &String| is_clean_name(name) && hostname::is_hostname(name);
        let refused = |name: &&String| !is_host(name) || !names::is_allowed(settings, name);
        if let Some(name) = alternative.dns.iter().find(refused) {
            return Err(IssueError::AlternativeName { name: shortened(name) });
        }
        let refused = |name: &&String| !is_email(name) || !names::is_allowed(settings, name);
        if let Some(name) = alternative.emails.iter().find(refused) {
            return Err(IssueError::EmailAddress { name: shortened(name) });
        }
        if !alternative.addresses.is_empty() && !settings.allow_ip_sans {
            return Err(IssueError::IpAddresses);
        }
        for uri in &alternative.uris {
            if !names::is_allowed_uri(settings, uri) {
                return Err(IssueError::Uri);
            }
            if !is_uri(uri) {
                return Err(IssueError::InvalidUri { uri: shortened(uri) });
            }
        }
        Ok(())
    }
}

/// An email address is one, a host name is one, and other common names are no alternative names.
fn add_common_name(names: &mut AlternativeNames, common_name: &str) -> Result<(), IssueError> {
    if common_name.contains('@') {
        names.emails.push(common_name.to_owned());
        return Ok(());
    }
    let refused = || IssueError::CommonName { name: common_name.to_owned() };
    let ascii = hostname::to_ascii(common_name).ok_or_else(refused)?;
    if hostname::is_hostname(&ascii) {
        names.dns.push(ascii);
    }
    Ok(())
}

/// Printable ASCII with one `@` in it, nothing else of RFC 5322.
fn is_email(name: &str) -> bool {
    let graphic = name.bytes().all(|byte| byte.is_ascii_graphic());
    let parts = name.split_once('@');
    is_clean_name(name)
        && graphic
        && parts.is_some_and(|(local, host)| !local.is_empty() && !host.is_empty())
}

/// As much of what a client sent as is given back to it in an error.
fn shortened(text: &str) -> String {
    text.chars().take(NAME_LENGTH_MAX).collect()
}

/// Keep the first of each. There are at most [`NAMES_MAX`] of a client's, and as many of a request's as fit it.
fn without_repetition(names: &mut Vec<String>) {
    let mut seen = std::collections::BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
}

#[cfg(test)]
mod tests;
