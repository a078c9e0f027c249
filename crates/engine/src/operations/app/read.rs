use strongroom_core::app::App;

use super::{SYSTEM, existing, path_of};
use crate::error::Error;
use crate::login::NamedPath;
use crate::operations::approle::RoleSecret;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read};

/// An app with what is known of its credentials. Needs `read` on `sys/apps/<name>`.
#[derive(Debug)]
pub struct ReadApp {
    path: NamedPath,
}

/// What is known of an app.
#[derive(Debug)]
pub struct AppRead {
    /// The app.
    pub app: App,
    /// Its role, if it has one and the mount is there.
    pub role: Option<RoleRead>,
}

/// The role of an app.
#[derive(Debug)]
pub struct RoleRead {
    /// The path of the mount.
    pub mount: String,
    /// The role's id.
    pub role_id: String,
    /// Its secret ids, 100 at most.
    pub secret_ids: Vec<RoleSecret>,
}

impl ReadApp {
    /// The app of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { path: path_of(name, "") }
    }
}

impl Operation for ReadApp {
    type Answer = AppRead;

    const NAME: &'static str = "app-read";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<AppRead>, Error> {
        let _proof = self.path.authorise::<Read>(room, SYSTEM)?;
        let app = existing(&room.apps()?, self.path.name()?)?.value;
        let role = match room.role_of_app(&app)? {
            None => None,
            Some(found) => Some(RoleRead {
                mount: found.mount_path.to_string(),
                role_id: found.role.value.role_id.clone(),
                secret_ids: room.secret_ids_of_app(&found)?,
            }),
        };
        Ok(Performed::read(AppRead { app, role }))
    }
}
