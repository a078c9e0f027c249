use strongroom_store::{Batch, Write as StoreWrite};

use super::{policy_name, policy_path};
use crate::error::Error;
use crate::keys;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{Delete, Performed};

/// Delete a policy; one that is not there is left so. Needs `delete` on `sys/policies/acl/<name>`.
#[derive(Debug)]
pub struct DeletePolicy {
    path: String,
    name: String,
}

impl DeletePolicy {
    /// The policy of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { path: policy_path(name), name: name.to_owned() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Operation for DeletePolicy {
    type Answer = ();

    const NAME: &'static str = "policy-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Delete>(&self.path, &[MountKind::System])?;
        // What is no name of a policy names none.
        let Ok(name) = policy_name(&self.name) else { return Ok(Performed::read(())) };
        if name.is_root() || name.is_default() {
            return Err(Error::rule(format!("cannot delete \"{name}\" policy")));
        }
        let writes = vec![StoreWrite::Delete(keys::policy(&name))];
        Ok(Performed::change((), Batch { preconditions: Vec::new(), writes }))
    }
}
