//! The API of AWS's Security Token Service, as far as it gives temporary keys, and the endpoint that gives them to
//! containers. Both ask the engine, and decide nothing.
//!
//! The API is a query protocol: a form in, XML out
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html>).

mod action;
mod credentials;
mod fault;
mod form;
mod xml;

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, Method};
use strongroom_core::aws::sigv4::{Expectations, SKEW_STS};
use strongroom_engine::operations::aws::GetCallerIdentity;
use strongroom_engine::{Caller, Node};

use crate::door::{Answer, Door, Incoming, Refusal};

use self::action::Action;
pub use self::credentials::{CREDENTIALS_PATH, CredentialsDoor};
use self::fault::Fault;
use self::form::Form;
use super::signer::prove;
use super::{TARGET, request};

/// The signing name of the service.
const SERVICE: &str = "sts";
/// The longest form, in bytes: more than a web identity token of 20,000 characters and every other parameter.
const FORM_BYTES_MAX: usize = 65_536;
const FORM_TYPE: &str = "application/x-www-form-urlencoded";

/// The door to the API.
pub struct StsDoor {
    node: Arc<Node>,
}

impl StsDoor {
    /// A door to this node.
    #[must_use]
    pub fn new(node: Arc<Node>) -> Self {
        Self { node }
    }

    fn respond(&self, incoming: &Incoming) -> Result<Answer, Fault> {
        let form = match incoming.head.method {
            Method::GET => Form::parse(incoming.query().unwrap_or_default().as_bytes())?,
            _ => Form::parse(&incoming.body)?,
        };
        let action = Action::read(form)?;
        let engine = self.node.engine().map_err(Fault::closed)?;
        let caller = if action.is_open() {
            Caller::Anonymous
        } else {
            let expected = Expectations { service: SERVICE, region: None, skew: SKEW_STS };
            match prove(&engine, incoming, &expected) {
                Ok(proven) => proven.caller,
                Err(not) => {
                    // So that the audit log has why it was refused. The answer is a refusal.
                    let refused = request(incoming, Caller::Refused(not.reason()));
                    let _ = engine.execute(&refused, &GetCallerIdentity);
                    return Err(not.into());
                }
            }
        };
        action.ask(&engine, &request(incoming, caller))
    }
}

impl Door for StsDoor {
    fn name(&self) -> &'static str {
        "aws-sts"
    }

    fn serves(&self, head: &Parts) -> bool {
        if head.uri.path() != "/" || head.headers.contains_key(TARGET) {
            return false;
        }
        match head.method {
            Method::POST => is_form(&head.headers),
            Method::GET => head.uri.query().is_some_and(form::names_action),
            _ => false,
        }
    }

    fn body_bytes_max(&self, _: &Parts) -> Option<usize> {
        Some(FORM_BYTES_MAX)
    }

    fn may_wait(&self, _: &Incoming) -> bool {
        true
    }

    fn answer(&self, incoming: Incoming) -> Answer {
        let id = incoming.id;
        self.respond(&incoming).unwrap_or_else(|fault| fault.into_answer(id))
    }

    fn refuse(&self, refusal: Refusal) -> Answer {
        Fault::refused(refusal).without_number()
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = kind.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case(FORM_TYPE)
}
