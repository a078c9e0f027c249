//! Where a certificate says that its issuer, its revocation list and its status are found: Vault's `config/urls`.

use rcgen::{CrlDistributionPoint, CustomExtension};
use yasna::Tag;
use yasna::models::ObjectIdentifier;

use super::limits::{URI_LENGTH_MAX, URLS_MAX};

/// id-pe-authorityInfoAccess, RFC 5280, section 4.2.2.1.
const AUTHORITY_INFORMATION_ACCESS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
const OCSP: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 1];
const CA_ISSUERS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 48, 2];
/// `uniformResourceIdentifier [6]` of a GeneralName.
const URI_TAG: u64 = 6;

/// Absolute `http`, `https` or `ldap` URLs.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Urls {
    #[n(0)]
    issuing_certificates: Vec<String>,
    #[n(1)]
    crl_distribution_points: Vec<String>,
    #[n(2)]
    ocsp_servers: Vec<String>,
}

/// Why URLs are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlsError {
    /// One of them is no URL.
    #[error("invalid URL found in {field}")]
    Invalid {
        /// Vault's name of the list.
        field: &'static str,
    },
    /// There are too many.
    #[error("{field} has more than {} URLs", URLS_MAX)]
    TooMany {
        /// Vault's name of the list.
        field: &'static str,
    },
}

impl Urls {
    /// # Errors
    /// When one is not an absolute URL of at most [`URI_LENGTH_MAX`] bytes, or there are more than [`URLS_MAX`] of a
    /// kind.
    pub fn new(
        issuing_certificates: Vec<String>,
        crl_distribution_points: Vec<String>,
        ocsp_servers: Vec<String>,
    ) -> Result<Self, UrlsError> {
        check("issuing_certificates", &issuing_certificates)?;
        check("crl_distribution_points", &crl_distribution_points)?;
        check("ocsp_servers", &ocsp_servers)?;
        Ok(Self { issuing_certificates, crl_distribution_points, ocsp_servers })
    }

    /// Where the issuer's certificate is found.
    #[must_use]
    pub fn issuing_certificates(&self) -> &[String] {
        &self.issuing_certificates
    }

    /// Where the revocation list is found.
    #[must_use]
    pub fn crl_distribution_points(&self) -> &[String] {
        &self.crl_distribution_points
    }

    /// Where the status is asked for (RFC 6960).
    #[must_use]
    pub fn ocsp_servers(&self) -> &[String] {
        &self.ocsp_servers
    }

    pub(super) fn distribution_points(&self) -> Vec<CrlDistributionPoint> {
        let urls = self.crl_distribution_points.iter();
        urls.map(|url| CrlDistributionPoint { uris: vec![url.clone()] }).collect()
    }

    /// `AuthorityInfoAccessSyntax ::= SEQUENCE OF SEQUENCE { accessMethod, accessLocation }`, or `None` when there is
    /// nothing to say.
    pub(super) fn authority_information(&self) -> Option<CustomExtension> {
        let ocsp = self.ocsp_servers.iter().map(|url| (OCSP, url));
        let issuers = self.issuing_certificates.iter().map(|url| (CA_ISSUERS, url));
        let descriptions: Vec<_> = ocsp.chain(issuers).collect();
        if descriptions.is_empty() {
            return None;
        }
        let content = yasna::construct_der(|writer| {
            writer.write_sequence(|writer| {
                for (method, url) in descriptions {
                    writer.next().write_sequence(|writer| {
                        writer.next().write_oid(&ObjectIdentifier::from_slice(method));
                        let location = writer.next();
                        location.write_tagged_implicit(Tag::context(URI_TAG), |writer| {
                            writer.write_ia5_string(url);
                        });
                    });
                }
            });
        });
        Some(CustomExtension::from_oid_content(AUTHORITY_INFORMATION_ACCESS, content))
    }
}

/// Whether it is an absolute URI (RFC 3986) in printable ASCII of at most [`URI_LENGTH_MAX`] bytes.
pub(super) fn is_uri(uri: &str) -> bool {
    let Some((scheme, rest)) = uri.split_once(':') else {
        return false;
    };
    let in_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    uri.len() <= URI_LENGTH_MAX
        && scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(in_scheme)
        && !rest.is_empty()
        && rest.bytes().all(|byte| byte.is_ascii_graphic())
}

fn check(field: &'static str, urls: &[String]) -> Result<(), UrlsError> {
    if urls.len() > URLS_MAX {
        return Err(UrlsError::TooMany { field });
    }
    let is_url = |url: &String| {
        let host =
            ["http://", "https://", "ldap://"].iter().find_map(|scheme| url.strip_prefix(scheme));
        is_uri(url) && host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
    };
    urls.iter().all(is_url).then_some(()).ok_or(UrlsError::Invalid { field })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crl(url: &str) -> Result<Urls, UrlsError> {
        Urls::new(Vec::new(), vec![url.to_owned()], Vec::new())
    }

    #[test]
    fn urls_are_absolute_and_printable() {
        assert!(crl("http://127.0.0.1:8200/v1/pki/crl").is_ok());
        assert!(crl("ldap://directory/cn=crl").is_ok());
        let field = "crl_distribution_points";
        let long = format!("http://a/{}", "a".repeat(URI_LENGTH_MAX));
        for url in [
            "",
            "crl",
            "http://",
            "http:///a",
            "ftp://a",
            "http://a b",
            "http://\u{fc}",
            "http://a\0",
            &long,
        ] {
            assert_eq!(crl(url), Err(UrlsError::Invalid { field }), "{url:?}");
        }
        let many = vec!["http://a".to_owned(); URLS_MAX + 1];
        assert_eq!(Urls::new(Vec::new(), many, Vec::new()), Err(UrlsError::TooMany { field }));
    }

    #[test]
    fn a_uri_has_a_scheme() {
        for uri in ["spiffe://trust/workload", "urn:uuid:1", "https://a/?b=c#d"] {
            assert!(is_uri(uri), "{uri}");
        }
        for uri in ["", "a", ":a", "a:", "1a:b", "a b:c", "a:\n"] {
            assert!(!is_uri(uri), "{uri:?}");
        }
    }
}
