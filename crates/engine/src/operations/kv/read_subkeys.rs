use strongroom_core::model::Selector;

use super::super::read_secret::find_version;
use super::DataRead;
use crate::error::Error;
use crate::projection;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Read};

/// The names in one version's value, without what stands under them. Needs `read` on the secret's path, or on
/// `<mount>/subkeys/<path>`, which gives nobody a value.
#[derive(Debug)]
pub struct ReadSubkeys {
    /// The canonical path.
    pub path: String,
    /// Which version.
    pub selector: Selector,
    /// How many levels of names; all of them when 0.
    pub depth: u32,
}

impl Operation for ReadSubkeys {
    /// The names, and the version without its value; no names when it is deleted or destroyed.
    type Answer = (Option<serde_json::Value>, DataRead);

    const NAME: &'static str = "secret-read-names";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let proof = room.authorise::<Read>(room.location(&self.path)?, Aspect::Subkeys)?;
        let found = find_version(room, &proof, &self.path, &self.selector)?;
        let names = found.payload.as_ref();
        let names = names.map(|payload| projection::names_of(payload, self.depth)).transpose()?;
        let number = found.number;
        let lease = strongroom_core::time::Seconds(0);
        let read = DataRead { secret: found.secret, number, payload: None, lease };
        Ok(Performed::read((names, read)).of_version(number.0))
    }
}
