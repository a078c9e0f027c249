//! What goes over Strongroom's own HTTP API: one type for each call and its answer, for the server's door and for the
//! client.
//!
//! `POST /api/v1/<name>` with the call as JSON gives the answer as JSON. What is refused is an [`ErrorBody`]. Values are
//! kept as secrets on both sides: nothing here shows one in `Debug`, and what is decoded is erased when it is dropped.
//!
//! It does no I/O and knows no HTTP library: the server links no client, and the client no server.
//!
//! # Adding a call
//! A type with its [`Call`] in the file of its group, a line in the server's registry (`server/src/native/registry.rs`),
//! and `docs/reference/native-api.md` made anew.

mod apps;
mod changes;
mod metadata;
mod policies;
mod seal;
mod secret_text;
mod secrets;
mod status;
mod time;
mod tokens;
mod usage;
mod value;

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use apps::{
    AddCredential, App, AppNames, ChangeCredential, CreateApp, CreatedApp, Credential,
    CredentialRequest, DeleteApp, ListApps, NewCredential, ReadApp, RemoveCredential, SecretText,
    UpdateApp,
};
pub use changes::{Change, EVENT_CHANGE, EVENT_GAP, HEARTBEAT_SECS, WatchSecrets};
pub use metadata::{InvalidMetadata, Secret, State, Version};
pub use policies::{
    DeletePolicy, ExplainRequest, Explanation, ListPolicies, Missing, PolicyNames, PolicyText,
    PolicyVerdict, ReadPolicy, TestPolicy, WritePolicy,
};
pub use seal::{
    BringRekeyShare, CancelRekey, InitialiseStore, InitialisedStore, ReadSeal, RekeyState,
    SealStore, ShareText, StartRekey, StoreSeal, UnsealStore, VerifyRekey,
};
pub use secrets::{
    DeleteSecret, DeleteVersions, Deleted, DescribeSecret, DestroyVersions, Erased, ListSecrets,
    Listed, ListedPage, PurgeSecret, Purged, PutSecret, PutSecrets, PutSecretsEntry, ReadSecret,
    ReadSecrets, ReadSecretsEntry, RestoreSecret, RollbackSecret, RolledBack, SecretRead,
    SecretsRead, TagSecret, UndeleteVersions, Which, Written, WrittenAll,
};
pub use status::{STATUS, Status};
pub use time::Time;
pub use tokens::{
    CreateToken, IssuedToken, LookupToken, RenewToken, RevokeToken, Token, TokenParent, TokenText,
    WhichToken,
};
pub use usage::{
    DayUse, ListUsage, ReadUsage, SecretUsage, Usage, UsageOf, UsagePage, UserUse, VersionUse,
};
pub use value::Value;

/// What the paths of the API begin with.
pub const PREFIX: &str = "/api/v1/";

/// Something that can be asked over the API.
pub trait Call: Serialize + DeserializeOwned {
    /// What it answers.
    type Answer: Serialize + DeserializeOwned;

    /// Its name: the last part of the path.
    const NAME: &'static str;

    /// What it does, in a line.
    const ABOUT: &'static str;

    /// Whether it changes nothing, and can be asked again when no answer came.
    const READS: bool;
}

/// The answer of a call that has nothing to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {}

/// The body of everything that is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// What went wrong.
    pub error: ErrorDetail,
}

/// What went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorDetail {
    /// The sort of error.
    pub kind: Kind,
    /// What happened. It holds no value of a secret.
    pub message: String,
    /// What can be done about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident => $word:literal $status:literal,)*) => {
        /// The sorts of error, the engine's and those of the door itself.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum Kind {
            $($(#[$doc])* #[serde(rename = $word)] $kind,)*
            /// One that this program does not know.
            #[serde(other, rename = "unknown")]
            Unknown,
        }

        impl Kind {
            /// Every kind that the server answers.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// The word for it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)*
                    Self::Unknown => "unknown",
                }
            }

            /// The status that goes with it (RFC 9110, RFC 6585).
            #[must_use]
            pub fn status(self) -> u16 {
                match self {
                    $(Self::$kind => $status,)*
                    Self::Unknown => 500,
                }
            }
        }
    };
}

kinds! {
    /// There is one already.
    AlreadyExists => "already-exists" 409,
    /// The audit log cannot take the record, so nothing was answered.
    AuditUnavailable => "audit-unavailable" 503,
    /// It is there and deleted, and can come back.
    Deleted => "deleted" 410,
    /// Not allowed.
    Forbidden => "forbidden" 403,
    /// The server or its store is not as it must be.
    Internal => "internal" 500,
    /// The request breaks a rule.
    InvalidRequest => "invalid-request" 400,
    /// There is no such thing, or it is hidden.
    NotFound => "not-found" 404,
    /// Too many requests.
    QuotaExceeded => "quota-exceeded" 429,
    /// The keys are not in the server's memory.
    Sealed => "sealed" 503,
    /// Who asks is not known: no token, or one that is not or no longer good.
    Unauthenticated => "unauthenticated" 401,
    /// The store failed, or the server is overloaded; trying again may help.
    Unavailable => "unavailable" 503,
    /// This server does not do it.
    Unsupported => "unsupported" 501,
    /// Someone else changed it first.
    VersionConflict => "version-conflict" 412,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

fn is_false(truth: &bool) -> bool {
    !truth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_of_a_newer_server_is_read_as_unknown() {
        let detail = r#"{"error":{"kind":"brand-new","message":"m"}}"#;
        let body: ErrorBody = serde_json::from_str(detail).expect("reads");
        assert_eq!(body.error.kind, Kind::Unknown);
    }

    #[test]
    fn every_kind_is_written_by_its_word() {
        for kind in Kind::ALL {
            let text = serde_json::to_string(kind).expect("writes");
            assert_eq!(text, format!("\"{kind}\""));
        }
    }
}
