use strongroom_core::identifier::{MountId, RoleKey, uuid};
use strongroom_core::token::TokenHash;
use strongroom_store::{Batch, Precondition};

use super::role::{AppRole, AppRoleChange, AppRolePart};
use super::secret::hash;
use super::{APPROLE, FOLDER, existing, role_record};
use crate::due::{Due, NOW};
use crate::error::Error;
use crate::logical::Logical;
use crate::login::NamedPath;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Authorized, Delete, List, Performed, Read, Write};

/// How many roles one mount has, which is also how many one answer lists.
pub const ROLES_MAX: usize = 10_000;

/// Write a role, or a part of one that is there. Needs `create` or `update` on `<mount>/role/<name>`, or `update` on
/// the part's path.
#[derive(Debug)]
pub struct WriteAppRole {
    path: NamedPath,
    part: AppRolePart,
    change: AppRoleChange,
}

/// Make a part of a role as it is in a new one. Needs `delete` on `<mount>/role/<name>/<part>`.
#[derive(Debug)]
pub struct ResetAppRole {
    path: NamedPath,
    part: AppRolePart,
}

/// A role. Needs `read` on `<mount>/role/<name>`, or on the part's path.
#[derive(Debug)]
pub struct ReadAppRole {
    path: NamedPath,
}

/// Delete a role with its secret ids; no token that it made can be renewed afterwards. Needs `delete` on
/// `<mount>/role/<name>`.
#[derive(Debug)]
pub struct DeleteAppRole {
    path: NamedPath,
}

/// The names of all roles. Needs `list` on `<mount>/role`.
#[derive(Debug)]
pub struct ListAppRoles {
    path: String,
}

impl WriteAppRole {
    /// The role of this name is to be changed so, as far as it is of the part.
    #[must_use]
    pub fn new(mount: &str, name: &str, part: AppRolePart, change: AppRoleChange) -> Self {
        Self { path: NamedPath::new(mount, FOLDER, name, part.word()), part, change }
    }
}

impl ResetAppRole {
    /// The part of the role of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str, part: AppRolePart) -> Self {
        Self { path: NamedPath::new(mount, FOLDER, name, part.word()), part }
    }
}

impl ReadAppRole {
    /// The role of this name, to show the part of it.
    #[must_use]
    pub fn new(mount: &str, name: &str, part: AppRolePart) -> Self {
        Self { path: NamedPath::new(mount, FOLDER, name, part.word()) }
    }
}

impl DeleteAppRole {
    /// The role of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str) -> Self {
        Self { path: NamedPath::new(mount, FOLDER, name, "") }
    }
}

impl ListAppRoles {
    /// The roles of this mount.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/{FOLDER}") }
    }
}

impl Operation for WriteAppRole {
    type Answer = ();

    const NAME: &'static str = "approle-write";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let (proof, found) = if self.part == AppRolePart::Whole {
            let proof = self
                .path
                .authorise_write(room, APPROLE, |mount, name| mount.holds(&role_record(name)))?;
            let found = room.logical(&proof).read(&role_record(self.path.name()?))?;
            (proof, found)
        } else {
            let proof = self.path.authorise::<Write>(room, APPROLE)?;
            let found = existing(&room.logical(&proof), self.path.name()?)?;
            (proof, Some(found))
        };
        let missing = || Error::rule(format!("the member of {} is missing", self.part.word()));
        let change = self.part.only(self.change.clone()).ok_or_else(missing)?;
        let batch = change_role(room, &proof, self.path.name()?, found.as_ref(), &change)?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ResetAppRole {
    type Answer = ();

    const NAME: &'static str = "approle-reset";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = self.path.authorise::<Delete>(room, APPROLE)?;
        let missing = Error::Unsupported("this part of a role cannot be reset");
        let change = self.part.reset().ok_or(missing)?;
        let found = existing(&room.logical(&proof), self.path.name()?)?;
        let batch = change_role(room, &proof, self.path.name()?, Some(&found), &change)?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ReadAppRole {
    type Answer = AppRole;

    const NAME: &'static str = "approle-read";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<AppRole>, Error> {
        let proof = self.path.authorise::<Read>(room, APPROLE)?;
        let found = existing(&room.logical(&proof), self.path.name()?)?;
        Ok(Performed::read(found.value))
    }
}

impl Operation for DeleteAppRole {
    type Answer = ();

    const NAME: &'static str = "approle-delete";
    const SETTLES: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = self.path.authorise::<Delete>(room, APPROLE)?;
        let mount = room.logical(&proof);
        let record = role_record(self.path.name()?);
        let Some(found) = mount.read::<AppRole>(&record)? else { return Ok(Performed::read(())) };
        if found.value.app.is_some() {
            return Err(Error::rule("the role belongs to an app, and goes with it"));
        }
        let mut batch = Batch::default();
        remove(room, &mut batch, proof.location().mount, self.path.name()?, &found)?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ListAppRoles {
    type Answer = Vec<String>;

    const NAME: &'static str = "approle-list";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let proof = room.authorise_at::<List>(&self.path, APPROLE)?;
        Ok(Performed::read(room.logical(&proof).all_names("role/", ROLES_MAX)?))
    }
}

/// The record of the role's name by its id.
pub(super) fn index_record(hash: TokenHash) -> String {
    format!("role-id/{hash}")
}

fn index(room: &Room<'_>, mount: MountId, role_id: &str) -> Result<String, Error> {
    Ok(index_record(hash(room, "role-id", &mount.to_string(), role_id.as_bytes())?))
}

fn change_role<C>(
    room: &Room<'_>,
    proof: &Authorized<C>,
    name: &str,
    found: Option<&Stored<AppRole>>,
    change: &AppRoleChange,
) -> Result<Batch, Error> {
    let before = match found {
        Some(found) => found.value.clone(),
        None => AppRole::new(RoleKey::generate(room.random), uuid(room.random)),
    };
    let role = before.changed(change, found.is_none())?;
    if role.app.is_some() && role.token.policies != before.token.policies {
        return Err(Error::rule("the policies of this role are those of its app"));
    }
    let mut batch = Batch::default();
    put(room, &mut batch, proof.location().mount, name, &role, found)?;
    Ok(batch)
}

/// Write a role with what it is found by.
pub(super) fn put(
    room: &Room<'_>,
    batch: &mut Batch,
    mount: MountId,
    name: &str,
    role: &AppRole,
    found: Option<&Stored<AppRole>>,
) -> Result<(), Error> {
    let logical = room.logical_of(mount);
    if found.is_none() {
        check_room(&logical)?;
    }
    let before = found.map(|found| found.value.role_id.as_str());
    logical.put(batch, &role_record(name), role, found)?;
    if before == Some(role.role_id.as_str()) {
        return Ok(());
    }
    let record = index(room, mount, &role.role_id)?;
    if logical.holds(&record)? {
        return Err(Error::rule("role_id already in use"));
    }
    batch.preconditions.push(Precondition::Absent(logical.key(&record)?));
    logical.overwrite(batch, &record, &name)?;
    if let Some(before) = before {
        logical.delete(batch, &index(room, mount, before)?)?;
    }
    Ok(())
}

/// Remove a role. Its secret ids are none from the commit on, and removed afterwards.
pub(super) fn remove(
    room: &Room<'_>,
    batch: &mut Batch,
    mount: MountId,
    name: &str,
    found: &Stored<AppRole>,
) -> Result<(), Error> {
    let (logical, record) = (room.logical_of(mount), role_record(name));
    logical.keep(batch, &record, found)?;
    logical.delete(batch, &record)?;
    logical.delete(batch, &index(room, mount, &found.value.role_id)?)?;
    Due::DeletedRole(mount, found.value.key).put(&room.records(), batch, NOW);
    Ok(())
}

fn check_room(mount: &Logical<'_>) -> Result<(), Error> {
    if mount.all_names("role/", ROLES_MAX)?.len() < ROLES_MAX {
        return Ok(());
    }
    Err(Error::rule(format!("there are {ROLES_MAX} roles already")))
}
