//! Who signed a request, and for which region.

use std::sync::Arc;

use http::HeaderMap;
use http::header::HOST;
use strongroom_core::aws::sigv4::{
    self, BodyHash, Expectations, SKEW_SECRETS_MANAGER, Signed, SigningKey,
};
use strongroom_engine::operations::aws::{Place, Places};
use strongroom_engine::{Caller, Engine, Error};

use super::fault::{Context, Fault};
use crate::door::Incoming;

/// The signing name of Secrets Manager.
const SERVICE: &str = "secretsmanager";

/// Somebody who signed a request, and the region that they signed it for.
pub struct Signer {
    pub caller: Caller,
    pub place: Arc<Place>,
}

/// Somebody who signed a request, and the region that they wrote.
pub struct Proven {
    pub caller: Caller,
    pub region: String,
}

/// Why a request is nobody's.
pub enum NotProven {
    /// What is wrong with its signature.
    Signature(sigv4::Fault),
    /// Its key is none, or not one any more.
    Key(Error),
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
        let expected = Expectations { service: SERVICE, region: None, skew: SKEW_SECRETS_MANAGER };
        let Proven { caller, region } = prove(engine, incoming, &expected)?;
        // Only the owner of a key learns which regions there are.
        let place = places.region(&region).map(Arc::clone);
        let no_region = "Credential should be scoped to a valid region. ".to_owned();
        let place = place.ok_or(sigv4::Fault::Scope(no_region))?;
        Ok(Self { caller, place })
    }
}

/// Who signed a request, for a service as `expected` says.
pub fn prove(
    engine: &Engine,
    incoming: &Incoming,
    expected: &Expectations<'_>,
) -> Result<Proven, NotProven> {
    let headers = headers(incoming);
    let request = sigv4::Request {
        method: incoming.head.method.as_str(),
        path: incoming.path(),
        query: incoming.query().unwrap_or_default(),
        headers: &headers,
        body_sha256: BodyHash::of(&incoming.body),
    };
    let signed = Signed::parse(&request)?;
    signed.check(incoming.arrived, expected)?;
    let found = engine.access_key(signed.access_key_id()).map_err(NotProven::Key)?;
    let caller = found.prove(|secret| {
        let key = SigningKey::derive(secret, signed.scope());
        signed.verify(&key, found.session(), incoming.arrived, expected).map(drop)
    })?;
    Ok(Proven { caller, region: signed.scope().region.to_owned() })
}

impl From<sigv4::Fault> for NotProven {
    fn from(fault: sigv4::Fault) -> Self {
        Self::Signature(fault)
    }
}

impl From<sigv4::Fault> for Unproven {
    fn from(fault: sigv4::Fault) -> Self {
        NotProven::from(fault).into()
    }
}

impl From<NotProven> for Unproven {
    fn from(not: NotProven) -> Self {
        let reason = not.reason();
        let fault = match not {
            NotProven::Signature(fault) => fault.into(),
            NotProven::Key(error) => {
                Fault::of(&error, &Context { action: "", account: "", resource: None })
            }
        };
        Self { fault, reason }
    }
}

impl NotProven {
    /// Why, for the audit log.
    pub fn reason(&self) -> String {
        match self {
            Self::Signature(fault) => fault.error_type().to_owned(),
            Self::Key(Error::Unauthenticated(reason)) => reason.clone(),
            Self::Key(other) => other.to_string(),
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
