//! Issuers: authorities that sign certificates.

use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, GeneralSubtree, IsCa, KeyIdMethod, KeyUsagePurpose,
    NameConstraints,
};

use super::certificate::{Body, Validity};
use super::error::IssueError;
use super::hostname;
use super::issue::{IssueRequest, Lifetimes, NameSource, not_after, not_before};
use super::key::{KeyAlgorithm, PrivateKey};
use super::limits::PERMITTED_DOMAINS_MAX;
use super::role::{Role, RoleSettings};
use super::serial::SerialNumber;
use super::signer::{Signer, key_identifier, signature_algorithm};
use super::subject::{Subject, SubjectAttributes, is_clean_name};
use super::urls::Urls;
use crate::random::Random;
use crate::time::Timestamp;

/// Certificates and revocation lists, and nothing else.
const KEY_USAGES: [KeyUsagePurpose; 2] = [KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];

/// An authority with its key. The key is zeroized when it is dropped; there is no `Debug`.
#[derive(minicbor::Encode, minicbor::Decode)]
pub struct Issuer {
    #[cbor(n(0), with = "minicbor::bytes")]
    certificate: Vec<u8>,
    #[n(1)]
    key: PrivateKey,
    #[n(2)]
    subject: Subject,
    #[n(3)]
    serial: SerialNumber,
    #[n(4)]
    not_before: Timestamp,
    #[n(5)]
    not_after: Timestamp,
    #[n(6)]
    leaf_not_after: LeafNotAfter,
    #[n(7)]
    signature_bits: u32,
}

/// What becomes of a certificate that would outlive its issuer: Vault's `leaf_not_after_behavior`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum LeafNotAfter {
    /// `err`: it is refused.
    #[default]
    #[n(0)]
    Refuse,
    /// `truncate`: it ends with its issuer.
    #[n(1)]
    Truncate,
    /// `permit`: it outlives its issuer.
    #[n(2)]
    Permit,
}

/// What a root is made of: Vault's `root/generate`.
pub struct NewRoot {
    /// Its name, its alternative names and its life.
    pub request: IssueRequest,
    /// What its subject has besides its name.
    pub subject: SubjectAttributes,
    /// Its key.
    pub key: KeyAlgorithm,
    /// Bits of the hash in its signatures; 0 leaves the choice to the key.
    pub signature_bits: u32,
    /// How many authorities may be below it; `None` for any number.
    pub max_path_length: Option<u8>,
    /// The DNS domains that it may issue for; none for any. A name with a dot before it is for what is below it.
    pub permitted_dns_domains: Vec<String>,
}

/// A root that was made, and what the client should know of it.
pub struct Root {
    /// The authority.
    pub issuer: Issuer,
    /// What was asked for and not given.
    pub warnings: Vec<super::issue::Warning>,
}

impl Issuer {
    /// Generate a root: a key and a certificate that it signed itself. It begins 30 seconds before `now`.
    ///
    /// # Errors
    /// When there is no common name, a name, the subject or the life is refused, or the key is not supported with the
    /// hash.
    pub fn generate_root(
        root: &NewRoot,
        urls: &Urls,
        lifetimes: Lifetimes,
        now: Timestamp,
        random: &dyn Random,
    ) -> Result<Root, IssueError> {
        let role = root_role(root)?;
        let signature_bits = root.signature_bits;
        signature_algorithm(root.key, signature_bits)?;
        let name_constraints = name_constraints(&root.permitted_dns_domains)?;
        let names = NameSource { role: &role, request: &root.request, csr: None }.names()?;
        let (end, warnings) = not_after(&role, &root.request, lifetimes, now)?;
        let validity = Validity::new(not_before(&role, now), end)?;
        let key = PrivateKey::generate(root.key, random)?;
        let signer = Signer::new(&key, signature_bits)?;
        let constraint = root
            .max_path_length
            .map_or(BasicConstraints::Unconstrained, BasicConstraints::Constrained);
        let serial = SerialNumber::generate(random);
        let body = Body {
            serial,
            validity,
            subject: &names.subject,
            names: &names.alternative,
            urls,
            policies: &[],
            key_usages: KEY_USAGES.to_vec(),
            extended_key_usages: Vec::new(),
            is_ca: IsCa::Ca(constraint),
        };
        let mut parameters = body.parameters(&signer)?;
        parameters.name_constraints = name_constraints;
        let certificate = parameters.self_signed(&signer).map_err(|_| IssueError::Signing)?;
        let issuer = Self {
            certificate: certificate.der().to_vec(),
            key,
            subject: names.subject,
            serial,
            not_before: validity.not_before,
            not_after: validity.not_after,
            leaf_not_after: LeafNotAfter::default(),
            signature_bits,
        };
        Ok(Root { issuer, warnings })
    }

    /// Its certificate in DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// The serial number of its certificate.
    #[must_use]
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// When its certificate begins.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// When its certificate ends.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// What becomes of certificates that would outlive it.
    #[must_use]
    pub fn leaf_not_after(&self) -> LeafNotAfter {
        self.leaf_not_after
    }

    /// Say what becomes of certificates that would outlive it.
    pub fn set_leaf_not_after(&mut self, leaf_not_after: LeafNotAfter) {
        self.leaf_not_after = leaf_not_after;
    }

    /// What rcgen signs with. 0 bits are what the root was made with.
    pub(super) fn signer(
        &self,
        signature_bits: u32,
    ) -> Result<rcgen::Issuer<'static, Signer>, IssueError> {
        let bits = if signature_bits == 0 { self.signature_bits } else { signature_bits };
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = self.subject.distinguished_name()?;
        parameters.key_usages = KEY_USAGES.to_vec();
        let signer = Signer::new(&self.key, bits)?;
        parameters.key_identifier_method = KeyIdMethod::PreSpecified(key_identifier(&signer));
        Ok(rcgen::Issuer::new(parameters, signer))
    }
}

/// Who may make a root may give it any name, as in Vault.
fn root_role(root: &NewRoot) -> Result<Role, IssueError> {
    let settings = RoleSettings {
        allow_any_name: true,
        enforce_hostnames: false,
        allowed_uri_sans: vec!["*".to_owned()],
        allowed_serial_numbers: vec!["*".to_owned()],
        cn_validations: vec!["disabled".to_owned()],
        subject: root.subject.clone(),
        ..RoleSettings::default()
    };
    root.subject.check()?;
    Role::new(settings).map_err(|_| IssueError::Signing)
}

fn name_constraints(domains: &[String]) -> Result<Option<NameConstraints>, IssueError> {
    let domains: Vec<&str> =
        domains.iter().map(|domain| domain.trim()).filter(|domain| !domain.is_empty()).collect();
    if domains.len() > PERMITTED_DOMAINS_MAX {
        return Err(IssueError::TooManyNames);
    }
    let subtree = |domain: &&str| {
        let below = domain.strip_prefix('.').unwrap_or(domain);
        let valid = is_clean_name(below)
            && hostname::to_ascii(below).is_some_and(|ascii| ascii == below)
            && hostname::is_hostname(below)
            && !below.starts_with('*');
        let name = Ia5String::try_from(*domain).ok().filter(|_| valid)?;
        Some(GeneralSubtree::DnsName(name.as_str().to_owned()))
    };
    let permitted: Option<Vec<_>> = domains.iter().map(subtree).collect();
    let permitted_subtrees = permitted.ok_or(IssueError::PermittedDomain)?;
    let constrained = !permitted_subtrees.is_empty();
    Ok(constrained.then_some(NameConstraints { permitted_subtrees, excluded_subtrees: Vec::new() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::samples::{Counting, HOUR, LIFETIMES, NOW, new_root, root};

    fn generated(change: impl FnOnce(&mut NewRoot)) -> Result<Root, IssueError> {
        let mut root = new_root();
        change(&mut root);
        Issuer::generate_root(&root, &Urls::default(), LIFETIMES, NOW, &Counting::default())
    }

    fn refused(change: impl FnOnce(&mut NewRoot)) -> IssueError {
        generated(change).err().expect("it is refused")
    }

    #[test]
    fn an_issuer_comes_back_from_a_record() {
        let mut issuer = root();
        issuer.set_leaf_not_after(LeafNotAfter::Truncate);
        let bytes = minicbor::to_vec(&issuer).unwrap();
        let again: Issuer = minicbor::decode(&bytes).unwrap();
        assert_eq!(again.certificate(), issuer.certificate());
        assert!(again.key().expose_pkcs8() == issuer.key().expose_pkcs8());
        assert_eq!((again.serial(), again.not_after()), (issuer.serial(), issuer.not_after()));
        assert_eq!(again.leaf_not_after(), LeafNotAfter::Truncate);
        assert!(again.signer(0).is_ok());
    }

    #[test]
    fn a_root_has_a_name_a_life_and_a_key_that_signs() {
        let root = generated(|root| root.request.ttl = HOUR).unwrap();
        assert_eq!(root.issuer.not_before().0, (NOW.0 - 30_750));
        assert_eq!(root.issuer.not_after().0, NOW.0 - 750 + HOUR.0 * 1_000);
        assert_eq!(refused(|root| root.request.common_name.clear()), IssueError::CommonNameMissing);
        assert!(matches!(refused(|root| root.signature_bits = 256), IssueError::Key(_)));
        let several = vec!["a".to_owned(), "b".to_owned()];
        let error = refused(|root| root.subject.organization = several);
        assert!(matches!(error, IssueError::Subject(_)));
    }

    #[test]
    fn permitted_domains_are_domains() {
        for domain in ["a b", "*.example.com", "a..b", "b\u{fc}cher.example", ".", "a\0"] {
            let error = refused(|root| root.permitted_dns_domains = vec![domain.to_owned()]);
            assert_eq!(error, IssueError::PermittedDomain, "{domain:?}");
        }
        let many = vec!["example.com".to_owned(); PERMITTED_DOMAINS_MAX + 1];
        assert_eq!(refused(|root| root.permitted_dns_domains = many), IssueError::TooManyNames);
        let domains = vec![".example.com".to_owned(), "example.org".to_owned(), String::new()];
        assert!(generated(|root| root.permitted_dns_domains = domains).is_ok());
    }
}
