//! Who signed a request, and for which region.

use std::sync::Arc;

use http::HeaderMap;
use http::header::HOST;
use strongroom_core::aws::sigv4::{
    self, BodyHash, Expectations, SKEW_SECRETS_MANAGER, SecretAccessKey, Signed, SigningKey,
};
use strongroom_engine::operations::aws::{Place, Places};
use strongroom_engine::{AccessKeyFound, Caller, Engine, Error};

use super::fault::{Context, Fault};
use crate::door::Incoming;

/// The signing name of Secrets Manager.
const SERVICE: &str = "secretsmanager";

/// Somebody who signed a request, and the region that they signed it for.
pub struct Signer {
    pub caller: Caller,
    pub place: Arc<Place>,
}

/// A request that is nobody's.
pub struct Unproven {
    /// What the client is told.
    pub fault: Fault,
    /// Why, for the audit log.
    pub reason: String,
}

impl Signer {
    /// Who signed the request. Only whoever has the secret of an active access key is found.
    pub fn find(engine: &Engine, places: &Places, incoming: &Incoming) -> Result<Self, Unproven> {
        let headers = headers(incoming);
        let request = sigv4::Request {
            method: incoming.head.method.as_str(),
            path: incoming.path(),
            query: incoming.query().unwrap_or_default(),
            headers: &headers,
            body_sha256: BodyHash::of(&incoming.body),
        };
        let signed = Signed::parse(&request)?;
        let expected = Expectations { service: SERVICE, region: None, skew: SKEW_SECRETS_MANAGER };
        signed.check(incoming.arrived, &expected)?;
        let found = engine.access_key(signed.access_key_id())?;
        let caller = prove(&found, &signed, incoming, &expected)?;
        // Only the owner of a key learns which regions there are.
        let place = places.region(signed.scope().region).map(Arc::clone);
        let no_region = "Credential should be scoped to a valid region. ".to_owned();
        let place = place.ok_or(sigv4::Fault::Scope(no_region))?;
        Ok(Self { caller, place })
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
        Self { reason: fault.error_type().to_owned(), fault: fault.into() }
    }
}

/// A key that is none, or not one any more.
impl From<Error> for Unproven {
    fn from(error: Error) -> Self {
        let fault = Fault::of(&error, &Context { action: "", account: "", resource: None });
        let reason = match error {
            Error::Unauthenticated(reason) => reason,
            other => other.to_string(),
        };
        Self { fault, reason }
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
