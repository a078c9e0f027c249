//! What stands in for AWS's Security Token Service: the query protocol over `/`, answers in XML.
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html>
//!
//! `GetCallerIdentity` tells who signed. `AssumeRole` and `AssumeRoleWithWebIdentity` are read and held to the service
//! model, and refused: there are no roles.

mod fault;
mod form;
mod requests;
mod xml;

use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Method, StatusCode};
use strongroom_core::audit::RequestId;
use strongroom_core::aws::sigv4::SKEW_STS;
use strongroom_engine::operations::aws::Places;
use strongroom_engine::{Closed, Engine};

use self::fault::StsFault;
use self::form::Form;
use self::requests::{AssumeRole, AssumeRoleWithWebIdentity};
use super::signer::{Service, Signer};
use crate::door::{Answer, Incoming};

/// The one version of the API.
const VERSION: &str = "2011-06-15";
const FORM: &str = "application/x-www-form-urlencoded";
/// What begins the name of the operation in a query.
const ACTION: &str = "Action=";
/// The service as signatures name it.
const SERVICE: Service = Service { name: "sts", skew: SKEW_STS };

/// Whether a request to `/` is in the query protocol: a form, or a query that names an operation.
pub fn serves(head: &Parts) -> bool {
    let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let is_form = head.method == Method::POST && kind.is_some_and(|kind| kind.starts_with(FORM));
    let is_query = head.method == Method::GET
        && head.uri.query().is_some_and(|query| query.split('&').any(|p| p.starts_with(ACTION)));
    is_form || is_query
}

/// The answer, whatever it is.
pub fn answer(engine: Result<&Engine, Closed>, places: &Places, incoming: &Incoming) -> Answer {
    let id = incoming.id;
    let answered =
        engine.map_err(StsFault::from).and_then(|engine| respond(engine, places, incoming));
    match answered {
        Ok((action, result)) => xml::answer(StatusCode::OK, &xml::response(action, &result, id)),
        Err(fault) => refusal(&fault, id),
    }
}

fn refusal(fault: &StsFault, id: RequestId) -> Answer {
    xml::answer(fault.status(), &xml::error(fault.code(), fault.message(), id))
}

fn respond(
    engine: &Engine,
    places: &Places,
    incoming: &Incoming,
) -> Result<(&'static str, String), StsFault> {
    let form = match incoming.head.method {
        Method::GET => Form::parse(incoming.query().unwrap_or_default().as_bytes())?,
        _ => Form::parse(&incoming.body)?,
    };
    if form.text("Version").is_some_and(|version| version != VERSION) {
        return Err(StsFault::invalid_action(form.text("Action")));
    }
    match form.text("Action") {
        Some("GetCallerIdentity") => {
            let signer = Signer::find(engine, places, &SERVICE, incoming)?;
            Ok(("GetCallerIdentity", identity(&signer)))
        }
        Some("AssumeRole") => {
            let signer = Signer::find(engine, places, &SERVICE, incoming)?;
            let asked = form.read::<AssumeRole>()?;
            Err(StsFault::denied(&arn(&signer), "AssumeRole", &asked.role_arn.0))
        }
        // Whoever asks has no keys: the token says who it is.
        Some("AssumeRoleWithWebIdentity") => {
            form.read::<AssumeRoleWithWebIdentity>()?;
            Err(StsFault::not_authorized("AssumeRoleWithWebIdentity"))
        }
        other => Err(StsFault::invalid_action(other)),
    }
}

fn identity(signer: &Signer) -> String {
    let account = &signer.place.account;
    let mut result = xml::element("Arn", &arn(signer));
    result.push_str(&xml::element("UserId", &signer.key_id));
    result.push_str(&xml::element("Account", account));
    result
}

fn arn(signer: &Signer) -> String {
    format!("arn:aws:iam::{}:user/{}", signer.place.account, signer.principal)
}
