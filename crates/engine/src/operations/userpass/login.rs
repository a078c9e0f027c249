use std::collections::{BTreeMap, BTreeSet};

use strongroom_core::crypto::{PasswordError, PasswordHash};
use strongroom_core::identity::{AliasCase, AliasName};
use strongroom_core::secret::Passphrase;
use strongroom_core::token::Token;
use strongroom_store::Batch;

use super::user::User;
use super::{USERPASS, user_record};
use crate::error::Error;
use crate::login::{Login, LoginAlias, LoginIdentity, NamedPath, TokenParameters};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::tokens::IssuedToken;
use crate::witness::Performed;

/// What a token's `login` names its user by.
const USER: &str = "user";
/// What a token's `login` names its user's key by.
const KEY: &str = "user_key";

/// Log in with a name and a password. Anybody may ask.
///
/// A login that fails is [`Error::Unauthenticated`], whatever was wrong, and takes as long: a password is hashed also
/// where there is no such user or the user is locked. What was wrong is in the audit log only.
#[derive(Debug)]
pub struct LoginUserpass {
    path: NamedPath,
    password: Passphrase,
}

impl LoginUserpass {
    /// As this user of this mount.
    #[must_use]
    pub fn new(mount: &str, name: &str, password: Passphrase) -> Self {
        Self { path: NamedPath::new(mount, "login", name, ""), password }
    }

    /// Whether the password is the user's. Only wrong passwords of users who are there are counted, so that nobody
    /// fills the count with names.
    fn check(&self, room: &Room<'_>, user: Option<&User>) -> Result<(), Error> {
        let nobody = PasswordHash::of_nobody();
        let hash = user.map_or(&nobody, |user| &user.password);
        let _permit = room.passwords.permit()?;
        let is_locked = user.is_some() && room.passwords.is_locked(hash, room.now);
        let is_right = match hash.verify(&self.password) {
            Ok(is_right) => is_right,
            Err(PasswordError::Empty | PasswordError::TooLong) => false,
            Err(PasswordError::OutOfMemory) => {
                let message = "there is not enough memory to check a password now";
                return Err(Error::Unavailable(message.to_owned()));
            }
            Err(_) => return Err(Error::damaged(self.path.as_str(), "its password's cost is not")),
        };
        match (user, is_locked, is_right) {
            (None, ..) => Err(refused("there is no such user")),
            (Some(_), true, _) => Err(refused("the user is locked after too many wrong passwords")),
            (Some(_), false, false) => {
                room.passwords.count_failure(hash, room.now);
                Err(refused("the password is wrong"))
            }
            (Some(_), false, true) => {
                room.passwords.forget_failures(hash);
                Ok(())
            }
        }
    }
}

impl Operation for LoginUserpass {
    type Answer = IssuedToken;

    const NAME: &'static str = "userpass-login";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<IssuedToken>, Error> {
        let mount = room.login_mount(self.path.as_str(), USERPASS)?.id;
        let users = room.logical_of(mount);
        let name = self.path.name().ok();
        let found: Option<Stored<User>> = match name {
            Some(name) => users.read(&user_record(name))?,
            None => None,
        };
        self.check(room, found.as_ref().map(|found| &found.value))?;
        let (name, user) = name.zip(found).ok_or_else(|| refused("there is no such user"))?;
        let mut batch = Batch::default();
        users.keep(&mut batch, &user_record(name), &user)?;
        let username = BTreeMap::from([("username".to_owned(), name.to_owned())]);
        let alias = AliasName::new(name, AliasCase::Insensitive);
        let login = Login {
            mount,
            path: self.path.as_str(),
            who: LoginIdentity::Alias(LoginAlias {
                name: alias.map_err(|error| Error::rule(error.to_string()))?,
                metadata: BTreeMap::new(),
                groups: BTreeSet::new(),
            }),
            display_name: name,
            metadata: username,
            parameters: &user.value.token,
            renewed_by: BTreeMap::from([
                (USER.to_owned(), name.to_owned()),
                (KEY.to_owned(), user.value.key.to_string()),
            ]),
        };
        let issued = room.issue_login(&mut batch, login)?;
        let accessor = issued.token.accessor.to_string();
        let performed = Performed::change(issued, batch);
        Ok(performed.naming("user", name).naming("accessor", accessor))
    }
}

/// What a token is renewed by: its user as it is now. A token whose user was given other policies is not renewed, as in
/// Vault.
pub(crate) fn renewal(room: &Room<'_>, token: &Token) -> Result<TokenParameters, Error> {
    let gone = || Error::rule("the user that the token was made for does not exist");
    let name = token.login.get(USER).ok_or_else(gone)?;
    let user: Option<Stored<User>> = room.logical_of(token.mount).read(&user_record(name))?;
    let user = user.ok_or_else(gone)?.value;
    if token.login.get(KEY) != Some(&user.key.to_string()) {
        return Err(gone());
    }
    let own = |policies: &[String]| {
        let own = policies.iter().filter(|policy| *policy != "default").cloned();
        own.collect::<BTreeSet<_>>()
    };
    if own(&token.policies) != own(&user.token.policies) {
        return Err(Error::rule("policies have changed, not renewing"));
    }
    Ok(user.token)
}

fn refused(reason: &str) -> Error {
    Error::Unauthenticated(reason.to_owned())
}
