//! Decides whether a request is its signer's.

use subtle::ConstantTimeEq;

use super::canonical::{Canonical, Tokens, string_to_sign};
use super::date::SigningTime;
use super::fault::Fault;
use super::key::{SigningKey, TERMINATOR};
use super::parse::{SIGNATURE_PARAMETER, Signed};
use crate::time::{Seconds, Timestamp};

/// How far a client's clock can be from ours at Secrets Manager: 5 minutes.
pub const SKEW_SECRETS_MANAGER: Seconds = Seconds(300);
/// How far a client's clock can be from ours at STS: 15 minutes.
pub const SKEW_STS: Seconds = Seconds(900);

/// What a request has to be signed for.
#[derive(Clone, Copy, Debug)]
pub struct Expectations<'a> {
    /// The service's signing name.
    pub service: &'a str,
    /// The region; `None` accepts every one, which [`Verified::region`] then says.
    pub region: Option<&'a str>,
    /// How far the clocks can be apart.
    pub skew: Seconds,
}

/// A request that is its signer's. Only [`Signed::verify`] makes one.
///
/// ```compile_fail,E0451
/// use strongroom_core::aws::sigv4::{SigningTime, Verified};
/// use strongroom_core::time::Timestamp;
///
/// let verified = Verified {
///     access_key_id: String::new(),
///     region: String::new(),
///     signed_at: SigningTime::from(Timestamp(0)),
///     presigned: false,
/// };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    access_key_id: String,
    region: String,
    signed_at: SigningTime,
    presigned: bool,
}

impl Verified {
    /// Whose request it is.
    #[must_use]
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The region that it was signed for.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// When it was signed, by the client's clock.
    #[must_use]
    pub fn signed_at(&self) -> SigningTime {
        self.signed_at
    }

    /// Whether it is a presigned URL.
    #[must_use]
    pub fn is_presigned(&self) -> bool {
        self.presigned
    }
}

/// What is known of the session that temporary keys belong to.
#[derive(Clone, Copy)]
pub struct Session<'a> {
    /// The token that was given with the keys.
    pub token: &'a str,
    /// When both end.
    pub expires: Timestamp,
}

impl Signed<'_> {
    /// Everything that can be said without a key: the time, the scope, what is signed, the body's hash. For callers
    /// who want to refuse before they look a key up; [`Self::verify`] asks it too.
    ///
    /// # Errors
    /// [`Fault`]
    pub fn check(&self, now: Timestamp, expected: &Expectations<'_>) -> Result<(), Fault> {
        self.check_time(now.into(), expected.skew)?;
        self.check_scope(expected)?;
        self.check_headers()?;
        let claimed = self.request.values("x-amz-content-sha256").next();
        let computed = self.request.body_sha256.hexadecimal();
        if claimed.is_some_and(|claimed| claimed.trim_ascii() != computed.as_bytes()) {
            return Err(Fault::PayloadHash);
        }
        Ok(())
    }

    /// Whether the request is that of the owner of the key. `session` is `None` for keys that are not temporary: a
    /// request with a session token is refused then, and one without where there is a session.
    ///
    /// # Errors
    /// [`Fault`]; that a session ended is told to the owner of the key only.
    pub fn verify(
        &self,
        key: &SigningKey,
        session: Option<Session<'_>>,
        now: Timestamp,
        expected: &Expectations<'_>,
    ) -> Result<Verified, Fault> {
        self.check(now, expected)?;
        let canonical = Canonical {
            request: self.request,
            parameters: &self.parameters,
            without: self.expires_secs.map(|_| SIGNATURE_PARAMETER),
            signed_headers: &self.signed_headers,
        };
        let text = string_to_sign(&canonical.request(Tokens::Written), self.time, self.scope());
        let matches =
            self.signature.is_some_and(|signature| key.has_signed(text.as_bytes(), &signature));
        if !matches {
            let shown = canonical.request(Tokens::LeftOut);
            return Err(Fault::SignatureMismatch {
                canonical: String::from_utf8_lossy(&shown).into_owned(),
                string_to_sign: text,
            });
        }
        self.check_session(session, now)?;
        Ok(Verified {
            access_key_id: self.access_key_id.clone(),
            region: self.region.clone(),
            signed_at: self.time,
            presigned: self.is_presigned(),
        })
    }

    fn check_session(&self, session: Option<Session<'_>>, now: Timestamp) -> Result<(), Fault> {
        match (session, &self.session_token) {
            (None, None) => Ok(()),
            (Some(session), Some(token)) => {
                let same: bool = session.token.as_bytes().ct_eq(token.as_bytes()).into();
                if !same {
                    Err(Fault::UnrecognizedClient)
                } else if session.expires <= now {
                    Err(Fault::ExpiredToken)
                } else {
                    Ok(())
                }
            }
            _ => Err(Fault::UnrecognizedClient),
        }
    }

    fn check_time(&self, now: SigningTime, skew: Seconds) -> Result<(), Fault> {
        let good_secs = self.expires_secs.unwrap_or(skew.0);
        let (signed, earliest, latest) = (self.time, now.earlier(good_secs), now.later(skew.0));
        if signed < earliest {
            return Err(Fault::Expired { signed, earliest, now, span: span(good_secs) });
        }
        if signed > latest {
            return Err(Fault::NotYetCurrent { signed, latest, now, span: span(skew.0) });
        }
        Ok(())
    }

    fn check_scope(&self, expected: &Expectations<'_>) -> Result<(), Fault> {
        let mut problem = String::new();
        if expected.region.is_some_and(|region| region != self.region) {
            problem.push_str("Credential should be scoped to a valid region. ");
        }
        if self.service != expected.service {
            problem.push_str(&format!(
                "Credential should be scoped to correct service: '{}'. ",
                expected.service
            ));
        }
        if self.terminator != TERMINATOR {
            problem.push_str(&format!(
                "Credential should be scoped with a valid terminator: '{TERMINATOR}', not '{}'. ",
                self.terminator
            ));
        }
        let day = self.time.day();
        if self.day != day {
            problem.push_str(&format!(
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != \
                 '{day}', from '{}'. ",
                self.day, self.time
            ));
        }
        if problem.is_empty() { Ok(()) } else { Err(Fault::Scope(problem)) }
    }

    /// `host` and everything of AWS's own is signed, so that nobody on the way can change what is asked for; and what
    /// is said to be signed is there.
    fn check_headers(&self) -> Result<(), Fault> {
        let is_signed = |name: &str| self.signed_headers.iter().any(|signed| signed == name);
        if !is_signed("host") {
            return Err(Fault::HeaderNotSigned("Host' or ':authority".to_owned()));
        }
        for (name, _) in self.request.headers {
            let name = name.to_ascii_lowercase();
            if name.starts_with("x-amz-") && !is_signed(&name) {
                return Err(Fault::HeaderNotSigned(name));
            }
        }
        match self.signed_headers.iter().find(|name| self.request.values(name).next().is_none()) {
            Some(absent) => Err(Fault::SignedHeaderMissing(absent.clone())),
            None => Ok(()),
        }
    }
}

fn span(seconds: u64) -> String {
    if seconds.is_multiple_of(60) {
        format!("{} min.", seconds / 60)
    } else {
        format!("{seconds} sec.")
    }
}
