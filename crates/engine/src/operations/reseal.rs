use strongroom_core::crypto::seal::{SealMethod, UnsealKey};

use crate::error::Error;
use crate::lifecycle;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// Give the store a new root key and key-encryption key under another seal. Needs `sudo` on `sys/rekey`.
///
/// Afterwards this engine needs [`Engine::unseal`](crate::Engine::unseal) with the new key.
pub struct Reseal<'a> {
    /// The new seal.
    pub method: SealMethod,
    /// The key that unseals from now on.
    pub key: &'a UnsealKey,
}

impl Operation for Reseal<'_> {
    type Answer = ();

    const NAME: &'static str = "rekey";

    fn subject(&self) -> Option<&str> {
        Some("sys/rekey")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_system("sys/rekey")?;
        let method = self.method.clone();
        let batch = lifecycle::reseal(room.store, room.unsealed, method, self.key, room.random)?;
        Ok(Performed::change((), batch).naming("seal", self.method.name()))
    }
}
