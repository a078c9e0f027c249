//! Copies of a secret in other mounts.

use super::{Aliases, Secret, TransitionError};
use crate::identifier::{MountId, SecretId};
use crate::model::AzureName;
use crate::time::Timestamp;

/// The most copies of a secret in other mounts: each is written with every change of the secret.
pub const REPLICAS_MAX: usize = 8;
/// A copy of a secret's metadata in another mount, at the same path. What versions hold is kept once, for the secret and
/// its copies.
#[derive(Clone, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct Replica {
    /// The mount.
    #[n(0)]
    pub mount: MountId,
    /// Its name at the Azure door there.
    #[n(1)]
    pub azure: Option<AzureName>,
    /// When it was made.
    #[n(2)]
    pub created: Timestamp,
    /// The identifier under which its own values are being copied, when it is to be a secret of its own.
    #[n(3)]
    pub promoted_as: Option<SecretId>,
}

impl Secret {
    /// The copy for another mount: read there as the secret is here, and changed only with it.
    #[must_use]
    pub fn copy_for(&self, replica: &Replica, own: MountId) -> Self {
        Self {
            aliases: Aliases { azure: replica.azure.clone(), aws: self.aliases.aws.clone() },
            replicas: Vec::new(),
            replica_of: Some(own),
            ..self.clone()
        }
    }

    /// That it can be removed for good without leaving anything behind.
    ///
    /// # Errors
    /// [`TransitionError::Replica`], [`TransitionError::HasReplicas`]
    pub fn require_alone(&self) -> Result<(), TransitionError> {
        self.require_primary()?;
        if self.replicas.is_empty() { Ok(()) } else { Err(TransitionError::HasReplicas) }
    }

    /// That it follows no other secret.
    ///
    /// # Errors
    /// [`TransitionError::Replica`]
    pub fn require_primary(&self) -> Result<(), TransitionError> {
        if self.replica_of.is_some() { Err(TransitionError::Replica) } else { Ok(()) }
    }
}
