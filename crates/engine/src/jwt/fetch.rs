//! Documents of issuers. The engine links no HTTP: whoever calls it brings it.

use std::fmt;

use zeroize::Zeroizing;

/// The largest document that is taken, in bytes.
pub const DOCUMENT_BYTES_MAX: usize = 512 * 1024;

/// What fetches. An implementation follows no redirect to another host, gives up after a few seconds, stops reading at
/// [`DOCUMENT_BYTES_MAX`] and answers the body of a response with status 200 only. The engine holds no lock while it
/// waits.
pub trait Fetch: Send + Sync {
    /// `GET` a document. With `ca_pem` the server's certificate must be of one of these authorities.
    ///
    /// # Errors
    /// [`FetchError`]
    fn get(&self, url: &str, ca_pem: Option<&str>) -> Result<Vec<u8>, FetchError>;

    /// `POST` a form (`application/x-www-form-urlencoded`).
    ///
    /// # Errors
    /// [`FetchError`]
    fn post_form(&self, request: &FormRequest<'_>) -> Result<Vec<u8>, FetchError>;
}

/// For an engine that reads nothing from the network.
pub struct NoFetch;

impl Fetch for NoFetch {
    fn get(&self, _: &str, _: Option<&str>) -> Result<Vec<u8>, FetchError> {
        Err(FetchError::None)
    }

    fn post_form(&self, _: &FormRequest<'_>) -> Result<Vec<u8>, FetchError> {
        Err(FetchError::None)
    }
}

/// A form to be sent. It holds secrets.
pub struct FormRequest<'a> {
    /// Where to.
    pub url: &'a str,
    /// The certificate authorities of the server, instead of the system's.
    pub ca_pem: Option<&'a str>,
    /// The user and the password of HTTP's basic authentication, form-encoded already (RFC 6749 section 2.3.1).
    pub basic: Option<(String, Zeroizing<String>)>,
    /// Names and values, not encoded yet.
    pub fields: Vec<(&'static str, Zeroizing<String>)>,
}

/// Why a document could not be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// This program reads nothing from the network.
    #[error("this program reads nothing from the network")]
    None,
    /// The server answered another status than 200.
    #[error("the server answered status {0}")]
    Status(u16),
    /// Too large.
    #[error("the document has more than {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge,
    /// The server could not be reached, or its certificate was not accepted.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// It was tried a moment ago.
    #[error("the server could not be reached a moment ago")]
    TriedJustNow,
    /// The address is not one that is fetched from.
    #[error("an address begins with https://, or with http:// and a loopback host")]
    Url,
    /// The document is not what it should be.
    #[error("the document is not an OpenID provider configuration of the issuer")]
    Document,
}

impl fmt::Debug for FormRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormRequest").field("url", &self.url).finish_non_exhaustive()
    }
}
