use super::{policy_name, policy_path};
use crate::error::Error;
use crate::mounts::MountKind;
use crate::policies;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read};

/// A policy's text, as it was written; that of `root` is empty. Needs `read` on `sys/policies/acl/<name>`.
#[derive(Debug)]
pub struct ReadPolicy {
    path: String,
    name: String,
}

impl ReadPolicy {
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

impl Operation for ReadPolicy {
    /// Its name as it is kept, and its text.
    type Answer = (String, String);

    const NAME: &'static str = "policy-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let _proof = room.authorise_at::<Read>(&self.path, &[MountKind::System])?;
        let missing = || Error::NotFound(format!("the policy {}", self.name));
        let name = policy_name(&self.name).map_err(|_| missing())?;
        let text = match policies::text(&room.records(), &name)? {
            (Some(text), _) => text,
            (None, _) if name.is_root() => String::new(),
            (None, _) => return Err(missing()),
        };
        Ok(Performed::read((name.to_string(), text)))
    }
}
