use strongroom_store::Batch;

use super::{CREDENTIALS, SYSTEM, existing, path_of};
use crate::apps::app_record;
use crate::error::Error;
use crate::login::NamedPath;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Make an access key of an app active or not; from the commit on what an inactive one signs is refused. Needs `update`
/// on `sys/apps/<name>/credentials/<id>`.
#[derive(Debug)]
pub struct ChangeCredential {
    path: NamedPath,
    id: String,
    active: bool,
    over_active: bool,
}

impl ChangeCredential {
    /// The access key of this id of the app of this name.
    #[must_use]
    pub fn new(name: &str, id: &str, active: bool) -> Self {
        let path = path_of(name, &format!("{CREDENTIALS}/{id}"));
        Self { path, id: id.to_owned(), active, over_active: false }
    }

    /// The app's name, the key's id, whether it is to be active, and whether beyond the usual number.
    #[must_use]
    pub fn parts(&self) -> (&str, &str, bool, bool) {
        (self.path.folded(), &self.id, self.active, self.over_active)
    }

    /// There may be more active ones than usual.
    #[must_use]
    pub fn over_active(self) -> Self {
        Self { over_active: true, ..self }
    }
}

impl Operation for ChangeCredential {
    type Answer = ();

    const NAME: &'static str = "app-credential-change";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = self.path.authorise::<Write>(room, SYSTEM)?;
        let (apps, name) = (room.apps()?, self.path.name()?);
        let found = existing(&apps, name)?;
        let (mut app, mut batch) = (found.value.clone(), Batch::default());
        let is_there = match self.id.parse() {
            Ok(id) => app.set_active(&id, self.active, self.over_active)?,
            Err(_) => false,
        };
        if !is_there {
            return Err(Error::NotFound(format!("the access key of the app {name}")));
        }
        app.updated = room.now;
        apps.logical.put(&mut batch, &app_record(name), &app, Some(&found))?;
        Ok(Performed::change((), batch).naming("active", self.active.to_string()))
    }
}
