use strongroom_core::crypto::seal::{
    SHARES_MAX, SealMethod, Shares, Threshold, UnsealKey, split_key,
};
use strongroom_core::secret::UnsealShare;
use strongroom_core::token::PlainToken;
use strongroom_store::CommitError;

use super::{Closed, Node, NodeParts, State, lock};
use crate::error::{Error, InvalidRequest};
use crate::lifecycle;
use crate::new_store::{FirstToken, NewStore};
use crate::request::Request;
use crate::tokens;

/// What the first operators of a store are given, once.
#[derive(Debug)]
pub struct Initialised {
    /// The shares of the key that unseals.
    pub shares: Vec<UnsealShare>,
    /// The root token.
    pub root_token: PlainToken,
    key: UnsealKey,
}

impl Node {
    /// Give an empty store its keys, split into shares, and a root token: one commit, with its audit record, which
    /// comes into the log when the store is first unsealed. The node is sealed afterwards.
    ///
    /// # Errors
    /// [`Error::AlreadyExists`] when it has keys; [`Error::InvalidRequest`] for numbers that cannot be.
    pub fn initialise(
        &self,
        shares: i64,
        threshold: i64,
        request: &Request,
    ) -> Result<Initialised, Error> {
        let (shares, threshold) = numbers(shares, threshold)?;
        // Whoever comes second waits for what the first one finds.
        let mut unconfirmed = lock(&self.unconfirmed);
        if self.method()?.is_some() {
            self.note_initialised();
            // It may be that this node did it and was not told.
            let ours = unconfirmed.take().filter(|made| opens(&self.parts, &made.key));
            return ours.ok_or_else(already);
        }
        let made = Initialised::make(&self.parts, shares, threshold)?;
        let method = SealMethod::Shamir { shares, threshold };
        let new = NewStore::make(method, &made.key, &*self.parts.clock, &*self.parts.random);
        let token = tokens::root_token(self.parts.clock.now(), "root", &*self.parts.random);
        let first = FirstToken { token: &token, text: &made.root_token };
        let (store, random) = (&*self.parts.store, &*self.parts.random);
        match new.with_token(&first, request, store, &*self.parts.clock, random) {
            Ok(()) => {}
            Err(CommitError::PreconditionFailed(_)) => {
                self.note_initialised();
                return Err(already());
            }
            Err(error @ CommitError::Unknown(_)) if !opens(&self.parts, &made.key) => {
                *unconfirmed = Some(made);
                return Err(error.into());
            }
            Err(CommitError::Unknown(_)) => {}
            Err(error) => return Err(error.into()),
        }
        self.note_initialised();
        Ok(made)
    }

    fn note_initialised(&self) {
        let mut state = self.state.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let State::Closed(closed) = &mut *state {
            *closed = Closed::Sealed;
        }
    }
}

impl Initialised {
    fn make(parts: &NodeParts, shares: Shares, threshold: Threshold) -> Result<Self, Error> {
        let random = &*parts.random;
        let key = UnsealKey::generate(random);
        let shares = split(&key, shares, threshold, parts)?;
        Ok(Self { shares, root_token: PlainToken::generate(random), key })
    }
}

/// The numbers of a seal, if they can be: those of Vault's seals.
pub(super) fn numbers(shares: i64, threshold: i64) -> Result<(Shares, Threshold), Error> {
    let rule = if shares < 1 {
        "shares must be at least one"
    } else if threshold < 1 {
        "threshold must be at least one"
    } else if shares > 1 && threshold == 1 {
        "threshold must be greater than one for multiple shares"
    } else if shares > i64::from(SHARES_MAX) {
        "shares must be less than 256"
    } else if threshold > shares {
        "threshold cannot be larger than shares"
    } else {
        let count = |number: i64| u8::try_from(number).unwrap_or(0);
        let made = (Shares::new(count(shares)), Threshold::new(count(threshold)));
        if let (Ok(shares), Ok(threshold)) = made {
            return Ok((shares, threshold));
        }
        "shares must be less than 256"
    };
    Err(InvalidRequest::Rule(format!("invalid seal configuration: {rule}")).into())
}

pub(super) fn split(
    key: &UnsealKey,
    shares: Shares,
    threshold: Threshold,
    parts: &NodeParts,
) -> Result<Vec<UnsealShare>, Error> {
    split_key(key, shares, threshold, &*parts.random)
        .map_err(|error| Error::rule(error.to_string()))
}

/// Whether the store's seal is the one of this key; not, when that cannot be found out.
pub(super) fn opens(parts: &NodeParts, key: &UnsealKey) -> bool {
    let found = lifecycle::seal_record(&*parts.store);
    matches!(found, Ok(Some((record, _))) if record.unseal(key).is_ok())
}

fn already() -> Error {
    Error::AlreadyExists("the store's seal".to_owned())
}
