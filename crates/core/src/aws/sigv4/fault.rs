//! Why a request is refused, in AWS's words.

use super::date::SigningTime;

/// What follows every signature that does not match.
const MISMATCH: &str = "The request signature we calculated does not match the signature you provided. Check your \
                        AWS Secret Access Key and signing method. Consult the service documentation for details.";

/// Why a request is refused. `Display` is the message that AWS sends; it names no secret.
///
/// The texts are those that AWS's services answer to such requests; AWS documents the types only
/// (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html>).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing says who sends it.
    #[error("Missing Authentication Token")]
    MissingAuthenticationToken,
    /// What says who sends it is not complete, or breaks a limit.
    #[error("{0}")]
    Incomplete(String),
    /// Nobody has the access key or the session token. Made by who looks them up, and for a token that is not the
    /// key's.
    #[error("The security token included in the request is invalid.")]
    UnrecognizedClient,
    /// The session token was good once.
    #[error("The security token included in the request is expired")]
    ExpiredToken,
    /// The scope of the credential is not this service's.
    #[error("{0}")]
    Scope(String),
    /// It was signed too long ago.
    #[error("Signature expired: {signed} is now earlier than {earliest} ({now} - {span})")]
    Expired {
        /// When it was signed.
        signed: SigningTime,
        /// The earliest time that is accepted.
        earliest: SigningTime,
        /// The time here.
        now: SigningTime,
        /// How long a signature is good: `5 min.`
        span: String,
    },
    /// It was signed in the future.
    #[error("Signature not yet current: {signed} is still later than {latest} ({now} + {span})")]
    NotYetCurrent {
        /// When it was signed.
        signed: SigningTime,
        /// The latest time that is accepted.
        latest: SigningTime,
        /// The time here.
        now: SigningTime,
        /// How far clocks can be apart: `5 min.`
        span: String,
    },
    /// A header field that must be signed is not.
    #[error("'{0}' must be a 'SignedHeader' in the AWS Authorization.")]
    HeaderNotSigned(String),
    /// A header field is said to be signed and was not sent.
    #[error("The header '{0}' is a 'SignedHeader' in the AWS Authorization and is missing.")]
    SignedHeaderMissing(String),
    /// `x-amz-content-sha256` is not the hash of the body. `UNSIGNED-PAYLOAD` and `STREAMING-…` are no hash.
    #[error("The provided 'x-amz-content-sha256' header does not match what was computed.")]
    PayloadHash,
    /// The signature is not that of this key and request. The value of a session token is left out of the texts.
    #[error(
        "{MISMATCH}\n\nThe Canonical String for this request should have been\n'{canonical}'\n\nThe String-to-Sign \
         should have been\n'{string_to_sign}'\n"
    )]
    SignatureMismatch {
        /// The canonical request.
        canonical: String,
        /// The string to sign.
        string_to_sign: String,
    },
}

impl Fault {
    /// The error's type in the JSON protocol (`__type`), with status 400.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::Incomplete(_) => "IncompleteSignatureException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::Scope(_)
            | Self::Expired { .. }
            | Self::NotYetCurrent { .. }
            | Self::HeaderNotSigned(_)
            | Self::SignedHeaderMissing(_)
            | Self::PayloadHash
            | Self::SignatureMismatch { .. } => "InvalidSignatureException",
        }
    }

    /// The error's code in the query protocol, as STS has it
    /// (<https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html>).
    #[must_use]
    pub fn query_code(&self) -> &'static str {
        match self {
            Self::MissingAuthenticationToken => "MissingAuthenticationToken",
            Self::Incomplete(_) => "IncompleteSignature",
            Self::UnrecognizedClient => "InvalidClientTokenId",
            Self::ExpiredToken => "ExpiredToken",
            _ => "SignatureDoesNotMatch",
        }
    }

    /// The HTTP status in the query protocol.
    #[must_use]
    pub fn query_status(&self) -> u16 {
        match self {
            Self::Incomplete(_) => 400,
            _ => 403,
        }
    }
}
