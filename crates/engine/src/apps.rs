//! Apps: their records, and who it is that shows a credential of one.
//!
//! ```text
//! app/<name>           App
//! access-key/<hash>    AccessKeyRecord, under the keyed hash of its id
//! client/<hash>        the name of the app with this client id
//! ```
//! They lie in the operators' mount. What was found for a credential holds as long as every record that it was found
//! from has its revision, as with tokens: an app or a key that was disabled or deleted is refused from the commit on.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use strongroom_core::app::{AccessKeyId, App, CLIENT_SECRET_BYTES_MAX, SecretAccessKey};
use strongroom_core::identifier::AppId;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Timestamp;
use strongroom_core::token::{TokenHash, TokenKey};

use crate::error::Error;
use crate::identify::{Dependencies, Identified, Identifier};
use crate::logical::Logical;
use crate::mounts;
use crate::principal::Principal;
use crate::records::{Records, Stored};
use crate::room::Room;

/// How many credentials' identities are kept; at one more, it begins anew.
const CREDENTIALS_MAX: usize = 4_096;

/// What a token's `login` names its app by.
const APP: &str = "app";
/// What a token's `login` names its app's identifier by.
const APP_ID: &str = "app_id";

/// What a request is signed with, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum AppCredential {
    /// An access key.
    AccessKey(AccessKeyId),
    /// A client's id with the hash of what it showed.
    Client(String, TokenHash),
}

/// Proof that a caller has shown a credential of an app. [`crate::AccessKeyFound::prove`] and
/// [`crate::Engine::client`] make one; who the app is then is found anew for each request.
#[derive(Clone, Debug)]
pub struct ProvenApp {
    pub(crate) credential: AppCredential,
}

/// A secret access key and whose it is. Its record's name says its id.
#[derive(minicbor::Encode, minicbor::Decode)]
pub(crate) struct AccessKeyRecord {
    #[n(0)]
    pub(crate) app: String,
    #[n(1)]
    pub(crate) app_id: AppId,
    #[n(2)]
    pub(crate) secret: SecretAccessKey,
}

/// What was found for a credential.
pub(crate) struct KnownApp {
    pub(crate) identified: Arc<Identified>,
    /// Of an access key.
    pub(crate) secret: Option<Arc<SecretAccessKey>>,
    depends: Dependencies,
    expires: Option<Timestamp>,
}

/// Identities of apps by what they show, each with what it was found from.
#[derive(Default)]
pub(crate) struct AppIdentities {
    known: RwLock<HashMap<AppCredential, Arc<KnownApp>>>,
}

/// The records of apps.
pub(crate) struct Apps<'a> {
    pub(crate) logical: Logical<'a>,
    names: &'a TokenKey,
}

impl Room<'_> {
    /// The records of apps.
    pub(crate) fn apps(&self) -> Result<Apps<'_>, Error> {
        Ok(Apps::new(self.records(), self.unsealed.token_key()?))
    }
}

impl<'a> Apps<'a> {
    pub(crate) fn new(records: Records<'a>, names: &'a TokenKey) -> Self {
        Self { logical: Logical::new(records, mounts::fixed(mounts::SYSTEM)), names }
    }

    /// The app of a folded name.
    pub(crate) fn read(&self, name: &str) -> Result<Option<Stored<App>>, Error> {
        self.logical.read(&app_record(name))
    }

    /// The name of an access key's record.
    pub(crate) fn access_key_record(&self, id: &AccessKeyId) -> String {
        let hash = self.names.hash_bytes(format!("app/access-key/{id}").as_bytes());
        format!("access-key/{hash}")
    }

    /// The name of a client's record.
    pub(crate) fn client_record(&self, id: &str) -> String {
        let hash = self.names.hash_bytes(format!("app/client/{id}").as_bytes());
        format!("client/{hash}")
    }

    /// `HMAC-SHA256(token key, "app/client-secret/" || client id || "/" || text)`: what is kept of a client's secret.
    pub(crate) fn client_secret_hash(&self, client: &str, text: &[u8]) -> TokenHash {
        let mut bytes = zeroize::Zeroizing::new(Vec::with_capacity(128 + text.len()));
        bytes.extend_from_slice(format!("app/client-secret/{client}/").as_bytes());
        bytes.extend_from_slice(text);
        self.names.hash_bytes(&bytes)
    }

    /// The app of this name and identifier, which must be there and not be disabled. What decides it is added to
    /// `depends`.
    fn usable(&self, name: &str, id: AppId, depends: &mut Dependencies) -> Result<App, Error> {
        let found = self.read(name)?;
        let revision = found.as_ref().map(|found| found.revision);
        depends.push((self.logical.key(&app_record(name))?, revision));
        let found = found.filter(|found| found.value.id == id);
        let app = found.ok_or_else(|| refused("the app is gone"))?.value;
        if app.disabled {
            return Err(refused(&format!("the app {name} is disabled")));
        }
        Ok(app)
    }
}

/// The name of an app's record.
pub(crate) fn app_record(name: &str) -> String {
    format!("app/{name}")
}

/// What a token's `login` says of its app.
pub(crate) fn noted(app: &App) -> [(String, String); 2] {
    [(APP.to_owned(), app.name.clone()), (APP_ID.to_owned(), app.id.to_string())]
}

impl Identifier<'_> {
    /// That the app of a token's login is there and not disabled, if an app logged in.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]
    pub(crate) fn check_app(
        &self,
        login: &BTreeMap<String, String>,
        depends: &mut Dependencies,
    ) -> Result<(), Error> {
        let Some(name) = login.get(APP) else { return Ok(()) };
        let id = login.get(APP_ID).and_then(|id| id.parse().ok());
        let id = id.ok_or_else(|| refused("the token's app is not one"))?;
        self.apps()?.usable(name, id, depends).map(drop)
    }

    /// Who a proven app is now.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]
    pub(crate) fn app(&self, credential: &AppCredential) -> Result<Arc<KnownApp>, Error> {
        let identities = &self.unsealed.apps;
        let known = match identities.get(credential) {
            Some(known) if self.holds(&known.depends)? => known,
            _ => {
                let fresh = Arc::new(self.find_app(credential)?);
                identities.keep(credential, &fresh);
                fresh
            }
        };
        if known.expires.is_some_and(|expires| expires <= self.now) {
            return Err(refused("the client secret has expired"));
        }
        Ok(known)
    }

    /// The credential of a client that shows a text.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a text that no secret has.
    pub(crate) fn client(&self, id: &str, text: &SecretValue) -> Result<AppCredential, Error> {
        if id.len() > CLIENT_SECRET_BYTES_MAX || text.expose().len() > CLIENT_SECRET_BYTES_MAX {
            return Err(refused("the client id or secret is longer than one can be"));
        }
        Ok(AppCredential::Client(id.to_owned(), self.apps()?.client_secret_hash(id, text.expose())))
    }

    fn find_app(&self, credential: &AppCredential) -> Result<KnownApp, Error> {
        let apps = self.apps()?;
        let mut depends = Vec::new();
        let (app, shown, secret, expires) = match credential {
            AppCredential::AccessKey(id) => {
                let record = apps.access_key_record(id);
                let found: Option<Stored<AccessKeyRecord>> = apps.logical.read(&record)?;
                let found = found.ok_or_else(|| refused("there is no such access key"))?;
                depends.push((apps.logical.key(&record)?, Some(found.revision)));
                let AccessKeyRecord { app, app_id, secret } = found.value;
                let app = apps.usable(&app, app_id, &mut depends)?;
                let key = app.access_key(id).ok_or_else(|| refused("the access key is gone"))?;
                if !key.active {
                    return Err(refused(&format!("the access key {id} is not active")));
                }
                (app, id.to_string(), Some(Arc::new(secret)), None)
            }
            AppCredential::Client(id, hash) => {
                let record = apps.client_record(id);
                let found: Option<Stored<(String, AppId)>> = apps.logical.read(&record)?;
                let found = found.ok_or_else(|| refused("there is no such client"))?;
                depends.push((apps.logical.key(&record)?, Some(found.revision)));
                let (name, app_id) = found.value;
                let app = apps.usable(&name, app_id, &mut depends)?;
                let secret = app.client_secret(*hash, self.now);
                let secret = secret.ok_or_else(|| refused("the client secret is not one"))?;
                let (shown, expires) = (secret.id.clone(), secret.expires);
                (app, shown, None, expires)
            }
        };
        let identified = self.identified(&app, shown, &mut depends)?;
        Ok(KnownApp { identified: Arc::new(identified), secret, depends, expires })
    }

    fn identified(
        &self,
        app: &App,
        credential: String,
        depends: &mut Dependencies,
    ) -> Result<Identified, Error> {
        let (policies, context) = self.identity(&app.entity.to_string(), depends)?;
        let acl = self.compile(app.policies.iter().chain(&policies), &context, depends)?;
        let principal = Principal::with_policies(&app.principal(), "app", Arc::new(acl));
        Ok(Identified { credential: Some(credential.into()), ..Identified::known(principal) })
    }

    fn apps(&self) -> Result<Apps<'_>, Error> {
        Ok(Apps::new(self.records, self.unsealed.token_key()?))
    }
}

fn refused(reason: &str) -> Error {
    Error::Unauthenticated(reason.to_owned())
}

impl AppIdentities {
    fn get(&self, credential: &AppCredential) -> Option<Arc<KnownApp>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(credential).cloned()
    }

    fn keep(&self, credential: &AppCredential, found: &Arc<KnownApp>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= CREDENTIALS_MAX {
            known.clear();
        }
        known.insert(credential.clone(), Arc::clone(found));
    }
}
