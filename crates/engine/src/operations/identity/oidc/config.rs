use strongroom_store::Batch;

use super::{IDENTITY, ISSUER_PATH};
use crate::error::Error;
use crate::identity::Directory;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read, Write};

const PATH: &str = "identity/oidc/config";
const RECORD: &str = "oidc/config";
/// The longest issuer, in bytes.
const ISSUER_BYTES_MAX: usize = 512;

/// The issuer that is set. Needs `read` on `identity/oidc/config`.
#[derive(Debug)]
pub struct ReadOidcConfig;

/// Set the issuer: a scheme, a host and a port, or nothing. Needs `update` on `identity/oidc/config`.
#[derive(Debug)]
pub struct WriteOidcConfig {
    /// The issuer.
    pub issuer: String,
}

impl Operation for ReadOidcConfig {
    type Answer = String;

    const NAME: &'static str = "oidc-config-read";

    fn subject(&self) -> Option<&str> {
        Some(PATH)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<String>, Error> {
        let _proof = room.authorise_at::<Read>(PATH, IDENTITY)?;
        Ok(Performed::read(set(&room.directory()?)?))
    }
}

impl Operation for WriteOidcConfig {
    type Answer = ();

    const NAME: &'static str = "oidc-config-write";

    fn subject(&self) -> Option<&str> {
        Some(PATH)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Write>(PATH, IDENTITY)?;
        if !is_origin(&self.issuer) {
            return Err(Error::rule(
                "invalid issuer, which must include only a scheme, host, and optional port \
                 (e.g. https://example.com:8200)",
            ));
        }
        let mut batch = Batch::default();
        room.directory()?.logical.overwrite(&mut batch, RECORD, &self.issuer)?;
        Ok(Performed::change((), batch))
    }
}

/// The issuer in tokens: the one that is set, with the path of this provider. When none is set it is the path alone.
pub(super) fn issuer(directory: &Directory<'_>) -> Result<String, Error> {
    Ok(format!("{}{ISSUER_PATH}", set(directory)?.trim_end_matches('/')))
}

fn set(directory: &Directory<'_>) -> Result<String, Error> {
    let found = directory.logical.read::<String>(RECORD)?;
    Ok(found.map(|found| found.value).unwrap_or_default())
}

/// Whether it is empty, or `http(s)://host[:port]`.
fn is_origin(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_plain =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    text.len() <= ISSUER_BYTES_MAX
        && rest.is_some_and(|host| !host.is_empty() && host.bytes().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_an_origin() {
        for good in ["", "https://a.example:8200", "http://127.0.0.1:8200", "https://[::1]:8200"] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "a",
            "https://",
            "ftp://a",
            "https://a/b",
            "https://a?b",
            "https://a#b",
            "https://u@a",
            "https://a b",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
        assert!(!is_origin(&format!("https://{}", "a".repeat(ISSUER_BYTES_MAX))));
    }
}
