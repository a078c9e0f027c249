//! Who asks: from a token to what its policies allow.
//!
//! What was found for a token is kept with every record that it was found from, and holds as long as none of them has
//! another revision. So a token that was revoked, a policy that was changed or an entity that was disabled counts from
//! the commit on, and a request with a known token reads no record's content; nor does it ask for the records while the
//! store has the [mark](Store::mark) under which they were last found unchanged.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use strongroom_core::crypto::RecordKind;
use strongroom_core::identifier::AppId;
use strongroom_core::policy::{Acl, Policy, PolicyName, TemplateContext};
use strongroom_core::time::Timestamp;
use strongroom_core::token::{
    PlainToken, TOKEN_BYTES_MAX, TOKEN_DEPTH_MAX, Token, TokenHash, TokenKind, Unusable,
};
use strongroom_store::{Key, Mark, Revision, Store};

use crate::audit::Principal as RecordPrincipal;
use crate::error::Error;
use crate::identity::{Directory, Identity};
use crate::keys;
use crate::lifecycle::Unsealed;
use crate::mounts::MountTable;
use crate::policies;
use crate::principal::Principal;
use crate::records::{Records, decode};
use crate::request::{Caller, Request};

/// How many tokens' identities are kept; at one more, it begins anew.
const TOKENS_MAX: usize = 16_384;

/// Who asks.
#[derive(Clone, Debug)]
pub(crate) struct Identified {
    pub(crate) principal: Principal,
    /// Of the bearer of a token.
    pub(crate) bearer: Option<Arc<Bearer>>,
    /// What names the credential that an app showed, or whoever has temporary keys.
    pub(crate) credential: Option<Arc<str>>,
    /// The app that it is.
    pub(crate) app: Option<Arc<KnownAs>>,
    /// What the session is called whose temporary keys were shown.
    pub(crate) session: Option<Arc<str>>,
}

/// An app's name and identifier.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KnownAs {
    pub(crate) name: String,
    pub(crate) id: AppId,
}

/// The token that was shown.
#[derive(Debug)]
pub(crate) struct Bearer {
    pub(crate) hash: TokenHash,
    pub(crate) token: Token,
    /// Of the token's record; a batch token has none.
    pub(crate) revision: Option<Revision>,
    /// The names of the policies that its entity has beside its own.
    pub(crate) identity_policies: Vec<String>,
    /// As audit records have it: the token's display name with the beginning of its hash.
    name_in_records: String,
}

/// Identities of tokens, each with what it was found from.
#[derive(Default)]
pub(crate) struct Identities {
    known: RwLock<HashMap<TokenHash, Arc<Known>>>,
}

struct Known {
    identified: Arc<Identified>,
    depends: Dependencies,
    /// When the first of the token and its ancestors ends.
    expires: Option<Timestamp>,
    /// The store's mark when the records were last looked at and found unchanged.
    mark: RwLock<Option<Mark>>,
}

/// Records, each with the revision that was read; `None` where there was none.
pub(crate) type Dependencies = Vec<(Key, Option<Revision>)>;

/// What a request is identified with.
pub(crate) struct Identifier<'a> {
    pub(crate) store: &'a dyn Store,
    pub(crate) unsealed: &'a Unsealed,
    pub(crate) records: Records<'a>,
    pub(crate) mounts: &'a MountTable,
    pub(crate) now: Timestamp,
}

impl Identifier<'_> {
    /// Who asks.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when a token is not good, with the reason for the audit log.
    pub(crate) fn identify(&self, request: &Request) -> Result<Arc<Identified>, Error> {
        match &request.caller {
            Caller::Known(principal) => Ok(Arc::new(Identified::known(principal.clone()))),
            Caller::Anonymous => Ok(Arc::new(Identified::anonymous())),
            Caller::App(proven) => self.proven(&proven.credential, Some(request.source)),
            Caller::Refused(reason) => Err(refused(reason)),
            Caller::Token(token) => self.bearer(token, Some(request.source)),
        }
    }

    /// Who the bearer of a token is. Without a `source` it is not asked from where.
    pub(crate) fn bearer(
        &self,
        text: &PlainToken,
        source: Option<Option<IpAddr>>,
    ) -> Result<Arc<Identified>, Error> {
        if text.expose().len() > TOKEN_BYTES_MAX {
            return Err(refused("the token is longer than a token can be"));
        }
        let hash = self.unsealed.token_key()?.hash(text);
        self.known(hash, || text.batch_bytes(), source)
    }

    /// Who the bearer of a token is that is kept under this hash, as good as if they had shown it.
    pub(crate) fn kept(&self, hash: TokenHash) -> Result<Arc<Identified>, Error> {
        self.known(hash, || None, None)
    }

    /// Who the bearer of a token is that is kept under this hash, when they ask from `source`.
    pub(crate) fn kept_from(
        &self,
        hash: TokenHash,
        source: Option<Option<IpAddr>>,
    ) -> Result<Arc<Identified>, Error> {
        self.known(hash, || None, source)
    }

    fn known(
        &self,
        hash: TokenHash,
        batch_bytes: impl FnOnce() -> Option<Vec<u8>>,
        source: Option<Option<IpAddr>>,
    ) -> Result<Arc<Identified>, Error> {
        let known = match self.unsealed.identities.get(hash) {
            Some(known) if self.is_current(&known)? => known,
            _ => {
                let fresh = Arc::new(self.find(batch_bytes(), hash)?);
                self.unsealed.identities.keep(hash, &fresh);
                fresh
            }
        };
        let bearer = known.identified.bearer.as_deref();
        let token = bearer.map(|bearer| &bearer.token).ok_or_else(|| refused("bad token"))?;
        // It stands for its answer and for nobody. So it is not used up by whoever takes it for another sort of token.
        if token.wraps.is_some() && source.is_some() {
            return Err(refused("a wrapping token is good for its answer only"));
        }
        match (token.check_usable(source.flatten(), self.now), source) {
            (Ok(()), _) | (Err(Unusable::Address), None) => {}
            (Err(reason), _) => return Err(refused(&reason.to_string())),
        }
        if known.expires.is_some_and(|expires| expires <= self.now) {
            return Err(refused("the token that it was made by has expired"));
        }
        Ok(Arc::clone(&known.identified))
    }

    /// Whether what is known of a token is still so.
    fn is_current(&self, known: &Known) -> Result<bool, Error> {
        // Before the records are read: what is committed later moves the mark once more.
        let mark = self.store.mark();
        if mark.is_some() && *known.mark.read().unwrap_or_else(PoisonError::into_inner) == mark {
            return Ok(true);
        }
        let holds = self.holds(&known.depends)?;
        if holds {
            *known.mark.write().unwrap_or_else(PoisonError::into_inner) = mark;
        }
        Ok(holds)
    }

    /// Whether all of these records have their revisions.
    pub(crate) fn holds(&self, depends: &Dependencies) -> Result<bool, Error> {
        for (key, revision) in depends {
            if self.store.get(key)?.map(|entry| entry.revision) != *revision {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn find(&self, batch_bytes: Option<Vec<u8>>, hash: TokenHash) -> Result<Known, Error> {
        let mut depends = vec![self.dependency(keys::fixed(keys::MOUNTS))?];
        let (token, revision) = match batch_bytes {
            Some(sealed) => (self.batch_token(&sealed)?, None),
            None => {
                let key = keys::token(hash);
                let stored = self.records.read::<Token>(RecordKind::Token, &key)?;
                let stored = stored.ok_or_else(|| refused("there is no such token"))?;
                depends.push((key, Some(stored.revision)));
                (stored.value, Some(stored.revision))
            }
        };
        if self.mounts.by_id(token.mount).is_none() {
            return Err(refused("the mount that made the token is gone"));
        }
        let expires = self.check_ancestors(&token, &mut depends)?;
        let (identity_policies, context) = match &token.entity {
            Some(entity) => self.identity(entity, &mut depends)?,
            None => Default::default(),
        };
        let names = token.policies.iter().chain(&identity_policies);
        let acl = self.compile(names, &context, &mut depends)?;
        let principal = Principal::with_policies(&token.display_name, "token", Arc::new(acl));
        let name_in_records = format!("{}#{}", principal.name(), hash.short());
        let bearer = Bearer { hash, token, revision, identity_policies, name_in_records };
        let bearer = Some(Arc::new(bearer));
        let identified = Arc::new(Identified { bearer, ..Identified::known(principal) });
        Ok(Known { identified, depends, expires, mark: RwLock::new(None) })
    }

    /// What an entity gives: names of policies, and what templates say of it.
    pub(crate) fn identity(
        &self,
        entity: &str,
        depends: &mut Dependencies,
    ) -> Result<(Vec<String>, TemplateContext), Error> {
        let directory = Directory::new(self.records, self.unsealed.token_key()?);
        let identity = Identity::of_token(&directory, entity, depends)?;
        Ok((identity.policies(), identity.context()))
    }

    fn batch_token(&self, sealed: &[u8]) -> Result<Token, Error> {
        let opened = self
            .unsealed
            .keyring
            .open(RecordKind::BatchToken, BATCH_TOKEN_KEY, sealed)
            .map_err(|_| refused("the batch token does not authenticate"))?;
        let token: Token = decode(&keys::fixed(BATCH_TOKEN_KEY), opened.expose())?;
        if token.kind == TokenKind::Batch { Ok(token) } else { Err(refused("bad token")) }
    }

    /// When the first of a token's line ends. A token is good as long as every token that it descends from is, and the
    /// apps that these were given to.
    fn check_ancestors(
        &self,
        token: &Token,
        depends: &mut Dependencies,
    ) -> Result<Option<Timestamp>, Error> {
        self.check_app(&token.login, depends)?;
        let mut expires = token.lifetime.expires;
        let mut parent = token.parent;
        for _ in 0..TOKEN_DEPTH_MAX {
            let Some(hash) = parent else { return Ok(expires) };
            let key = keys::token(hash);
            let stored = self.records.read::<Token>(RecordKind::Token, &key)?;
            let stored = stored.ok_or_else(|| refused("the token that it was made by is gone"))?;
            depends.push((key, Some(stored.revision)));
            if self.mounts.by_id(stored.value.mount).is_none() {
                return Err(refused("the mount of the token that it was made by is gone"));
            }
            self.check_app(&stored.value.login, depends)?;
            expires = expires.into_iter().chain(stored.value.lifetime.expires).min();
            parent = stored.value.parent;
        }
        Err(refused("the token descends from too many others"))
    }

    pub(crate) fn compile<'n>(
        &self,
        names: impl Iterator<Item = &'n String>,
        context: &TemplateContext,
        depends: &mut Dependencies,
    ) -> Result<Acl, Error> {
        let mut found: Vec<Policy> = Vec::new();
        for name in names {
            let Ok(name) = PolicyName::new(name) else { continue };
            if name.is_root() {
                return Ok(Acl::root());
            }
            if found.iter().any(|policy| *policy.name() == name) {
                continue;
            }
            let (policy, revision) = policies::read(&self.records, &name)?;
            depends.push((keys::policy(&name), revision));
            found.extend(policy);
        }
        Ok(Acl::compile(&found, context))
    }

    /// Who the bearer of a token is that is about to be made, as far as it is a matter of names.
    pub(crate) fn named_by(hash: TokenHash, token: &Token) -> Identified {
        let nothing = Acl::compile(&[], &TemplateContext::default());
        let principal = Principal::with_policies(&token.display_name, "token", Arc::new(nothing));
        let bearer = Arc::new(Bearer {
            hash,
            token: token.clone(),
            revision: None,
            identity_policies: Vec::new(),
            name_in_records: format!("{}#{}", principal.name(), hash.short()),
        });
        Identified { bearer: Some(bearer), ..Identified::known(principal) }
    }

    fn dependency(&self, key: Key) -> Result<(Key, Option<Revision>), Error> {
        let revision = self.store.get(&key)?.map(|entry| entry.revision);
        Ok((key, revision))
    }
}

impl Identified {
    /// Somebody who has shown nothing.
    pub(crate) fn anonymous() -> Self {
        Self::known(Principal::anonymous())
    }

    /// Somebody who is known without a token.
    pub(crate) fn known(principal: Principal) -> Self {
        Self { principal, bearer: None, credential: None, app: None, session: None }
    }

    /// As audit records have it: a name with the beginning of the token's hash, or what names an app's credential.
    pub(crate) fn record(&self) -> RecordPrincipal {
        let record = self.principal.record();
        let name = match (&self.credential, &self.bearer) {
            (Some(credential), _) => format!("{}#{credential}", record.name),
            (None, Some(bearer)) => bearer.name_in_records.clone(),
            (None, None) => return record,
        };
        RecordPrincipal { name, ..record }
    }

    /// Whether it is somebody who has shown who they are.
    pub(crate) fn is_known(&self) -> bool {
        self.principal.kind() != "anonymous"
    }

    /// Whether a request is one of a number of uses.
    pub(crate) fn has_limited_uses(&self) -> bool {
        self.bearer.as_ref().is_some_and(|bearer| bearer.token.uses_left.is_some())
    }
}

/// The associated data of batch tokens, in the place of a record's key.
pub(crate) const BATCH_TOKEN_KEY: &str = "batch-token";

fn refused(reason: &str) -> Error {
    Error::Unauthenticated(reason.to_owned())
}

impl Identities {
    fn get(&self, hash: TokenHash) -> Option<Arc<Known>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(&hash).cloned()
    }

    fn keep(&self, hash: TokenHash, found: &Arc<Known>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= TOKENS_MAX {
            known.clear();
        }
        known.insert(hash, Arc::clone(found));
    }
}
