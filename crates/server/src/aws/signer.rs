//! Who signed a request, and for which region.

use std::sync::Arc;

use http::HeaderMap;
use http::header::HOST;
use strongroom_core::aws::sigv4::{
    self, BodyHash, Expectations, SKEW_SECRETS_MANAGER, SecretAccessKey, Signed, SigningKey,
};
use strongroom_core::time::Seconds;
use strongroom_engine::operations::aws::{Place, Places};
use strongroom_engine::{AccessKeyFound, Caller, Engine, Error};

use super::fault::{Context, Fault};
use crate::door::Incoming;

/// A service, as signatures name it, and how far a client's clock can be from ours.
pub struct Service {
    pub name: &'static str,
    pub skew: Seconds,
}

/// Secrets Manager.
pub const SECRETS_MANAGER: Service = Service { name: "secretsmanager", skew: SKEW_SECRETS_MANAGER };

/// Somebody who signed a request, and the region that they signed it for.
pub struct Signer {
    pub caller: Caller,
    pub place: Arc<Place>,
    /// What audit records call them.
    pub principal: String,
    /// The id of their access key.
    pub key_id: String,
}

/// A request that is nobody's.
pub struct Unproven {
    /// What the client is told.
    pub fault: Fault,
    /// Why.
    pub reason: Reason,
}

/// Why a request is nobody's.
pub enum Reason {
    /// Its signature is none, or not that of its key.
    Signature(sigv4::Fault),
    /// The engine's reason, for the audit log.
    Engine(String),
}

impl Reason {
    /// What the audit log has.
    pub fn into_text(self) -> String {
        match self {
            Self::Signature(fault) => fault.error_type().to_owned(),
            Self::Engine(reason) => reason,
        }
    }
}

impl Signer {
    /// Who signed the request. Only whoever has the secret of an active access key is found.
    pub fn find(
        engine: &Engine,
        places: &Places,
        service: &Service,
        incoming: &Incoming,
    ) -> Result<Self, Unproven> {
        let headers = headers(incoming);
        let request = sigv4::Request {
            method: incoming.head.method.as_str(),
            path: incoming.path(),
            query: incoming.query().unwrap_or_default(),
            headers: &headers,
            body_sha256: BodyHash::of(&incoming.body),
        };
        let signed = Signed::parse(&request)?;
        let expected = Expectations { service: service.name, region: None, skew: service.skew };
        signed.check(incoming.arrived, &expected)?;
        let found = engine.access_key(signed.access_key_id())?;
        let caller = prove(&found, &signed, incoming, &expected)?;
        // Only the owner of a key learns which regions there are.
        let place = places.region(signed.scope().region).map(Arc::clone);
        let no_region = "Credential should be scoped to a valid region. ".to_owned();
        let place = place.ok_or(sigv4::Fault::Scope(no_region))?;
        let (principal, key_id) = (found.principal().to_owned(), signed.access_key_id().to_owned());
        Ok(Self { caller, place, principal, key_id })
    }
}

fn prove(
    found: &AccessKeyFound,
    signed: &Signed<'_>,
    incoming: &Incoming,
    expected: &Expectations<'_>,
) -> Result<Caller, sigv4::Fault> {
    found.prove(|secret| {
        let secret = SecretAccessKey::new(secret.expose().to_vec());
        let key = SigningKey::derive(&secret, signed.scope());
        signed.verify(&key, None, incoming.arrived, expected).map(drop)
    })
}

impl From<sigv4::Fault> for Unproven {
    fn from(fault: sigv4::Fault) -> Self {
        Self { fault: fault.clone().into(), reason: Reason::Signature(fault) }
    }
}

/// A key that is none, or not one any more.
impl From<Error> for Unproven {
    fn from(error: Error) -> Self {
        let fault = Fault::of(&error, &Context { action: "", account: "", resource: None });
        match error {
            // The reason is for the audit log; the client learns no more than that there is no such key.
            Error::Unauthenticated(reason) => Self { fault, reason: Reason::Engine(reason) },
            other => Self { fault, reason: Reason::Engine(other.to_string()) },
        }
    }
}

/// The header fields as they came. Of HTTP/2, `:authority` (RFC 9113, section 8.3.1) is `host`, where no `host` came
/// with it.
fn headers(incoming: &Incoming) -> Vec<(&str, &[u8])> {
    let fields: &HeaderMap = incoming.headers();
    let mut headers: Vec<(&str, &[u8])> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let authority = incoming.head.uri.authority().filter(|_| !fields.contains_key(HOST));
    headers.extend(authority.map(|authority| ("host", authority.as_str().as_bytes())));
    headers
}
