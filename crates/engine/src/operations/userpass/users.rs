use strongroom_core::crypto::PasswordHash;
use strongroom_core::identifier::RoleKey;
use strongroom_core::secret::Passphrase;
use strongroom_store::Batch;

use super::user::{User, UserPart};
use super::{FOLDER, USERPASS, user_record};
use crate::error::Error;
use crate::login::{NamedPath, TokenParameters, TokenParametersChange};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Delete, List, Performed, Read, Write};

/// How many users one mount has, which is also how many one answer lists.
pub const USERS_MAX: usize = 10_000;

/// Write a user, or a part of one that is there. Needs `create` or `update` on `<mount>/users/<name>`, or `update` on
/// the part's path. A new user has a password.
#[derive(Debug)]
pub struct WriteUser {
    path: NamedPath,
    part: UserPart,
    change: UserChange,
}

/// What is to be changed of a user; what is `None` stays.
#[derive(Debug, Default)]
pub struct UserChange {
    /// A new password.
    pub password: Option<Passphrase>,
    /// What its tokens are like.
    pub token: TokenParametersChange,
}

/// What a user's tokens are like. Needs `read` on `<mount>/users/<name>`.
#[derive(Debug)]
pub struct ReadUser {
    path: NamedPath,
}

/// Delete a user; no token of theirs can be renewed afterwards. Needs `delete` on `<mount>/users/<name>`.
#[derive(Debug)]
pub struct DeleteUser {
    path: NamedPath,
}

/// The names of all users. Needs `list` on `<mount>/users`.
#[derive(Debug)]
pub struct ListUsers {
    path: String,
}

impl WriteUser {
    /// The user of this name is to be changed so, as far as it is of the part.
    #[must_use]
    pub fn new(mount: &str, name: &str, part: UserPart, change: UserChange) -> Self {
        Self { path: NamedPath::new(mount, FOLDER, name, part.word()), part, change }
    }
}

impl ReadUser {
    /// The user of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str) -> Self {
        Self { path: NamedPath::new(mount, FOLDER, name, "") }
    }
}

impl DeleteUser {
    /// The user of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str) -> Self {
        Self { path: NamedPath::new(mount, FOLDER, name, "") }
    }
}

impl ListUsers {
    /// The users of this mount.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/{FOLDER}") }
    }
}

impl Operation for WriteUser {
    type Answer = ();

    const NAME: &'static str = "userpass-write";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = match self.part {
            UserPart::Whole => self
                .path
                .authorise_write(room, USERPASS, |mount, name| mount.holds(&user_record(name)))?,
            _ => self.path.authorise::<Write>(room, USERPASS)?,
        };
        let users = room.logical(&proof);
        let record = user_record(self.path.name()?);
        let found: Option<Stored<User>> = users.read(&record)?;
        if found.is_none() && self.part != UserPart::Whole {
            return Err(Error::NotFound(format!("the user {}", self.path.name()?)));
        }
        if found.is_none() && users.all_names("user/", USERS_MAX)?.len() >= USERS_MAX {
            return Err(Error::rule(format!("there are {USERS_MAX} users already")));
        }
        let user = self.user(room, found.as_ref().map(|found| &found.value))?;
        let mut batch = Batch::default();
        users.put(&mut batch, &record, &user, found.as_ref())?;
        Ok(Performed::change((), batch))
    }
}

impl WriteUser {
    fn user(&self, room: &Room<'_>, before: Option<&User>) -> Result<User, Error> {
        let UserChange { password, token } = &self.change;
        let (password, token) = match self.part {
            UserPart::Whole => (password.as_ref(), Some(token)),
            UserPart::Password => (Some(password.as_ref().ok_or_else(missing)?), None),
            UserPart::Policies if token.policies.is_none() => {
                return Err(Error::rule("missing token_policies"));
            }
            UserPart::Policies => (None, Some(token)),
        };
        let token = match (token, self.part) {
            (None, _) => TokenParametersChange::default(),
            (Some(token), UserPart::Whole) => token.clone(),
            (Some(token), _) => {
                TokenParametersChange { policies: token.policies.clone(), ..Default::default() }
            }
        };
        let parameters = before.map(|user| user.token.clone()).unwrap_or_default();
        let token = parameters.changed(&token)?;
        let key = before.map_or_else(|| RoleKey::generate(room.random), |user| user.key);
        let password = match (password, before) {
            (Some(password), _) => {
                let _permit = room.passwords.permit()?;
                PasswordHash::new(password, room.random)
                    .map_err(|error| Error::rule(error.to_string()))?
            }
            (None, Some(before)) => before.password.clone(),
            (None, None) => return Err(missing()),
        };
        Ok(User { key, password, token })
    }
}

fn missing() -> Error {
    Error::rule("missing password")
}

impl Operation for ReadUser {
    type Answer = TokenParameters;

    const NAME: &'static str = "userpass-read";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<TokenParameters>, Error> {
        let proof = self.path.authorise::<Read>(room, USERPASS)?;
        let name = self.path.name()?;
        let found: Option<Stored<User>> = room.logical(&proof).read(&user_record(name))?;
        let found = found.ok_or_else(|| Error::NotFound(format!("the user {name}")))?;
        Ok(Performed::read(found.value.token))
    }
}

impl Operation for DeleteUser {
    type Answer = ();

    const NAME: &'static str = "userpass-delete";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = self.path.authorise::<Delete>(room, USERPASS)?;
        let mut batch = Batch::default();
        room.logical(&proof).delete(&mut batch, &user_record(self.path.name()?))?;
        Ok(Performed::change((), batch))
    }
}

impl Operation for ListUsers {
    type Answer = Vec<String>;

    const NAME: &'static str = "userpass-list";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let proof = room.authorise_at::<List>(&self.path, USERPASS)?;
        Ok(Performed::read(room.logical(&proof).all_names("user/", USERS_MAX)?))
    }
}
