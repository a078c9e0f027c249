use strongroom_core::policy::Capability;
use strongroom_core::time::Seconds;
use strongroom_store::Batch;

use super::checked_duration;
use super::record::{NewSession, SessionOwner};
use super::role_arn::{RoleArn, checked_name, not_an_arn};
use crate::apps::app_record;
use crate::error::Error;
use crate::identify::KnownAs;
use crate::login::NamedPath;
use crate::mounts::MountKind;
use crate::operations::aws::rule::{AwsClass, refuse};
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// The longest session that is begun with temporary keys (AWS's limit for chained roles).
const CHAINED_SECS_MAX: Seconds = Seconds(3_600);
const CHAINED: &str = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role \
                       chaining";

/// Begin a session of an app: `arn:aws:iam::ACCOUNT:role/NAME` is the app NAME
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>). Needs `update` on
/// `sys/apps/<name>/assume`; an app needs nothing for a session of its own, unless it shows temporary keys.
#[derive(Debug)]
pub struct AssumeRole {
    role: Option<(RoleArn, NamedPath)>,
    session_name: String,
    duration: Option<Seconds>,
}

impl AssumeRole {
    /// Of the app that this ARN means, under this name. A session without a duration is an hour long.
    #[must_use]
    pub fn new(role_arn: &str, session_name: &str, duration: Option<Seconds>) -> Self {
        let role = RoleArn::parse(role_arn).map(|role| {
            let path = NamedPath::new("sys", "apps", &role.name, "assume");
            (role, path)
        });
        Self { role, session_name: session_name.to_owned(), duration }
    }
}

impl Operation for AssumeRole {
    type Answer = NewSession;

    const NAME: &'static str = "aws-assume-role";

    fn subject(&self) -> Option<&str> {
        self.role.as_ref().map(|(_, path)| path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<NewSession>, Error> {
        room.require_known()?;
        let (role, path) = self.role.as_ref().ok_or_else(not_an_arn)?;
        let own = room.caller.app.as_deref().filter(|_| room.caller.session.is_none());
        let is_own = |app: &KnownAs| path.name().is_ok_and(|name| name == app.name);
        if !own.is_some_and(is_own) {
            path.authorise::<Write>(room, &[MountKind::System])?;
        }
        // Whether there is such an app is not told.
        let denied =
            |reason: &str| room.denied(path.as_str(), Capability::Update, reason.to_owned(), None);
        if role.account.as_str() != room.account() {
            return Err(denied("the role is of another account"));
        }
        let session_name = checked_name(&self.session_name)?;
        let duration = checked_duration(self.duration)?;
        if room.caller.session.is_some() && duration > CHAINED_SECS_MAX {
            return Err(refuse(AwsClass::Validation, CHAINED));
        }
        let (apps, name) = (room.apps()?, path.name()?);
        let found = apps.read(name)?.ok_or_else(|| denied("there is no such app"))?;
        if found.value.disabled {
            return Err(denied("the app is disabled"));
        }
        let mut batch = Batch::default();
        apps.logical.keep(&mut batch, &app_record(name), &found)?;
        let app = &found.value;
        let owner =
            SessionOwner::App { name: app.name.clone(), id: app.id, epoch: app.session_epoch };
        let identified = room.identifier().identified_app(app)?;
        let expires = room.now.plus(duration);
        let made = room.begin_session(&mut batch, &identified, owner, session_name, expires)?;
        let id = made.id.to_string();
        Ok(Performed::change(made, batch).naming("session", session_name).naming("access_key", id))
    }
}
