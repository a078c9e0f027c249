//! Subjects of certificates: distinguished names.

use rcgen::string::PrintableString;
use rcgen::{DistinguishedName, DnType, DnValue};

use super::limits::{NAME_LENGTH_MAX, SUBJECT_VALUE_LENGTH_MAX};

/// 2.5.4.9 and so on: X.520, as RFC 4519 names them.
const STREET_ADDRESS: &[u64] = &[2, 5, 4, 9];
const POSTAL_CODE: &[u64] = &[2, 5, 4, 17];
const SERIAL_NUMBER: &[u64] = &[2, 5, 4, 5];

/// What a role or a root says of the subject besides its name. Each is a list at Vault's door. Empty values do not
/// count, and neither does a value that is said twice; two different values of one attribute are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct SubjectAttributes {
    /// `country`: C.
    #[n(0)]
    pub country: Vec<String>,
    /// `organization`: O.
    #[n(1)]
    pub organization: Vec<String>,
    /// `ou`: OU.
    #[n(2)]
    pub organizational_unit: Vec<String>,
    /// `locality`: L.
    #[n(3)]
    pub locality: Vec<String>,
    /// `province`: ST.
    #[n(4)]
    pub province: Vec<String>,
    /// `street_address`: street.
    #[n(5)]
    pub street_address: Vec<String>,
    /// `postal_code`: postalCode.
    #[n(6)]
    pub postal_code: Vec<String>,
}

/// Why a subject is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// A value is too long.
    #[error("{attribute} is longer than {} bytes", SUBJECT_VALUE_LENGTH_MAX)]
    TooLong {
        /// Vault's name of the attribute.
        attribute: &'static str,
    },
    /// A value has a control character in it.
    #[error("{attribute} has a control character in it")]
    ControlCharacter {
        /// Vault's name of the attribute.
        attribute: &'static str,
    },
    /// There are two different values of one attribute.
    #[error("more than one value of {attribute} is not supported")]
    SeveralValues {
        /// Vault's name of the attribute.
        attribute: &'static str,
    },
}

/// The subject of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(super) struct Subject {
    #[n(0)]
    pub(super) common_name: String,
    #[n(1)]
    pub(super) serial_number: String,
    #[n(2)]
    pub(super) attributes: SubjectAttributes,
}

impl SubjectAttributes {
    /// # Errors
    /// When a value is too long, has a control character in it, or is one of several.
    pub(super) fn check(&self) -> Result<(), SubjectError> {
        for (_, attribute, values) in self.in_order() {
            let value = the_value(attribute, values)?.unwrap_or_default();
            if value.len() > SUBJECT_VALUE_LENGTH_MAX {
                return Err(SubjectError::TooLong { attribute });
            }
            if value.chars().any(char::is_control) {
                return Err(SubjectError::ControlCharacter { attribute });
            }
        }
        Ok(())
    }

    /// In the order in which Vault writes them.
    fn in_order(&self) -> [(DnType, &'static str, &[String]); 7] {
        let custom = |identifier: &[u64]| DnType::CustomDnType(identifier.to_vec());
        [
            (DnType::CountryName, "country", &self.country),
            (DnType::OrganizationName, "organization", &self.organization),
            (DnType::OrganizationalUnitName, "ou", &self.organizational_unit),
            (DnType::LocalityName, "locality", &self.locality),
            (DnType::StateOrProvinceName, "province", &self.province),
            (custom(STREET_ADDRESS), "street_address", &self.street_address),
            (custom(POSTAL_CODE), "postal_code", &self.postal_code),
        ]
    }
}

impl Subject {
    pub(super) fn distinguished_name(&self) -> Result<DistinguishedName, SubjectError> {
        self.attributes.check()?;
        let mut name = DistinguishedName::new();
        for (kind, attribute, values) in self.attributes.in_order() {
            if let Some(value) = the_value(attribute, values)? {
                name.push(kind, encoded(value));
            }
        }
        if !self.common_name.is_empty() {
            name.push(DnType::CommonName, encoded(&self.common_name));
        }
        if !self.serial_number.is_empty() {
            let kind = DnType::CustomDnType(SERIAL_NUMBER.to_vec());
            name.push(kind, encoded(&self.serial_number));
        }
        Ok(name)
    }
}

/// Whether it can be in a certificate: not too long, without control characters. A NUL ended names in verifiers that
/// took them for C strings (CVE-2009-2408).
pub(super) fn is_clean_name(name: &str) -> bool {
    name.len() <= NAME_LENGTH_MAX && !name.chars().any(char::is_control)
}

fn the_value<'a>(
    attribute: &'static str,
    values: &'a [String],
) -> Result<Option<&'a str>, SubjectError> {
    let mut values = values.iter().map(|value| value.trim()).filter(|value| !value.is_empty());
    let first = values.next();
    if values.any(|value| Some(value) != first) {
        return Err(SubjectError::SeveralValues { attribute });
    }
    Ok(first)
}

/// RFC 5280, section 4.1.2.4: PrintableString where it can be, or else UTF8String.
fn encoded(value: &str) -> DnValue {
    PrintableString::try_from(value)
        .map_or_else(|_| DnValue::Utf8String(value.to_owned()), DnValue::PrintableString)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organizations(values: &[&str]) -> SubjectAttributes {
        let organization = values.iter().map(|&value| value.to_owned()).collect();
        SubjectAttributes { organization, ..SubjectAttributes::default() }
    }

    #[test]
    fn one_value_of_an_attribute_is_allowed_and_two_are_named() {
        let attribute = "organization";
        assert_eq!(organizations(&["Acme", "", " Acme "]).check(), Ok(()));
        assert_eq!(
            organizations(&["Acme", "Other"]).check(),
            Err(SubjectError::SeveralValues { attribute })
        );
        let long = "a".repeat(SUBJECT_VALUE_LENGTH_MAX + 1);
        assert_eq!(organizations(&[&long]).check(), Err(SubjectError::TooLong { attribute }));
        assert_eq!(
            organizations(&["a\0b"]).check(),
            Err(SubjectError::ControlCharacter { attribute })
        );
    }
}
