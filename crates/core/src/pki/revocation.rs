//! Revoked certificates, and the list of them.

use rcgen::{CertificateRevocationListParams, KeyIdMethod, RevokedCertParams};

use super::certificate::since_epoch;
use super::issuer::Issuer;
use super::limits::{LIFETIME_MAX, REVOCATIONS_MAX};
use super::render::pem;
use super::serial::SerialNumber;
use super::signer::key_identifier;
use crate::time::{Seconds, Timestamp};

/// That a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Revocation {
    /// Its serial number.
    #[n(0)]
    pub serial: SerialNumber,
    /// When it was revoked.
    #[n(1)]
    pub revoked_at: Timestamp,
    /// When it ends of itself.
    #[n(2)]
    pub not_after: Timestamp,
}

/// A list of revoked certificates: version 2, RFC 5280, section 5. It is signed and public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevocationList {
    der: Vec<u8>,
}

/// Why there is no list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationListError {
    /// There are more than [`REVOCATIONS_MAX`] revocations.
    #[error("a revocation list has at most {} certificates", REVOCATIONS_MAX)]
    TooMany,
    /// The list would be old when it is made, or valid for more than 100 years.
    #[error("a revocation list is valid for at least a second and at most 100 years")]
    Expiry,
    /// The issuer could not sign it.
    #[error("the revocation list could not be signed")]
    Signing,
}

impl Revocation {
    /// Whether nobody needs to know of it any more: its certificate ended, and `safety_buffer` passed since. Until
    /// then it belongs on the list.
    #[must_use]
    pub fn may_be_forgotten(&self, now: Timestamp, safety_buffer: Seconds) -> bool {
        self.not_after.plus(safety_buffer) < now
    }
}

impl RevocationList {
    /// Sign a list. `number` must be greater than that of every list before it.
    ///
    /// # Errors
    /// When there are too many revocations or the list would not be valid.
    pub fn sign(
        issuer: &Issuer,
        revocations: &[Revocation],
        number: u64,
        now: Timestamp,
        expiry: Seconds,
    ) -> Result<Self, RevocationListError> {
        if revocations.len() > REVOCATIONS_MAX {
            return Err(RevocationListError::TooMany);
        }
        if expiry == Seconds(0) || expiry > LIFETIME_MAX {
            return Err(RevocationListError::Expiry);
        }
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let revoked = |revocation: &Revocation| RevokedCertParams {
            serial_number: rcgen::SerialNumber::from_slice(revocation.serial.as_bytes()),
            revocation_time: epoch + since_epoch(revocation.revoked_at),
            reason_code: None,
            invalidity_date: None,
        };
        let signer = issuer.signer(0).map_err(|_| RevocationListError::Signing)?;
        let parameters = CertificateRevocationListParams {
            this_update: epoch + since_epoch(now),
            next_update: epoch + since_epoch(now.plus(expiry)),
            crl_number: rcgen::SerialNumber::from(number),
            issuing_distribution_point: None,
            revoked_certs: revocations.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::PreSpecified(key_identifier(signer.key())),
        };
        let list = parameters.signed_by(&signer).map_err(|_| RevocationListError::Signing)?;
        Ok(Self { der: list.der().to_vec() })
    }

    /// The list in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The list in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        pem("X509 CRL", &self.der).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::samples::{Counting, HOUR, NOW, root};

    fn revocation() -> Revocation {
        let serial = SerialNumber::generate(&Counting::default());
        Revocation { serial, revoked_at: NOW, not_after: NOW.plus(HOUR) }
    }

    #[test]
    fn a_revocation_comes_back_from_a_record() {
        let bytes = minicbor::to_vec(revocation()).unwrap();
        assert_eq!(minicbor::decode::<Revocation>(&bytes).unwrap(), revocation());
    }

    #[test]
    fn a_revocation_is_forgotten_some_time_after_its_certificate_ended() {
        let end = revocation().not_after;
        for (now, forgotten) in [
            (NOW, false),
            (end, false),
            (end.plus(HOUR), false),
            (Timestamp(end.plus(HOUR).0 + 1), true),
        ] {
            assert_eq!(revocation().may_be_forgotten(now, HOUR), forgotten);
        }
        let endless = Revocation { not_after: Timestamp(u64::MAX), ..revocation() };
        assert!(!endless.may_be_forgotten(Timestamp(u64::MAX), HOUR));
    }

    #[test]
    fn a_list_has_a_limit_and_a_life() {
        let issuer = root();
        let many = vec![revocation(); REVOCATIONS_MAX + 1];
        let sign =
            |list: &[Revocation], expiry| RevocationList::sign(&issuer, list, 1, NOW, expiry);
        assert_eq!(sign(&many, HOUR), Err(RevocationListError::TooMany));
        assert_eq!(sign(&[], Seconds(0)), Err(RevocationListError::Expiry));
        assert_eq!(sign(&[], Seconds(u64::MAX)), Err(RevocationListError::Expiry));
        assert!(sign(&[revocation()], HOUR).is_ok());
    }
}
