use strongroom_core::identifier::RoleKey;
use strongroom_store::Batch;

use super::change_role::JwtRoleChange;
use super::role::JwtRole;
use super::{JWT, role_record};
use crate::error::Error;
use crate::login::NamedPath;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Delete, List, Performed, Read};

/// How many roles one mount has, which is also how many one answer lists.
pub const JWT_ROLES_MAX: usize = 10_000;
const FOLDER: &str = "role";

/// Make a role, or change one. Needs `create` or `update` on `<mount>/role/<name>`.
#[derive(Debug)]
pub struct WriteJwtRole {
    path: NamedPath,
    change: JwtRoleChange,
}

/// A role. Needs `read` on `<mount>/role/<name>`.
#[derive(Debug)]
pub struct ReadJwtRole {
    path: NamedPath,
}

/// Delete a role; no token that it made can be renewed afterwards. Needs `delete` on `<mount>/role/<name>`.
#[derive(Debug)]
pub struct DeleteJwtRole {
    path: NamedPath,
}

/// The names of all roles. Needs `list` on `<mount>/role`.
#[derive(Debug)]
pub struct ListJwtRoles {
    path: String,
}

impl WriteJwtRole {
    /// The role of this name is to be so.
    #[must_use]
    pub fn new(mount: &str, name: &str, change: JwtRoleChange) -> Self {
        Self { path: NamedPath::new(mount, FOLDER, name, ""), change }
    }
}

impl ReadJwtRole {
    /// The role of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str) -> Self {
        Self { path: NamedPath::new(mount, FOLDER, name, "") }
    }
}

impl DeleteJwtRole {
    /// The role of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str) -> Self {
        Self { path: NamedPath::new(mount, FOLDER, name, "") }
    }
}

impl ListJwtRoles {
    /// The roles of this mount.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/{FOLDER}") }
    }
}

impl Operation for WriteJwtRole {
    type Answer = ();

    const NAME: &'static str = "jwt-role-write";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let is_there =
            |mount: &crate::logical::Logical<'_>, name: &str| mount.holds(&role_record(name));
        let proof = self.path.authorise_write(room, JWT, is_there)?;
        let mount = room.logical(&proof);
        let record = role_record(self.path.name()?);
        let found: Option<Stored<JwtRole>> = mount.read(&record)?;
        if found.is_none() && mount.all_names("role/", JWT_ROLES_MAX)?.len() >= JWT_ROLES_MAX {
            return Err(Error::rule(format!("there are {JWT_ROLES_MAX} roles already")));
        }
        let before = match &found {
            Some(found) => found.value.clone(),
            None => JwtRole::empty(RoleKey::generate(room.random)),
        };
        let role = self.change.clone().apply(before)?;
        let mut batch = Batch::default();
        mount.put(&mut batch, &record, &role, found.as_ref())?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ReadJwtRole {
    type Answer = JwtRole;

    const NAME: &'static str = "jwt-role-read";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<JwtRole>, Error> {
        let proof = self.path.authorise::<Read>(room, JWT)?;
        let found: Option<Stored<JwtRole>> =
            room.logical(&proof).read(&role_record(self.path.name()?))?;
        let found = found.ok_or_else(|| Error::NotFound(self.path.as_str().to_owned()))?;
        Ok(Performed::read(found.value))
    }
}

impl Operation for DeleteJwtRole {
    type Answer = ();

    const NAME: &'static str = "jwt-role-delete";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = self.path.authorise::<Delete>(room, JWT)?;
        let mut batch = Batch::default();
        room.logical(&proof).delete(&mut batch, &role_record(self.path.name()?))?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ListJwtRoles {
    type Answer = Vec<String>;

    const NAME: &'static str = "jwt-roles-list";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let proof = room.authorise_at::<List>(&self.path, JWT)?;
        Ok(Performed::read(room.logical(&proof).all_names("role/", JWT_ROLES_MAX)?))
    }
}
