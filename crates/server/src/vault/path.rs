//! A request's path: decoded once, and then only compared.

use percent_encoding::percent_decode_str;

use super::fault::Fault;

/// The longest path behind `/v1/`, in bytes, decoded.
pub(super) const PATH_BYTES_MAX: usize = 1_024;

/// A path behind `/v1/`, decoded: UTF-8 without control characters, without segments `.` and `..`, without empty
/// segments. A slash at the end says nothing and is left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RequestPath {
    text: String,
}

impl RequestPath {
    /// Percent-encoding is taken off once: what is encoded twice stays encoded once and is literal text.
    pub fn parse(raw: &str) -> Result<Self, Fault> {
        let refused = || Fault::invalid("the path is not allowed");
        let decoded = percent_decode_str(raw).decode_utf8().map_err(|_| refused())?;
        let trimmed = decoded.strip_suffix('/').unwrap_or(&decoded);
        if trimmed.len() > PATH_BYTES_MAX || trimmed.chars().any(char::is_control) {
            return Err(refused());
        }
        let bad = |segment: &str| matches!(segment, "." | ".." | "");
        if trimmed.is_empty() || trimmed.split('/').any(bad) {
            return Err(refused());
        }
        Ok(Self { text: trimmed.to_owned() })
    }

    /// Without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_path_is_decoded_once() {
        let parsed = |raw: &str| RequestPath::parse(raw).map(|path| path.text);
        assert_eq!(parsed("secret/data/a%20b").expect("parses"), "secret/data/a b");
        assert_eq!(parsed("secret/%252e%252e/a").expect("parses"), "secret/%2e%2e/a");
        assert_eq!(parsed("secret/metadata/a/").expect("parses"), "secret/metadata/a");
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        for raw in [
            "",
            "/",
            "a//b",
            "secret/../sys",
            "secret/%2e%2e/sys",
            "secret/%2E./sys",
            "a/%00",
            "a/%0a",
            "a/./b",
            "..",
            "%2e",
            "a/%ff",
            "a//",
            "%2f",
            "a%2f%2fb",
        ] {
            assert!(RequestPath::parse(raw).is_err(), "{raw}");
        }
        assert!(RequestPath::parse(&"a".repeat(PATH_BYTES_MAX)).is_ok());
        assert!(RequestPath::parse(&"a".repeat(PATH_BYTES_MAX + 1)).is_err());
    }

    proptest! {
        #[test]
        fn whatever_parses_has_no_way_out(raw in "[a-z./%02ef]{0,40}") {
            if let Ok(path) = RequestPath::parse(&raw) {
                prop_assert!(path.as_str().split('/').all(|segment| !matches!(segment, "" | "." | "..")));
            }
        }
    }
}
