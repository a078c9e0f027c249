//! How the store or the server of a session is, and who asks.

use strongroom_client::ClientError;
use strongroom_wire as wire;

use super::{Local, Refusal, client};
use crate::context::Context;
use crate::failure::Failure;
use crate::system;

/// How things stand.
pub enum Standing {
    /// A store of this machine, which its owner could open.
    Store {
        /// Who asks.
        owner: String,
    },
    /// A server.
    Server {
        /// Where it is.
        address: String,
        /// How it is.
        status: wire::Status,
        /// What it says of the token.
        token: Bearer,
    },
}

/// Who asks a server.
pub enum Bearer {
    /// Nobody: there is no token.
    Nobody,
    /// The bearer of this token.
    Known(Box<wire::Token>),
    /// Somebody whose token says nothing, and why.
    Unknown(String),
}

/// How the server is that is named, or else the store in the context's home.
///
/// # Errors
/// [`Failure`]
pub fn standing(context: &Context) -> Result<Standing, Failure> {
    let Some(client) = client()? else {
        Local::open_here(context)?.finish()?;
        return Ok(Standing::Store { owner: system::user() });
    };
    let refused = |error: ClientError| Failure::from(Refusal::from(error));
    let status = client.status().map_err(refused)?;
    let own = wire::LookupToken { which: wire::WhichToken::Own };
    let token = match client.has_token() && !status.sealed {
        false => Bearer::Nobody,
        true => match client.call(&own) {
            Ok(token) => Bearer::Known(Box::new(token)),
            Err(error) => Bearer::Unknown(error.to_string()),
        },
    };
    Ok(Standing::Server { address: client.address().to_string(), status, token })
}
