//! Whether a server's certificate is accepted.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate as NamedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use strongroom_core::pki::ParsedCertificate;
use strongroom_core::time::Timestamp;

/// What rustls accepts, and a certificate that is its own authority: an operator who configures exactly the certificate
/// that a server shows trusts it. rustls refuses it, since an authority is no server, where Go's `crypto/x509`, and so
/// Vault, accepts it. Its name, its life and its extended key usages count as those of any other.
#[derive(Debug)]
pub(super) struct Verifier {
    authorities: Arc<WebPkiServerVerifier>,
    configured: Vec<CertificateDer<'static>>,
}

impl Verifier {
    /// With the authorities of the system, which are no servers.
    pub(super) fn of_system(
        authorities: &[CertificateDer<'static>],
        provider: Arc<CryptoProvider>,
    ) -> Option<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(authorities.iter().cloned());
        let built = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        Some(Self { authorities: built.ok()?, configured: Vec::new() })
    }

    /// With authorities that an operator configured.
    pub(super) fn of_configured(
        authorities: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Option<Self> {
        let verifier = Self::of_system(&authorities, provider)?;
        Some(Self { configured: authorities, ..verifier })
    }

    fn is_configured(
        &self,
        shown: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> bool {
        let is_same = self.configured.iter().any(|known| known.as_ref() == shown.as_ref());
        // That its critical extensions are known is seen where its name is.
        let is_named = NamedCertificate::try_from(shown)
            .is_ok_and(|certificate| verify_server_name(&certificate, name).is_ok());
        let now = Timestamp(now.as_secs().saturating_mul(1_000));
        let serves = |certificate: ParsedCertificate| {
            certificate.is_valid_at(now) && certificate.is_for_servers()
        };
        is_same && is_named && ParsedCertificate::parse(shown).is_some_and(serves)
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.authorities.verify_server_cert(
            end_entity,
            intermediates,
            server_name,
            ocsp_response,
            now,
        );
        match verified {
            // That an authority shows itself as a server is one of the errors that have no kind of their own.
            Err(Error::InvalidCertificate(CertificateError::Other(_)))
                if self.is_configured(end_entity, server_name, now) =>
            {
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{
        BasicConstraints, Certificate, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose,
        IsCa, Issuer, KeyPair, date_time_ymd,
    };
    use rustls::crypto::aws_lc_rs::default_provider;

    use super::*;

    /// A certificate of `localhost` that is its own authority, for the year 2026.
    fn own(change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        (parameters.not_before, parameters.not_after) =
            (date_time_ymd(2026, 1, 1), date_time_ymd(2027, 1, 1));
        change(&mut parameters);
        parameters.self_signed(&KeyPair::generate().expect("a key")).expect("a certificate")
    }

    /// Whether a certificate is accepted as that of `localhost` by who configured this authority, at a time in seconds.
    fn accepts_at(authority: &Certificate, shown: &Certificate, name: &str, seconds: u64) -> bool {
        let configured = vec![authority.der().clone()];
        let provider = Arc::new(default_provider());
        let verifier = Verifier::of_configured(configured, provider).expect("an authority");
        let name = ServerName::try_from(name.to_owned()).expect("a name");
        let now = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        verifier.verify_server_cert(shown.der(), &[], &name, &[], now).is_ok()
    }

    /// 2026-07-01T00:00:00Z.
    const SUMMER: u64 = 1_782_864_000;

    fn accepts(authority: &Certificate, shown: &Certificate) -> bool {
        accepts_at(authority, shown, "localhost", SUMMER)
    }

    #[test]
    fn a_certificate_that_is_its_own_authority_is_accepted_where_it_is_configured() {
        let certificate = own(|_| {});
        assert!(accepts(&certificate, &certificate));
        let is_server = own(|parameters| {
            parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        });
        assert!(accepts(&is_server, &is_server));
    }

    #[test]
    fn another_certificate_of_the_same_names_is_refused() {
        let (one, other) = (own(|_| {}), own(|_| {}));
        assert!(!accepts(&one, &other) && !accepts(&other, &one));
    }

    #[test]
    fn an_authority_that_another_one_signed_is_accepted_only_where_it_is_configured_itself() {
        let key = KeyPair::generate().expect("a key");
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = parameters.self_signed(&key).expect("a certificate");
        let issuer = Issuer::new(parameters, key);
        let mut below = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        below.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let below_key = KeyPair::generate().expect("a key");
        let below = below.signed_by(&below_key, &issuer).expect("a certificate");
        assert!(!accepts(&root, &below));
        assert!(accepts(&below, &below));
    }

    #[test]
    fn its_name_its_life_and_its_usages_count() {
        let certificate = own(|_| {});
        for name in ["example.com", "localhost.example.com", "127.0.0.1"] {
            assert!(!accepts_at(&certificate, &certificate, name, SUMMER), "{name}");
        }
        let (year, day) = (1_767_225_600, 86_400);
        for (seconds, is_accepted) in [
            (year - 1, false),
            (year, true),
            (year + 365 * day, true),
            (year + 365 * day + 1, false),
        ] {
            let accepted = accepts_at(&certificate, &certificate, "localhost", seconds);
            assert_eq!(accepted, is_accepted, "{seconds}");
        }
        let is_client = own(|parameters| {
            parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        });
        assert!(!accepts(&is_client, &is_client));
        let unknown = own(|parameters| {
            let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
            extension.set_criticality(true);
            parameters.custom_extensions = vec![extension];
        });
        assert!(!accepts(&unknown, &unknown));
    }

    #[test]
    fn the_authorities_of_the_system_are_no_servers() {
        let certificate = own(|_| {});
        let known = [certificate.der().clone()];
        let provider = Arc::new(default_provider());
        let verifier = Verifier::of_system(&known, provider).expect("an authority");
        let name = ServerName::try_from("localhost").expect("a name");
        let now = UnixTime::since_unix_epoch(Duration::from_secs(SUMMER));
        assert!(verifier.verify_server_cert(certificate.der(), &[], &name, &[], now).is_err());
    }
}
