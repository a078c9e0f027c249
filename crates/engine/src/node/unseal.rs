use std::sync::TryLockError;

use strongroom_core::crypto::seal::{PART_BYTES_MAX, SealMethod};
use strongroom_core::secret::{SecretValue, UnsealShare};

use super::gathering::refused;
use super::{Gathering, Node, SealStatus, lock};
use crate::error::{Error, InvalidRequest};
use crate::lifecycle::OpenError;
use crate::request::Request;

/// Parts that anybody may bring while the node is sealed.
#[derive(Default)]
pub(super) struct Unsealing {
    gathering: Option<Gathering>,
    /// How many attempts failed since the node was last open.
    failed: u64,
}

impl Unsealing {
    pub(super) fn progress(&self) -> (usize, String) {
        let gathering = self.gathering.as_ref().filter(|gathering| gathering.progress() > 0);
        gathering.map_or_else(
            || (0, String::new()),
            |gathering| (gathering.progress(), gathering.nonce().to_owned()),
        )
    }
}

impl Node {
    /// Bring one part of what unseals the store. The last that is needed opens it. A part that is there already
    /// changes nothing, and neither does a part for a node that is open.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for what cannot be a part, and when the parts do not open the store: then all of
    /// them are forgotten. [`Error::QuotaExceeded`] while another attempt is being checked.
    pub fn unseal(&self, text: &SecretValue, request: &Request) -> Result<SealStatus, Error> {
        if self.settled().is_some() {
            return self.status();
        }
        let method = self.method()?.ok_or(Error::Sealed)?;
        if text.expose().len() > PART_BYTES_MAX {
            return Err(InvalidRequest::Limit("the key is longer than a key can be").into());
        }
        let part = method.read_part(text).map_err(|error| refused(&error))?;
        // One at a time: a passphrase costs what Argon2id costs.
        let mut unsealing = lock(&self.unsealing);
        let random = &*self.parts.random;
        let gathering = unsealing.gathering.get_or_insert_with(|| Gathering::begin(random));
        if gathering.has(&part) {
            drop(unsealing);
            return self.status();
        }
        if !gathering.would_complete(method.parts_needed()) {
            gathering.push(part);
            drop(unsealing);
            return self.status();
        }
        let _opening = match self.opening.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => {
                let busy = "another attempt to unseal is being checked; try again";
                return Err(Error::QuotaExceeded(busy.to_owned()));
            }
        };
        let parts = gathering.with(&part);
        unsealing.gathering = None;
        drop(unsealing);
        self.open_with(&method, &parts, request)?;
        self.status()
    }

    /// Forget the parts that were brought.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when the node is open.
    pub fn reset_unseal(&self) -> Result<SealStatus, Error> {
        if self.settled().is_some() {
            return Err(Error::rule("the store is unsealed"));
        }
        lock(&self.unsealing).gathering = None;
        self.status()
    }

    fn open_with(
        &self,
        method: &SealMethod,
        parts: &[UnsealShare],
        request: &Request,
    ) -> Result<(), Error> {
        if self.engine().is_ok() {
            return Ok(());
        }
        let failed = lock(&self.unsealing).failed;
        let wrong = |what: String| {
            let mut unsealing = lock(&self.unsealing);
            unsealing.failed = unsealing.failed.saturating_add(1);
            Error::rule(format!("{what}; the keys given so far are forgotten"))
        };
        let key = method.key_from_parts(parts).map_err(|error| wrong(error.to_string()))?;
        match self.parts.opened(&key, request, failed) {
            Ok(opened) => {
                self.set_open(opened);
                lock(&self.unsealing).failed = 0;
                Ok(())
            }
            Err(error @ OpenError::WrongKey) => Err(wrong(error.to_string())),
            Err(error) => Err(error.into()),
        }
    }
}
