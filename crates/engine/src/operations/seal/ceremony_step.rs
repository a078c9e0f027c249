use strongroom_core::policy::Capability;

use crate::error::Error;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Sudo};

/// That the caller may look at an attempt of operators, begin or end one. Needs `sudo` on the path, and `read`,
/// `update` or `delete`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CeremonyStep {
    /// How far a root token is.
    ReadRootGeneration,
    /// Begin to make one.
    StartRootGeneration,
    /// Give it up.
    CancelRootGeneration,
    /// How far new shares are.
    ReadRekey,
    /// Begin to make them.
    StartRekey,
    /// Give them up.
    CancelRekey,
    /// How far it is with showing the new shares.
    ReadVerification,
    /// Show them anew.
    RestartVerification,
    /// Read copies of shares that are encrypted for their owners.
    ReadBackup,
    /// Delete them.
    DeleteBackup,
}

impl CeremonyStep {
    fn needs(self) -> (&'static str, Capability) {
        use Capability::{Delete, Read, Update};
        match self {
            Self::ReadRootGeneration => ("sys/generate-root/attempt", Read),
            Self::StartRootGeneration => ("sys/generate-root/attempt", Update),
            Self::CancelRootGeneration => ("sys/generate-root/attempt", Delete),
            Self::ReadRekey => ("sys/rekey/init", Read),
            Self::StartRekey => ("sys/rekey/init", Update),
            Self::CancelRekey => ("sys/rekey/init", Delete),
            Self::ReadVerification => ("sys/rekey/verify", Read),
            Self::RestartVerification => ("sys/rekey/verify", Delete),
            Self::ReadBackup => ("sys/rekey/backup", Read),
            Self::DeleteBackup => ("sys/rekey/backup", Delete),
        }
    }

    fn word(self) -> &'static str {
        match self.needs().1 {
            Capability::Read => "looked at",
            Capability::Update => "begun",
            _ => "given up",
        }
    }
}

impl Operation for CeremonyStep {
    type Answer = ();

    const NAME: &'static str = "key-ceremony";

    fn subject(&self) -> Option<&str> {
        Some(self.needs().0)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let (path, capability) = self.needs();
        room.require(path, capability)?;
        let _proof = room.authorise_at::<Sudo>(path, &[MountKind::System])?;
        Ok(Performed::read(()).naming("attempt", self.word()))
    }
}
