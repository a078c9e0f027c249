use strongroom_core::identifier::{RoleKey, uuid};
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
        let batch = write(room, &proof, self.path.name()?, found.as_ref(), &change)?;
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
        let batch = write(room, &proof, self.path.name()?, Some(&found), &change)?;
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
        let mut batch = Batch::default();
        mount.keep(&mut batch, &record, &found)?;
        mount.delete(&mut batch, &record)?;
        mount.delete(&mut batch, &index(room, &proof, &found.value.role_id)?)?;
        let due = Due::DeletedRole(proof.location().mount, found.value.key);
        due.put(&room.records(), &mut batch, NOW);
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

fn index<C>(room: &Room<'_>, proof: &Authorized<C>, role_id: &str) -> Result<String, Error> {
    let mount = proof.location().mount.to_string();
    Ok(index_record(hash(room, "role-id", &mount, role_id.as_bytes())?))
}

fn write<C>(
    room: &Room<'_>,
    proof: &Authorized<C>,
    name: &str,
    found: Option<&Stored<AppRole>>,
    change: &AppRoleChange,
) -> Result<Batch, Error> {
    let mount = room.logical(proof);
    let before = match found {
        Some(found) => found.value.clone(),
        None => {
            check_room(&mount)?;
            AppRole::new(RoleKey::generate(room.random), uuid(room.random))
        }
    };
    let role = before.changed(change, found.is_none())?;
    let mut batch = Batch::default();
    mount.put(&mut batch, &role_record(name), &role, found)?;
    if found.is_none() || role.role_id != before.role_id {
        let record = index(room, proof, &role.role_id)?;
        if mount.holds(&record)? {
            return Err(Error::rule("role_id already in use"));
        }
        batch.preconditions.push(Precondition::Absent(mount.key(&record)?));
        mount.overwrite(&mut batch, &record, &name)?;
    }
    if found.is_some() && role.role_id != before.role_id {
        mount.delete(&mut batch, &index(room, proof, &before.role_id)?)?;
    }
    Ok(batch)
}

fn check_room(mount: &Logical<'_>) -> Result<(), Error> {
    if mount.all_names("role/", ROLES_MAX)?.len() < ROLES_MAX {
        return Ok(());
    }
    Err(Error::rule(format!("there are {ROLES_MAX} roles already")))
}
