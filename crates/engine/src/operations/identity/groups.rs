use strongroom_core::identity::Group;
use strongroom_store::Batch;

use super::authorise;
use super::write_group::GroupTarget;
use crate::error::Error;
use crate::identity::Changes;
use crate::room::{Operation, Room};
use crate::witness::{Delete, Performed, Read};

/// A group. Needs `read` on `identity/group/id/<id>` or `identity/group/name/<name>`.
#[derive(Debug)]
pub struct ReadGroup {
    target: GroupTarget,
    path: String,
}

/// A group as it is shown.
#[derive(Clone, Debug)]
pub struct GroupRead {
    /// The group.
    pub group: Group,
    /// Where the mount of its alias is, unless that is gone.
    pub mount_path: Option<String>,
}

/// Delete a group with its alias: its members have nothing of it from the commit on. One that is not there is left so.
/// Needs `delete` on `identity/group/id/<id>` or `identity/group/name/<name>`.
#[derive(Debug)]
pub struct DeleteGroup {
    target: GroupTarget,
    path: String,
}

impl ReadGroup {
    /// This group.
    #[must_use]
    pub fn new(target: GroupTarget) -> Self {
        Self { path: target.path(), target }
    }
}

impl DeleteGroup {
    /// This group.
    #[must_use]
    pub fn new(target: GroupTarget) -> Self {
        Self { path: target.path(), target }
    }
}

impl Operation for ReadGroup {
    type Answer = GroupRead;

    const NAME: &'static str = "group-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<GroupRead>, Error> {
        let _proof = authorise::<Read>(room, &self.path, &self.target.folded_path())?;
        let found = self.target.find(&room.directory()?)?;
        let found = found.ok_or_else(|| Error::NotFound("the group".to_owned()))?;
        Ok(Performed::read(read(room, found.value)))
    }
}

impl Operation for DeleteGroup {
    type Answer = ();

    const NAME: &'static str = "group-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = authorise::<Delete>(room, &self.path, &self.target.folded_path())?;
        let directory = room.directory()?;
        let Some(found) = self.target.find(&directory)? else { return Ok(Performed::read(())) };
        let id = found.value.id;
        let mut changes = Changes::default();
        let around = found.value.parents().union(found.value.member_groups());
        for other in around {
            if let Some(before) = directory.group(*other)? {
                let mut after = before.value.clone();
                after.remove_group(id, room.now);
                changes.group(Some(before), Some(after));
            }
        }
        changes.group(Some(found), None);
        let mut batch = Batch::default();
        changes.write(&directory, &mut batch)?;
        Ok(Performed::change((), batch).naming("group", id.to_string()))
    }
}

/// A group with what is shown of it.
pub(super) fn read(room: &Room<'_>, group: Group) -> GroupRead {
    let mount_path = super::mount_paths(room, group.alias().into_iter()).into_values().next();
    GroupRead { group, mount_path }
}
