use strongroom_core::pki::{Role, RoleSettings};
use strongroom_store::Batch;

use super::{LISTED_MAX, PKI};
use crate::error::Error;
use crate::logical::Logical;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Delete, List, Performed, Read, Write};

const ROLES: &str = "roles/";
/// How many roles a mount can have, which is also how many one answer lists.
const ROLES_MAX: usize = LISTED_MAX;
/// Bytes of a role's name.
const NAME_LENGTH_MAX: usize = 255;

/// Write a role. Needs `update` on `<mount>/roles/<name>`.
#[derive(Debug)]
pub struct WritePkiRole {
    path: String,
    name: String,
    settings: RoleSettings,
}

/// A role. Needs `read` on `<mount>/roles/<name>`.
#[derive(Debug)]
pub struct ReadPkiRole {
    path: String,
    name: String,
}

/// Delete a role; its certificates stay. Needs `delete` on `<mount>/roles/<name>`.
#[derive(Debug)]
pub struct DeletePkiRole {
    path: String,
    name: String,
}

/// The names of all roles. Needs `list` on `<mount>/roles`.
#[derive(Debug)]
pub struct ListPkiRoles {
    path: String,
}

impl WritePkiRole {
    /// The role of this name is to be so.
    #[must_use]
    pub fn new(mount: &str, name: &str, settings: RoleSettings) -> Self {
        Self { path: path_of(mount, name), name: name.to_owned(), settings }
    }
}

impl ReadPkiRole {
    /// The role of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str) -> Self {
        Self { path: path_of(mount, name), name: name.to_owned() }
    }
}

impl DeletePkiRole {
    /// The role of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str) -> Self {
        Self { path: path_of(mount, name), name: name.to_owned() }
    }
}

impl ListPkiRoles {
    /// Those of this mount.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/roles") }
    }
}

impl Operation for WritePkiRole {
    /// The role as it is kept.
    type Answer = Role;

    const NAME: &'static str = "pki-role-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Role>, Error> {
        let proof = room.authorise_at::<Write>(&self.path, PKI)?;
        let mount = room.logical(&proof);
        let record = record_name(&self.name)?;
        let role =
            Role::new(self.settings.clone()).map_err(|error| Error::rule(error.to_string()))?;
        let (known, more) = mount.names(ROLES, None, ROLES_MAX)?;
        if (more || known.len() == ROLES_MAX) && !mount.holds(&record)? {
            return Err(Error::rule(format!("there are {ROLES_MAX} roles already")));
        }
        let mut batch = Batch::default();
        mount.overwrite(&mut batch, &record, &role)?;
        Ok(Performed::change(role, batch))
    }
}

impl Operation for ReadPkiRole {
    type Answer = Role;

    const NAME: &'static str = "pki-role-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Role>, Error> {
        let proof = room.authorise_at::<Read>(&self.path, PKI)?;
        let found: Option<Stored<Role>> = room.logical(&proof).read(&record_name(&self.name)?)?;
        let found = found.ok_or_else(|| Error::NotFound(self.path.clone()))?;
        Ok(Performed::read(found.value))
    }
}

impl Operation for DeletePkiRole {
    type Answer = ();

    const NAME: &'static str = "pki-role-delete";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = room.authorise_at::<Delete>(&self.path, PKI)?;
        let mut batch = Batch::default();
        room.logical(&proof).delete(&mut batch, &record_name(&self.name)?)?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ListPkiRoles {
    type Answer = Vec<String>;

    const NAME: &'static str = "pki-roles-list";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let proof = room.authorise_at::<List>(&self.path, PKI)?;
        let (names, _) = room.logical(&proof).names(ROLES, None, ROLES_MAX)?;
        Ok(Performed::read(names))
    }
}

/// A role for a certificate, once the caller may have one by it.
pub(super) fn role(mount: &Logical<'_>, name: &str) -> Result<Role, Error> {
    let found: Option<Stored<Role>> = mount.read(&record_name(name)?)?;
    let unknown = || Error::rule(format!("unknown role: {name}"));
    found.map(|found| found.value).ok_or_else(unknown)
}

fn path_of(mount: &str, name: &str) -> String {
    format!("{mount}/roles/{name}")
}

/// Names are those of Vault: letters, digits, `_`, and `-` and `.` within.
fn record_name(name: &str) -> Result<String, Error> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let ends = [name.bytes().next(), name.bytes().next_back()];
    let valid = name.len() <= NAME_LENGTH_MAX
        && ends.into_iter().all(|end| end.is_some_and(is_word))
        && name.bytes().all(|byte| is_word(byte) || b"-.".contains(&byte));
    valid
        .then(|| format!("{ROLES}{name}"))
        .ok_or_else(|| Error::rule("the role's name is not allowed"))
}
