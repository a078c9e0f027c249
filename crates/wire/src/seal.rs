//! Calls about the life of a store: its first keys, and what opens and closes it.

use serde::{Deserialize, Serialize};
use strongroom_core::secret::UnsealShare;

use crate::secret_text::secret_text;
use crate::tokens::TokenText;
use crate::{Call, Done, is_false};

secret_text! {
    /// One of the shares of the key that opens a store, as text. It is a secret.
    ShareText(UnsealShare)
}

/// How a store is sealed. Needs no token.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadSeal {}

/// How a store is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreSeal {
    /// Whether the store has keys.
    pub initialised: bool,
    /// Whether the keys are not in the server's memory.
    pub sealed: bool,
    /// What opens it, once it has keys: `shamir`, `keyfile`, `passphrase`.
    pub method: Option<String>,
    /// How many parts of the key there are.
    pub shares: u8,
    /// How many of them open the store.
    pub threshold: u8,
    /// How many of them have been brought.
    pub progress: usize,
}

/// Give a store its first keys. Needs no token: there is none yet.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialiseStore {
    /// How many shares of the key are made.
    pub shares: i64,
    /// How many of them open the store.
    pub threshold: i64,
}

/// What the first operators of a store are given, once.
#[derive(Debug, Serialize, Deserialize)]
pub struct InitialisedStore {
    /// The shares.
    pub shares: Vec<ShareText>,
    /// A token that may do everything.
    pub root_token: TokenText,
}

/// Bring one share, or forget those that were brought. Needs no token.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UnsealStore {
    /// The share.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share: Option<ShareText>,
    /// Forget the shares that were brought.
    #[serde(skip_serializing_if = "is_false")]
    pub reset: bool,
}

/// Have the server forget the keys.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealStore {}

/// Begin to make new shares of a new key.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartRekey {
    /// How many there are to be.
    pub shares: i64,
    /// How many of them are to open the store.
    pub threshold: i64,
    /// Whether they count only once as many as open the store were shown.
    #[serde(default, skip_serializing_if = "is_false")]
    pub verified: bool,
}

/// Bring one share of the present key for new ones.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BringRekeyShare {
    /// The number of the attempt.
    pub nonce: String,
    /// The share.
    pub share: ShareText,
}

/// Show one of the new shares.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyRekey {
    /// The number of the verification.
    pub nonce: String,
    /// The share.
    pub share: ShareText,
}

/// Give new shares up: the present ones stay.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelRekey {}

/// How far new shares are.
#[derive(Debug, Serialize, Deserialize)]
pub struct RekeyState {
    /// The number of what goes on: of the attempt, or of the verification once there are new shares to be shown.
    pub nonce: String,
    /// How many shares were brought, or shown.
    pub progress: usize,
    /// How many are needed.
    pub required: u8,
    /// The new shares, in the answer to the last share of the present key.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<ShareText>,
    /// Whether the new shares open the store from now on.
    pub done: bool,
}

macro_rules! calls {
    ($($call:ident => $answer:ty, $name:literal, $about:literal, $reads:literal;)*) => {
        $(impl Call for $call {
            type Answer = $answer;

            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const READS: bool = $reads;
        })*
    };
}

calls! {
    ReadSeal => StoreSeal, "seal-read", "How the store is sealed", true;
    InitialiseStore => InitialisedStore, "store-initialise", "Give the store its first keys", false;
    UnsealStore => StoreSeal, "store-unseal", "Bring one share of the key, or forget them", false;
    SealStore => Done, "store-seal", "Forget the keys", false;
    StartRekey => RekeyState, "rekey-start", "Begin to make new shares", false;
    BringRekeyShare => RekeyState, "rekey-share", "Bring one present share for new ones", false;
    VerifyRekey => RekeyState, "rekey-verify", "Show one of the new shares", false;
    CancelRekey => Done, "rekey-cancel", "Give new shares up", false;
}
