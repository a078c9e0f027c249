//! The policy of a secret: written, read, removed, and looked over before it is.
//!
//! Who may write one lets others in: it needs `sudo` beside `update`. What the policy itself says counts as well, but
//! for the root, so that nobody is locked out for good.

mod delete;
mod get;
mod put;
mod validate;

pub use delete::DeleteResourcePolicy;
pub use get::{GetResourcePolicy, PolicyRead};
pub use put::PutResourcePolicy;
pub use validate::{PolicyFinding, ValidateResourcePolicy};

use strongroom_core::policy::Capability;

use super::place::{Act, Facts, Opened, SecretRef};
use crate::error::Error;
use crate::room::Room;
use crate::witness::Write;

/// The secret whose policy is to be changed.
fn open(
    room: &Room<'_>,
    asked: &SecretRef,
    act: Act,
    facts: impl Fn(&mut Facts),
) -> Result<Opened<Write>, Error> {
    let meant = asked.locate(room)?;
    room.require(meant.location.as_str(), Capability::Sudo)?;
    let opened = if room.is_root() {
        room.open_as_root(asked, &meant, act)?
    } else {
        room.open_at::<Write>(asked, act, facts)?
    };
    if opened.found.value.is_deleted() {
        return Err(Error::Deleted(opened.named.name));
    }
    Ok(opened)
}
