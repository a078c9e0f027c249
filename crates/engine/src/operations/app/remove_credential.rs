use strongroom_core::app::AccessKeyId;
use strongroom_store::Batch;

use super::{CREDENTIALS, SYSTEM, existing, path_of};
use crate::apps::app_record;
use crate::error::Error;
use crate::login::NamedPath;
use crate::room::{Operation, Room};
use crate::usage::Subject;
use crate::witness::{Delete, Performed};

/// Remove a credential of an app: a secret id by its accessor, an access key or a client's secret by its id. It is
/// refused from the commit on; tokens that a secret id gave stay. Needs `delete` on
/// `sys/apps/<name>/credentials/<id>`.
#[derive(Debug)]
pub struct RemoveCredential {
    path: NamedPath,
    id: String,
}

impl RemoveCredential {
    /// This one of the app of this name.
    #[must_use]
    pub fn new(name: &str, id: &str) -> Self {
        Self { path: path_of(name, &format!("{CREDENTIALS}/{id}")), id: id.to_owned() }
    }

    /// The app's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.folded()
    }

    /// What names the credential.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }
}

impl Operation for RemoveCredential {
    type Answer = ();

    const NAME: &'static str = "app-credential-remove";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = self.path.authorise::<Delete>(room, SYSTEM)?;
        let (apps, name) = (room.apps()?, self.path.name()?);
        let found = existing(&apps, name)?;
        let (mut app, mut batch) = (found.value.clone(), Batch::default());
        let access_key: Option<AccessKeyId> = self.id.parse().ok();
        let removed = match &access_key {
            Some(id) if app.remove_access_key(id) => {
                apps.logical.delete(&mut batch, &apps.access_key_record(id))?;
                true
            }
            _ if app.remove_client_secret(&self.id) => true,
            _ => match room.role_of_app(&app)? {
                Some(role) => room.remove_secret_id_of_app(&mut batch, &role, &self.id)?,
                None => false,
            },
        };
        if !removed {
            return Err(Error::NotFound(format!("the credential of the app {name}")));
        }
        // Where it was a secret id, what is known of it went with it.
        batch.writes.push(room.forget_usage(&Subject::Credential(self.id.clone()))?);
        app.updated = room.now;
        apps.logical.put(&mut batch, &app_record(name), &app, Some(&found))?;
        Ok(Performed::change((), batch))
    }
}
