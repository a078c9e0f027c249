//! The types of declared secrets.

use std::fmt;

/// What the text of a secret must look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// Anything.
    #[default]
    String,
    /// `scheme://…` without spaces.
    Url,
    /// Decimal digits with an optional sign.
    Int,
    /// A finite decimal number.
    Float,
    /// `true`, `false`, `yes`, `no`, `on`, `off`, `1` or `0`, in any case.
    Bool,
    /// A JSON text.
    Json,
    /// Base64, with either alphabet, padded or not.
    Base64,
    /// Pairs of hexadecimal digits.
    Hex,
    /// 8-4-4-4-12 hexadecimal digits.
    Uuid,
    /// `local@domain`.
    Email,
    /// 1 to 65535.
    Port,
}

/// A value is not of its type. Never quotes the value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KindError {
    /// Not what the type wants.
    #[error("is not {expected}")]
    Mismatch {
        /// What the type wants, in words.
        expected: &'static str,
    },
    /// Fewer characters than `min_length`.
    #[error("is {length} characters long; at least {min} are required")]
    TooShort {
        /// Characters of the value.
        length: usize,
        /// The declared minimum.
        min: usize,
    },
    /// More characters than `max_length`.
    #[error("is {length} characters long; at most {max} are allowed")]
    TooLong {
        /// Characters of the value.
        length: usize,
        /// The declared maximum.
        max: usize,
    },
}

/// Characters of an address (RFC 5321, 4.5.3.1.3).
const EMAIL_CHARS_MAX: usize = 254;

impl Kind {
    /// Every type, in the order of the documentation.
    pub const ALL: &[Self] = &[
        Self::String,
        Self::Url,
        Self::Int,
        Self::Float,
        Self::Bool,
        Self::Json,
        Self::Base64,
        Self::Hex,
        Self::Uuid,
        Self::Email,
        Self::Port,
    ];

    /// The word of the project file.
    pub fn word(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Url => "url",
            Self::Int => "int",
            Self::Float => "float",
            Self::Bool => "bool",
            Self::Json => "json",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Uuid => "uuid",
            Self::Email => "email",
            Self::Port => "port",
        }
    }

    /// The type of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }

    /// Checks a value.
    ///
    /// # Errors
    /// [`KindError::Mismatch`].
    pub fn check(self, value: &str) -> Result<(), KindError> {
        let fits = match self {
            Self::String => true,
            Self::Url => is_url(value),
            Self::Int => is_int(value),
            Self::Float => is_float(value),
            Self::Bool => is_bool(value),
            Self::Json => serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok(),
            Self::Base64 => is_base64(value),
            Self::Hex => {
                !value.is_empty()
                    && value.len().is_multiple_of(2)
                    && value.bytes().all(|byte| byte.is_ascii_hexdigit())
            }
            Self::Uuid => is_uuid(value),
            Self::Email => is_email(value),
            Self::Port => {
                value.bytes().all(|byte| byte.is_ascii_digit())
                    && value.parse::<u16>().is_ok_and(|port| port > 0)
            }
        };
        if fits { Ok(()) } else { Err(KindError::Mismatch { expected: self.expected() }) }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::String => "text",
            Self::Url => "a URL (scheme://…)",
            Self::Int => "a whole number",
            Self::Float => "a number",
            Self::Bool => "a boolean (true or false)",
            Self::Json => "JSON",
            Self::Base64 => "base64",
            Self::Hex => "pairs of hexadecimal digits",
            Self::Uuid => "a UUID",
            Self::Email => "an e-mail address",
            Self::Port => "a port (1 to 65535)",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character.is_control()
}

fn is_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
        && !rest.is_empty()
        && !rest.contains(is_blank)
}

fn is_int(value: &str) -> bool {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_float(value: &str) -> bool {
    value.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
        && value.parse::<f64>().is_ok_and(f64::is_finite)
}

fn is_bool(value: &str) -> bool {
    const WORDS: &[&str] = &["true", "false", "yes", "no", "on", "off", "1", "0"];
    WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
}

fn is_base64(value: &str) -> bool {
    use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};
    !value.is_empty()
        && [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD]
            .iter()
            .any(|encoding| encoding.decode(value.as_bytes()).map(zeroize::Zeroizing::new).is_ok())
}

fn is_uuid(value: &str) -> bool {
    let groups: Vec<&str> = value.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else { return false };
    value.len() <= EMAIL_CHARS_MAX
        && !local.is_empty()
        && !domain.is_empty()
        && !value.contains(is_blank)
        && !local.contains('@')
        && domain.split('.').all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_takes_its_own_and_refuses_others() {
        for (word, good, bad) in [
            ("string", &["", "x\n"][..], &[][..]),
            (
                "url",
                &["https://h", "postgres:///db", "a+b://u:p@h:1/x"],
                &["", "h", "://h", "http://", "http://a b", "1a://h"],
            ),
            (
                "int",
                &["0", "-12", "+7", "99999999999999999999"],
                &["", "-", "1.0", "0x1", " 1", "1_0"],
            ),
            ("float", &["1", "-1.5", ".5", "1e3"], &["", "inf", "nan", "1e999", "1,5", "e"]),
            ("bool", &["true", "NO", "1", "Off"], &["", "y", "2"]),
            ("json", &["{}", "[1]", "\"x\"", "1"], &["", "{", "x"]),
            ("base64", &["YQ==", "YQ", "-_8", "YWJj"], &["", "Y", "a b", "=="]),
            ("hex", &["00ff", "AB"], &["", "0", "0g"]),
            (
                "uuid",
                &["123e4567-e89b-12d3-a456-426614174000"],
                &["", "123e4567e89b12d3a456426614174000", "x23e4567-e89b-12d3-a456-426614174000"],
            ),
            (
                "email",
                &["a@b", "a.b+c@d.example"],
                &["", "a", "@b", "a@", "a@b@c", "a b@c", "a@b..c"],
            ),
            ("port", &["1", "65535"], &["", "0", "65536", "+80", "x"]),
        ] {
            let kind = Kind::of_word(word).unwrap();
            for value in good {
                assert_eq!(kind.check(value), Ok(()), "{word} {value:?}");
            }
            for value in bad {
                assert!(kind.check(value).is_err(), "{word} {value:?}");
            }
        }
        assert_eq!(Kind::ALL.len(), 11);
    }

    #[test]
    fn an_error_never_quotes_the_value() {
        for kind in Kind::ALL {
            if let Err(error) = kind.check("canary \n@") {
                assert!(!format!("{error} {error:?}").contains("canary"));
            }
        }
        assert_eq!(Kind::Port.check("x").unwrap_err().to_string(), "is not a port (1 to 65535)");
    }
}
