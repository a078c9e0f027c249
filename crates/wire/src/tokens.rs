//! Calls about tokens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strongroom_core::token::PlainToken;

use crate::secret_text::secret_text;
use crate::{Call, Done, Time, is_false};

secret_text! {
    /// The text of a token, which is a secret.
    TokenText(PlainToken)
}

/// Which token is meant.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum WhichToken {
    /// The caller's own.
    #[default]
    Own,
    /// The one with this text.
    Token(TokenText),
    /// The one with this accessor.
    Accessor(String),
}

/// Make a token.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CreateToken {
    /// By which way.
    pub parent: TokenParent,
    /// Names of policies; the caller's own when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<String>>,
    /// Leave the policy `default` out.
    #[serde(skip_serializing_if = "is_false")]
    pub without_default_policy: bool,
    /// For people who read logs.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// What its maker notes.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub metadata: BTreeMap<String, String>,
    /// How long it lives, in seconds; 0 for the mount's default.
    pub ttl_secs: u64,
    /// The longest that renewals make of it, in seconds; 0 for no limit of its own.
    pub max_ttl_secs: u64,
    /// For how long each renewal keeps it, in seconds, without an end; 0 for none.
    pub period_secs: u64,
    /// Whether it can be renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewable: Option<bool>,
    /// How often it can be used; any number when 0.
    pub uses: u64,
    /// Make it carry itself instead of keeping a record of it.
    #[serde(skip_serializing_if = "is_false")]
    pub batch: bool,
}

/// By which way a token is made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenParent {
    /// As a child of the caller's.
    #[default]
    Caller,
    /// Without a parent.
    None,
    /// As this token role says.
    Role(String),
}

/// What is known of a token.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookupToken {
    /// Which.
    #[serde(default)]
    pub which: WhichToken,
}

/// Let a token live longer.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenewToken {
    /// Which.
    #[serde(default)]
    pub which: WhichToken,
    /// For how long from now, in seconds; 0 for what it was made for.
    #[serde(default)]
    pub increment_secs: u64,
}

/// Take a token back, and what descends from it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeToken {
    /// Which. It must be said: nobody takes their own back by an empty body.
    pub which: WhichToken,
    /// Leave its children, without a parent.
    #[serde(default)]
    pub orphans: bool,
}

/// What is known of a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Names it without being it; empty for a batch token.
    pub accessor: String,
    /// For people who read logs.
    pub display_name: String,
    /// The names of its policies.
    pub policies: Vec<String>,
    /// The names of the policies that its entity has beside them.
    pub identity_policies: Vec<String>,
    /// What its maker noted.
    pub metadata: BTreeMap<String, String>,
    /// Where it was made.
    pub path: String,
    /// `service` or `batch`.
    pub kind: String,
    /// When it was made.
    pub created: Time,
    /// When it ends.
    pub expires: Option<Time>,
    /// Whether it can be renewed.
    pub renewable: bool,
    /// Whether it has no parent.
    pub orphan: bool,
    /// How often it can still be used.
    pub uses_left: Option<u64>,
}

/// A token that was just made.
#[derive(Debug, Serialize, Deserialize)]
pub struct IssuedToken {
    /// What its bearer shows.
    pub text: TokenText,
    /// What is known of it.
    pub token: Token,
    /// What its maker is to know.
    pub warnings: Vec<String>,
}

impl Call for CreateToken {
    type Answer = IssuedToken;

    const NAME: &'static str = "token-create";
    const ABOUT: &'static str = "Make a token";
    const READS: bool = false;
}

impl Call for LookupToken {
    type Answer = Token;

    const NAME: &'static str = "token-lookup";
    const ABOUT: &'static str = "What is known of a token";
    const READS: bool = true;
}

impl Call for RenewToken {
    type Answer = Token;

    const NAME: &'static str = "token-renew";
    const ABOUT: &'static str = "Let a token live longer";
    const READS: bool = false;
}

impl Call for RevokeToken {
    type Answer = Done;

    const NAME: &'static str = "token-revoke";
    const ABOUT: &'static str = "Take a token back, and what descends from it";
    const READS: bool = false;
}
