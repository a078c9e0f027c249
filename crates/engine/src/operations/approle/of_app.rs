//! The role of an app: its logins are those of every role, and its policies the app's.

use strongroom_core::app::{App, RoleLink};
use strongroom_core::identifier::{MountId, RoleKey, uuid};
use strongroom_core::model::MountPath;
use strongroom_core::time::Seconds;
use strongroom_store::Batch;

use super::role::AppRole;
use super::roles;
use super::secret::{RoleSecret, RoleSecrets};
use super::secrets::{CreatedSecretId, SecretIdRequest};
use super::{APPROLE, role_record};
use crate::due::{Due, NOW};
use crate::error::{Error, InvalidRequest};
use crate::mounts::Mount;
use crate::operations::mount::table_change;
use crate::records::Stored;
use crate::room::Room;

/// Where the roles of apps are, unless the mount was moved.
const MOUNT_PATH: &str = "auth/approle";
/// How many secret ids of an app's role are shown.
pub(crate) const SECRET_IDS_SHOWN_MAX: usize = 100;

/// The role of an app, as it was found.
pub(crate) struct RoleOfApp {
    pub(crate) mount: MountId,
    /// Where the mount is.
    pub(crate) mount_path: MountPath,
    pub(crate) role: Stored<AppRole>,
}

impl Room<'_> {
    /// The role of an app, if it has one and the mount that keeps it is there.
    pub(crate) fn role_of_app(&self, app: &App) -> Result<Option<RoleOfApp>, Error> {
        let Some(RoleLink { mount }) = app.role else { return Ok(None) };
        let Some((mount_path, _)) = self.mounts.by_id(mount) else { return Ok(None) };
        let found: Option<Stored<AppRole>> =
            self.logical_of(mount).read(&role_record(&app.name))?;
        let own = found.filter(|role| role.value.app == Some(app.id));
        Ok(own.map(|role| RoleOfApp { mount, mount_path: mount_path.clone(), role }))
    }

    /// Write the role of an app with its policies, and make it if there is none, with the mount if that is not there.
    /// With `without_earlier` its earlier secret ids are none from the commit on. Answers where it is.
    pub(crate) fn put_role_of_app(
        &self,
        batch: &mut Batch,
        app: &mut App,
        without_earlier: bool,
    ) -> Result<(AppRole, MountId, String), Error> {
        let found = self.role_of_app(app)?;
        let (mount, path) = match &found {
            Some(found) => (found.mount, found.mount_path.to_string()),
            None => (self.mount_of_apps(batch)?, MOUNT_PATH.to_owned()),
        };
        let mut role = match &found {
            Some(found) => found.role.value.clone(),
            None => AppRole::new(RoleKey::generate(self.random), uuid(self.random)),
        };
        role.app = Some(app.id);
        role.token.policies.clone_from(&app.policies);
        if without_earlier && found.is_some() {
            Due::DeletedRole(mount, role.key).put(&self.records(), batch, NOW);
            role.key = RoleKey::generate(self.random);
        }
        let role = role.changed(&super::AppRoleChange::default(), found.is_none())?;
        let before = found.as_ref().map(|found| &found.role);
        if before.is_none() && self.logical_of(mount).holds(&role_record(&app.name))? {
            return Err(Error::AlreadyExists(format!("the role {} of {path}", app.name)));
        }
        roles::put(self, batch, mount, &app.name, &role, before)?;
        app.role = Some(RoleLink { mount });
        Ok((role, mount, path))
    }

    /// Remove the role of an app with its secret ids.
    pub(crate) fn remove_role_of_app(&self, batch: &mut Batch, app: &App) -> Result<(), Error> {
        let Some(found) = self.role_of_app(app)? else { return Ok(()) };
        roles::remove(self, batch, found.mount, &app.name, &found.role)
    }

    /// Add a secret id that lives so long; as the role says when `None`.
    pub(crate) fn add_secret_id_of_app(
        &self,
        batch: &mut Batch,
        mount: MountId,
        role: &AppRole,
        ttl: Option<Seconds>,
    ) -> Result<CreatedSecretId, Error> {
        SecretIdRequest { ttl, ..SecretIdRequest::default() }.add(self, batch, mount, role)
    }

    /// The secret ids of an app's role, [`SECRET_IDS_SHOWN_MAX`] at most.
    pub(crate) fn secret_ids_of_app(&self, found: &RoleOfApp) -> Result<Vec<RoleSecret>, Error> {
        let secrets = RoleSecrets::of(self, found.mount, found.role.value.key);
        let mut all = secrets.all(SECRET_IDS_SHOWN_MAX)?;
        all.truncate(SECRET_IDS_SHOWN_MAX);
        Ok(all)
    }

    /// Remove the secret id with this accessor; whether there was one.
    pub(crate) fn remove_secret_id_of_app(
        &self,
        batch: &mut Batch,
        found: &RoleOfApp,
        accessor: &str,
    ) -> Result<bool, Error> {
        let secrets = RoleSecrets::of(self, found.mount, found.role.value.key);
        let Some(hash) = secrets.by_accessor(accessor)? else { return Ok(false) };
        let Some(secret) = secrets.find(hash)? else { return Ok(false) };
        secrets.remove(batch, hash, &secret)?;
        Ok(true)
    }

    /// The mount for roles of apps, which the batch makes where nothing is.
    fn mount_of_apps(&self, batch: &mut Batch) -> Result<MountId, Error> {
        if let Some(mount) = self.mounts.at(MOUNT_PATH) {
            if APPROLE.contains(&mount.kind) {
                return Ok(mount.id);
            }
            return Err(Error::AlreadyExists(format!("a mount of another kind at {MOUNT_PATH}")));
        }
        if let Some(other) = self.mounts.conflicts(MOUNT_PATH) {
            return Err(Error::AlreadyExists(format!("a mount at {other}")));
        }
        let path = MountPath::new(MOUNT_PATH)
            .map_err(|_| Error::from(InvalidRequest::NoMount(MOUNT_PATH.to_owned())))?;
        let mut table = (*self.mounts).clone();
        let mount = Mount::of_apps(MountId::generate(self.random));
        let id = mount.id;
        table.put(path, mount);
        let change = table_change(self, &table);
        batch.preconditions.extend(change.preconditions);
        batch.writes.extend(change.writes);
        Ok(id)
    }
}
