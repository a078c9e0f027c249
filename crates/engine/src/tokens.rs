//! Tokens as records: made, found and revoked, each in the batch of the operation that wants it.

use std::collections::BTreeMap;
use std::sync::Arc;

use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::MountId;
use strongroom_core::random::Random;
use strongroom_core::time::Timestamp;
use strongroom_core::token::{
    Accessor, Lifetime, PlainToken, Token, TokenHash, TokenKey, TokenKind,
};
use strongroom_store::{Batch, Precondition, Write as StoreWrite};

use crate::due::{Due, NOW};
use crate::error::Error;
use crate::identify::{BATCH_TOKEN_KEY, Bearer, Identifier};
use crate::identity::Identity;
use crate::keys;
use crate::mounts;
use crate::records::{Records, Stored, encode};
use crate::room::Room;
use crate::usage::Subject;

/// A token that was just made, with the one text of it.
#[derive(Debug)]
pub struct IssuedToken {
    /// What its bearer is to show.
    pub text: PlainToken,
    /// The token.
    pub token: Token,
    /// The names of the policies that its entity has beside its own.
    pub identity_policies: Vec<String>,
    /// What its maker is to know.
    pub warnings: Vec<String>,
}

/// A token without a parent and without an end, which may do everything.
pub(crate) fn root_token(now: Timestamp, display_name: &str, random: &dyn Random) -> Token {
    Token {
        accessor: Accessor::generate(random),
        kind: TokenKind::Service,
        policies: vec!["root".to_owned()],
        display_name: display_name.to_owned(),
        metadata: BTreeMap::new(),
        path: "auth/token/root".to_owned(),
        mount: mounts::fixed(mounts::TOKEN),
        lifetime: Lifetime::endless(now),
        uses_left: None,
        parent: None,
        entity: None,
        bound_cidrs: Vec::new(),
        role: None,
        wraps: None,
        login: BTreeMap::new(),
    }
}

/// The token's record, and the one that its accessor is found by.
pub(crate) fn token_records(
    records: &Records<'_>,
    token_key: &TokenKey,
    token: &Token,
    hash: TokenHash,
) -> [StoreWrite; 2] {
    let accessor = token_key.hash_bytes(token.accessor.as_str().as_bytes());
    [
        records.put(RecordKind::Token, keys::token(hash), token),
        records.put(RecordKind::TokenIndex, keys::token_accessor(accessor), &hash),
    ]
}

impl Room<'_> {
    /// The token that the caller showed.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when there was none.
    pub(crate) fn bearer(&self) -> Result<&Bearer, Error> {
        let missing = || Error::Unauthenticated("the request has no token".to_owned());
        self.caller.bearer.as_deref().ok_or_else(missing)
    }

    /// The token of this text, as good as if a caller had shown it.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]
    pub(crate) fn identify_other(&self, text: &PlainToken) -> Result<Arc<Bearer>, Error> {
        let missing = || Error::Unauthenticated("bad token".to_owned());
        self.identifier().bearer(text, None)?.bearer.clone().ok_or_else(missing)
    }

    /// What finds who the bearer of a token is.
    pub(crate) fn identifier(&self) -> Identifier<'_> {
        Identifier {
            store: self.store,
            unsealed: self.unsealed,
            records: self.records(),
            mounts: &self.mounts,
            now: self.now,
        }
    }

    /// What a text is found by.
    pub(crate) fn token_hash(&self, text: &PlainToken) -> Result<TokenHash, Error> {
        Ok(self.unsealed.token_key()?.hash(text))
    }

    /// `HMAC-SHA256(token key, text)`, for other texts that are only found and compared. The text says what it is of.
    pub(crate) fn keyed_hash(&self, text: &[u8]) -> Result<TokenHash, Error> {
        Ok(self.unsealed.token_key()?.hash_bytes(text))
    }

    /// Make a token: a batch token needs nothing kept.
    pub(crate) fn issue(
        &self,
        batch: &mut Batch,
        mut token: Token,
        text: Option<PlainToken>,
    ) -> Result<IssuedToken, Error> {
        token.policies.sort();
        token.policies.dedup();
        let text = match token.kind {
            TokenKind::Batch => {
                token.accessor = Accessor(String::new());
                let keyring = &self.unsealed.keyring;
                let bytes = zeroize::Zeroizing::new(encode(&token));
                PlainToken::batch(&keyring.seal(
                    RecordKind::BatchToken,
                    BATCH_TOKEN_KEY,
                    &bytes,
                    self.random,
                ))
            }
            _ => {
                let text = text.unwrap_or_else(|| PlainToken::generate(self.random));
                self.keep_token(batch, &token, self.token_hash(&text)?)?;
                text
            }
        };
        let identity_policies = match &token.entity {
            Some(entity) => {
                let directory = self.directory()?.after(batch);
                Identity::of_token(&directory, entity, &mut Vec::new())?.policies()
            }
            None => Vec::new(),
        };
        Ok(IssuedToken { text, token, identity_policies, warnings: Vec::new() })
    }

    /// The names of the policies that a token has through its entity; none when the entity lets it have none.
    ///
    /// # Errors
    /// [`Error`] when a record cannot be read.
    pub(crate) fn identity_policies(&self, token: &Token) -> Result<Vec<String>, Error> {
        let Some(entity) = &token.entity else { return Ok(Vec::new()) };
        match Identity::of_token(&self.directory()?, entity, &mut Vec::new()) {
            Ok(identity) => Ok(identity.policies()),
            Err(Error::Unauthenticated(_)) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    fn keep_token(&self, batch: &mut Batch, token: &Token, hash: TokenHash) -> Result<(), Error> {
        let records = self.records();
        let key = keys::token(hash);
        batch.preconditions.push(Precondition::Absent(key));
        batch.writes.extend(token_records(&records, self.unsealed.token_key()?, token, hash));
        if let Some(parent) = token.parent {
            let child = keys::token_child(parent, hash);
            batch.writes.push(records.put(RecordKind::TokenIndex, child, &hash));
        }
        if self.is_removable(token.mount) {
            // A mount that goes at the same time takes the token with it: of the two, one is performed anew.
            let mounts = keys::fixed(keys::MOUNTS);
            batch.preconditions.push(Precondition::Unchanged(mounts, self.mounts_revision));
            let by_mount = keys::token_of_mount(token.mount, hash);
            batch.writes.push(records.put(RecordKind::TokenIndex, by_mount, &hash));
        }
        if let Some(expires) = token.lifetime.expires {
            Due::Token(hash).put(&records, batch, expires);
        }
        Ok(())
    }

    /// Whether a token's mount can go before the token does.
    fn is_removable(&self, mount: MountId) -> bool {
        self.mounts.by_id(mount).is_none_or(|(_, mount)| !mount.is_built_in())
    }

    /// The token with this hash.
    pub(crate) fn token(&self, hash: TokenHash) -> Result<Option<Stored<Token>>, Error> {
        self.records().read(RecordKind::Token, &keys::token(hash))
    }

    /// The token with this accessor.
    pub(crate) fn token_by_accessor(
        &self,
        accessor: &str,
    ) -> Result<Option<(TokenHash, Stored<Token>)>, Error> {
        let key = self.accessor_key(&Accessor(accessor.to_owned()))?;
        let Some(found) = self.records().read::<TokenHash>(RecordKind::TokenIndex, &key)? else {
            return Ok(None);
        };
        Ok(self.token(found.value)?.map(|token| (found.value, token)))
    }

    /// Write a token that was changed.
    pub(crate) fn change_token(
        &self,
        batch: &mut Batch,
        hash: TokenHash,
        before: &Stored<Token>,
        token: &Token,
    ) {
        let records = self.records();
        let key = keys::token(hash);
        batch.preconditions.push(before.unchanged(key.clone()));
        batch.writes.push(records.put(RecordKind::Token, key, token));
        let (old, new) = (before.value.lifetime.expires, token.lifetime.expires);
        if old != new {
            batch.writes.extend(old.map(|at| Due::Token(hash).delete(at)));
            if let Some(at) = new {
                Due::Token(hash).put(&records, batch, at);
            }
        }
    }

    /// Take a token back: it is refused from the commit on, and so is every token that descends from it. What belongs
    /// to it is removed afterwards, see [`crate::due`].
    pub(crate) fn revoke_token(
        &self,
        batch: &mut Batch,
        hash: TokenHash,
        stored: &Stored<Token>,
    ) -> Result<(), Error> {
        let (key, token) = (keys::token(hash), &stored.value);
        batch.preconditions.push(stored.unchanged(key.clone()));
        batch.writes.push(StoreWrite::Delete(key));
        batch.writes.push(StoreWrite::Delete(self.accessor_key(&token.accessor)?));
        batch.writes.push(self.forget_usage(&Subject::token(hash))?);
        if let Some(parent) = token.parent {
            batch.writes.push(StoreWrite::Delete(keys::token_child(parent, hash)));
        }
        if self.is_removable(token.mount) {
            batch.writes.push(StoreWrite::Delete(keys::token_of_mount(token.mount, hash)));
        }
        batch.writes.extend(token.lifetime.expires.map(|at| Due::Token(hash).delete(at)));
        if token.wraps.is_some() {
            batch.writes.push(StoreWrite::Delete(keys::wrapped(hash)));
        }
        Due::RevokedToken(hash).put(&self.records(), batch, NOW);
        Ok(())
    }

    /// One use less of a token that has a number of them; the last one takes it back.
    pub(crate) fn use_token(&self, batch: &mut Batch) -> Result<(), Error> {
        let Some(bearer) = self.caller.bearer.as_deref() else { return Ok(()) };
        let (Some(left), Some(revision)) = (bearer.token.uses_left, bearer.revision) else {
            return Ok(());
        };
        let key = keys::token(bearer.hash);
        if batch.writes.iter().any(|write| *write.key() == key) {
            return Ok(());
        }
        let before = Stored { value: bearer.token.clone(), revision };
        if left <= 1 {
            return self.revoke_token(batch, bearer.hash, &before);
        }
        let token = Token { uses_left: Some(left - 1), ..bearer.token.clone() };
        self.change_token(batch, bearer.hash, &before, &token);
        Ok(())
    }

    fn accessor_key(&self, accessor: &Accessor) -> Result<strongroom_store::Key, Error> {
        let hash = self.unsealed.token_key()?.hash_bytes(accessor.as_str().as_bytes());
        Ok(keys::token_accessor(hash))
    }
}
