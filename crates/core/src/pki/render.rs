//! Certificates and keys as Vault's door gives them.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::issue::Issued;
use super::issuer::Issuer;
use super::key::{KeyAlgorithm, KeyError, PrivateKey};
use crate::secret::SecretValue;

/// RFC 7468, section 2.
const PEM_LINE_LENGTH: usize = 64;

/// Vault's `format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `pem`.
    #[default]
    Pem,
    /// `der`: DER in base64.
    Der,
    /// `pem_bundle`: as `pem`, and the key and the chain are with the certificate.
    PemBundle,
}

/// Vault's `private_key_format`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrivateKeyFormat {
    /// `der`: the form of the key's algorithm.
    #[default]
    Traditional,
    /// `pkcs8`.
    Pkcs8,
}

/// What Vault answers.
#[derive(Debug)]
pub struct Rendered {
    /// `certificate`. In a bundle, the key is in it.
    pub certificate: SecretValue,
    /// `issuing_ca`.
    pub issuing_ca: String,
    /// `ca_chain`.
    pub ca_chain: Vec<String>,
    /// `private_key`.
    pub private_key: Option<SecretValue>,
    /// `private_key_type`.
    pub private_key_type: Option<&'static str>,
}

impl Format {
    /// From Vault's word; `None` when it is none.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "pem" => Some(Self::Pem),
            "der" => Some(Self::Der),
            "pem_bundle" => Some(Self::PemBundle),
            _ => None,
        }
    }
}

impl PrivateKeyFormat {
    /// From Vault's word; `None` when it is none. Vault's `der` and `pem` are the same here.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "der" | "pem" | "" => Some(Self::Traditional),
            "pkcs8" => Some(Self::Pkcs8),
            _ => None,
        }
    }
}

impl Issued {
    /// As Vault answers it.
    ///
    /// # Errors
    /// When the crypto provider does not read the key.
    pub fn render(
        &self,
        format: Format,
        key_format: PrivateKeyFormat,
    ) -> Result<Rendered, KeyError> {
        let chain = vec![encoded(format, &self.issuing_ca)];
        let mut rendered =
            render(&self.certificate, self.key.as_ref(), &chain, format, key_format)?;
        rendered.issuing_ca = encoded(format, &self.issuing_ca);
        rendered.ca_chain = chain;
        Ok(rendered)
    }
}

impl Issuer {
    /// As Vault answers a root that was made, with its key for `exported` and without it for `internal`.
    ///
    /// # Errors
    /// When the crypto provider does not read the key.
    pub fn render(
        &self,
        with_key: bool,
        format: Format,
        key_format: PrivateKeyFormat,
    ) -> Result<Rendered, KeyError> {
        let key = Some(self.key()).filter(|_| with_key);
        let mut rendered = render(self.certificate(), key, &[], format, key_format)?;
        rendered.issuing_ca = encoded(format, self.certificate());
        Ok(rendered)
    }
}

/// A certificate in PEM, without a line break at its end, as Vault gives it.
#[must_use]
pub fn pem_certificate(der: &[u8]) -> String {
    pem("CERTIFICATE", der).trim_end().to_owned()
}

/// A revocation list in PEM, likewise.
#[must_use]
pub fn pem_revocation_list(der: &[u8]) -> String {
    pem("X509 CRL", der).trim_end().to_owned()
}

/// PEM of RFC 7468.
pub(super) fn pem(label: &str, der: &[u8]) -> Zeroizing<String> {
    let length = BASE64.encode_len(der.len());
    // Room for all of it: a buffer that grew would leave parts of a key behind.
    let lines = length + length / PEM_LINE_LENGTH + 1;
    let mut text = Zeroizing::new(String::with_capacity(lines + 2 * (label.len() + 18)));
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    for line in der.chunks(PEM_LINE_LENGTH / 4 * 3) {
        BASE64.encode_append(line, &mut text);
        text.push('\n');
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----\n");
    text
}

fn render(
    certificate: &[u8],
    key: Option<&PrivateKey>,
    chain: &[String],
    format: Format,
    key_format: PrivateKeyFormat,
) -> Result<Rendered, KeyError> {
    let private_key = key.map(|key| encoded_key(format, key, key_format)).transpose()?;
    let certificate = encoded(format, certificate);
    let certificate = match format {
        Format::Pem | Format::Der => SecretValue::from(certificate),
        Format::PemBundle => {
            let key = private_key.as_ref().map(|key| key.as_str());
            let parts: Vec<&str> = key
                .into_iter()
                .chain([certificate.as_str()])
                .chain(chain.iter().map(String::as_str))
                .collect();
            SecretValue::from(parts.join("\n"))
        }
    };
    Ok(Rendered {
        certificate,
        issuing_ca: String::new(),
        ca_chain: Vec::new(),
        private_key: private_key.map(SecretValue::from),
        private_key_type: key.map(|key| key.algorithm().key_type()),
    })
}

fn encoded(format: Format, der: &[u8]) -> String {
    match format {
        Format::Pem | Format::PemBundle => pem_certificate(der),
        Format::Der => BASE64.encode(der),
    }
}

fn encoded_key(
    format: Format,
    key: &PrivateKey,
    key_format: PrivateKeyFormat,
) -> Result<Zeroizing<String>, KeyError> {
    let der = match key_format {
        PrivateKeyFormat::Traditional => key.traditional_der()?,
        PrivateKeyFormat::Pkcs8 => Zeroizing::new(key.expose_pkcs8().to_vec()),
    };
    Ok(match format {
        Format::Der => Zeroizing::new(BASE64.encode(&der)),
        Format::Pem | Format::PemBundle => {
            let mut text = pem(pem_label(key.algorithm(), key_format), &der);
            let length = text.trim_end().len();
            text.truncate(length);
            text
        }
    })
}

fn pem_label(algorithm: KeyAlgorithm, format: PrivateKeyFormat) -> &'static str {
    match (format, algorithm) {
        (PrivateKeyFormat::Pkcs8, _) | (_, KeyAlgorithm::Ed25519) => "PRIVATE KEY",
        (_, KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384 | KeyAlgorithm::EcP521) => "EC PRIVATE KEY",
        (_, KeyAlgorithm::Rsa2048 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096) => {
            "RSA PRIVATE KEY"
        }
    }
}
