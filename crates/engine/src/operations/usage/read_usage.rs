use strongroom_core::usage::Usage;

use crate::error::Error;
use crate::login::NamedPath;
use crate::mounts::MountKind;
use crate::operations::approle;
use crate::room::{Aspect, Operation, Room};
use crate::usage::Subject;
use crate::witness::{Performed, Read, Write};

/// How something was used; `None` when it never was.
///
/// Of a secret it needs `read` on its metadata, as describing it; of a token `update` on `auth/token/lookup-accessor`,
/// and of a secret id `update` on `<mount>/role/<name>/secret-id-accessor/lookup`, as looking them up.
#[derive(Debug)]
pub struct ReadUsage {
    of: UsageOf,
    path: String,
}

/// What a usage is asked of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsageOf {
    /// The secret with this canonical path.
    Secret(String),
    /// The token with this accessor.
    Token(String),
    /// A secret id.
    SecretId {
        /// The path of the AppRole mount, `auth/approle`.
        mount: String,
        /// The role's name.
        role: String,
        /// The accessor.
        accessor: String,
    },
}

const TOKEN_LOOKUP: &str = "auth/token/lookup-accessor";

impl ReadUsage {
    /// Of this.
    #[must_use]
    pub fn new(of: UsageOf) -> Self {
        let path = match &of {
            UsageOf::Secret(path) => path.clone(),
            UsageOf::Token(_) => TOKEN_LOOKUP.to_owned(),
            UsageOf::SecretId { mount, role, .. } => {
                secret_id_path(mount, role).as_str().to_owned()
            }
        };
        Self { of, path }
    }

    /// What it is asked of.
    #[must_use]
    pub fn of(&self) -> &UsageOf {
        &self.of
    }

    /// What is meant, once the caller was authorised; it must be there.
    fn subject(&self, room: &Room<'_>) -> Result<Subject, Error> {
        match &self.of {
            UsageOf::Secret(path) => {
                let proof = room.authorise::<Read>(room.location(path)?, Aspect::Metadata)?;
                Ok(Subject::Secret(room.known(&proof)?.secret.id))
            }
            UsageOf::Token(accessor) => {
                let _proof = room.authorise_at::<Write>(TOKEN_LOOKUP, &[MountKind::Token])?;
                let found = room.token_by_accessor(accessor)?;
                let (hash, _) = found.ok_or_else(|| Error::rule("invalid accessor"))?;
                Ok(Subject::token(hash))
            }
            UsageOf::SecretId { mount, role, accessor } => {
                let path = secret_id_path(mount, role);
                let proof = path.authorise::<Write>(room, &[MountKind::AppRole])?;
                let mount = proof.location().mount;
                let names = room.unsealed.token_key()?;
                if !approle::has_secret_id(room.records(), names, mount, path.name()?, accessor)? {
                    return Err(Error::NotFound("the secret id accessor".to_owned()));
                }
                Ok(Subject::SecretId(accessor.clone()))
            }
        }
    }
}

fn secret_id_path(mount: &str, role: &str) -> NamedPath {
    NamedPath::new(mount, "role", role, "secret-id-accessor/lookup")
}

impl Operation for ReadUsage {
    type Answer = Option<Usage>;

    const NAME: &'static str = "usage-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Option<Usage>>, Error> {
        let subject = self.subject(room)?;
        room.fold_usage()?;
        Ok(Performed::read(room.usage(&subject)?))
    }
}
