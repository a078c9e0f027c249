use strongroom_core::time::Seconds;
use strongroom_store::Batch;

use super::credentials::{CredentialKind, NewCredential, add};
use super::{CREDENTIALS, SYSTEM, existing, path_of};
use crate::apps::app_record;
use crate::error::Error;
use crate::login::NamedPath;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Make a credential of an app. Needs `update` on `sys/apps/<name>/credentials`.
#[derive(Debug)]
pub struct AddCredential {
    path: NamedPath,
    asked: CredentialRequest,
}

/// What a new credential is to be like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CredentialRequest {
    /// What sort.
    pub kind: CredentialKind,
    /// How long it lives; for ever when `None` or zero, and a secret id as its role says.
    pub ttl: Option<Seconds>,
    /// The app's other credentials of this kind are none from the commit on. Tokens that secret ids gave stay until
    /// they end, and cannot be renewed.
    pub ends_others: bool,
    /// There may be more active access keys than usual.
    pub over_active: bool,
}

impl CredentialRequest {
    /// One that lives on beside the others.
    #[must_use]
    pub fn new(kind: CredentialKind) -> Self {
        Self { kind, ttl: None, ends_others: false, over_active: false }
    }
}

impl AddCredential {
    /// Of the app of this name.
    #[must_use]
    pub fn new(name: &str, asked: CredentialRequest) -> Self {
        Self { path: path_of(name, CREDENTIALS), asked }
    }

    /// The app's name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.folded()
    }

    /// What is asked for.
    #[must_use]
    pub fn asked(&self) -> CredentialRequest {
        self.asked
    }
}

impl Operation for AddCredential {
    type Answer = NewCredential;

    const NAME: &'static str = "app-credential-add";
    const SETTLES: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<NewCredential>, Error> {
        let _proof = self.path.authorise::<Write>(room, SYSTEM)?;
        let (apps, name) = (room.apps()?, self.path.name()?);
        let found = existing(&apps, name)?;
        let (mut app, mut batch) = (found.value.clone(), Batch::default());
        let made = add(room, &apps, &mut batch, &mut app, &self.asked)?;
        app.updated = room.now;
        apps.logical.put(&mut batch, &app_record(name), &app, Some(&found))?;
        let (id, kind) = (made.id.clone(), self.asked.kind.word());
        Ok(Performed::change(made, batch).naming("kind", kind).naming("credential", id))
    }
}
