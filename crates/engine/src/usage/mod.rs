//! How secrets, tokens and the credentials of logins are used: kept as records that are folded from the audit log.
//!
//! Nothing is counted where something is read: the log tells of every use, and is read on from where the last fold
//! stopped. The place and what was folded up to it are committed together, so that each line counts once, whatever
//! process folds it and whenever one dies. Where a fold is too much for one commit, its end is agreed on first, and
//! each record says which round it has: whoever goes on finishes that round and no other.
//!
//! ```text
//! usage/place             UsagePlace
//! usage/secret/<id>       UsageRecord
//! usage/token/<hash>      the same, by the beginning of a token's hash, as the log has it
//! usage/credential/<hash> the same, by the keyed hash of a secret id's accessor, or of what names an app's credential
//! ```

mod fold;
mod line;
mod subject;

pub(crate) use fold::Folder;
pub(crate) use subject::Subject;

use strongroom_core::crypto::RecordKind;
use strongroom_core::usage::Usage;
use strongroom_store::Key;

use crate::audit::tail::Mark;
use crate::error::Error;
use crate::keys;
use crate::records::Stored;
use crate::room::Room;

/// How far the audit log was folded.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(crate) struct UsagePlace {
    /// Up to here.
    #[n(0)]
    from: Mark,
    /// The end of the round that has begun, if one has.
    #[n(1)]
    to: Option<Mark>,
    /// The number of the round that has begun, or is the next.
    #[n(2)]
    round: u64,
    /// When the last line was written that counts, in milliseconds since 1970.
    #[n(3)]
    last_ms: u64,
    /// Lines up to this time count already though they lie behind the place: the log was another one before.
    #[n(4)]
    counted_ms: u64,
}

/// How something was used, up to the end of a round.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(crate) struct UsageRecord {
    #[n(0)]
    usage: Usage,
    /// The last round that it has.
    #[n(1)]
    round: u64,
}

impl Room<'_> {
    /// Read on in the audit log, so that what is read afterwards has every use that was answered.
    ///
    /// # Errors
    /// [`Error::AuditUnavailable`], [`Error::Unavailable`]
    pub(crate) fn fold_usage(&self) -> Result<(), Error> {
        Folder::of(self).fold_all()
    }

    /// How something was used, as of the last fold; `None` when it never was.
    ///
    /// # Errors
    /// [`Error`] when the record cannot be read.
    pub(crate) fn usage(&self, of: &Subject) -> Result<Option<Usage>, Error> {
        let key: Key = of.key(self.unsealed.token_key()?);
        let found: Option<Stored<UsageRecord>> = self.records().read(RecordKind::Usage, &key)?;
        Ok(found.map(|found| found.value.usage))
    }

    /// The deletion of what is known of something that is removed for good.
    ///
    /// # Errors
    /// [`Error`] when the keys are damaged.
    pub(crate) fn forget_usage(&self, of: &Subject) -> Result<strongroom_store::Write, Error> {
        Ok(strongroom_store::Write::Delete(of.key(self.unsealed.token_key()?)))
    }
}

pub(crate) fn place_key() -> Key {
    keys::fixed(keys::USAGE_PLACE)
}
