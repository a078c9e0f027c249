//! What a program gets so that unmodified AWS libraries ask a Strongroom server, with keys that end.
//!
//! The libraries read the keys from the server's endpoint for containers and renew them by themselves
//! (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>). Whatever they would find
//! before it is taken away.

use std::ffi::OsString;

use strongroom_client::Address;
use strongroom_server::aws::CREDENTIALS_PATH;
use strongroom_server::config::AWS_REGION;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::process::{Environment, EnvironmentError};
use crate::session::{ADDRESS_VARIABLE, AUTHORITY_VARIABLE, TOKEN_VARIABLE, address, token};

/// Where a library looks for keys before it asks the endpoint for containers.
const OTHER_KEYS: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
];
/// Files that hold keys, and what stands in their place.
const OTHER_FILES: &[&str] = &["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"];
const NO_FILE: &str = "/dev/null";
/// What the services are told from each other by.
const ENDPOINTS: &[&str] = &["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL_STS"];
/// The variables of a region. The first is the one that every library reads.
const REGIONS: &[&str] = &["AWS_DEFAULT_REGION", "AWS_REGION"];
const UNTRUSTED: &str = "boto3 reads keys only from a server whose certificate it trusts by itself, whatever \
                         STRONGROOM_CACERT and AWS_CA_BUNDLE say; over http:// it asks this machine only";

/// A server, and the token that its keys are to be of.
pub struct AwsAccess {
    address: Address,
    token: Zeroizing<String>,
}

impl AwsAccess {
    /// The server that `STRONGROOM_ADDR` names, with `STRONGROOM_TOKEN`.
    ///
    /// # Errors
    /// [`Failure`] where there is none, or one that libraries would not ask.
    pub fn of_environment() -> Result<Self, Failure> {
        let address = address().ok_or_else(|| {
            Failure::new("--aws needs a server, and none is named")
                .hint(format_args!("set {ADDRESS_VARIABLE}=https://host:8200"))
        })?;
        let address = Address::parse(&address).map_err(Failure::new)?;
        let token = token().ok_or_else(|| {
            Failure::new("--aws needs a token for the server")
                .hint(format_args!("set {TOKEN_VARIABLE}"))
        })?;
        let is_sent = |text: &&str| text.bytes().all(|byte| byte.is_ascii_graphic());
        let text = token.expose_text().filter(is_sent);
        let text = text.ok_or_else(|| {
            Failure::new(format_args!("{TOKEN_VARIABLE} holds no token: it is not printable ASCII"))
        })?;
        let access = Self { token: Zeroizing::new(text.to_owned()), address };
        if !access.address.is_encrypted() && !access.address.is_local() {
            return Err(Failure::new("over http:// AWS libraries ask this machine for keys only")
                .hint(format_args!("set {ADDRESS_VARIABLE}=https://host:8200")));
        }
        Ok(access)
    }

    /// What the user is to know before the program starts.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        let authority = std::env::var_os(AUTHORITY_VARIABLE).filter(|value| !value.is_empty());
        (self.address.is_encrypted() && authority.is_some()).then_some(UNTRUSTED)
    }

    /// That no secret of the program is what libraries would take in place of the server's keys.
    ///
    /// # Errors
    /// [`Failure`]
    pub fn check<'a>(names: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
        match names.into_iter().find(|name| OTHER_KEYS.contains(name)) {
            None => Ok(()),
            Some(name) => Err(Failure::new(format_args!(
                "--aws gives the program other keys than the secret {name}, which AWS libraries would take first"
            ))
            .hint("name the secrets that it needs: strongroom run --aws --only NAMES")),
        }
    }

    /// Take away what the parent's environment says of other keys.
    pub fn clear(environment: &mut Environment) {
        for name in OTHER_KEYS {
            environment.remove(name);
        }
    }

    /// Set the variables. `parent` is the caller's environment, which may name a region.
    ///
    /// # Errors
    /// [`EnvironmentError`]
    pub fn add(
        &self,
        environment: &mut Environment,
        parent: impl Fn(&str) -> Option<OsString>,
    ) -> Result<(), EnvironmentError> {
        let mut set = |name: &str, value: &str| {
            environment.add_secret(name, Zeroizing::new(value.to_owned()))
        };
        let named = |name: &&str| parent(name).and_then(|value| value.into_string().ok());
        let region = REGIONS.iter().find_map(named).filter(|region| !region.is_empty());
        set("AWS_DEFAULT_REGION", region.as_deref().unwrap_or(AWS_REGION))?;
        for name in ENDPOINTS {
            set(name, self.address.as_str())?;
        }
        for name in OTHER_FILES {
            set(name, NO_FILE)?;
        }
        let keys = format!("{}{CREDENTIALS_PATH}", self.address);
        set("AWS_CONTAINER_CREDENTIALS_FULL_URI", &keys)?;
        set("AWS_CONTAINER_AUTHORIZATION_TOKEN", &self.token)
    }
}
