use super::{FOLDER, MOUNT, SYSTEM};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{List, Performed};

/// How many apps there are at most, which is also how many one answer lists.
pub const APPS_MAX: usize = 10_000;

/// The names of the apps that the caller may see: those whose paths a policy of theirs grants anything on. Needs `list`
/// on `sys/apps`.
#[derive(Debug, Default)]
pub struct ListApps;

const PATH: &str = "sys/apps";

impl Operation for ListApps {
    type Answer = Vec<String>;

    const NAME: &'static str = "app-list";

    fn subject(&self) -> Option<&str> {
        Some(PATH)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let _proof = room.authorise_at::<List>(PATH, SYSTEM)?;
        let mut names = room.apps()?.logical.all_names("app/", APPS_MAX)?;
        let acl = room.caller.principal.acl();
        names.retain(|name| acl.may_see(&format!("{MOUNT}/{FOLDER}/{name}")));
        Ok(Performed::read(names))
    }
}
