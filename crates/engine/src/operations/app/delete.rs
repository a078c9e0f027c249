use strongroom_store::Batch;

use super::credentials::{remove_access_keys, remove_client_secrets};
use super::{SYSTEM, existing, path_of};
use crate::apps::app_record;
use crate::due::{Due, NOW};
use crate::error::Error;
use crate::login::NamedPath;
use crate::operations::identity::delete_entities;
use crate::room::{Operation, Room};
use crate::witness::{Delete, Performed};

/// Delete an app with its credentials, its role and its entity. Its tokens and sessions are refused from the commit on. Needs
/// `delete` on `sys/apps/<name>`.
#[derive(Debug)]
pub struct DeleteApp {
    path: NamedPath,
}

impl DeleteApp {
    /// The app of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { path: path_of(name, "") }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.folded()
    }
}

impl Operation for DeleteApp {
    type Answer = ();

    const NAME: &'static str = "app-delete";
    const SETTLES: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = self.path.authorise::<Delete>(room, SYSTEM)?;
        let (apps, name) = (room.apps()?, self.path.name()?);
        let found = existing(&apps, name)?;
        let mut app = found.value.clone();
        let directory = room.directory()?;
        let entity: Vec<_> = directory.entity(app.entity)?.into_iter().collect();
        let mut batch: Batch = delete_entities(room, &directory, entity)?;
        let record = app_record(name);
        apps.logical.keep(&mut batch, &record, &found)?;
        apps.logical.delete(&mut batch, &record)?;
        remove_access_keys(room, &apps, &mut batch, &mut app)?;
        remove_client_secrets(room, &mut batch, &mut app)?;
        if let Some(client) = &app.client {
            apps.logical.delete(&mut batch, &apps.client_record(&client.id))?;
        }
        room.remove_role_of_app(&mut batch, &app)?;
        Due::SessionsOfApp(app.id, app.session_epoch).put(&room.records(), &mut batch, NOW);
        Ok(Performed::change((), batch))
    }
}
