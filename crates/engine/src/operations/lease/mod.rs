//! Leases: looked up, renewed and taken back under `sys/leases/`, as Vault has it
//! (<https://developer.hashicorp.com/vault/api-docs/system/leases>).
//!
//! Vault's older paths (`sys/renew`, `sys/revoke`, `sys/revoke-prefix`, `sys/revoke-force`) are other spellings of
//! these: an operation knows one path, so that they cannot need another capability (CVE-2026-45808).

mod count_leases;
mod list_leases;
mod lookup_lease;
mod renew_lease;
mod revoke_lease;
mod revoke_prefix;
mod tidy_leases;

pub use count_leases::{COUNTED_MAX, CountLeases, LeaseCount};
pub use list_leases::{LEASES_LISTED_MAX, LeasePage, ListLeases};
pub use lookup_lease::{LeaseRead, LookupLease};
pub use renew_lease::RenewLease;
pub use revoke_lease::RevokeLease;
pub use revoke_prefix::RevokePrefix;
pub use tidy_leases::{TidiedLeases, TidyLeases};

use strongroom_core::lease::Lease;

use crate::error::Error;
use crate::mounts::MountKind;
use crate::records::Stored;
use crate::room::Room;

const SYSTEM: &[MountKind] = &[MountKind::System];

/// How many leases one commit takes back: each is half a dozen writes.
const TAKEN_BACK_MAX: usize = 16;

/// Which lease is meant, and how it was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeaseReference {
    /// The lease's id.
    pub id: String,
    /// Whether it stands in the path, which is what policies then speak of.
    pub in_path: bool,
}

impl LeaseReference {
    /// `sys/leases/<verb>`, with the id behind it where it stood in the path.
    fn policy_path(&self, verb: &str) -> String {
        if self.in_path {
            return format!("sys/leases/{verb}/{}", self.id);
        }
        format!("sys/leases/{verb}")
    }

    /// The lease, if it is kept and not over. The caller must have been authorised before.
    fn find(&self, room: &Room<'_>) -> Result<Option<Stored<Lease>>, Error> {
        let found = room.lease_by_id(&self.id)?;
        Ok(found.filter(|found| !found.value.lifetime.has_ended(room.now)))
    }
}

/// Tokens are no leases here, and to answer that some were taken back would not be true.
fn refuse_tokens(id: &str) -> Result<(), Error> {
    if id == "auth" || id.starts_with("auth/") {
        let instead = "tokens have no leases: revoke them at auth/token/revoke-accessor";
        return Err(Error::Unsupported(instead));
    }
    Ok(())
}
