//! Answers in XML.

use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, StatusCode};
use strongroom_core::audit::RequestId;
use zeroize::Zeroizing;

use super::super::reply::uuid_text;
use crate::door::Answer;

/// The namespace of the service's documents.
pub const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const TEXT_XML: HeaderValue = HeaderValue::from_static("text/xml");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

/// A document that is being written. It may hold a secret.
pub struct Document {
    text: Zeroizing<String>,
    open: Vec<&'static str>,
}

impl Document {
    /// A document with this root.
    pub fn new(root: &'static str) -> Self {
        // As long as any is: a text that grows leaves copies behind.
        let mut text = Zeroizing::new(String::with_capacity(4_096));
        text.push_str(&format!("<{root} xmlns=\"{NAMESPACE}\">"));
        Self { text, open: vec![root] }
    }

    pub fn open(mut self, name: &'static str) -> Self {
        self.text.push_str(&format!("<{name}>"));
        self.open.push(name);
        self
    }

    pub fn close(mut self) -> Self {
        if let Some(name) = self.open.pop() {
            self.text.push_str(&format!("</{name}>"));
        }
        self
    }

    pub fn text(mut self, name: &'static str, value: &str) -> Self {
        self.text.push_str(&format!("<{name}>"));
        for char in value.chars() {
            match char {
                '&' => self.text.push_str("&amp;"),
                '<' => self.text.push_str("&lt;"),
                '>' => self.text.push_str("&gt;"),
                '"' => self.text.push_str("&quot;"),
                // XML 1.0 has no other control characters (section 2.2).
                char if char.is_control() && !matches!(char, '\n' | '\r' | '\t') => {
                    self.text.push('\u{fffd}');
                }
                char => self.text.push(char),
            }
        }
        self.text.push_str(&format!("</{name}>"));
        self
    }

    /// The answer with this document, whose open elements are closed.
    pub fn into_answer(mut self, status: StatusCode, id: Option<RequestId>) -> Answer {
        while !self.open.is_empty() {
            self = self.close();
        }
        let mut answer = Answer::new(status, self.text.as_bytes().to_vec());
        answer.headers.insert(CONTENT_TYPE, TEXT_XML);
        answer.headers.insert(CACHE_CONTROL, NO_STORE);
        let number = id.and_then(|id| HeaderValue::try_from(uuid_text(id.0)).ok());
        if let Some(number) = number {
            answer.headers.insert(REQUEST_ID, number);
        }
        answer
    }
}
