//! The client of Strongroom's HTTP API: blocking, without a runtime.
//!
//! Certificates are always verified, against the system's authorities and those in [`Settings::authority`]. Redirections
//! are not followed, a token is not sent in clear to another machine, and every answer has a limit. What only reads is
//! asked again when the connection broke; what changes something never is.
//!
//! [`Transport`] is the HTTP under it, for other APIs of the same server.

mod address;
mod error;
mod feed;
mod transport;

use std::time::Duration;

use serde::de::DeserializeOwned;
use strongroom_core::token::PlainToken;
use strongroom_wire::{Call, ErrorBody, Kind, PREFIX, STATUS, Status, WatchSecrets};
use zeroize::Zeroizing;

pub use address::Address;
pub use error::ClientError;
pub use feed::{Feed, FeedEvent};
pub use transport::{
    ANSWER_BYTES_MAX, CONNECT_TIMEOUT, READ_TIMEOUT, Response, Settings, Transport,
};

/// How often a call that only reads is asked again when its connection broke.
pub const RETRIES_MAX: u32 = 2;
/// How long a client waits before it asks again, at first.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// A client of one server, with one token.
pub struct Client {
    transport: Transport,
    token: Option<PlainToken>,
}

impl Client {
    /// A client of the server that the settings name. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError`]
    pub fn new(settings: &Settings, token: Option<PlainToken>) -> Result<Self, ClientError> {
        Ok(Self { transport: Transport::new(settings)?, token })
    }

    /// The server's address.
    #[must_use]
    pub fn address(&self) -> &Address {
        self.transport.address()
    }

    /// Whether it has a token to show.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Ask the server.
    ///
    /// # Errors
    /// [`ClientError`]
    pub fn call<C: Call>(&self, call: &C) -> Result<C::Answer, ClientError> {
        let body = self.body(call)?;
        let mut retries = 0;
        loop {
            let answered = self.send("POST", C::NAME, Some(&body)).and_then(|r| self.read(&r));
            match answered {
                Err(error) if C::READS && retries < RETRIES_MAX && error.may_pass() => {
                    retries += 1;
                    pause(RETRY_PAUSE * retries);
                }
                other => return other,
            }
        }
    }

    /// How the server is. Needs no token.
    ///
    /// # Errors
    /// [`ClientError`]
    pub fn status(&self) -> Result<Status, ClientError> {
        self.send("GET", STATUS, None).and_then(|response| self.read(&response))
    }

    /// Follow changes of secrets, once the server says that it watches.
    ///
    /// # Errors
    /// [`ClientError`]
    pub fn watch(&self, wanted: &WatchSecrets) -> Result<Feed, ClientError> {
        let body = self.body(wanted)?;
        let path = format!("{PREFIX}{}", WatchSecrets::NAME);
        let response = self.transport.open(
            "POST",
            &path,
            &self.headers(),
            Some(&body),
            Some(feed::SILENCE),
        )?;
        if response.status().as_u16() != 200 {
            let response = self.transport.finish(response)?;
            return Err(self.read::<()>(&response).err().unwrap_or(ClientError::Foreign {
                address: self.address().to_string(),
                status: response.status,
            }));
        }
        Feed::begin(response.into_body().into_reader())
    }

    fn body(&self, value: &impl serde::Serialize) -> Result<Zeroizing<Vec<u8>>, ClientError> {
        let bytes = serde_json::to_vec(value).map(Zeroizing::new);
        bytes.map_err(|_| ClientError::Setting("the request cannot be written".to_owned()))
    }

    fn send(&self, method: &str, name: &str, body: Option<&[u8]>) -> Result<Response, ClientError> {
        self.transport.send(method, &format!("{PREFIX}{name}"), &self.headers(), body)
    }

    fn headers(&self) -> Vec<(&'static str, Zeroizing<String>)> {
        let token = self.token.as_ref().and_then(PlainToken::expose_text);
        let mut headers = vec![("content-type", Zeroizing::new("application/json".to_owned()))];
        headers.extend(
            token.map(|token| ("authorization", Zeroizing::new(format!("Bearer {token}")))),
        );
        headers
    }

    fn read<T: DeserializeOwned>(&self, response: &Response) -> Result<T, ClientError> {
        let foreign = || ClientError::Foreign {
            address: self.address().to_string(),
            status: response.status,
        };
        if response.status == 200 {
            return serde_json::from_slice(&response.body).map_err(|_| foreign());
        }
        let body: ErrorBody = serde_json::from_slice(&response.body).map_err(|_| foreign())?;
        let detail = body.error;
        let lacks_token =
            !self.has_token() && matches!(detail.kind, Kind::Forbidden | Kind::Unauthenticated);
        Err(if lacks_token {
            ClientError::NoToken { address: self.address().to_string() }
        } else {
            ClientError::Refused(detail)
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "nothing tells a client when a server can be asked again"
)]
fn pause(time: Duration) {
    std::thread::sleep(time);
}
