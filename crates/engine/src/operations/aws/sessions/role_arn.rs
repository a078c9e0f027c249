//! `arn:aws:iam::ACCOUNT:role/NAME`, and what a session is called.

use strongroom_core::aws::arn::AccountId;

use super::invalid;
use crate::error::Error;

/// The longest ARN of a role, in characters (AWS's limit).
pub const ROLE_ARN_CHARS_MAX: usize = 2_048;
/// The shortest name of a session, in characters (AWS's limit).
pub const SESSION_NAME_CHARS_MIN: usize = 2;
/// The longest name of a session, in characters (AWS's limit).
pub const SESSION_NAME_CHARS_MAX: usize = 64;

/// The ARN of a role, with its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RoleArn {
    pub(super) account: AccountId,
    /// What follows `role/`; not empty.
    pub(super) name: String,
}

impl RoleArn {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.chars().count() > ROLE_ARN_CHARS_MAX {
            return None;
        }
        let (account, name) = text.strip_prefix("arn:aws:iam::")?.split_once(":role/")?;
        let account = AccountId::new(account).ok()?;
        (!name.is_empty()).then(|| Self { account, name: name.to_owned() })
    }
}

/// The error for a text that is no ARN of a role.
pub(super) fn not_an_arn() -> Error {
    invalid("roleArn", "Member must be the ARN of a role")
}

/// A session's name, `[\w+=,.@-]{2,64}`.
pub(super) fn checked_name(name: &str) -> Result<&str, Error> {
    let is_of_names = |byte: u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b'+' | b'=' | b',' | b'.' | b'@' | b'-')
    };
    let fits = (SESSION_NAME_CHARS_MIN..=SESSION_NAME_CHARS_MAX).contains(&name.len());
    if fits && name.bytes().all(is_of_names) {
        return Ok(name);
    }
    let rule = format!(
        "Member must have {SESSION_NAME_CHARS_MIN} to {SESSION_NAME_CHARS_MAX} characters and satisfy regular \
         expression pattern: [\\w+=,.@-]*"
    );
    Err(invalid("roleSessionName", &rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_of_a_role_is_read_and_anything_else_is_not() {
        let arn = RoleArn::parse("arn:aws:iam::123456789012:role/auth/jwt/app").expect("is one");
        assert_eq!((arn.account.as_str(), arn.name.as_str()), ("123456789012", "auth/jwt/app"));
        let long = format!("arn:aws:iam::123456789012:role/{}", "x".repeat(ROLE_ARN_CHARS_MAX));
        for bad in [
            "",
            "app",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:user/app",
            "arn:aws:iam::12345678901:role/app",
            "arn:aws:iam:us-east-1:123456789012:role/app",
            "arn:aws-cn:iam::123456789012:role/app",
            "ARN:aws:iam::123456789012:role/app",
            &long,
        ] {
            assert_eq!(RoleArn::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_sessions_name_is_within_its_grammar() {
        let longest = "x".repeat(SESSION_NAME_CHARS_MAX);
        for good in ["ab", "a_+=,.@-9", &longest] {
            assert!(checked_name(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "a b", "a/b", "a*", "ä€", "a:b", &format!("{longest}x")] {
            assert!(checked_name(bad).is_err(), "{bad}");
        }
    }
}
