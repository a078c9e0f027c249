//! What a token keeps for itself under `cubbyhole/`, which goes when the token goes
//! (<https://developer.hashicorp.com/vault/docs/secrets/cubbyhole>). Nobody else reaches it, whatever their policies.

mod delete_entry;
mod list_entries;
mod read_entry;
mod write_entry;

pub use delete_entry::DeleteCubbyhole;
pub use list_entries::ListCubbyhole;
pub use read_entry::ReadCubbyhole;
pub use write_entry::{CUBBYHOLE_ENTRIES_MAX, WriteCubbyhole};

use strongroom_core::token::TokenKind;

use crate::error::Error;
use crate::identify::Bearer;
use crate::mounts::MountKind;
use crate::room::Room;
use crate::witness::Authorized;

const CUBBYHOLE: &[MountKind] = &[MountKind::Cubbyhole];

/// The token whose cubbyhole it is: a batch token has none, since nothing is kept of it.
fn owner<'r>(room: &'r Room<'_>) -> Result<&'r Bearer, Error> {
    let bearer = room.bearer()?;
    if bearer.token.kind == TokenKind::Batch {
        return Err(Error::rule("batch tokens have no cubbyhole"));
    }
    Ok(bearer)
}

/// The name of the caller's own record at an authorised place.
fn name<C>(room: &Room<'_>, proof: &Authorized<C>) -> Result<String, Error> {
    Ok(format!("{}/{}", owner(room)?.hash, in_mount(proof)))
}

fn in_mount<C>(proof: &Authorized<C>) -> &str {
    let location = proof.location();
    let rest = location.as_str().get(location.mount_path().len()..).unwrap_or_default();
    rest.trim_matches('/')
}
