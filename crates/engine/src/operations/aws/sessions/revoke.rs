use strongroom_store::Batch;

use crate::apps::app_record;
use crate::due::{Due, NOW};
use crate::error::Error;
use crate::login::NamedPath;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{Delete, Performed};

/// Take every session of an app back: they are refused from the commit on. Needs `delete` on
/// `sys/apps/<name>/sessions`.
#[derive(Debug)]
pub struct RevokeSessions {
    path: NamedPath,
}

impl RevokeSessions {
    /// Of the app of this name.
    #[must_use]
    pub fn new(app: &str) -> Self {
        Self { path: NamedPath::new("sys", "apps", app, "sessions") }
    }
}

impl Operation for RevokeSessions {
    type Answer = ();

    const NAME: &'static str = "app-sessions-revoke";
    const SETTLES: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        self.path.authorise::<Delete>(room, &[MountKind::System])?;
        let (apps, name) = (room.apps()?, self.path.name()?);
        let found = apps.read(name)?;
        let found = found.ok_or_else(|| Error::NotFound(format!("the app {name}")))?;
        let (mut app, mut batch) = (found.value.clone(), Batch::default());
        let ended = app.session_epoch;
        app.session_epoch = ended.saturating_add(1);
        app.updated = room.now;
        apps.logical.put(&mut batch, &app_record(name), &app, Some(&found))?;
        Due::SessionsOfApp(app.id, ended).put(&room.records(), &mut batch, NOW);
        Ok(Performed::change((), batch))
    }
}
