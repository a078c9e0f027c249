//! Why a server did not do what was asked.

use std::io;

use strongroom_wire::{ErrorDetail, Kind};

/// Why a call failed. No text of it holds a token or a value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The server's certificate is not trusted.
    #[error("the certificate of {address} is not trusted: {reason}")]
    Certificate {
        /// The server.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Whoever answers is no Strongroom server.
    #[error("{address} does not answer as a Strongroom server does (status {status})")]
    Foreign {
        /// The server.
        address: String,
        /// The status of its answer.
        status: u16,
    },
    /// No connection was made.
    #[error("{address} cannot be reached: {reason}")]
    Unreachable {
        /// The server.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// The connection broke before the answer was there. What was asked may have been done.
    #[error("the connection to {address} broke: {reason}")]
    Broken {
        /// The server.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// The answer is larger than a client takes.
    #[error("the answer of {address} is larger than {bytes_max} bytes")]
    TooLarge {
        /// The server.
        address: String,
        /// The limit.
        bytes_max: u64,
    },
    /// No token was given, and what was asked needs one.
    #[error("{address} wants a token")]
    NoToken {
        /// The server.
        address: String,
    },
    /// The server refused.
    #[error("{}", .0.message)]
    Refused(ErrorDetail),
    /// The client was told something that it cannot use.
    #[error("{0}")]
    Setting(String),
}

impl ClientError {
    /// The kind of the server's refusal.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Refused(detail) => Some(detail.kind),
            _ => None,
        }
    }

    /// Whether asking again may help. Only for what changes nothing.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Broken { .. }) || self.kind() == Some(Kind::Unavailable)
    }

    pub(crate) fn of(error: ureq::Error, address: &str) -> Self {
        let address = address.to_owned();
        match error {
            ureq::Error::Io(error) => Self::of_io(&error, address),
            ureq::Error::Rustls(error) => Self::of_tls(&error, address),
            ureq::Error::HostNotFound => {
                Self::Unreachable { address, reason: "there is no such host".to_owned() }
            }
            ureq::Error::ConnectionFailed => {
                Self::Unreachable { address, reason: "nothing answers there".to_owned() }
            }
            ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect) => {
                Self::Unreachable { address, reason: "it does not answer in time".to_owned() }
            }
            ureq::Error::Timeout(_) => {
                Self::Broken { address, reason: "it does not answer in time".to_owned() }
            }
            ureq::Error::BodyExceedsLimit(bytes_max) => Self::TooLarge { address, bytes_max },
            other => Self::Broken { address, reason: other.to_string() },
        }
    }

    pub(crate) fn of_io(error: &io::Error, address: String) -> Self {
        if let Some(inner) = error.get_ref() {
            if let Some(error) = inner.downcast_ref::<rustls::Error>() {
                return Self::of_tls(error, address);
            }
            if let Some(ureq::Error::BodyExceedsLimit(bytes_max)) = inner.downcast_ref() {
                return Self::TooLarge { address, bytes_max: *bytes_max };
            }
        }
        let reason = error.to_string();
        match error.kind() {
            io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::AddrNotAvailable => Self::Unreachable { address, reason },
            _ => Self::Broken { address, reason },
        }
    }

    fn of_tls(error: &rustls::Error, address: String) -> Self {
        use rustls::{CertificateError as Wrong, Error};
        let reason = match error {
            Error::InvalidCertificate(Wrong::UnknownIssuer) => {
                "no authority that this machine trusts has signed it".to_owned()
            }
            Error::InvalidCertificate(
                Wrong::NotValidForName | Wrong::NotValidForNameContext { .. },
            ) => "it is for another name".to_owned(),
            Error::InvalidCertificate(Wrong::Expired | Wrong::ExpiredContext { .. }) => {
                "it has expired".to_owned()
            }
            Error::InvalidCertificate(other) => other.to_string(),
            other => {
                let reason = format!("no TLS connection was made: {other}");
                return Self::Unreachable { address, reason };
            }
        };
        Self::Certificate { address, reason }
    }
}
