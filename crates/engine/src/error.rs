//! What an operation answers when it does not do what was asked.

use std::fmt;

use strongroom_core::model::{LabelError, NameError, PayloadError, TransitionError};
use strongroom_core::policy::Capability;
use strongroom_store::{CommitError, ReadError};

use crate::audit::AuditError;
use crate::operations::aws::AwsClass;

/// Why an operation was not done. Transport-free: a door has one table from [`Kind`] to its own codes. `Display` is
/// the message for the caller; no variant has room for a secret's value.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is one already.
    #[error("{0} exists already")]
    AlreadyExists(String),
    /// The audit log cannot take the record, so nothing was answered.
    #[error("the request is refused because it cannot be audited: {0}")]
    AuditUnavailable(#[from] AuditError),
    /// No policy of the caller allows it.
    #[error("permission denied on {path}")]
    Forbidden {
        /// Who asked.
        principal: String,
        /// What they lack.
        capability: Capability,
        /// Where.
        path: String,
        /// The decision in words, for the audit log and `explain`; not for the caller.
        reason: String,
        /// The rule that would allow it, as a policy writes it, where one can.
        hint: Option<String>,
    },
    /// The program or the store is not as it must be.
    #[error(transparent)]
    Internal(#[from] Damaged),
    /// The request breaks a rule.
    #[error(transparent)]
    InvalidRequest(#[from] InvalidRequest),
    /// There is no such thing, or it is hidden.
    #[error("{0} was not found")]
    NotFound(String),
    /// Too many requests for a quota.
    #[error("{0}")]
    QuotaExceeded(String),
    /// Who asks is not known: no token, or one that is not or no longer good. Why is for the audit log only.
    #[error("permission denied")]
    Unauthenticated(String),
    /// This program does not do it.
    #[error("{0}")]
    Unsupported(&'static str),
    /// It is there and deleted, and can come back.
    #[error("{0} is deleted")]
    Deleted(String),
    /// The keys are not in memory.
    #[error("the store is sealed")]
    Sealed,
    /// The store failed; trying again may help.
    #[error("{0}")]
    Unavailable(String),
    /// Someone else changed it first.
    #[error("{0}")]
    VersionConflict(String),
}

/// A record that cannot be what it claims to be.
#[derive(Debug, thiserror::Error)]
#[error("the record {key} is damaged: {problem}")]
pub struct Damaged {
    /// Where the store keeps it.
    pub key: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

/// Which rule a request breaks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidRequest {
    /// A label.
    #[error(transparent)]
    Label(#[from] LabelError),
    /// A limit of the engine.
    #[error("{0}")]
    Limit(&'static str),
    /// Another rule, in words that quote no value.
    #[error("{0}")]
    Rule(String),
    /// A path, or a name at a door.
    #[error("the name {name:?} is not allowed: {source}")]
    Name {
        /// The name as it was given.
        name: String,
        /// The rule.
        source: NameError,
    },
    /// The path is in no mount.
    #[error("no mount serves {0}")]
    NoMount(String),
    /// A rule of AWS's API, in its own words.
    #[error("{text}")]
    Aws {
        /// Which of its errors it is.
        class: AwsClass,
        /// The words.
        text: String,
    },
    /// A value.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// A change that the secret's state does not admit.
    #[error(transparent)]
    Transition(TransitionError),
}

/// The dozen sorts of error that doors tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// There is one already.
    AlreadyExists,
    /// The audit log cannot take the record.
    AuditUnavailable,
    /// It is there and deleted.
    Deleted,
    /// Not allowed.
    Forbidden,
    /// The program or the store is not as it must be.
    Internal,
    /// The request breaks a rule.
    InvalidRequest,
    /// There is no such thing.
    NotFound,
    /// Too many requests.
    QuotaExceeded,
    /// The keys are not in memory.
    Sealed,
    /// The store failed.
    Unavailable,
    /// Who asks is not known.
    Unauthenticated,
    /// This program does not do it.
    Unsupported,
    /// Someone else changed it first.
    VersionConflict,
}

impl Error {
    /// Its sort.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::AlreadyExists(_) => Kind::AlreadyExists,
            Self::AuditUnavailable(_) => Kind::AuditUnavailable,
            Self::Deleted(_) => Kind::Deleted,
            Self::Forbidden { .. } => Kind::Forbidden,
            Self::Internal(_) => Kind::Internal,
            Self::InvalidRequest(_) => Kind::InvalidRequest,
            Self::NotFound(_) => Kind::NotFound,
            Self::QuotaExceeded(_) => Kind::QuotaExceeded,
            Self::Unauthenticated(_) => Kind::Unauthenticated,
            Self::Unsupported(_) => Kind::Unsupported,
            Self::Sealed => Kind::Sealed,
            Self::Unavailable(_) => Kind::Unavailable,
            Self::VersionConflict(_) => Kind::VersionConflict,
        }
    }

    /// Whether it is about something that is there and deleted: [`Kind::Deleted`], or a change that it does not admit.
    #[must_use]
    pub fn is_of_deleted(&self) -> bool {
        matches!(
            self,
            Self::Deleted(_)
                | Self::InvalidRequest(InvalidRequest::Transition(TransitionError::Deleted))
        )
    }

    pub(crate) fn name(name: &str, source: NameError) -> Self {
        InvalidRequest::Name { name: name.to_owned(), source }.into()
    }

    /// A rule that the request breaks.
    pub(crate) fn rule(text: impl Into<String>) -> Self {
        InvalidRequest::Rule(text.into()).into()
    }

    pub(crate) fn damaged(key: &str, problem: &'static str) -> Self {
        Damaged { key: key.to_owned(), problem }.into()
    }
}

impl Kind {
    /// The word that audit records use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlreadyExists => "already-exists",
            Self::AuditUnavailable => "audit-unavailable",
            Self::Deleted => "deleted",
            Self::Forbidden => "forbidden",
            Self::Internal => "internal",
            Self::InvalidRequest => "invalid-request",
            Self::NotFound => "not-found",
            Self::QuotaExceeded => "quota-exceeded",
            Self::Sealed => "sealed",
            Self::Unauthenticated => "unauthenticated",
            Self::Unsupported => "unsupported",
            Self::Unavailable => "unavailable",
            Self::VersionConflict => "version-conflict",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<TransitionError> for Error {
    fn from(error: TransitionError) -> Self {
        match error {
            TransitionError::CheckAndSet { .. } => Self::VersionConflict(error.to_string()),
            other => InvalidRequest::Transition(other).into(),
        }
    }
}

impl From<PayloadError> for Error {
    fn from(error: PayloadError) -> Self {
        InvalidRequest::Payload(error).into()
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Corrupt(_) => Self::damaged("database", "its structure is not whole"),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::PreconditionFailed(_) => Self::VersionConflict(error.to_string()),
            CommitError::Corrupt(_) => Self::damaged("database", "its structure is not whole"),
            CommitError::Invalid(rule) => InvalidRequest::Limit(rule).into(),
            other => Self::Unavailable(other.to_string()),
        }
    }
}
