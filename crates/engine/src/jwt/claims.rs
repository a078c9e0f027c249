//! What a verified token says.

use std::collections::BTreeMap;

use super::error::JwtError;
use super::json::{Json, whole};

/// The claims of a token whose signature was verified.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Json);

impl Claims {
    /// The claims of a verified payload.
    pub(super) fn parse(payload: &[u8]) -> Result<Self, JwtError> {
        let json = Json::parse(payload).map_err(|_| JwtError::Malformed)?;
        json.as_object().ok_or(JwtError::Malformed)?;
        Ok(Self(json))
    }

    /// The claim with this name; `null` is none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name).filter(|value| !matches!(value, Json::Null))
    }

    /// The claim with this name, or what it leads to when it is a JSON pointer, which begins with `/`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Json> {
        if !name.starts_with('/') {
            return self.get(name);
        }
        self.0.pointer(name).filter(|value| !matches!(value, Json::Null))
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> Option<&BTreeMap<String, Json>> {
        self.0.as_object()
    }

    /// A claim that is a text; one that is something else is refused.
    ///
    /// # Errors
    /// [`JwtError::ClaimType`]
    pub fn text(&self, name: &str) -> Result<Option<&str>, JwtError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        value.as_text().map(Some).ok_or_else(|| JwtError::ClaimType(name.to_owned()))
    }

    /// `aud`: a text, or a list of texts (RFC 7519 section 4.1.3).
    ///
    /// # Errors
    /// [`JwtError::ClaimType`]
    pub fn audiences(&self) -> Result<Vec<&str>, JwtError> {
        match self.get("aud") {
            None => Some(Vec::new()),
            Some(Json::Text(one)) => Some(vec![one.as_str()]),
            Some(Json::List(several)) => several.iter().map(Json::as_text).collect(),
            Some(_) => None,
        }
        .ok_or_else(|| JwtError::ClaimType("aud".to_owned()))
    }

    /// A time (RFC 7519 section 2, NumericDate) in whole seconds since 1970.
    ///
    /// # Errors
    /// [`JwtError::ClaimType`], for one before 1970 or past 53 bits too.
    pub fn seconds(&self, name: &str) -> Result<Option<i64>, JwtError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let seconds = match value {
            Json::Number(number) => number.as_f64().and_then(whole),
            _ => None,
        };
        let seconds = seconds.filter(|seconds| *seconds >= 0);
        seconds.map(Some).ok_or_else(|| JwtError::ClaimType(name.to_owned()))
    }
}
