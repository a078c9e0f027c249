//! The operations, each read from a form and asked of the engine.

use http::StatusCode;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_engine::operations::aws::{
    AssumeRole, AssumeRoleWithWebIdentity, GetCallerIdentity, NewSession,
};
use strongroom_engine::{Engine, Error, InvalidRequest, Kind, Operation, Request};

use super::super::reply::uuid_text;
use super::fault::Fault;
use super::form::Form;
use super::xml::Document;
use crate::door::Answer;

/// The version of the API.
const VERSION: &str = "2011-06-15";
/// The longest token of a web identity, in bytes (AWS's limit, in characters).
const WEB_IDENTITY_TOKEN_BYTES_MAX: usize = 20_000;
/// What signs a request whose signature is in its query.
const SIGNATURE_PREFIX: &str = "X-Amz-";
/// A second factor of the role's owner, which no app has: whatever is sent is as good.
const EXTERNAL_ID: &str = "ExternalId";

/// A request, read.
pub enum Action {
    AssumeRole { role_arn: String, operation: AssumeRole },
    AssumeRoleWithWebIdentity(AssumeRoleWithWebIdentity),
    GetCallerIdentity,
}

impl Action {
    /// # Errors
    /// [`Fault`], also for a parameter that is not acted on: a session that may do more than was asked for is worse
    /// than none.
    pub fn read(mut form: Form) -> Result<Self, Fault> {
        let name = form.take("Action").ok_or_else(|| {
            let text = "The request must contain the parameter Action";
            Fault::new(StatusCode::BAD_REQUEST, "MissingAction", text)
        })?;
        let version = form.take("Version").unwrap_or_default();
        let action = match (name.as_str(), version.as_str()) {
            ("GetCallerIdentity", VERSION) => Self::GetCallerIdentity,
            ("AssumeRole", VERSION) => {
                form.take(EXTERNAL_ID);
                let role_arn = required(&mut form, "RoleArn")?;
                let (session, duration) = (required(&mut form, SESSION)?, duration(&mut form)?);
                let operation = AssumeRole::new(&role_arn, &session, duration);
                Self::AssumeRole { role_arn, operation }
            }
            ("AssumeRoleWithWebIdentity", VERSION) => {
                let role_arn = required(&mut form, "RoleArn")?;
                let (session, duration) = (required(&mut form, SESSION)?, duration(&mut form)?);
                let token = web_identity_token(&mut form)?;
                let asked = AssumeRoleWithWebIdentity::new(&role_arn, &session, token, duration);
                Self::AssumeRoleWithWebIdentity(asked)
            }
            _ => {
                let text = "Could not find the operation for this version of the API";
                return Err(Fault::new(StatusCode::BAD_REQUEST, "InvalidAction", text));
            }
        };
        match form.left().find(|name| !name.starts_with(SIGNATURE_PREFIX)) {
            Some(name) => Err(Fault::invalid(format!("The parameter {name} is not supported"))),
            None => Ok(action),
        }
    }

    /// Whether anybody may ask it, without a signature.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::AssumeRoleWithWebIdentity(_))
    }

    /// Ask the engine.
    pub fn ask(&self, engine: &Engine, request: &Request) -> Result<Answer, Fault> {
        match self {
            Self::GetCallerIdentity => {
                let found = execute(engine, request, &GetCallerIdentity, "")?;
                let document = Document::new("GetCallerIdentityResponse")
                    .open("GetCallerIdentityResult")
                    .text("Arn", &found.arn)
                    .text("UserId", &found.user_id)
                    .text("Account", &found.account)
                    .close();
                Ok(answer(document, request))
            }
            Self::AssumeRole { role_arn, operation } => {
                let session = execute(engine, request, operation, role_arn)?;
                let document = Document::new("AssumeRoleResponse").open("AssumeRoleResult");
                Ok(answer(given(document, &session)?.close(), request))
            }
            Self::AssumeRoleWithWebIdentity(operation) => {
                let made = engine.execute(request, operation).map_err(|e| of_web_identity(&e))?;
                let document = Document::new("AssumeRoleWithWebIdentityResponse")
                    .open("AssumeRoleWithWebIdentityResult")
                    .text("SubjectFromWebIdentityToken", &made.subject);
                Ok(answer(given(document, &made.session)?.close(), request))
            }
        }
    }
}

/// What the name of a session is sent as.
const SESSION: &str = "RoleSessionName";

fn required(form: &mut Form, name: &str) -> Result<String, Fault> {
    form.take(name).ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Fault {
    let member = name.get(..1).unwrap_or_default().to_ascii_lowercase();
    let rest = name.get(1..).unwrap_or_default();
    Fault::invalid(format!(
        "1 validation error detected: Value null at '{member}{rest}' failed to satisfy constraint: Member must not be \
         null"
    ))
}

fn duration(form: &mut Form) -> Result<Option<Seconds>, Fault> {
    let Some(text) = form.take("DurationSeconds") else { return Ok(None) };
    let seconds = text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()));
    let seconds = seconds.ok_or_else(|| {
        Fault::new(StatusCode::BAD_REQUEST, "MalformedInput", "DurationSeconds is no number")
    })?;
    Ok(Some(Seconds(seconds)))
}

fn web_identity_token(form: &mut Form) -> Result<SecretValue, Fault> {
    let name = "WebIdentityToken";
    let token = form.take_secret(name).ok_or_else(|| missing(name))?;
    if token.expose().len() > WEB_IDENTITY_TOKEN_BYTES_MAX {
        return Err(Fault::invalid(format!(
            "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member must have \
             length less than or equal to {WEB_IDENTITY_TOKEN_BYTES_MAX}"
        )));
    }
    Ok(token)
}

/// Ask, with the words that AWS has for a caller who may not have a role.
fn execute<O: Operation>(
    engine: &Engine,
    request: &Request,
    operation: &O,
    role_arn: &str,
) -> Result<O::Answer, Fault> {
    engine.execute(request, operation).map_err(|error| match &error {
        Error::Forbidden { .. } => Fault::denied(format!(
            "The caller is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
        )),
        _ => Fault::of(&error),
    })
}

/// What is said of a login that is refused.
fn of_web_identity(error: &Error) -> Fault {
    match (error.kind(), error) {
        (Kind::Forbidden | Kind::Unauthenticated | Kind::NotFound, _) => {
            Fault::denied("Not authorized to perform sts:AssumeRoleWithWebIdentity")
        }
        (Kind::InvalidRequest, Error::InvalidRequest(InvalidRequest::Aws { .. })) => {
            Fault::of(error)
        }
        (Kind::InvalidRequest, _) => {
            Fault::new(StatusCode::BAD_REQUEST, "InvalidIdentityToken", error.to_string())
        }
        _ => Fault::of(error),
    }
}

/// The keys of a session and who has them.
fn given(document: Document, session: &NewSession) -> Result<Document, Fault> {
    let no_text = || Fault::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalFailure", "");
    let secret = std::str::from_utf8(session.secret.expose()).map_err(|_| no_text())?;
    let token = session.token.expose_text().ok_or_else(no_text)?;
    let mut expires = Vec::new();
    session.expires.push_rfc3339(&mut expires);
    Ok(document
        .open("AssumedRoleUser")
        .text("AssumedRoleId", &session.user_id)
        .text("Arn", &session.arn)
        .close()
        .open("Credentials")
        .text("AccessKeyId", session.id.as_str())
        .text("SecretAccessKey", secret)
        .text("SessionToken", token)
        .text("Expiration", &String::from_utf8_lossy(&expires))
        .close())
}

fn answer(document: Document, request: &Request) -> Answer {
    let document = document.open("ResponseMetadata").text("RequestId", &uuid_text(request.id.0));
    document.into_answer(StatusCode::OK, Some(request.id))
}
