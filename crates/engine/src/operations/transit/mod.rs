//! Transit mounts: keys that work for callers who never see them, as Vault's transit engine has them. The rules are
//! `strongroom_core::transit`; here is who may, what is kept, and batches.
//!
//! An operation on a key is asked of the path that Vault has for it, such as `<mount>/encrypt/<name>`.

mod backup;
mod change_key;
mod encrypt_data;
mod export_key;
mod keys;
mod make_bytes;
mod sign_data;

pub use backup::{BackUpKey, RestoreKey};
pub use change_key::{ConfigureKey, RotateKey, TrimKey};
pub use encrypt_data::{
    DataKeyRequest, DecryptData, DecryptItem, EncryptData, EncryptItem, GenerateDataKey,
    RewrapData, RewrapItem,
};
pub use export_key::ExportKey;
pub use keys::{
    CreateKey, DeleteKey, KEYS_LISTED_MAX, KeyRead, KeyVersionRead, ListKeys, ListedKeys, ReadKey,
};
pub use make_bytes::{GenerateRandom, HashData};
pub use sign_data::{HmacData, HmacItem, SignData, SignItem, VerifyData, VerifyHmac, VerifyItem};

use std::sync::Arc;

use strongroom_core::transit::{BATCH_ITEMS_MAX, TransitKey};

use crate::error::Error;
use crate::mounts::MountKind;
use crate::room::Room;
use crate::transit_keys::FoundKey;
use crate::witness::{Authorized, Performed, Write};

/// The longest name of a key, in bytes.
pub const KEY_NAME_BYTES_MAX: usize = 256;

/// What Vault says where there is no such key.
const MISSING: &str = "encryption key not found";
const TRANSIT: &[MountKind] = &[MountKind::Transit];

/// A key's name, and the path that an operation on it is asked of.
#[derive(Clone, Debug)]
struct Asked {
    path: String,
    name: String,
}

impl Asked {
    /// `<mount>/<verb>/<name>`
    fn new(mount: &str, verb: &str, name: &str) -> Self {
        let mount = mount.trim_matches('/');
        Self { path: format!("{mount}/{verb}/{name}"), name: name.to_owned() }
    }

    /// The same with `/<word>` behind it.
    fn with(mut self, word: &str) -> Self {
        self.path.push('/');
        self.path.push_str(word);
        self
    }

    /// The name, if it can be one: Vault's grammar, `\w(([\w-.]+)?\w)?`.
    fn name(&self) -> Result<&str, Error> {
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let bytes = self.name.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        let fits = bytes.len() <= KEY_NAME_BYTES_MAX
            && ends.into_iter().all(|end| end.is_some_and(is_word))
            && bytes.iter().all(|byte| is_word(byte) || matches!(byte, b'-' | b'.'));
        if fits { Ok(&self.name) } else { Err(Error::rule("the name of the key is not allowed")) }
    }

    /// The key for use; `missing` is what Vault says when there is none.
    fn key<C>(
        &self,
        room: &Room<'_>,
        proof: &Authorized<C>,
        missing: &'static str,
    ) -> Result<Arc<TransitKey>, Error> {
        let found = room.transit_key(proof.location().mount, self.name()?)?;
        found.ok_or_else(|| Error::rule(missing))
    }

    /// What the key makes of each item of a batch, in their order, for a caller who may ask it.
    fn of_each<I, T>(
        &self,
        room: &Room<'_>,
        items: &[I],
        missing: &'static str,
        mut make: impl FnMut(&TransitKey, &I) -> Result<T, Error>,
    ) -> Result<Performed<Vec<Result<T, Error>>>, Error> {
        let proof = room.authorise_at::<Write>(&self.path, TRANSIT)?;
        check_batch(items)?;
        let key = self.key(room, &proof, missing)?;
        let made = items.iter().map(|item| make(&key, item)).collect();
        Ok(Performed::read(made).naming("items", items.len().to_string()))
    }

    /// The key to be changed.
    fn key_to_change<C>(&self, room: &Room<'_>, proof: &Authorized<C>) -> Result<FoundKey, Error> {
        let name = self.name()?;
        let found = room.transit_key_to_change(proof.location().mount, name)?;
        found.ok_or_else(|| Error::rule(format!("no existing key named {name} could be found")))
    }
}

/// A batch is neither empty nor too long.
fn check_batch<T>(items: &[T]) -> Result<(), Error> {
    match items.len() {
        0 => Err(Error::rule("missing batch input to process")),
        1..=BATCH_ITEMS_MAX => Ok(()),
        _ => Err(Error::rule(format!("a batch has at most {BATCH_ITEMS_MAX} items"))),
    }
}

/// What a damaged key is called; nothing a caller sent can cause it.
fn damaged() -> Error {
    Error::damaged("transit key", "its material does not parse")
}
