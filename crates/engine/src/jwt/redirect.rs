//! Addresses: which are fetched from, and which a browser is sent back to.

/// The longest address, in bytes.
const URL_BYTES_MAX: usize = 2_048;

/// An absolute address of HTTP, taken apart as far as rules need it.
#[derive(Debug, PartialEq, Eq)]
struct Address<'a> {
    scheme: &'a str,
    /// Without brackets when it is an IPv6 address.
    host: &'a str,
    /// The path, the query and the fragment.
    rest: &'a str,
}

/// Whether a document is fetched from this address: `https`, or `http` from the machine itself.
pub fn is_fetchable(url: &str) -> bool {
    Address::parse(url).is_some_and(|address| {
        let is_safe = address.scheme == "https" || address.is_loopback();
        is_safe && !address.rest.contains('#')
    })
}

/// Whether a browser may be sent back to `uri`: it is one of `allowed`, to the letter; at a loopback host with
/// whatever port, because programs listen where there is room (RFC 8252 section 7.3, and Vault).
#[must_use]
pub fn is_redirect_allowed<T: AsRef<str>>(uri: &str, allowed: &[T]) -> bool {
    let Some(address) = Address::parse(uri) else { return false };
    if address.rest.contains('#') {
        return false;
    }
    let is_listed = allowed.iter().any(|allowed| allowed.as_ref() == uri);
    let is_same_but_port =
        |allowed: &T| Address::parse(allowed.as_ref()).as_ref() == Some(&address);
    is_listed || (address.is_loopback() && allowed.iter().any(is_same_but_port))
}

impl<'a> Address<'a> {
    /// `None` for what is not plain: other schemes, a user before an `@`, characters that programs read differently.
    fn parse(url: &'a str) -> Option<Self> {
        let is_plain =
            |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'<' | b'>');
        if url.len() > URL_BYTES_MAX || !url.bytes().all(is_plain) {
            return None;
        }
        let (scheme, after) = url.split_once("://")?;
        if !matches!(scheme, "https" | "http") {
            return None;
        }
        let end = after.find(['/', '?', '#']).unwrap_or(after.len());
        let (authority, rest) = after.split_at_checked(end)?;
        let (host, port) = match authority.strip_prefix('[') {
            Some(bracketed) => bracketed.split_once(']')?,
            None => authority.split_at_checked(authority.find(':').unwrap_or(authority.len()))?,
        };
        let is_port = port.strip_prefix(':').map_or(port.is_empty(), |digits| {
            !digits.is_empty() && digits.parse::<u16>().is_ok() && !digits.starts_with('+')
        });
        let is_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        let is_usable = is_port && !host.is_empty() && host.chars().all(is_host);
        is_usable.then_some(Self { scheme, host, rest })
    }

    fn is_loopback(&self) -> bool {
        matches!(self.host, "localhost" | "127.0.0.1" | "::1")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALLOWED: [&str; 4] = [
        "https://app.example.com/callback",
        "http://localhost:8250/oidc/callback",
        "http://127.0.0.1/oidc/callback?a=b",
        "http://[::1]:1/cb",
    ];

    #[test]
    fn a_browser_is_sent_to_listed_addresses_and_to_any_port_of_a_listed_loopback() {
        for uri in [
            "https://app.example.com/callback",
            "http://localhost:8250/oidc/callback",
            "http://localhost:65535/oidc/callback",
            "http://localhost/oidc/callback",
            "http://127.0.0.1:9/oidc/callback?a=b",
            "http://[::1]:8080/cb",
        ] {
            assert!(is_redirect_allowed(uri, &ALLOWED), "{uri}");
        }
    }

    #[test]
    fn a_browser_is_sent_nowhere_else() {
        for uri in [
            "",
            "callback",
            "https://app.example.com/callback/",
            "https://app.example.com/callback?x=y",
            "https://app.example.com/callback#x",
            "https://app.example.com:443/callback",
            "https://app.example.com/Callback",
            "https://app.example.com@evil.org/callback",
            "http://app.example.com/callback",
            "https://localhost:8250/oidc/callback",
            "http://localhost:8250/oidc/callback/..",
            "http://localhost:8250/oidc/callback#x",
            "http://localhost:99999/oidc/callback",
            "http://localhost:+80/oidc/callback",
            "http://localhost:/oidc/callback",
            "http://localhost:8250@evil.org/oidc/callback",
            "http://localhost.evil.org/oidc/callback",
            "http://evil.org\\@localhost/oidc/callback",
            "http://LOCALHOST/oidc/callback",
            "http://127.0.0.2/oidc/callback?a=b",
            "http://127.0.0.1/oidc/callback?a=c",
            "http://[::1]evil.org:1/cb",
            "javascript://localhost/oidc/callback",
            "http://localhost:8250/oidc/callback ",
            "http://localhost:8250/oidc/call\nback",
        ] {
            assert!(!is_redirect_allowed(uri, &ALLOWED), "{uri:?}");
        }
        assert!(!is_redirect_allowed("http://localhost/cb", &[] as &[&str]));
    }

    #[test]
    fn documents_are_fetched_over_tls_or_from_the_machine_itself() {
        for url in
            ["https://example.com", "https://e.com:8/x?y", "http://127.0.0.1:8/", "http://[::1]/"]
        {
            assert!(is_fetchable(url), "{url}");
        }
        for url in
            ["http://example.com", "file:///etc/passwd", "https://", "https://a@b", "https://a/#x"]
        {
            assert!(!is_fetchable(url), "{url}");
        }
        assert!(!is_fetchable(&format!("https://{}", "a".repeat(URL_BYTES_MAX))));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in any::<String>(), tail in "[a-z:/?#@\\[\\]0-9]{0,20}") {
            let _ = is_redirect_allowed(&text, &ALLOWED);
            let _ = is_fetchable(&format!("https://{tail}"));
            let _ = is_redirect_allowed(&format!("http://localhost{tail}"), &ALLOWED);
        }
    }
}
