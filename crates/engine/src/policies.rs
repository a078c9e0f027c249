//! Policies as they are kept.

use strongroom_core::crypto::RecordKind;
use strongroom_core::policy::{Policy, PolicyName};
use strongroom_store::Revision;

use crate::error::Error;
use crate::keys;
use crate::records::Records;

/// What every token may do unless it says otherwise, until somebody writes another `default`: look after itself.
/// As Vault's, <https://developer.hashicorp.com/vault/docs/concepts/policies#default-policy>.
pub(crate) const DEFAULT_POLICY: &str = include_str!("policies/default.hcl");

/// A policy as it is kept.
#[derive(Debug, minicbor::Encode, minicbor::Decode)]
pub(crate) struct PolicyRecord {
    /// The text, as it was written.
    #[n(0)]
    pub(crate) text: String,
}

/// A policy's text, and the revision of its record; `default` is there without one.
pub(crate) fn text(
    records: &Records<'_>,
    name: &PolicyName,
) -> Result<(Option<String>, Option<Revision>), Error> {
    let stored = records.read::<PolicyRecord>(RecordKind::Policy, &keys::policy(name))?;
    Ok(match stored {
        Some(stored) => (Some(stored.value.text), Some(stored.revision)),
        None => (name.is_default().then(|| DEFAULT_POLICY.to_owned()), None),
    })
}

/// A policy, and the revision of its record. A name without a policy allows nothing.
pub(crate) fn read(
    records: &Records<'_>,
    name: &PolicyName,
) -> Result<(Option<Policy>, Option<Revision>), Error> {
    let (text, revision) = text(records, name)?;
    let Some(text) = text else { return Ok((None, revision)) };
    let policy = Policy::parse(name.clone(), &text)
        .map_err(|_| Error::damaged(keys::policy(name).as_str(), "it does not parse"))?;
    Ok((Some(policy), revision))
}
