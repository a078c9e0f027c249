//! What a door asks before it knows who asks: the credentials of apps.

use std::sync::Arc;

use strongroom_core::app::{AccessKeyId, SecretAccessKey};
use strongroom_core::aws::sigv4::Session;
use strongroom_core::secret::SecretValue;

use super::{Attempt, Engine};
use crate::apps::{AppCredential, KnownApp, ProvenApp};
use crate::error::Error;
use crate::identify::{Identified, Identifier};
use crate::request::Caller;

/// An access key that was found, and is to be proven.
pub struct AccessKeyFound {
    credential: AppCredential,
    secret: Arc<SecretAccessKey>,
    known: Arc<KnownApp>,
    identified: Arc<Identified>,
}

impl Engine {
    /// The access key of an id, which is active and whose app is not disabled, or that of a session whose owner is
    /// there; whether a session has ended is for [`AccessKeyFound::session`] to say. A door proves with it that the caller has
    /// its secret, and asks the engine with the caller that this gives.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] with the reason for the audit log: a door asks with [`Caller::Refused`], so that it
    /// gets there.
    pub fn access_key(&self, id: &str) -> Result<AccessKeyFound, Error> {
        let id: AccessKeyId =
            id.parse().map_err(|_| Error::Unauthenticated("bad access key id".to_owned()))?;
        let credential = match id.is_temporary() {
            true => AppCredential::Session(id),
            false => AppCredential::AccessKey(id),
        };
        let (known, identified) = self.with_identifier(|identifier| {
            let known = identifier.app(&credential)?;
            let identified = identifier.owner(&known, None)?;
            Ok((known, identified))
        })?;
        let secret = known.secret.clone();
        let secret =
            secret.ok_or_else(|| Error::Unauthenticated("no secret access key".to_owned()))?;
        Ok(AccessKeyFound { credential, secret, known, identified })
    }

    /// The caller who is the app of this client id and shows one of its secrets.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], as [`Self::access_key`].
    pub fn client(&self, id: &str, secret: &SecretValue) -> Result<Caller, Error> {
        let credential = self.with_identifier(|identifier| {
            let credential = identifier.client(id, secret)?;
            identifier.app(&credential)?;
            Ok(credential)
        })?;
        Ok(Caller::App(ProvenApp { credential }))
    }

    fn with_identifier<T>(
        &self,
        find: impl Fn(&Identifier<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let unsealed = self.unsealed()?;
        match self.find(&unsealed, &find) {
            // The records may be encrypted with keys of another process's that this one has not read yet.
            Err(Error::Internal(_)) if self.keys_changed(&unsealed) => {
                self.refresh_keys()?;
                self.find(&*self.unsealed()?, &find)
            }
            found => found,
        }
    }

    fn find<T>(
        &self,
        unsealed: &crate::lifecycle::Unsealed,
        find: impl Fn(&Identifier<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (_, mounts) = self.mounts(unsealed).map_err(|attempt| match attempt {
            Attempt::Again(error) | Attempt::Refused(error) => error,
            Attempt::Unknown(error) | Attempt::Audited(error) => error,
        })?;
        let (records, now) = (self.records(unsealed), self.clock.now());
        find(&Identifier { store: &*self.store, unsealed, records, mounts: &mounts, now })
    }
}

impl AccessKeyFound {
    /// The caller, once `verify` accepts what they made with the secret.
    ///
    /// # Errors
    /// What `verify` says, which compares in constant time.
    pub fn prove<E>(
        &self,
        verify: impl FnOnce(&SecretAccessKey) -> Result<(), E>,
    ) -> Result<Caller, E> {
        verify(&self.secret)?;
        Ok(Caller::App(ProvenApp { credential: self.credential.clone() }))
    }

    /// Of temporary keys, what [`Signed::verify`](strongroom_core::aws::sigv4::Signed::verify) holds a request to.
    #[must_use]
    pub fn session(&self) -> Option<Session<'_>> {
        let session = self.known.session.as_deref()?;
        Some(Session { token: &session.token, expires: session.expires })
    }

    /// What audit records call the caller: `app:` and the app's name, or the name of a session's token.
    #[must_use]
    pub fn principal(&self) -> &str {
        self.identified.principal.name()
    }
}
