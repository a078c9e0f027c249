use strongroom_core::crypto::RecordKind;
use strongroom_core::policy::Policy;
use strongroom_store::Batch;

use super::{policy_name, policy_path};
use crate::error::Error;
use crate::keys;
use crate::mounts::MountKind;
use crate::policies::PolicyRecord;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Write a policy, from HCL or JSON. It counts from the commit on, for tokens that have it already too. Needs `update`
/// on `sys/policies/acl/<name>`, and `create` is not enough.
#[derive(Debug)]
pub struct WritePolicy {
    path: String,
    name: String,
    text: String,
}

impl WritePolicy {
    /// The policy of this name is to have this text.
    #[must_use]
    pub fn new(name: &str, text: impl Into<String>) -> Self {
        Self { path: policy_path(name), name: name.to_owned(), text: text.into() }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Operation for WritePolicy {
    type Answer = ();

    const NAME: &'static str = "policy-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = room.authorise_at::<Write>(&self.path, &[MountKind::System])?;
        let name = policy_name(&self.name)?;
        if !name.is_writable() {
            return Err(Error::rule(format!("cannot update \"{name}\" policy")));
        }
        let policy = Policy::parse(name.clone(), &self.text);
        policy.map_err(|error| Error::rule(format!("failed to parse policy: {error}")))?;
        let record = PolicyRecord { text: self.text.clone() };
        let write = room.records().put(RecordKind::Policy, keys::policy(&name), &record);
        Ok(Performed::change((), Batch { preconditions: Vec::new(), writes: vec![write] }))
    }
}
