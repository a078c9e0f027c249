//! The keys of each mount's issuer, in memory: fetched once for all logins.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use strongroom_core::identifier::MountId;
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_store::Revision;

use super::config::JwtConfig;
use crate::error::Error;
use crate::jwt::{Fetch, FetchError, KEYS_FRESH_SECS, KeySource, Origin, Provider};
use crate::mounts::MOUNTS_MAX;
use crate::records::Stored;

/// Where the keys of the mounts' issuers come from, as long as nobody changes the mounts' configurations.
#[derive(Default)]
pub(crate) struct JwtSources {
    known: Mutex<HashMap<MountId, Arc<Source>>>,
}

/// The issuer of one mount.
pub(super) struct Source {
    /// Of the configuration.
    revision: Revision,
    pub(super) keys: KeySource,
    provider: Mutex<Option<(Arc<Provider>, Timestamp)>>,
}

impl JwtSources {
    /// The issuer of a mount with this configuration.
    pub(super) fn of(
        &self,
        mount: MountId,
        config: &Stored<JwtConfig>,
    ) -> Result<Arc<Source>, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(source) = known.get(&mount)
            && source.revision == config.revision
        {
            return Ok(Arc::clone(source));
        }
        let source = Arc::new(Source {
            revision: config.revision,
            keys: KeySource::new(config.value.origin()?),
            provider: Mutex::default(),
        });
        if known.len() > MOUNTS_MAX {
            known.clear();
        }
        known.insert(mount, Arc::clone(&source));
        Ok(source)
    }
}

impl Source {
    /// The provider's configuration, fetched when it is older than keys may be. No lock is held meanwhile.
    pub(super) fn provider(
        &self,
        fetch: &dyn Fetch,
        now: Timestamp,
    ) -> Result<Arc<Provider>, FetchError> {
        let Origin::Discovery { issuer, ca_pem } = self.keys.origin() else {
            return Err(FetchError::Document);
        };
        let cached = self.provider.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((provider, at)) = cached
            && now <= at.plus(Seconds(KEYS_FRESH_SECS))
        {
            return Ok(provider);
        }
        let provider = Arc::new(Provider::discover(issuer, ca_pem.as_deref(), fetch)?);
        let mut cached = self.provider.lock().unwrap_or_else(PoisonError::into_inner);
        *cached = Some((Arc::clone(&provider), now));
        Ok(provider)
    }
}
