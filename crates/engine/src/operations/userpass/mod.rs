//! Logins of people with a name and a password, as Vault's userpass has them
//! (<https://developer.hashicorp.com/vault/api-docs/auth/userpass>).
//!
//! `user/<name>` holds a user, whose password is kept as an Argon2id hash. Capitals in names do not count; white space
//! is not in any.

mod login;
mod user;
mod users;

pub use login::LoginUserpass;
pub(crate) use login::renewal;
pub use user::UserPart;
pub use users::{DeleteUser, ListUsers, ReadUser, USERS_MAX, UserChange, WriteUser};

use crate::mounts::MountKind;

const USERPASS: &[MountKind] = &[MountKind::Userpass];
/// What the paths of users go through.
const FOLDER: &str = "users";

fn user_record(name: &str) -> String {
    format!("user/{name}")
}
