use strongroom_store::Batch;

use super::{SYSTEM, checked_policies, existing, path_of};
use crate::apps::app_record;
use crate::error::Error;
use crate::login::NamedPath;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Change an app. An app that is disabled is refused from the commit on, whatever it shows, and so are the tokens that
/// it has. Other policies count from the commit on for signed requests and for logins; a token has those that it was
/// made with. Needs `update` on `sys/apps/<name>`.
#[derive(Debug)]
pub struct UpdateApp {
    path: NamedPath,
    change: AppChange,
}

/// What is to be changed of an app; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppChange {
    /// For people.
    pub description: Option<String>,
    /// Names of its policies, in place of all there were.
    pub policies: Option<Vec<String>>,
    /// Whether it is refused.
    pub disabled: Option<bool>,
}

impl UpdateApp {
    /// The app of this name.
    #[must_use]
    pub fn new(name: &str, change: AppChange) -> Self {
        Self { path: path_of(name, ""), change }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.folded()
    }

    /// What is to be changed.
    #[must_use]
    pub fn change(&self) -> &AppChange {
        &self.change
    }
}

impl Operation for UpdateApp {
    type Answer = ();

    const NAME: &'static str = "app-update";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let _proof = self.path.authorise::<Write>(room, SYSTEM)?;
        let (apps, name) = (room.apps()?, self.path.name()?);
        let found = existing(&apps, name)?;
        let (mut app, mut batch) = (found.value.clone(), Batch::default());
        if let Some(description) = &self.change.description {
            app.describe(description)?;
        }
        app.disabled = self.change.disabled.unwrap_or(app.disabled);
        if let Some(policies) = &self.change.policies {
            app.policies = checked_policies(policies)?;
            if room.role_of_app(&app)?.is_some() {
                room.put_role_of_app(&mut batch, &mut app, false)?;
            }
        }
        app.updated = room.now;
        apps.logical.put(&mut batch, &app_record(name), &app, Some(&found))?;
        let (policies, disabled) = (app.policies.join(","), app.disabled.to_string());
        let performed = Performed::change((), batch);
        Ok(performed.naming("policies", policies).naming("disabled", disabled))
    }
}
