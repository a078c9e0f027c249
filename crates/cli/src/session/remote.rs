//! What a server is asked instead of a store: each operation as a call of the native API.

use strongroom_client::{Address, Client, Settings};
use strongroom_core::model::{self, Selector, VersionNumber};
use strongroom_core::time::Timestamp;
use strongroom_core::token::PlainToken;
use strongroom_engine::Operation;
use strongroom_engine::operations::explain::{ExplainRequest, Explanation};
use strongroom_engine::operations::policy::{
    DeletePolicy, ListPolicies, PolicyVerdict, ReadPolicy, TestPolicy, WritePolicy,
};
use strongroom_engine::operations::{
    DeleteSecret, DeleteVersions, DescribeSecret, DestroyVersions, ListSecrets, Listed, ListedPage,
    PurgeSecret, PutSecret, PutSecrets, ReadSecret, ReadSecrets, RestoreSecret, RollbackSecret,
    SecretRead, TagSecret, UndeleteVersions,
};
use strongroom_wire as wire;

use super::Refusal;
use crate::failure::Failure;

/// Names the server.
pub const ADDRESS_VARIABLE: &str = "STRONGROOM_ADDR";
/// Holds the token.
pub const TOKEN_VARIABLE: &str = "STRONGROOM_TOKEN";
/// Names a file of authorities in PEM that are trusted beside the system's.
pub const AUTHORITY_VARIABLE: &str = "STRONGROOM_CACERT";

/// The server's address, where one is named.
#[must_use]
pub fn address() -> Option<String> {
    let value = std::env::var_os(ADDRESS_VARIABLE).filter(|value| !value.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}

/// A client of the server, where one is named. Nothing is sent yet.
///
/// # Errors
/// [`Failure`]
pub fn client() -> Result<Option<Client>, Failure> {
    let Some(address) = address() else { return Ok(None) };
    let unusable = |error| {
        Failure::from(Refusal::from(error))
            .hint(format_args!("set {ADDRESS_VARIABLE}=https://host:8200"))
    };
    let authority = std::env::var_os(AUTHORITY_VARIABLE).filter(|value| !value.is_empty());
    let settings = Settings {
        address: Address::parse(&address).map_err(unusable)?,
        authority: authority.map(Into::into),
        program: concat!("strongroom/", env!("CARGO_PKG_VERSION")).to_owned(),
        allows_clear: false,
    };
    let token = super::token().map(|token| PlainToken::new(token.expose().to_vec()));
    let client = Client::new(&settings, token);
    client.map(Some).map_err(|error| Failure::from(Refusal::from(error)))
}

/// A client of the server that is named; only a server is `done` this way.
///
/// # Errors
/// [`Failure`]
pub fn server(done: &str) -> Result<Client, Failure> {
    client()?.ok_or_else(|| {
        let message = format_args!("a server is {done}, and {ADDRESS_VARIABLE} names none");
        Failure::new(message).hint(format_args!("export {ADDRESS_VARIABLE}=https://host:8200"))
    })
}

/// What a server's refusal is to a command.
#[must_use]
pub fn refused(error: strongroom_client::ClientError) -> Failure {
    Failure::from(Refusal::from(error))
}

/// An operation that can be asked of a server as well.
pub trait Remote: Operation {
    /// The call that it is there.
    type Call: wire::Call;

    /// What the server is asked.
    fn call(&self) -> Self::Call;

    /// What it answered; `None` when that cannot be.
    fn answer(answer: <Self::Call as wire::Call>::Answer) -> Option<Self::Answer>;
}

impl Remote for ReadSecret {
    type Call = wire::ReadSecret;

    fn call(&self) -> wire::ReadSecret {
        wire::ReadSecret {
            path: self.path.clone(),
            which: which(&self.selector),
            member: self.member.clone(),
        }
    }

    fn answer(read: wire::SecretRead) -> Option<SecretRead> {
        secret_read(read)
    }
}

impl Remote for ReadSecrets {
    type Call = wire::ReadSecrets;

    fn call(&self) -> wire::ReadSecrets {
        let entry = |(name, candidates): &(String, Vec<String>)| wire::ReadSecretsEntry {
            name: name.clone(),
            candidates: candidates.clone(),
        };
        let secrets = self.wanted.iter().map(entry).collect();
        wire::ReadSecrets { subject: self.subject.clone(), secrets }
    }

    fn answer(answer: wire::SecretsRead) -> Option<Self::Answer> {
        let read = answer.secrets.into_iter();
        read.map(|read| read.map_or(Some(None), |read| secret_read(read).map(Some))).collect()
    }
}

impl Remote for PutSecret {
    type Call = wire::PutSecret;

    fn call(&self) -> wire::PutSecret {
        wire::PutSecret {
            path: self.path.clone(),
            value: (&self.payload).into(),
            content_type: self.content_type.clone(),
            expires: self.expires.map(wire::Time),
            tags: self.tags.clone(),
            check_and_set: self.check_and_set,
        }
    }

    fn answer(written: wire::Written) -> Option<VersionNumber> {
        Some(VersionNumber(written.version))
    }
}

impl Remote for PutSecrets {
    type Call = wire::PutSecrets;

    fn call(&self) -> wire::PutSecrets {
        let entry = |(path, payload): &(String, model::Payload)| wire::PutSecretsEntry {
            path: path.clone(),
            value: payload.into(),
        };
        let secrets = self.secrets.iter().map(entry).collect();
        wire::PutSecrets { subject: self.subject.clone(), secrets }
    }

    fn answer(written: wire::WrittenAll) -> Option<Vec<VersionNumber>> {
        Some(written.versions.into_iter().map(VersionNumber).collect())
    }
}

impl Remote for ListSecrets {
    type Call = wire::ListSecrets;

    fn call(&self) -> wire::ListSecrets {
        wire::ListSecrets {
            prefix: self.prefix.clone(),
            recursive: self.recursive,
            deleted: self.deleted,
            after: self.after.clone(),
            limit: Some(self.limit),
        }
    }

    fn answer(page: wire::ListedPage) -> Option<ListedPage> {
        let entry = |entry| match entry {
            wire::Listed::Folder(folder) => Listed::Folder(folder),
            wire::Listed::Secret { path, current, updated, state } => {
                Listed::Secret { path, current, updated: updated.into(), state: state.into() }
            }
        };
        let entries = page.entries.into_iter().map(entry).collect();
        Some(ListedPage { entries, next: page.next })
    }
}

impl Remote for DescribeSecret {
    type Call = wire::DescribeSecret;

    fn call(&self) -> wire::DescribeSecret {
        wire::DescribeSecret { path: self.path.clone() }
    }

    fn answer(secret: wire::Secret) -> Option<model::Secret> {
        secret.try_into().ok()
    }
}

impl Remote for DeleteSecret {
    type Call = wire::DeleteSecret;

    fn call(&self) -> wire::DeleteSecret {
        wire::DeleteSecret { path: self.path.clone(), recovery_secs: Some(self.recovery.0) }
    }

    fn answer(deleted: wire::Deleted) -> Option<Timestamp> {
        Some(deleted.kept_until.into())
    }
}

impl Remote for RestoreSecret {
    type Call = wire::RestoreSecret;

    fn call(&self) -> wire::RestoreSecret {
        wire::RestoreSecret { path: self.path.clone() }
    }

    fn answer(_: wire::Done) -> Option<()> {
        Some(())
    }
}

impl Remote for PurgeSecret {
    type Call = wire::PurgeSecret;

    fn call(&self) -> wire::PurgeSecret {
        wire::PurgeSecret { path: self.path.clone() }
    }

    fn answer(purged: wire::Purged) -> Option<bool> {
        Some(purged.done)
    }
}

impl Remote for DeleteVersions {
    type Call = wire::DeleteVersions;

    fn call(&self) -> wire::DeleteVersions {
        wire::DeleteVersions { path: self.path.clone(), versions: plain(&self.numbers) }
    }

    fn answer(_: wire::Done) -> Option<()> {
        Some(())
    }
}

impl Remote for UndeleteVersions {
    type Call = wire::UndeleteVersions;

    fn call(&self) -> wire::UndeleteVersions {
        wire::UndeleteVersions { path: self.path.clone(), versions: plain(&self.numbers) }
    }

    fn answer(_: wire::Done) -> Option<()> {
        Some(())
    }
}

impl Remote for DestroyVersions {
    type Call = wire::DestroyVersions;

    fn call(&self) -> wire::DestroyVersions {
        wire::DestroyVersions { path: self.path.clone(), versions: plain(&self.numbers) }
    }

    fn answer(erased: wire::Erased) -> Option<Vec<VersionNumber>> {
        Some(erased.versions.into_iter().map(VersionNumber).collect())
    }
}

impl Remote for RollbackSecret {
    type Call = wire::RollbackSecret;

    fn call(&self) -> wire::RollbackSecret {
        // A rollback to the current version is one to what AWSCURRENT names.
        let current = || wire::Which::Label(model::AWSCURRENT.to_owned());
        wire::RollbackSecret {
            path: self.path.clone(),
            to: which(&self.to).unwrap_or_else(current),
        }
    }

    fn answer(done: wire::RolledBack) -> Option<(VersionNumber, VersionNumber)> {
        Some((VersionNumber(done.value_of), VersionNumber(done.version)))
    }
}

impl Remote for TagSecret {
    type Call = wire::TagSecret;

    fn call(&self) -> wire::TagSecret {
        wire::TagSecret {
            path: self.path.clone(),
            tags: self.metadata.clone(),
            description: self.description.clone(),
            versions_max: self.versions_max,
        }
    }

    fn answer(_: wire::Done) -> Option<()> {
        Some(())
    }
}

impl Remote for WritePolicy {
    type Call = wire::WritePolicy;

    fn call(&self) -> wire::WritePolicy {
        wire::WritePolicy { name: self.name().to_owned(), policy: self.text().to_owned() }
    }

    fn answer(_: wire::Done) -> Option<()> {
        Some(())
    }
}

impl Remote for ReadPolicy {
    type Call = wire::ReadPolicy;

    fn call(&self) -> wire::ReadPolicy {
        wire::ReadPolicy { name: self.name().to_owned() }
    }

    fn answer(policy: wire::PolicyText) -> Option<(String, String)> {
        Some((policy.name, policy.policy))
    }
}

impl Remote for DeletePolicy {
    type Call = wire::DeletePolicy;

    fn call(&self) -> wire::DeletePolicy {
        wire::DeletePolicy { name: self.name().to_owned() }
    }

    fn answer(_: wire::Done) -> Option<()> {
        Some(())
    }
}

impl Remote for ListPolicies {
    type Call = wire::ListPolicies;

    fn call(&self) -> wire::ListPolicies {
        wire::ListPolicies {}
    }

    fn answer(names: wire::PolicyNames) -> Option<Vec<String>> {
        Some(names.names)
    }
}

impl Remote for TestPolicy {
    type Call = wire::TestPolicy;

    fn call(&self) -> wire::TestPolicy {
        let texts = self.texts.iter().cloned();
        wire::TestPolicy {
            texts: texts.map(|(name, policy)| wire::PolicyText { name, policy }).collect(),
            names: self.names.clone(),
            path: self.path.clone(),
            capability: self.capability.to_string(),
        }
    }

    fn answer(verdict: wire::PolicyVerdict) -> Option<PolicyVerdict> {
        Some(PolicyVerdict {
            allowed: verdict.allowed,
            reason: verdict.reason,
            hint: verdict.rule,
            warnings: verdict.warnings,
        })
    }
}

impl Remote for ExplainRequest {
    type Call = wire::ExplainRequest;

    fn call(&self) -> wire::ExplainRequest {
        wire::ExplainRequest { request_id: self.0.to_string() }
    }

    fn answer(found: wire::Explanation) -> Option<Explanation> {
        Some(Explanation {
            request_id: found.request_id,
            time: found.time,
            principal: found.principal,
            operation: found.operation,
            path: found.path,
            outcome: found.outcome,
            status: found.status,
            missing: found.missing.map(|missing| (missing.capability, missing.path)),
            reason: found.reason,
            hint: found.rule,
        })
    }
}

fn secret_read(read: wire::SecretRead) -> Option<SecretRead> {
    let version = read.version.try_into().ok()?;
    Some(SecretRead { path: read.path, version, payload: read.value.0 })
}

fn which(selector: &Selector) -> Option<wire::Which> {
    match selector {
        Selector::Current => None,
        Selector::Number(number) => Some(wire::Which::Version(number.0)),
        Selector::Id(id) => Some(wire::Which::Id(id.to_string())),
        Selector::Label(label) => Some(wire::Which::Label(label.to_string())),
    }
}

fn plain(numbers: &[VersionNumber]) -> Vec<u64> {
    numbers.iter().map(|number| number.0).collect()
}
