//! A form (`application/x-www-form-urlencoded`) as a request.

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::fault::StsFault;
use crate::aws::constraint::{Allowed, At, Checks, Counts, Shape};

/// The most parameters of a form.
pub const PARAMETERS_MAX: usize = 256;

/// Parameters by name, each once.
pub struct Form(Map<String, Value>);

impl Form {
    /// # Errors
    /// For what is no form, more than [`PARAMETERS_MAX`] parameters, and one that stands twice.
    pub fn parse(bytes: &[u8]) -> Result<Self, StsFault> {
        let malformed = || StsFault::malformed("The form is malformed");
        let text = std::str::from_utf8(bytes).map_err(|_| malformed())?;
        let mut members = Map::new();
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            if members.len() == PARAMETERS_MAX {
                return Err(StsFault::malformed("The form has too many parameters"));
            }
            let (name, value) = (decoded(name)?, decoded(value)?);
            if members.insert(name, Value::String(value)).is_some() {
                return Err(StsFault::malformed("A parameter stands twice"));
            }
        }
        Ok(Self(members))
    }

    /// A parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// The form as a request, whose members are numbers where the service model says so. A member of a structure or a
    /// list (`Tags.member.1.Key`) is refused: no request here has one.
    pub fn read<S: Shape>(&self) -> Result<S, StsFault> {
        let mut members = self.0.clone();
        if let Some(name) = members.keys().find(|name| name.contains('.')) {
            let name = name.split('.').next().unwrap_or_default();
            return Err(StsFault::unsupported(name));
        }
        for member in S::MEMBERS.iter().filter(|member| member.rules.counts == Counts::Value) {
            if let Some(value) = members.get_mut(member.name) {
                let number = value.as_str().and_then(|text| text.parse::<i64>().ok());
                *value = number
                    .map(Value::from)
                    .ok_or_else(|| StsFault::malformed("A number is expected"))?;
            }
        }
        let raw = S::Raw::deserialize(Value::Object(members));
        let raw = raw.map_err(|_| StsFault::malformed("A parameter is of another type"))?;
        let mut checks = Checks::new(Allowed::default());
        match S::check(raw, &At::Request, &mut checks) {
            Some(request) if checks.are_met() => match S::MEMBERS.iter().find(|member| {
                super::requests::REFUSED.contains(&member.name) && request.has(member.name)
            }) {
                Some(refused) => Err(StsFault::unsupported(refused.name)),
                None => Ok(request),
            },
            _ => Err(StsFault::validation(checks.text())),
        }
    }
}

fn decoded(text: &str) -> Result<String, StsFault> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    decoded
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| StsFault::malformed("The form is malformed"))
}
