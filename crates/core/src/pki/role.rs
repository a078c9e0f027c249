//! Roles: for which names certificates are issued, and how they look.

use minicbor::decode::{Decode, Decoder, Error as DecodeError};
use minicbor::encode::{Encode, Encoder, Error as EncodeError, Write};
use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};

use super::key::{KeyAlgorithm, KeyError};
use super::limits::{LIFETIME_MAX, ROLE_ENTRY_LENGTH_MAX, ROLE_LIST_MAX};
use super::subject::{SubjectAttributes, SubjectError};
use super::usage;
use crate::time::Seconds;

/// What a role says, in the words of Vault's `roles/:name`. The defaults are Vault's.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct RoleSettings {
    /// The life of a certificate when none is asked for; 0 for the mount's.
    #[n(0)]
    pub ttl: Seconds,
    /// The longest life of a certificate; 0 for the mount's.
    #[n(1)]
    pub max_ttl: Seconds,
    /// Whether `localhost` and `localdomain` are allowed.
    #[n(2)]
    pub allow_localhost: bool,
    /// The domains that the next three speak of.
    #[n(3)]
    pub allowed_domains: Vec<String>,
    /// Whether the domains themselves are allowed.
    #[n(4)]
    pub allow_bare_domains: bool,
    /// Whether names below the domains are allowed, and wildcards for them.
    #[n(5)]
    pub allow_subdomains: bool,
    /// Whether a `*` in a domain stands for any text.
    #[n(6)]
    pub allow_glob_domains: bool,
    /// Whether names with a wildcard are allowed at all.
    #[n(7)]
    pub allow_wildcard_certificates: bool,
    /// Whether every name is allowed.
    #[n(8)]
    pub allow_any_name: bool,
    /// Whether names must be host names.
    #[n(9)]
    pub enforce_hostnames: bool,
    /// Whether IP addresses are allowed, any of them.
    #[n(10)]
    pub allow_ip_sans: bool,
    /// The URIs that are allowed; a `*` stands for any text.
    #[n(11)]
    pub allowed_uri_sans: Vec<String>,
    /// The serial numbers that are allowed in the subject; a `*` stands for any text.
    #[n(12)]
    pub allowed_serial_numbers: Vec<String>,
    /// Whether certificates are for TLS servers.
    #[n(13)]
    pub server_flag: bool,
    /// Whether certificates are for TLS clients.
    #[n(14)]
    pub client_flag: bool,
    /// Whether certificates are for code signing.
    #[n(15)]
    pub code_signing_flag: bool,
    /// Whether certificates are for email.
    #[n(16)]
    pub email_protection_flag: bool,
    /// `rsa`, `ec`, `ed25519`, or `any`, with which requests are signed and no key is generated.
    #[n(17)]
    pub key_type: String,
    /// Bits of the key; 0 for the type's default.
    #[n(18)]
    pub key_bits: u32,
    /// Bits of the hash in the signature: 0 (the issuer's key decides), 256, 384 or 512.
    #[n(19)]
    pub signature_bits: u32,
    /// Key usages, as Go's `x509.KeyUsage` names them.
    #[n(20)]
    pub key_usage: Vec<String>,
    /// Extended key usages, as Go's `x509.ExtKeyUsage` names them.
    #[n(21)]
    pub ext_key_usage: Vec<String>,
    /// Extended key usages as object identifiers.
    #[n(22)]
    pub ext_key_usage_oids: Vec<String>,
    /// Whether the common name of a request is used.
    #[n(23)]
    pub use_csr_common_name: bool,
    /// Whether the alternative names of a request are used.
    #[n(24)]
    pub use_csr_sans: bool,
    /// What the subject has besides its name.
    #[n(25)]
    pub subject: SubjectAttributes,
    /// Whether certificates carry leases.
    #[n(26)]
    pub generate_lease: bool,
    /// Whether certificates are not kept. Such a certificate cannot be revoked, and carries no lease.
    #[n(27)]
    pub no_store: bool,
    /// Whether a common name is required.
    #[n(28)]
    pub require_cn: bool,
    /// What a common name may be: `email`, `hostname`, both, or `disabled`, with which it may be anything.
    #[n(29)]
    pub cn_validations: Vec<String>,
    /// Certificate policies as object identifiers.
    #[n(30)]
    pub policy_identifiers: Vec<String>,
    /// Whether a certificate says that it is not an authority's.
    #[n(31)]
    pub basic_constraints_valid_for_non_ca: bool,
    /// How long before its issuance a certificate begins.
    #[n(32)]
    pub not_before_duration: Seconds,
}

/// A role that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    settings: RoleSettings,
    key: Option<KeyAlgorithm>,
    common_names: CommonNames,
    pub(super) key_usages: Vec<KeyUsagePurpose>,
    pub(super) extended_key_usages: Vec<ExtendedKeyUsagePurpose>,
    pub(super) policies: Vec<Vec<u64>>,
}

/// What common names may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CommonNames {
    Anything,
    Checked { email: bool, hostname: bool },
}

/// Why a role is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoleError {
    /// The life of certificates exceeds its limit.
    #[error("\"ttl\" value must be less than \"max_ttl\" value")]
    LifetimeOverMaximum,
    /// A span is longer than [`LIFETIME_MAX`].
    #[error("{field} is longer than 100 years")]
    SpanTooLong {
        /// The field.
        field: &'static str,
    },
    /// A list has more than [`ROLE_LIST_MAX`] entries.
    #[error("{field} has more than {} entries", ROLE_LIST_MAX)]
    TooMany {
        /// The field.
        field: &'static str,
    },
    /// An entry of a list is longer than [`ROLE_ENTRY_LENGTH_MAX`] or has a control character in it.
    #[error("an entry of {field} is too long or has a control character in it")]
    Entry {
        /// The field.
        field: &'static str,
    },
    /// A key usage, an object identifier or a validation is none.
    #[error("{field} has an unknown value")]
    Unknown {
        /// The field.
        field: &'static str,
    },
    /// There are no such keys.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// There are no signatures with such a hash.
    #[error("signature_bits is 0, 256, 384 or 512")]
    SignatureBits,
    /// The subject is refused.
    #[error(transparent)]
    Subject(#[from] SubjectError),
}

impl Default for RoleSettings {
    fn default() -> Self {
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        Self {
            ttl: Seconds(0),
            max_ttl: Seconds(0),
            allow_localhost: true,
            allowed_domains: Vec::new(),
            allow_bare_domains: false,
            allow_subdomains: false,
            allow_glob_domains: false,
            allow_wildcard_certificates: true,
            allow_any_name: false,
            enforce_hostnames: true,
            allow_ip_sans: true,
            allowed_uri_sans: Vec::new(),
            allowed_serial_numbers: Vec::new(),
            server_flag: true,
            client_flag: true,
            code_signing_flag: false,
            email_protection_flag: false,
            key_type: "rsa".to_owned(),
            key_bits: 0,
            signature_bits: 0,
            key_usage: words(&["DigitalSignature", "KeyAgreement", "KeyEncipherment"]),
            ext_key_usage: Vec::new(),
            ext_key_usage_oids: Vec::new(),
            use_csr_common_name: true,
            use_csr_sans: true,
            subject: SubjectAttributes::default(),
            generate_lease: false,
            no_store: false,
            require_cn: true,
            cn_validations: words(&["email", "hostname"]),
            policy_identifiers: Vec::new(),
            basic_constraints_valid_for_non_ca: false,
            not_before_duration: Seconds(30),
        }
    }
}

impl Role {
    /// Check what a role says. `no_store` turns `generate_lease` off, as in Vault.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn new(mut settings: RoleSettings) -> Result<Self, RoleError> {
        settings.check_lists()?;
        settings.check_spans()?;
        settings.subject.check()?;
        settings.generate_lease &= !settings.no_store;
        let key = match settings.key_type.as_str() {
            "any" => None,
            key_type => Some(KeyAlgorithm::parse(key_type, settings.key_bits)?),
        };
        if ![0, 256, 384, 512].contains(&settings.signature_bits) {
            return Err(RoleError::SignatureBits);
        }
        let unknown = |field| RoleError::Unknown { field };
        let policies = settings.policy_identifiers.iter();
        let policies = policies.map(|identifier| usage::object_identifier(identifier)).collect();
        Ok(Self {
            key,
            common_names: common_names(&settings.cn_validations)
                .ok_or_else(|| unknown("cn_validations"))?,
            key_usages: usage::key_usages(&settings.key_usage)
                .ok_or_else(|| unknown("key_usage"))?,
            extended_key_usages: usage::extended_key_usages(&settings)?,
            policies: Option::ok_or_else(policies, || unknown("policy_identifiers"))?,
            settings,
        })
    }

    /// What it says.
    #[must_use]
    pub fn settings(&self) -> &RoleSettings {
        &self.settings
    }

    /// Which keys it generates; `None` when it only signs requests.
    #[must_use]
    pub fn key_algorithm(&self) -> Option<KeyAlgorithm> {
        self.key
    }

    pub(super) fn common_names(&self) -> CommonNames {
        self.common_names
    }
}

impl<C> Encode<C> for Role {
    fn encode<W: Write>(
        &self,
        encoder: &mut Encoder<W>,
        context: &mut C,
    ) -> Result<(), EncodeError<W::Error>> {
        self.settings.encode(encoder, context)
    }
}

/// A role is checked again when it is read.
impl<'b, C> Decode<'b, C> for Role {
    fn decode(decoder: &mut Decoder<'b>, context: &mut C) -> Result<Self, DecodeError> {
        let settings = RoleSettings::decode(decoder, context)?;
        Self::new(settings).map_err(|_| DecodeError::message("a role that is refused"))
    }
}

impl RoleSettings {
    fn check_lists(&self) -> Result<(), RoleError> {
        for (field, list) in [
            ("allowed_domains", &self.allowed_domains),
            ("allowed_uri_sans", &self.allowed_uri_sans),
            ("allowed_serial_numbers", &self.allowed_serial_numbers),
            ("key_usage", &self.key_usage),
            ("ext_key_usage", &self.ext_key_usage),
            ("ext_key_usage_oids", &self.ext_key_usage_oids),
            ("cn_validations", &self.cn_validations),
            ("policy_identifiers", &self.policy_identifiers),
        ] {
            if list.len() > ROLE_LIST_MAX {
                return Err(RoleError::TooMany { field });
            }
            let is_clean = |entry: &String| {
                entry.len() <= ROLE_ENTRY_LENGTH_MAX && !entry.chars().any(char::is_control)
            };
            if !list.iter().all(is_clean) {
                return Err(RoleError::Entry { field });
            }
        }
        Ok(())
    }

    fn check_spans(&self) -> Result<(), RoleError> {
        for (field, span) in [
            ("ttl", self.ttl),
            ("max_ttl", self.max_ttl),
            ("not_before_duration", self.not_before_duration),
        ] {
            if span > LIFETIME_MAX {
                return Err(RoleError::SpanTooLong { field });
            }
        }
        if self.max_ttl > Seconds(0) && self.ttl > self.max_ttl {
            return Err(RoleError::LifetimeOverMaximum);
        }
        Ok(())
    }
}

/// No words are both; `disabled` stands alone.
fn common_names(words: &[String]) -> Option<CommonNames> {
    let words: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => Some(CommonNames::Checked { email: true, hostname: true }),
        ["disabled"] => Some(CommonNames::Anything),
        words => {
            let known = words.iter().all(|word| ["email", "hostname"].contains(word));
            let (email, hostname) = (words.contains(&"email"), words.contains(&"hostname"));
            known.then_some(CommonNames::Checked { email, hostname })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut RoleSettings)) -> RoleError {
        let mut settings = RoleSettings::default();
        change(&mut settings);
        Role::new(settings).unwrap_err()
    }

    #[test]
    fn the_defaults_are_accepted_and_come_back_from_a_record() {
        let role = Role::new(RoleSettings::default()).unwrap();
        assert_eq!(role.key_algorithm(), Some(KeyAlgorithm::Rsa2048));
        let bytes = minicbor::to_vec(&role).unwrap();
        assert_eq!(minicbor::decode::<Role>(&bytes).unwrap(), role);
    }

    #[test]
    fn a_record_of_a_role_that_is_refused_is_not_read() {
        let settings = RoleSettings { key_type: "dsa".to_owned(), ..RoleSettings::default() };
        let bytes = minicbor::to_vec(&settings).unwrap();
        assert!(minicbor::decode::<Role>(&bytes).is_err());
    }

    #[test]
    fn what_is_wrong_is_named() {
        let words = |word: &str| vec![word.to_owned()];
        let unknown = |field| RoleError::Unknown { field };
        assert_eq!(refused(|role| role.key_usage = words("Sign")), unknown("key_usage"));
        assert_eq!(refused(|role| role.ext_key_usage = words("Tls")), unknown("ext_key_usage"));
        for identifier in ["1", "1.2.x", "3.1", "1.40", "", "1..2", "1.2.99999999999", "1.2.+3"] {
            let error = refused(|role| role.ext_key_usage_oids = words(identifier));
            assert_eq!(error, unknown("ext_key_usage_oids"), "{identifier}");
            let error = refused(|role| role.policy_identifiers = words(identifier));
            assert_eq!(error, unknown("policy_identifiers"), "{identifier}");
        }
        assert_eq!(refused(|role| role.cn_validations = words("ip")), unknown("cn_validations"));
        let both = vec!["disabled".to_owned(), "email".to_owned()];
        assert_eq!(refused(|role| role.cn_validations = both), unknown("cn_validations"));
        assert_eq!(refused(|role| role.signature_bits = 1), RoleError::SignatureBits);
        assert!(matches!(refused(|role| role.key_bits = 1_024), RoleError::Key(_)));
    }

    #[test]
    fn spans_and_lists_have_limits() {
        let error = refused(|role| (role.ttl, role.max_ttl) = (Seconds(2), Seconds(1)));
        assert_eq!(error, RoleError::LifetimeOverMaximum);
        let over = Seconds(LIFETIME_MAX.0 + 1);
        assert_eq!(refused(|role| role.ttl = over), RoleError::SpanTooLong { field: "ttl" });
        let field = "allowed_domains";
        let many = vec!["a".to_owned(); ROLE_LIST_MAX + 1];
        assert_eq!(refused(|role| role.allowed_domains = many), RoleError::TooMany { field });
        for entry in ["a\0".to_owned(), "a".repeat(ROLE_ENTRY_LENGTH_MAX + 1)] {
            let error = refused(|role| role.allowed_domains = vec![entry]);
            assert_eq!(error, RoleError::Entry { field });
        }
    }

    #[test]
    fn a_certificate_that_is_not_kept_carries_no_lease() {
        let settings =
            RoleSettings { no_store: true, generate_lease: true, ..RoleSettings::default() };
        assert!(!Role::new(settings).unwrap().settings().generate_lease);
    }
}
