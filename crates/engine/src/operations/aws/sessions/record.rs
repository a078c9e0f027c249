use minicbor::{Decode, Encode};
use strongroom_core::app::{AccessKeyId, SecretAccessKey};
use strongroom_core::identifier::AppId;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_core::token::TokenHash;
use strongroom_store::Batch;

use super::super::rule::{AwsClass, refuse};
use crate::apps::{Apps, KnownSession};
use crate::due::Due;
use crate::error::Error;
use crate::identify::Identified;
use crate::records::Stored;
use crate::room::Room;

/// The shortest session (AWS's limit).
pub const SESSION_SECS_MIN: Seconds = Seconds(900);
/// How long a session is where nobody says.
pub const SESSION_SECS_DEFAULT: Seconds = Seconds(3_600);
/// The longest session (AWS's limit).
pub const SESSION_SECS_MAX: Seconds = Seconds(43_200);
/// How many sessions one app or token has at a time.
pub const SESSIONS_MAX: usize = 1_000;

/// How long the record of a session that ended is kept: until then its owner is told that it ended, and after it that
/// there is none.
pub(crate) const KEPT_AFTER_END: Seconds = Seconds(3_600);
/// How many sessions one commit removes: each is a few writes.
const REMOVED_MAX: usize = 20;
/// How many hexadecimal digits a time has in a record's name.
const TIME_DIGITS: usize = 16;

/// What is kept of a session. The name of its record says its access key's id.
#[derive(Encode, Decode)]
pub(crate) struct SessionRecord {
    #[n(0)]
    pub(crate) owner: SessionOwner,
    /// What whoever began it called it.
    #[n(1)]
    pub(crate) name: String,
    #[n(2)]
    pub(crate) secret: SecretAccessKey,
    #[n(3)]
    pub(crate) expires: Timestamp,
}

/// Whose a session is.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum SessionOwner {
    /// An app's, for as long as its sessions are not all taken back.
    #[n(0)]
    App {
        #[n(0)]
        name: String,
        #[n(1)]
        id: AppId,
        #[n(2)]
        epoch: u64,
    },
    /// A token's.
    #[n(1)]
    Token(#[n(0)] TokenHash),
}

/// Temporary keys that were just made, with the one text of them.
#[derive(Debug)]
pub struct NewSession {
    /// Names the key.
    pub id: AccessKeyId,
    /// What requests are signed with.
    pub secret: SecretAccessKey,
    /// What requests carry.
    pub token: SecretValue,
    /// When they end.
    pub expires: Timestamp,
    /// The ARN of whoever has them.
    pub arn: String,
    /// The unique id of whoever has them.
    pub user_id: String,
}

impl SessionOwner {
    /// What the names of the owner's sessions begin with.
    fn prefix(&self) -> String {
        match self {
            Self::App { id, epoch, .. } => prefix_of_app(*id, *epoch),
            Self::Token(hash) => prefix_of_token(*hash),
        }
    }
}

/// What the names of an app's sessions begin with.
pub(crate) fn prefix_of_app(id: AppId, epoch: u64) -> String {
    format!("session-of/app/{id}/{epoch:016x}/")
}

/// What the names of a token's sessions begin with.
pub(crate) fn prefix_of_token(hash: TokenHash) -> String {
    format!("session-of/token/{hash}/")
}

fn name_in(prefix: &str, expires: Timestamp, hash: TokenHash) -> String {
    format!("{prefix}{:0TIME_DIGITS$x}/{hash}", expires.0)
}

fn record_of(hash: TokenHash) -> String {
    format!("session/{hash}")
}

/// What is due when a session's record goes.
fn due(hash: TokenHash) -> Due {
    Due::Session(hash)
}

impl Apps<'_> {
    /// The session with an access key's id, and the name of its record.
    pub(crate) fn session(
        &self,
        id: &AccessKeyId,
    ) -> Result<(String, Option<Stored<SessionRecord>>), Error> {
        let name = record_of(self.session_hash(id));
        let found = self.logical.read(&name)?;
        Ok((name, found))
    }
}

impl Room<'_> {
    /// Begin a session of `owner`, who is `identified`. That the owner does not change before the commit is for who
    /// asks to demand.
    ///
    /// # Errors
    /// [`AwsClass::LimitExceeded`]
    pub(super) fn begin_session(
        &self,
        batch: &mut Batch,
        identified: &Identified,
        owner: SessionOwner,
        name: &str,
        expires: Timestamp,
    ) -> Result<NewSession, Error> {
        let (apps, records, prefix) = (self.apps()?, self.records(), owner.prefix());
        let not_ended = format!("{:0TIME_DIGITS$x}", self.now.0.saturating_add(1));
        let (live, _) = apps.logical.names(&prefix, Some(&not_ended), SESSIONS_MAX)?;
        if live.len() >= SESSIONS_MAX {
            let text = format!("There are {SESSIONS_MAX} sessions of this identity already.");
            return Err(refuse(AwsClass::LimitExceeded, text));
        }
        let id = AccessKeyId::generate_temporary(self.random);
        let secret = SecretAccessKey::generate(self.random);
        let hash = apps.session_hash(&id);
        let token = apps.session_token(&id, &secret);
        let kept = SecretAccessKey::new(secret.expose().to_vec());
        let record = SessionRecord { owner, name: name.to_owned(), secret: kept, expires };
        apps.logical.put(batch, &record_of(hash), &record, None::<&Stored<()>>)?;
        apps.logical.overwrite(batch, &name_in(&prefix, expires, hash), &())?;
        due(hash).put(&records, batch, expires.plus(KEPT_AFTER_END));
        let text = SecretValue::new(token.as_bytes().to_vec());
        let holder = identified.in_session(&KnownSession::new(&id, name, token, expires));
        let account = self.account();
        let (arn, user_id) = (holder.arn(account), holder.user_id(account));
        Ok(NewSession { id, secret, token: text, expires, arn, user_id })
    }
}

/// Remove the record of a session that ended.
pub(crate) fn end_session(
    room: &Room<'_>,
    hash: TokenHash,
    batch: &mut Batch,
) -> Result<(), Error> {
    let logical = room.apps()?.logical;
    let Some(found) = logical.read::<SessionRecord>(&record_of(hash))? else { return Ok(()) };
    let SessionRecord { owner, expires, .. } = found.value;
    logical.delete(batch, &record_of(hash))?;
    logical.delete(batch, &name_in(&owner.prefix(), expires, hash))
}

/// Remove the sessions whose names begin so, or a part of them, and tell whether that was all.
pub(crate) fn remove_sessions(
    room: &Room<'_>,
    prefix: &str,
    batch: &mut Batch,
) -> Result<bool, Error> {
    let logical = room.apps()?.logical;
    let (names, more) = logical.names(prefix, None, REMOVED_MAX)?;
    for name in names {
        logical.delete(batch, &format!("{prefix}{name}"))?;
        let parts = name.split_once('/').and_then(|(expires, hash)| {
            let expires = u64::from_str_radix(expires, 16).ok()?;
            Some((Timestamp(expires), hash.parse::<TokenHash>().ok()?))
        });
        let Some((expires, hash)) = parts else { continue };
        logical.delete(batch, &record_of(hash))?;
        batch.writes.push(due(hash).delete(expires.plus(KEPT_AFTER_END)));
    }
    Ok(!more)
}
