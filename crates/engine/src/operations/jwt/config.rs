use std::fmt;
use std::sync::Arc;

use strongroom_core::secret::SecretValue;
use strongroom_store::Batch;
use zeroize::Zeroize;

use super::{CONFIG, JWT, rule};
use crate::error::Error;
use crate::jwt::{Algorithms, Client, KEYS_MAX, KeySet, KeySource, Origin, Provider, ResponseMode};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read};

/// The longest address, name or secret of a configuration, in bytes.
const TEXT_BYTES_MAX: usize = 4_096;
/// The longest list of certificate authorities, in bytes.
const CA_BYTES_MAX: usize = 128 * 1024;

/// Whose tokens a mount takes.
#[derive(Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct JwtConfig {
    /// What was written.
    #[n(0)]
    pub fields: JwtConfigFields,
    #[n(1)]
    client_secret: String,
}

/// What a configuration says; empty texts say nothing. One of `discovery_url`, `jwks_url` and `public_keys` is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct JwtConfigFields {
    /// The issuer of an OpenID provider, whose configuration says where its keys are.
    #[n(0)]
    pub discovery_url: String,
    /// The certificate authorities of its server, instead of the system's, in PEM.
    #[n(1)]
    pub discovery_ca_pem: String,
    /// What we are to the provider, for logins by browser.
    #[n(2)]
    pub client_id: String,
    /// How the provider gives codes back.
    #[n(3)]
    pub response_mode: ResponseMode,
    /// Where a JSON Web Key Set is.
    #[n(4)]
    pub jwks_url: String,
    /// The certificate authorities of its server, instead of the system's, in PEM.
    #[n(5)]
    pub jwks_ca_pem: String,
    /// Public keys in PEM.
    #[n(6)]
    pub public_keys: Vec<String>,
    /// `iss` must be this.
    #[n(7)]
    pub bound_issuer: String,
    /// How tokens may be signed, as RFC 7518 names it; when empty RS256 for providers and logins by browser, else
    /// everything.
    #[n(8)]
    pub algorithms: Vec<String>,
    /// The role of logins that name none.
    #[n(9)]
    pub default_role: String,
    /// Kept and shown; there are no namespaces.
    #[n(10)]
    pub namespace_in_state: bool,
}

/// Set whose tokens are taken, in place of what was set. What it names is fetched to find out whether it works. Needs
/// `create` or `update` on `<mount>/config`.
#[derive(Debug)]
pub struct WriteJwtConfig {
    path: String,
    fields: JwtConfigFields,
    client_secret: SecretValue,
}

/// Whose tokens are taken, without the client's secret. Needs `read` on `<mount>/config`.
#[derive(Debug)]
pub struct ReadJwtConfig {
    path: String,
}

impl WriteJwtConfig {
    /// At this mount.
    #[must_use]
    pub fn new(mount: &str, fields: JwtConfigFields, client_secret: SecretValue) -> Self {
        Self { path: format!("{mount}/{CONFIG}"), fields, client_secret }
    }
}

impl ReadJwtConfig {
    /// Of this mount.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/{CONFIG}") }
    }
}

impl Operation for WriteJwtConfig {
    type Answer = ();

    const NAME: &'static str = "jwt-config-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = room.authorise_write_at(&self.path, JWT, |mount| mount.holds(CONFIG))?;
        let mount = room.logical(&proof);
        let secret = self.client_secret.expose_text();
        let client_secret = secret.ok_or_else(|| Error::rule("oidc_client_secret is a text"))?;
        let config =
            JwtConfig { fields: self.fields.clone(), client_secret: client_secret.to_owned() };
        config.check()?;
        config.probe(room)?;
        let found: Option<Stored<JwtConfig>> = mount.read(CONFIG)?;
        let mut batch = Batch::default();
        mount.put(&mut batch, CONFIG, &config, found.as_ref())?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ReadJwtConfig {
    type Answer = JwtConfigFields;

    const NAME: &'static str = "jwt-config-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<JwtConfigFields>, Error> {
        let proof = room.authorise_at::<Read>(&self.path, JWT)?;
        let found: Option<Stored<JwtConfig>> = room.logical(&proof).read(CONFIG)?;
        let found = found.ok_or_else(|| Error::NotFound(self.path.clone()))?;
        Ok(Performed::read(found.value.fields.clone()))
    }
}

impl JwtConfig {
    /// Whether it is one at all, without asking anybody.
    fn check(&self) -> Result<(), Error> {
        let fields = &self.fields;
        self.check_sizes()?;
        let origins = [
            !fields.discovery_url.is_empty(),
            !fields.jwks_url.is_empty(),
            !fields.public_keys.is_empty(),
        ];
        if origins.into_iter().filter(|is_set| *is_set).count() != 1 {
            return Err(Error::rule(
                "exactly one of 'jwt_validation_pubkeys', 'jwks_url', or 'oidc_discovery_url' must be set",
            ));
        }
        if fields.client_id.is_empty() != self.client_secret.is_empty() {
            return Err(Error::rule(
                "both 'oidc_client_id' and 'oidc_client_secret' must be set for OIDC",
            ));
        }
        if !fields.client_id.is_empty() && fields.discovery_url.is_empty() {
            return Err(Error::rule("'oidc_discovery_url' must be set for OIDC"));
        }
        Algorithms::named(&fields.algorithms).map_err(rule)?;
        Ok(())
    }

    fn check_sizes(&self) -> Result<(), Error> {
        let fields = &self.fields;
        let texts = [
            &fields.discovery_url,
            &fields.client_id,
            &fields.jwks_url,
            &fields.bound_issuer,
            &fields.default_role,
            &self.client_secret,
        ];
        let authorities = [&fields.discovery_ca_pem, &fields.jwks_ca_pem];
        let is_large = texts.into_iter().any(|text| text.len() > TEXT_BYTES_MAX)
            || authorities.into_iter().any(|pem| pem.len() > CA_BYTES_MAX)
            || fields.public_keys.len() > KEYS_MAX
            || fields.public_keys.iter().any(|pem| pem.len() > TEXT_BYTES_MAX);
        if is_large {
            return Err(Error::rule(format!(
                "a text of a configuration has at most {TEXT_BYTES_MAX} bytes, certificate authorities \
                 {CA_BYTES_MAX}, and there are at most {KEYS_MAX} keys"
            )));
        }
        Ok(())
    }

    /// Whether keys can be had. For a provider that its configuration can is enough: it may have no keys yet.
    fn probe(&self, room: &Room<'_>) -> Result<(), Error> {
        match self.origin()? {
            Origin::Discovery { issuer, ca_pem } => {
                let found = Provider::discover(&issuer, ca_pem.as_deref(), room.fetch);
                found.map(drop).map_err(|error| {
                    Error::rule(format!("error checking oidc discovery URL: {error}"))
                })
            }
            origin => KeySource::new(origin)
                .probe(room.fetch)
                .map(drop)
                .map_err(|error| Error::rule(format!("error checking jwks URL: {error}"))),
        }
    }

    /// Where the keys come from.
    pub(super) fn origin(&self) -> Result<Origin, Error> {
        let fields = &self.fields;
        let pem = |text: &String| (!text.is_empty()).then(|| text.clone());
        if !fields.discovery_url.is_empty() {
            let (issuer, ca_pem) = (fields.discovery_url.clone(), pem(&fields.discovery_ca_pem));
            return Ok(Origin::Discovery { issuer, ca_pem });
        }
        if !fields.jwks_url.is_empty() {
            let (url, ca_pem) = (fields.jwks_url.clone(), pem(&fields.jwks_ca_pem));
            return Ok(Origin::Jwks { url, ca_pem });
        }
        let keys = KeySet::from_pems(&fields.public_keys);
        let keys =
            keys.map_err(|error| Error::rule(format!("error parsing public key: {error}")))?;
        Ok(Origin::Static(Arc::new(keys)))
    }

    /// How the tokens of logins may be signed.
    pub(super) fn algorithms(&self, by_browser: bool) -> Result<Algorithms, Error> {
        let named = &self.fields.algorithms;
        if named.is_empty() && !by_browser && self.fields.discovery_url.is_empty() {
            return Ok(Algorithms::all());
        }
        Algorithms::named(named).map_err(rule)
    }

    /// What `iss` must be.
    pub(super) fn issuer(&self) -> Option<String> {
        let fields = &self.fields;
        let bound = [&fields.bound_issuer, &fields.discovery_url];
        bound.into_iter().find(|issuer| !issuer.is_empty()).cloned()
    }

    /// What we are to the provider; `None` when logins by browser are not set up.
    pub(super) fn client(&self) -> Option<Client> {
        let fields = &self.fields;
        (!fields.client_id.is_empty()).then(|| Client {
            id: fields.client_id.clone(),
            secret: Some(SecretValue::new(self.client_secret.as_bytes().to_vec())),
            ca_pem: (!fields.discovery_ca_pem.is_empty()).then(|| fields.discovery_ca_pem.clone()),
        })
    }
}

impl fmt::Debug for JwtConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtConfig").field("fields", &self.fields).finish_non_exhaustive()
    }
}

impl Drop for JwtConfig {
    fn drop(&mut self) {
        self.client_secret.zeroize();
    }
}
