use strongroom_core::secret::SecretValue;
use strongroom_core::transit::{ExportError, ExportFormat, ExportKind, ExportVersions, KeyType};

use super::{Asked, TRANSIT, damaged};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read};

/// Export keys. Needs `read` on `<mount>/export/<kind>/<name>`, with the version behind it when the path names one.
#[derive(Debug)]
pub struct ExportKey {
    asked: Asked,
    kind: ExportKind,
    format: ExportFormat,
    versions: ExportVersions,
}

impl ExportKey {
    /// Keys of the key of this name. `path_version` is the version as the path names it.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when `path_version` is none.
    pub fn new(
        mount: &str,
        name: &str,
        kind: ExportKind,
        format: ExportFormat,
        path_version: Option<&str>,
    ) -> Result<Self, Error> {
        let asked = Asked::new(mount, &format!("export/{}", kind.name()), name);
        let versions = path_version.unwrap_or_default();
        let versions = versions.parse().map_err(|_| Error::rule("invalid key version"))?;
        let asked = path_version.map_or_else(|| asked.clone(), |word| asked.clone().with(word));
        Ok(Self { asked, kind, format, versions })
    }
}

impl Operation for ExportKey {
    /// The type of the key, and each version's number with its key, oldest first.
    type Answer = (KeyType, Vec<(u32, SecretValue)>);

    const NAME: &'static str = "transit-export";

    fn subject(&self) -> Option<&str> {
        Some(&self.asked.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let proof = room.authorise_at::<Read>(&self.asked.path, TRANSIT)?;
        let found = room.transit_key(proof.location().mount, self.asked.name()?)?;
        let key = found.ok_or_else(|| Error::NotFound(self.asked.path.clone()))?;
        let keys = key.export(self.kind, self.format, self.versions).map_err(|e| match e {
            ExportError::Material(_) => damaged(),
            other => Error::rule(other.to_string()),
        })?;
        Ok(Performed::read((key.key_type(), keys)))
    }
}
