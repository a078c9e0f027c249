use strongroom_store::{Batch, Write as StoreWrite};

use crate::error::Error;
use crate::keys;
use crate::records::encode;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// Make a new data key, which encrypts from now on. Needs `sudo` on `sys/rotate`.
#[derive(Debug)]
pub struct RotateDataKey;

impl Operation for RotateDataKey {
    /// The new key's number.
    type Answer = u32;

    const NAME: &'static str = "data-key-rotate";

    fn subject(&self) -> Option<&str> {
        Some("sys/rotate")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<u32>, Error> {
        let _proof = room.authorise_system("sys/rotate")?;
        let mut record = room.unsealed.record.clone();
        let revision = room.last_change()?.0;
        let number = record
            .rotate_data_key(&room.unsealed.kek, room.now, revision, room.random)
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let write = StoreWrite::Put(keys::fixed(keys::KEYRING), encode(&record).into());
        let batch = Batch { preconditions: Vec::new(), writes: vec![write] };
        Ok(Performed::change(number, batch).naming("data_key", number.to_string()))
    }
}
