use strongroom_core::policy::Capability;

use super::MountSide;
use super::list_mounts::{MountRead, read};
use crate::error::Error;
use crate::mounts::Mount;
use crate::request::Caller;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// The word of a mount's `listing_visibility` that shows it to everybody.
const FOR_EVERYBODY: &str = "unauth";

/// The mounts that the caller has business with: those that are shown to everybody, and those below which a policy of
/// theirs grants anything. Anybody may ask; what is not shown is as if it were not there. It is no use of a token.
#[derive(Debug)]
pub struct ListVisibleMounts;

/// The mounts of both sides that the caller sees, in the order of their paths.
#[derive(Clone, Debug, Default)]
pub struct VisibleMounts {
    /// Secret engines.
    pub secret: Vec<MountRead>,
    /// Login methods.
    pub auth: Vec<MountRead>,
    /// Whether the caller showed who it is. To others only the kind, the description and the options are told.
    pub is_known: bool,
}

/// The mount that serves a path, for a caller below whose policies something is granted there. To everybody else the
/// answer is the same whether there is a mount or not. It is no use of a token.
#[derive(Debug)]
pub struct ReadVisibleMount {
    path: String,
    policy_path: String,
}

impl ReadVisibleMount {
    /// The mount that serves this path.
    #[must_use]
    pub fn new(path: &str) -> Self {
        let path = path.trim_matches('/').to_owned();
        Self { policy_path: format!("sys/internal/ui/mounts/{path}"), path }
    }
}

impl Operation for ListVisibleMounts {
    type Answer = VisibleMounts;

    const NAME: &'static str = "visible-mounts-list";

    const IS_USE: bool = false;

    fn subject(&self) -> Option<&str> {
        Some("sys/internal/ui/mounts")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<VisibleMounts>, Error> {
        let mut visible = VisibleMounts {
            is_known: !matches!(room.request.caller, Caller::Anonymous),
            ..VisibleMounts::default()
        };
        for (path, mount) in room.mounts.iter() {
            let is_open = mount.settings.listing_visibility.as_deref() == Some(FOR_EVERYBODY);
            if is_open || has_business(room, path.as_str()) {
                let side = if MountSide::Auth.has(mount) {
                    &mut visible.auth
                } else {
                    &mut visible.secret
                };
                side.push(read(room, path.as_str(), mount));
            }
        }
        Ok(Performed::read(visible))
    }
}

impl Operation for ReadVisibleMount {
    type Answer = MountRead;

    const NAME: &'static str = "visible-mount-read";

    const IS_USE: bool = false;

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<MountRead>, Error> {
        let found: Option<(&str, &Mount)> =
            room.mounts.resolve(&self.path).ok().map(|(path, mount, _)| (path.as_str(), mount));
        let found = found.filter(|(path, _)| has_business(room, path));
        let Some((path, mount)) = found else {
            let reason = "nothing is granted below the mount, or there is none".to_owned();
            return Err(room.denied(&self.policy_path, Capability::Read, reason, None));
        };
        Ok(Performed::read(read(room, path, mount)))
    }
}

/// Whether a policy of the caller grants anything at a mount or below it.
fn has_business(room: &Room<'_>, mount_path: &str) -> bool {
    room.caller.principal.acl().may_do_below(&format!("{mount_path}/"))
}
