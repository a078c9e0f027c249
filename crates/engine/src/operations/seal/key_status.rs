use strongroom_core::time::Timestamp;

use crate::error::Error;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read};

/// What is known of the data key that encrypts. Needs `read` on `sys/key-status`.
#[derive(Debug)]
pub struct ReadKeyStatus;

/// The data key that encrypts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyStatus {
    /// Its number.
    pub number: u32,
    /// When it was made.
    pub made: Timestamp,
    /// How many commits it has encrypted.
    pub commits: u64,
}

impl Operation for ReadKeyStatus {
    type Answer = KeyStatus;

    const NAME: &'static str = "key-status";

    fn subject(&self) -> Option<&str> {
        Some("sys/key-status")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<KeyStatus>, Error> {
        let _proof = room.authorise_at::<Read>("sys/key-status", &[MountKind::System])?;
        room.require_current_keys()?;
        let record = &room.unsealed.record;
        let number = record.active_data_key();
        let made = record.data_keys().find(|(known, _)| *known == number);
        let commits = room.last_change()?.0.saturating_sub(record.active_since_revision());
        let made = made.map_or(Timestamp(0), |(_, made)| made);
        Ok(Performed::read(KeyStatus { number, made, commits }))
    }
}
