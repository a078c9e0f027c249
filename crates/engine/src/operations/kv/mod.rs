//! Key-value mounts as Vault has them: what KV version 2 and version 1 can ask beside what every door asks
//! (<https://developer.hashicorp.com/vault/api-docs/secret/kv>).

mod config;
mod delete_current;
mod patch_data;
mod read_data;
mod read_subkeys;
mod search_secrets;
mod write_data;
mod write_metadata;

pub use config::{ReadKvConfig, WriteKvConfig};
pub use delete_current::DeleteCurrent;
pub use patch_data::PatchData;
pub use read_data::{DataRead, ReadData};
pub use read_subkeys::ReadSubkeys;
pub use search_secrets::{FoundPage, LOOKED_AT_MAX, SearchSecrets};
pub use write_data::{DataWritten, WriteData};
pub use write_metadata::{MetadataChange, WriteMetadata};

use strongroom_core::model::Limits;

use crate::error::Error;
use crate::mounts::{Location, MountKind};
use crate::room::Room;

/// The record of a mount's limits, see [`WriteKvConfig`].
const CONFIG: &str = "config";

/// What holds in a mount for secrets that say nothing of their own.
pub(super) fn limits_in(room: &Room<'_>, location: &Location) -> Result<Limits, Error> {
    if location.kind != MountKind::KeyValue {
        return Ok(Limits::default());
    }
    let found = room.logical_of(location.mount).read::<Limits>(CONFIG)?;
    Ok(found.map_or(Limits::OF_THE_MOUNT, |found| found.value).within(Limits::default()))
}
