//! The parameters of a query, read and written the one way that signatures know.

use super::fault::Fault;
use super::parse::QUERY_PARAMETERS_MAX;

const HEXADECIMAL: &[u8; 16] = b"0123456789ABCDEF";

/// A query's parameters, percent-encoded anew, in the order of the canonical request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads a query. Every byte that is not unreserved (RFC 3986, section 2.3) is percent-encoded afterwards, once.
    ///
    /// # Errors
    /// [`Fault::Incomplete`] for more than [`QUERY_PARAMETERS_MAX`].
    pub(super) fn parse(query: &str) -> Result<Self, Fault> {
        let mut parameters = Vec::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            if parameters.len() == QUERY_PARAMETERS_MAX {
                let problem = format!("A query has at most {QUERY_PARAMETERS_MAX} parameters.");
                return Err(Fault::Incomplete(problem));
            }
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            parameters.push((recode(name), recode(value)));
        }
        parameters.sort();
        Ok(Self(parameters))
    }

    /// The value, decoded: `None` when it is absent, an error when it is there twice or not UTF-8.
    pub(super) fn value(&self, name: &str) -> Result<Option<String>, Fault> {
        let mut found = self.0.iter().filter(|(own, _)| own == name);
        let Some((_, value)) = found.next() else { return Ok(None) };
        let refused =
            || Fault::Incomplete(format!("AWS query-string parameter '{name}' is not valid."));
        if found.next().is_some() {
            return Err(refused());
        }
        String::from_utf8(decode(value).collect()).map(Some).map_err(|_| refused())
    }

    /// Appends `name=value&…`, without one parameter, and with `hidden` in place of one's value.
    pub(super) fn push_canonical(
        &self,
        without: Option<&str>,
        hidden: Option<(&str, &[u8])>,
        into: &mut Vec<u8>,
    ) {
        let kept = self.0.iter().filter(|(name, _)| Some(name.as_str()) != without);
        for (index, (name, value)) in kept.enumerate() {
            if index > 0 {
                into.push(b'&');
            }
            into.extend_from_slice(name.as_bytes());
            into.push(b'=');
            match hidden {
                Some((own, instead)) if own == name => into.extend_from_slice(instead),
                _ => into.extend_from_slice(value.as_bytes()),
            }
        }
    }
}

/// Percent-encodes every byte but the unreserved ones and `/`.
pub(super) fn push_path_segment(byte: u8, into: &mut Vec<u8>) {
    if byte == b'/' {
        into.push(byte);
    } else {
        push_encoded(byte, into);
    }
}

fn push_encoded(byte: u8, into: &mut Vec<u8>) {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
        into.push(byte);
        return;
    }
    let digit = |nibble: u8| HEXADECIMAL.get(usize::from(nibble)).copied().unwrap_or_default();
    into.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 0xf)]);
}

fn recode(text: &str) -> String {
    let mut encoded = Vec::with_capacity(text.len());
    for byte in decode(text) {
        push_encoded(byte, &mut encoded);
    }
    String::from_utf8(encoded).unwrap_or_default()
}

/// The bytes with `%XX` decoded; a `%` that begins no escape is itself.
fn decode(text: &str) -> impl Iterator<Item = u8> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        if let [b'%', high, low, after @ ..] = rest
            && let (Some(high), Some(low)) = (hexadecimal(*high), hexadecimal(*low))
        {
            rest = after;
            return Some(high << 4 | low);
        }
        let (first, after) = rest.split_first()?;
        rest = after;
        Some(*first)
    })
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
