use std::collections::BTreeMap;
use std::sync::Arc;

use strongroom_core::identifier::{MountId, uuid};
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_core::token::TokenHash;
use strongroom_store::Batch;

use super::role::AppRole;
use super::secret::{
    RoleSecret, RoleSecrets, SECRET_ID_BYTES_MAX, SECRET_METADATA_MAX,
    SECRET_METADATA_TEXT_BYTES_MAX,
};
use super::{APPROLE, FOLDER, existing};
use crate::error::Error;
use crate::login::{NamedPath, are_within, checked_networks};
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Authorized, Delete, List, Performed, Write};

/// Make a secret id of a role. Needs `update` on `<mount>/role/<name>/secret-id`, or on
/// `<mount>/role/<name>/custom-secret-id` for one with a text of the caller's.
#[derive(Debug)]
pub struct CreateSecretId {
    path: NamedPath,
    asked: SecretIdRequest,
}

/// What a new secret id is to be like.
#[derive(Debug, Default)]
pub struct SecretIdRequest {
    /// A text of the caller's own.
    pub text: Option<SecretValue>,
    /// What its tokens have noted.
    pub metadata: BTreeMap<String, String>,
    /// The networks that a login with it comes from.
    pub bound_cidrs: Vec<String>,
    /// The networks that its tokens may be used from.
    pub token_bound_cidrs: Vec<String>,
    /// How many logins it is good for; as the role says when `None`.
    pub uses: Option<u64>,
    /// How long it lives; as the role says when `None`.
    pub ttl: Option<Seconds>,
}

/// A secret id that was just made, with the one text of it.
#[derive(Debug)]
pub struct CreatedSecretId {
    /// What a login is to show.
    pub text: SecretValue,
    /// What is kept of it.
    pub secret: RoleSecret,
}

/// Which secret id is meant.
#[derive(Clone, Debug)]
pub enum SecretIdReference {
    /// The one with this text.
    Text(Arc<SecretValue>),
    /// The one with this accessor.
    Accessor(String),
}

/// What is known of a secret id; `None` when there is none with that text. Needs `update` on
/// `<mount>/role/<name>/secret-id/lookup` or `<mount>/role/<name>/secret-id-accessor/lookup`.
#[derive(Debug)]
pub struct LookupSecretId {
    path: NamedPath,
    which: SecretIdReference,
}

/// Remove a secret id; the tokens that it gave stay. Needs `update` on `<mount>/role/<name>/secret-id/destroy` or
/// `<mount>/role/<name>/secret-id-accessor/destroy`; `delete` there when it was asked by that method.
#[derive(Debug)]
pub struct DestroySecretId {
    path: NamedPath,
    which: SecretIdReference,
    by_delete: bool,
}

/// The accessors of a role's secret ids. Needs `list` on `<mount>/role/<name>/secret-id`.
#[derive(Debug)]
pub struct ListSecretIds {
    path: NamedPath,
}

/// Remove now what of the store's due work is due, ended secret ids among it. Needs `update` on
/// `<mount>/tidy/secret-id`.
#[derive(Debug)]
pub struct TidySecretIds {
    path: String,
}

impl CreateSecretId {
    /// A secret id of the role of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str, asked: SecretIdRequest) -> Self {
        let part = if asked.text.is_some() { "custom-secret-id" } else { "secret-id" };
        Self { path: NamedPath::new(mount, FOLDER, name, part), asked }
    }
}

impl LookupSecretId {
    /// This one of the role of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str, which: SecretIdReference) -> Self {
        let part = format!("{}/lookup", which.folder());
        Self { path: NamedPath::new(mount, FOLDER, name, &part), which }
    }
}

impl DestroySecretId {
    /// This one of the role of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str, which: SecretIdReference) -> Self {
        let part = format!("{}/destroy", which.folder());
        Self { path: NamedPath::new(mount, FOLDER, name, &part), which, by_delete: false }
    }

    /// The same, asked by the method that deletes.
    #[must_use]
    pub fn by_delete(self) -> Self {
        Self { by_delete: true, ..self }
    }
}

impl ListSecretIds {
    /// Those of the role of this name.
    #[must_use]
    pub fn new(mount: &str, name: &str) -> Self {
        Self { path: NamedPath::new(mount, FOLDER, name, "secret-id") }
    }
}

impl TidySecretIds {
    /// Those of this mount.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: format!("{mount}/tidy/secret-id") }
    }
}

impl Operation for CreateSecretId {
    type Answer = CreatedSecretId;

    const NAME: &'static str = "approle-secret-id-create";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<CreatedSecretId>, Error> {
        let proof = self.path.authorise::<Write>(room, APPROLE)?;
        let name = self.path.name()?;
        let (mount, logical) = (proof.location().mount, room.logical(&proof));
        let role = existing(&logical, name)?;
        let mut batch = Batch::default();
        // A role that goes takes its secret ids along: none may come behind it.
        logical.keep(&mut batch, &super::role_record(name), &role)?;
        let created = self.asked.add(room, &mut batch, mount, &role.value)?;
        let accessor = created.secret.accessor.clone();
        Ok(Performed::change(created, batch).naming("secret_id_accessor", accessor))
    }
}

impl SecretIdRequest {
    /// Add such a secret id to a role.
    pub(super) fn add(
        &self,
        room: &Room<'_>,
        batch: &mut Batch,
        mount: MountId,
        role: &AppRole,
    ) -> Result<CreatedSecretId, Error> {
        let secret = self.secret(room, mount, role)?;
        let text = match &self.text {
            Some(text) => SecretValue::new(text.expose().to_vec()),
            None => SecretValue::from(uuid(room.random)),
        };
        let secrets = RoleSecrets::of(room, mount, role.key);
        secrets.add(batch, secrets.hash(text.expose())?, &secret)?;
        Ok(CreatedSecretId { text, secret })
    }

    /// What is kept, within what the role says.
    fn secret(&self, room: &Room<'_>, mount: MountId, role: &AppRole) -> Result<RoleSecret, Error> {
        if !role.bind_secret_id {
            return Err(Error::rule("bind_secret_id is not set on the role"));
        }
        self.check_texts()?;
        let bound_cidrs = checked_networks(&self.bound_cidrs)?;
        let token_bound_cidrs = checked_networks(&self.token_bound_cidrs)?;
        if !are_within(&bound_cidrs, &role.secret_id_bound_cidrs)
            || !are_within(&token_bound_cidrs, &role.token.bound_cidrs)
        {
            return Err(Error::rule("the networks of a secret id are within those of its role"));
        }
        let more = |asked: u64, role: u64| role > 0 && (asked == 0 || asked > role);
        let uses = self.uses.unwrap_or(role.secret_id_uses);
        if more(uses, role.secret_id_uses) {
            return Err(Error::rule(
                "num_uses cannot be higher than the role's secret_id_num_uses",
            ));
        }
        let ttl = self.ttl.unwrap_or(role.secret_id_ttl);
        if more(ttl.0, role.secret_id_ttl.0) {
            return Err(Error::rule("ttl cannot be longer than the role's secret_id_ttl"));
        }
        let limits = room.mounts.by_id(mount).map(|(_, mount)| mount.ttl_limits(room.ttl_limits));
        let ttl = ttl.min(limits.unwrap_or(room.ttl_limits).max);
        Ok(RoleSecret {
            accessor: uuid(room.random),
            created: room.now,
            updated: room.now,
            expires: (ttl.0 > 0).then(|| room.now.plus(ttl)),
            ttl,
            uses_left: (uses > 0).then_some(uses),
            metadata: self.metadata.clone(),
            bound_cidrs,
            token_bound_cidrs,
        })
    }

    fn check_texts(&self) -> Result<(), Error> {
        if let Some(text) = &self.text {
            let bytes = text.expose();
            let is_whole = bytes.trim_ascii().len() == bytes.len();
            if bytes.is_empty() || bytes.len() > SECRET_ID_BYTES_MAX || !is_whole {
                return Err(Error::rule(format!(
                    "a secret_id has 1 to {SECRET_ID_BYTES_MAX} bytes and no white space at its ends"
                )));
            }
        }
        let mut texts = self.metadata.iter().flat_map(|(key, value)| [key, value]);
        let too_long = texts.any(|text| text.len() > SECRET_METADATA_TEXT_BYTES_MAX);
        if too_long || self.metadata.len() > SECRET_METADATA_MAX {
            return Err(Error::rule(format!(
                "a secret id has at most {SECRET_METADATA_MAX} entries of metadata, of \
                 {SECRET_METADATA_TEXT_BYTES_MAX} bytes"
            )));
        }
        Ok(())
    }
}

impl SecretIdReference {
    fn folder(&self) -> &'static str {
        match self {
            Self::Text(_) => "secret-id",
            Self::Accessor(_) => "secret-id-accessor",
        }
    }

    /// The secret id, if it is there and its time is not over.
    fn find(
        &self,
        secrets: &RoleSecrets<'_>,
    ) -> Result<Option<(TokenHash, Stored<RoleSecret>)>, Error> {
        let hash = match self {
            Self::Text(text) => Some(secrets.hash(text.expose().trim_ascii())?),
            Self::Accessor(accessor) => secrets.by_accessor(accessor)?,
        };
        let Some(hash) = hash else { return Ok(None) };
        Ok(secrets.find(hash)?.map(|found| (hash, found)))
    }

    /// As Vault: that there is no secret id with a text is an answer, an accessor is a thing that is found or not.
    fn missing(&self) -> Result<(), Error> {
        match self {
            Self::Text(_) => Ok(()),
            Self::Accessor(_) => Err(Error::NotFound("the secret id accessor".to_owned())),
        }
    }
}

fn secrets_at<'a, C>(
    room: &'a Room<'a>,
    proof: &Authorized<C>,
    path: &NamedPath,
) -> Result<RoleSecrets<'a>, Error> {
    let role = existing(&room.logical(proof), path.name()?)?;
    Ok(RoleSecrets::of(room, proof.location().mount, role.value.key))
}

impl Operation for LookupSecretId {
    type Answer = Option<RoleSecret>;

    const NAME: &'static str = "approle-secret-id-lookup";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Option<RoleSecret>>, Error> {
        let proof = self.path.authorise::<Write>(room, APPROLE)?;
        let secrets = secrets_at(room, &proof, &self.path)?;
        match self.which.find(&secrets)? {
            Some((_, found)) => {
                let accessor = found.value.accessor.clone();
                let performed = Performed::read(Some(found.value));
                Ok(performed.naming("secret_id_accessor", accessor))
            }
            None => self.which.missing().map(|()| Performed::read(None)),
        }
    }
}

impl Operation for DestroySecretId {
    type Answer = ();

    const NAME: &'static str = "approle-secret-id-destroy";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let secrets = if self.by_delete {
            secrets_at(room, &self.path.authorise::<Delete>(room, APPROLE)?, &self.path)?
        } else {
            secrets_at(room, &self.path.authorise::<Write>(room, APPROLE)?, &self.path)?
        };
        let Some((hash, found)) = self.which.find(&secrets)? else {
            return self.which.missing().map(|()| Performed::read(()));
        };
        let mut batch = Batch::default();
        secrets.remove(&mut batch, hash, &found)?;
        let accessor = found.value.accessor;
        Ok(Performed::change((), batch).naming("secret_id_accessor", accessor))
    }
}

impl Operation for ListSecretIds {
    type Answer = Vec<String>;

    const NAME: &'static str = "approle-secret-ids-list";

    fn subject(&self) -> Option<&str> {
        Some(self.path.as_str())
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let proof = self.path.authorise::<List>(room, APPROLE)?;
        Ok(Performed::read(secrets_at(room, &proof, &self.path)?.accessors()?))
    }
}

impl Operation for TidySecretIds {
    type Answer = ();

    const NAME: &'static str = "approle-tidy";
    const SETTLES: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        room.authorise_at::<Write>(&self.path, APPROLE)?;
        Ok(Performed::read(()))
    }
}
