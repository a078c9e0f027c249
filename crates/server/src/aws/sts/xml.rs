//! The XML of the query protocol.

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, StatusCode};
use strongroom_core::audit::RequestId;

use crate::aws::reply::{request_number, uuid_text};
use crate::door::Answer;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const XML: HeaderValue = HeaderValue::from_static("text/xml");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// `<Name>text</Name>`
pub fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

/// An operation's answer around its result.
pub fn response(action: &str, result: &str, id: RequestId) -> Document {
    let number = element("RequestId", &uuid_text(id.0));
    let text = format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata>{number}</ResponseMetadata></{action}Response>"
    );
    Document { text, id }
}

/// A refusal.
pub fn error(code: &str, message: &str, id: RequestId) -> Document {
    let error = [("Type", "Sender"), ("Code", code), ("Message", message)]
        .map(|(name, text)| element(name, text))
        .concat();
    let number = element("RequestId", &uuid_text(id.0));
    let text = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error>{error}</Error>{number}</ErrorResponse>"
    );
    Document { text, id }
}

/// A text that is XML, and the number of its request.
pub struct Document {
    text: String,
    id: RequestId,
}

pub fn answer(status: StatusCode, document: &Document) -> Answer {
    let mut answer = Answer::new(status, document.text.clone().into_bytes());
    answer.headers.insert(CONTENT_TYPE, XML);
    answer.headers.insert(CACHE_CONTROL, NO_STORE);
    request_number(answer, document.id)
}

/// The text without what means something else in XML 1.0, and without characters that it cannot have.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other if other.is_control() => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped() {
        assert_eq!(element("A", "<b>&\u{0}\u{1b}é\n"), "<A>&lt;b&gt;&amp;\u{fffd}\u{fffd}é\n</A>");
    }
}
