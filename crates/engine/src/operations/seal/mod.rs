//! What is asked about keys, and by operators who bring parts of one together. The state of an attempt is the
//! [`Node`](crate::Node)'s: an operation looks at it, and says what comes of one more part.

mod ceremony_step;
mod generate_root;
mod key_status;
mod rekey;
mod seal_store;

pub use ceremony_step::CeremonyStep;
pub use generate_root::{GenerateRoot, GenerateRootStep};
pub use key_status::{KeyStatus, ReadKeyStatus};
pub use rekey::{RekeyStep, UpdateRekey, VerifyRekey};
pub use seal_store::SealStore;

use strongroom_core::crypto::seal::SealRecord;
use strongroom_core::secret::UnsealShare;

use crate::error::Error;
use crate::keys;
use crate::lifecycle;
use crate::mounts::MountKind;
use crate::room::Room;
use crate::witness::{Authorized, Grant};

/// What the caller hears when the parts are enough and wrong.
const WRONG_PARTS: &str = "the keys are not those of this store; they are forgotten";

/// Proof that the caller may do `C` and `sudo` at a path under `sys/`.
fn authorise<C: Grant>(room: &Room<'_>, path: &str) -> Result<Authorized<C>, Error> {
    room.authorise_protected::<C>(path, &[MountKind::System])
}

/// The store's seal.
fn seal_record(room: &Room<'_>) -> Result<SealRecord, Error> {
    let found = lifecycle::seal_record(room.store)?;
    let missing = || Error::damaged(keys::SEAL, "it is missing");
    found.map(|(record, _)| record).ok_or_else(missing)
}

/// Whether the parts unwrap the root key that is in memory. That they unwrap the one in the store is not enough:
/// whoever can write the store can put a seal of their own there.
fn are_right(room: &Room<'_>, seal: &SealRecord, parts: &[UnsealShare]) -> bool {
    let key = seal.method().key_from_parts(parts);
    let root = key.ok().and_then(|key| seal.unseal(&key).ok());
    root.is_some_and(|root| root.is_same(&room.unsealed.root))
}

/// `2 of 3`
fn count(have: usize, needed: u8) -> String {
    format!("{have} of {needed}")
}
