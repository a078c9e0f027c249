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
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use data_encoding::BASE64;

use strongroom_core::app::{AccessKeyId, App, CLIENT_SECRET_BYTES_MAX, SecretAccessKey};
use strongroom_core::identifier::AppId;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Timestamp;
use strongroom_core::token::{Token, TokenHash, TokenKey};
use zeroize::Zeroizing;

use crate::error::Error;
use crate::identify::{Dependencies, Identified, Identifier, KnownAs};
use crate::logical::Logical;
use crate::mounts;
use crate::operations::aws::{SessionOwner, SessionRecord};
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
    /// The access key of a session, which may be a token's.
    Session(AccessKeyId),
}

/// Proof that a caller has shown a credential of an app, or the keys of a session. [`crate::AccessKeyFound::prove`] and
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
    whose: Whose,
    /// Of an access key.
    pub(crate) secret: Option<Arc<SecretAccessKey>>,
    /// Of temporary keys.
    pub(crate) session: Option<Arc<KnownSession>>,
    depends: Dependencies,
    expires: Option<Timestamp>,
}

/// Whose a credential is.
enum Whose {
    App(Arc<Identified>),
    /// A session's that goes by this token, which is found by itself.
    Token(TokenHash),
}

/// A session with what its requests have to carry.
pub(crate) struct KnownSession {
    id: Arc<str>,
    name: Arc<str>,
    pub(crate) token: Zeroizing<String>,
    pub(crate) expires: Timestamp,
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

    /// What a session's record is found by.
    pub(crate) fn session_hash(&self, id: &AccessKeyId) -> TokenHash {
        self.names.hash_bytes(format!("app/session/{id}").as_bytes())
    }

    /// `base64(HMAC-SHA256(token key, "app/session-token/" || id || "/" || secret access key))`: what requests with
    /// temporary keys carry.
    pub(crate) fn session_token(
        &self,
        id: &AccessKeyId,
        secret: &SecretAccessKey,
    ) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(128));
        bytes.extend_from_slice(format!("app/session-token/{id}/").as_bytes());
        bytes.extend_from_slice(secret.expose());
        Zeroizing::new(BASE64.encode(self.names.hash_bytes(&bytes).as_bytes()))
    }

    /// `HMAC-SHA256(token key, "app/client-secret/" || client id || "/" || text)`: what is kept of a client's secret.
    pub(crate) fn client_secret_hash(&self, client: &str, text: &[u8]) -> TokenHash {
        let mut bytes = Zeroizing::new(Vec::with_capacity(128 + text.len()));
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

/// The app that a token was given to, by its name and identifier.
pub(crate) fn app_of(token: &Token) -> Option<(&str, AppId)> {
    let id = token.login.get(APP_ID)?.parse().ok()?;
    Some((token.login.get(APP)?, id))
}

impl KnownSession {
    pub(crate) fn new(
        id: &AccessKeyId,
        name: &str,
        token: Zeroizing<String>,
        expires: Timestamp,
    ) -> Self {
        Self { id: id.as_str().into(), name: name.into(), token, expires }
    }
}

impl Identified {
    /// The same, by the keys of a session.
    pub(crate) fn in_session(&self, session: &KnownSession) -> Self {
        Self {
            credential: Some(Arc::clone(&session.id)),
            session: Some(Arc::clone(&session.name)),
            ..self.clone()
        }
    }
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

    /// Who a proven caller is now. Without a `source` it is not asked from where.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]
    pub(crate) fn proven(
        &self,
        credential: &AppCredential,
        source: Option<Option<IpAddr>>,
    ) -> Result<Arc<Identified>, Error> {
        let known = self.app(credential)?;
        if known.session.as_ref().is_some_and(|session| session.expires <= self.now) {
            return Err(refused("the session has ended"));
        }
        self.owner(&known, source)
    }

    /// Whose a credential is, also where it is of a session that has ended.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`]
    pub(crate) fn owner(
        &self,
        known: &KnownApp,
        source: Option<Option<IpAddr>>,
    ) -> Result<Arc<Identified>, Error> {
        match (&known.whose, &known.session) {
            (Whose::App(identified), _) => Ok(Arc::clone(identified)),
            (Whose::Token(hash), Some(session)) => {
                Ok(Arc::new(self.kept_from(*hash, source)?.in_session(session)))
            }
            (Whose::Token(_), None) => Err(refused("it is no session")),
        }
    }

    /// What is known of a credential.
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
            AppCredential::Session(id) => return self.find_session(id),
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
        let whose = Whose::App(Arc::new(self.identified(&app, shown, &mut depends)?));
        Ok(KnownApp { whose, secret, session: None, depends, expires })
    }

    fn find_session(&self, id: &AccessKeyId) -> Result<KnownApp, Error> {
        let apps = self.apps()?;
        let (record, found) = apps.session(id)?;
        let found = found.ok_or_else(|| refused("there is no such session"))?;
        let mut depends = vec![(apps.logical.key(&record)?, Some(found.revision))];
        let SessionRecord { owner, name, secret, expires } = found.value;
        let token = apps.session_token(id, &secret);
        let session = KnownSession::new(id, &name, token, expires);
        let whose = match owner {
            SessionOwner::Token(hash) => Whose::Token(hash),
            SessionOwner::App { name, id: app_id, epoch } => {
                let app = apps.usable(&name, app_id, &mut depends)?;
                if app.session_epoch != epoch {
                    return Err(refused("the sessions of the app were taken back"));
                }
                let identified = self.identified(&app, id.to_string(), &mut depends)?;
                Whose::App(Arc::new(identified.in_session(&session)))
            }
        };
        let (secret, session) = (Some(Arc::new(secret)), Some(Arc::new(session)));
        Ok(KnownApp { whose, secret, session, depends, expires: None })
    }

    /// Who an app is, without a credential.
    pub(crate) fn identified_app(&self, app: &App) -> Result<Identified, Error> {
        let identified = self.identified(app, String::new(), &mut Vec::new())?;
        Ok(Identified { credential: None, ..identified })
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
        let known_as = KnownAs { name: app.name.clone(), id: app.id };
        Ok(Identified {
            credential: Some(credential.into()),
            app: Some(Arc::new(known_as)),
            ..Identified::known(principal)
        })
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
