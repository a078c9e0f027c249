//! Where a server is.

use std::fmt;
use std::net::IpAddr;

use crate::ClientError;

/// The address of a server: `https://host[:port]`, or `http://` for this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    text: String,
    encrypted: bool,
}

impl Address {
    /// An address as a user writes it; a path of `/` at its end is left off.
    ///
    /// # Errors
    /// [`ClientError::Setting`]. It does not quote an address that could hold a password.
    pub fn parse(text: &str) -> Result<Self, ClientError> {
        let refuse = |why: &str| ClientError::Setting(format!("the server's address {why}"));
        let text = text.trim().trim_end_matches('/');
        let uri: http::Uri = text.parse().map_err(|_| refuse("is no URL"))?;
        let encrypted = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(refuse("begins with https:// or http://")),
        };
        let authority = uri.authority().ok_or_else(|| refuse("names no host"))?;
        if authority.as_str().contains('@') {
            return Err(refuse("holds a user or password: name the token apart"));
        }
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
            return Err(refuse("has a path or query, which it does not have"));
        }
        if authority.host().is_empty() {
            return Err(refuse("names no host"));
        }
        Ok(Self { text: text.to_owned(), encrypted })
    }

    /// Whether what is sent is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whether it is this machine.
    #[must_use]
    pub fn is_local(&self) -> bool {
        let uri: Option<http::Uri> = self.text.parse().ok();
        let host = uri.as_ref().and_then(|uri| uri.host()).unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || bare.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
    }

    /// As text, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_scheme_and_a_host() {
        for (text, local) in [
            ("https://vault.example", false),
            ("https://vault.example:8200/", false),
            ("http://127.0.0.1:8200", true),
            ("http://[::1]:8200", true),
            ("http://localhost", true),
            ("http://10.0.0.1", false),
            ("http://localhost.example", false),
            ("http://127.0.0.1.example", false),
        ] {
            let address = Address::parse(text).expect(text);
            assert_eq!(address.is_local(), local, "{text}");
        }
        for text in [
            "",
            "vault.example",
            "ftp://host",
            "https://",
            "https://user:cAnArY@host",
            "https://host/cAnArY",
            "https://host?cAnArY",
            "https://ho st",
        ] {
            let error = Address::parse(text).expect_err(text);
            assert!(!error.to_string().contains("cAnArY"), "{error}");
        }
    }
}
