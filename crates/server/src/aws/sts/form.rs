//! The parameters of a request: `application/x-www-form-urlencoded`.

use percent_encoding::percent_decode;
use strongroom_core::secret::SecretValue;

use super::fault::Fault;

/// The most parameters of a request.
const PARAMETERS_MAX: usize = 64;

/// Names and values. A value may be a secret.
pub struct Form(Vec<(String, SecretValue)>);

impl Form {
    /// # Errors
    /// [`Fault`] for a text that is not UTF-8, or has a name twice or too many of them.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let mut found: Vec<(String, SecretValue)> = Vec::new();
        for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decoded(halves.next().unwrap_or_default())?;
            let value = decoded(halves.next().unwrap_or_default())?;
            let value = SecretValue::from(value);
            if found.len() >= PARAMETERS_MAX {
                return Err(Fault::malformed("there are too many parameters"));
            }
            if found.iter().any(|(known, _)| *known == name) {
                return Err(Fault::malformed("a parameter can be sent once only"));
            }
            found.push((name, value));
        }
        Ok(Self(found))
    }

    /// Take a parameter that is a secret.
    pub fn take_secret(&mut self, name: &str) -> Option<SecretValue> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(place).1)
    }

    /// Take a parameter.
    pub fn take(&mut self, name: &str) -> Option<String> {
        let value = self.take_secret(name)?;
        value.expose_text().map(str::to_owned)
    }

    /// The names of the parameters that nobody took.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// Whether a query is a request of this protocol.
pub fn names_action(query: &str) -> bool {
    query.split('&').any(|pair| pair.starts_with("Action="))
}

fn decoded(bytes: &[u8]) -> Result<String, Fault> {
    let spaced: Vec<u8> =
        bytes.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let text = percent_decode(&spaced).decode_utf8();
    text.map(|text| text.into_owned()).map_err(|_| Fault::malformed("the parameters are not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_once() {
        let mut form = Form::parse(b"Action=A+b%2Bc&x=%2541&&empty").ok().unwrap();
        assert_eq!(form.take("Action").as_deref(), Some("A b+c"));
        assert_eq!(form.take("x").as_deref(), Some("%41"));
        assert_eq!(form.left().collect::<Vec<_>>(), ["empty"]);
        assert_eq!(form.take("x"), None);
    }

    #[test]
    fn what_is_no_form_is_refused() {
        let many = |count: usize| (0..count).map(|i| format!("p{i}=1&")).collect::<String>();
        assert!(Form::parse(many(PARAMETERS_MAX).as_bytes()).is_ok());
        assert!(Form::parse(many(PARAMETERS_MAX + 1).as_bytes()).is_err());
        for bad in [b"a=1&a=2".as_slice(), b"a=%ff", b"a=\xff"] {
            assert!(Form::parse(bad).is_err());
        }
    }
}
