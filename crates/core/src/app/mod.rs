//! Apps: an application's identity, its policies, and what it proves itself with at each door.
//!
//! An app has a role and its secret ids for AppRole logins (kept by the auth mount), access keys for requests signed
//! as AWS has them, and a client id with secrets for Azure's client credentials. Of what a client shows in clear only
//! a hash is kept; a secret access key is kept as it is, since a signature is computed with it.

mod access_key;
mod client;
mod model;

pub use crate::identifier::AppId;
pub use access_key::{
    ACCESS_KEY_ID_CHARS, AccessKey, AccessKeyId, AccessKeyIdError, SECRET_ACCESS_KEY_CHARS,
    SecretAccessKey,
};
pub use client::{
    CLIENT_SECRET_BYTES_MAX, CLIENT_SECRET_CHARS, Client, ClientSecret, ClientSecretText,
};
pub use model::{
    ACCESS_KEYS_ACTIVE_MAX, ACCESS_KEYS_MAX, App, AppError, CLIENT_SECRETS_MAX,
    DESCRIPTION_BYTES_MAX, RoleLink,
};

#[cfg(test)]
mod tests;
