use std::collections::BTreeMap;

use strongroom_core::app::{App, AppId};
use strongroom_core::identity::{Entity, EntityChange, EntityName, Metadata};
use strongroom_core::policy::Capability;
use strongroom_store::Batch;

use super::credentials::{NewCredential, add};
use super::{APPS_MAX, CREDENTIALS, CredentialRequest, SYSTEM, checked_policies, path_of};
use crate::apps::app_record;
use crate::error::Error;
use crate::identity::Changes;
use crate::login::NamedPath;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// The most credentials that a new app gets in one request.
const CREDENTIALS_MAX: usize = 3;

/// Make an app with its first credentials, and the entity that it is to templates of policies. Needs `create` on
/// `sys/apps/<name>`, and `update` on `sys/apps/<name>/credentials` when there are credentials.
#[derive(Debug)]
pub struct CreateApp {
    path: NamedPath,
    credentials_path: NamedPath,
    /// For people.
    pub description: String,
    /// Names of its policies.
    pub policies: Vec<String>,
    /// Its credentials, one of a kind.
    pub credentials: Vec<CredentialRequest>,
}

/// An app that was just made.
#[derive(Debug)]
pub struct CreatedApp {
    /// Its name, in small letters.
    pub name: String,
    /// The id of its entity.
    pub entity: String,
    /// Its credentials, in the order in which they were asked for.
    pub credentials: Vec<NewCredential>,
}

impl CreateApp {
    /// An app of this name with these policies, and without credentials.
    #[must_use]
    pub fn new(name: &str, policies: Vec<String>) -> Self {
        Self {
            path: path_of(name, ""),
            credentials_path: path_of(name, CREDENTIALS),
            description: String::new(),
            policies,
            credentials: Vec::new(),
        }
    }
}

impl CreateApp {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.folded()
    }
}

impl Operation for CreateApp {
    type Answer = CreatedApp;

    const NAME: &'static str = "app-create";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<CreatedApp>, Error> {
        let _proof =
            self.path.authorise_write(room, SYSTEM, |apps, name| apps.holds(&app_record(name)))?;
        if !self.credentials.is_empty() {
            room.require(self.credentials_path.as_str(), Capability::Update)?;
        }
        let (apps, name) = (room.apps()?, self.path.name()?);
        if apps.read(name)?.is_some() {
            return Err(Error::AlreadyExists(format!("the app {name}")));
        }
        if apps.logical.all_names("app/", APPS_MAX)?.len() >= APPS_MAX {
            return Err(Error::rule(format!("there are {APPS_MAX} apps already")));
        }
        self.check_credentials()?;
        let mut batch = Batch::default();
        let mut app = self.app(room, &mut batch, name)?;
        let mut credentials = Vec::new();
        for asked in &self.credentials {
            credentials.push(add(room, &apps, &mut batch, &mut app, asked)?);
        }
        apps.logical.put(&mut batch, &app_record(name), &app, NEW)?;
        let ids: Vec<_> = credentials.iter().map(|made| made.id.as_str()).collect();
        let (ids, policies) = (ids.join(","), app.policies.join(","));
        let created = CreatedApp { name: app.name, entity: app.entity.to_string(), credentials };
        let performed = Performed::change(created, batch);
        Ok(performed.naming("policies", policies).naming("credentials", ids))
    }
}

/// That there is no record yet.
const NEW: Option<&crate::records::Stored<App>> = None;

impl CreateApp {
    fn app(&self, room: &Room<'_>, batch: &mut Batch, name: &str) -> Result<App, Error> {
        let entity = new_entity(room, batch, name)?;
        let mut app = App {
            id: AppId::generate(room.random),
            name: name.to_owned(),
            description: String::new(),
            policies: checked_policies(&self.policies)?,
            disabled: false,
            entity: entity.id,
            created: room.now,
            updated: room.now,
            role: None,
            access_keys: Vec::new(),
            client: None,
            session_epoch: 0,
        };
        app.describe(&self.description)?;
        Ok(app)
    }

    fn check_credentials(&self) -> Result<(), Error> {
        let mut kinds: Vec<_> = self.credentials.iter().map(|asked| asked.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        if kinds.len() < self.credentials.len() || kinds.len() > CREDENTIALS_MAX {
            return Err(Error::rule("a new app gets at most one credential of a kind"));
        }
        Ok(())
    }
}

/// The entity of a new app, `app-<name>`; named after its identifier where an entity has that name.
fn new_entity(room: &Room<'_>, batch: &mut Batch, name: &str) -> Result<Entity, Error> {
    let directory = room.directory()?;
    let wanted =
        EntityName::new(&format!("app-{name}")).map_err(|error| Error::rule(error.to_string()))?;
    let is_free = directory.entity_named(&wanted)?.is_none();
    let noted = BTreeMap::from([("app".to_owned(), name.to_owned())]);
    let metadata = Metadata::new(noted).map_err(|error| Error::rule(error.to_string()))?;
    let change = EntityChange {
        name: is_free.then_some(wanted),
        metadata: Some(metadata),
        ..EntityChange::default()
    };
    let entity = Entity::new(change, room.now, room.random);
    let mut changes = Changes::default();
    changes.entity(None, Some(entity.clone()));
    changes.write(&directory, batch)?;
    Ok(entity)
}
