//! Secrets and their versions.

use strongroom_core::model::{self, Label, Selector, VersionNumber};
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_engine::operations::{
    DeleteSecret, DeleteVersions, DescribeSecret, DestroyVersions, LISTED_MAX, ListSecrets, Listed,
    ListedPage, PurgeSecret, PutSecret, PutSecrets, RECOVERY_SECS_DEFAULT, ReadSecret, ReadSecrets,
    RestoreSecret, RollbackSecret, SecretRead, TagSecret, UndeleteVersions,
};
use strongroom_wire as wire;

use super::fault::Fault;
use super::registry::Serve;

impl Serve for wire::ReadSecret {
    type Operation = ReadSecret;

    fn operation(self) -> Result<ReadSecret, Fault> {
        let selector = self.which.map_or(Ok(Selector::Current), selector)?;
        Ok(ReadSecret { path: self.path, selector, member: self.member })
    }

    fn answer(read: SecretRead) -> wire::SecretRead {
        shown(read)
    }
}

impl Serve for wire::ReadSecrets {
    type Operation = ReadSecrets;

    fn operation(self) -> Result<ReadSecrets, Fault> {
        let wanted = self.secrets.into_iter().map(|entry| (entry.name, entry.candidates));
        Ok(ReadSecrets { subject: self.subject, wanted: wanted.collect() })
    }

    fn answer(read: Vec<Option<SecretRead>>) -> wire::SecretsRead {
        wire::SecretsRead { secrets: read.into_iter().map(|read| read.map(shown)).collect() }
    }
}

impl Serve for wire::PutSecret {
    type Operation = PutSecret;

    fn operation(self) -> Result<PutSecret, Fault> {
        Ok(PutSecret {
            path: self.path,
            payload: self.value.0,
            content_type: self.content_type,
            expires: self.expires.map(Into::into),
            tags: self.tags,
            check_and_set: self.check_and_set,
        })
    }

    fn answer(number: VersionNumber) -> wire::Written {
        wire::Written { version: number.0 }
    }
}

impl Serve for wire::PutSecrets {
    type Operation = PutSecrets;

    fn operation(self) -> Result<PutSecrets, Fault> {
        let secrets = self.secrets.into_iter().map(|entry| (entry.path, entry.value.0)).collect();
        Ok(PutSecrets { subject: self.subject, secrets })
    }

    fn answer(numbers: Vec<VersionNumber>) -> wire::WrittenAll {
        wire::WrittenAll { versions: numbers.into_iter().map(|number| number.0).collect() }
    }
}

impl Serve for wire::ListSecrets {
    type Operation = ListSecrets;

    fn operation(self) -> Result<ListSecrets, Fault> {
        Ok(ListSecrets {
            prefix: self.prefix,
            recursive: self.recursive,
            deleted: self.deleted,
            after: self.after,
            limit: self.limit.unwrap_or(LISTED_MAX),
        })
    }

    fn answer(page: ListedPage) -> wire::ListedPage {
        let entry = |entry| match entry {
            Listed::Folder(folder) => wire::Listed::Folder(folder),
            Listed::Secret { path, current, updated, state } => {
                wire::Listed::Secret { path, current, updated: updated.into(), state: state.into() }
            }
        };
        wire::ListedPage { entries: page.entries.into_iter().map(entry).collect(), next: page.next }
    }
}

impl Serve for wire::DescribeSecret {
    type Operation = DescribeSecret;

    fn operation(self) -> Result<DescribeSecret, Fault> {
        Ok(DescribeSecret { path: self.path })
    }

    fn answer(secret: model::Secret) -> wire::Secret {
        (&secret).into()
    }
}

impl Serve for wire::DeleteSecret {
    type Operation = DeleteSecret;

    fn operation(self) -> Result<DeleteSecret, Fault> {
        let recovery = Seconds(self.recovery_secs.unwrap_or(RECOVERY_SECS_DEFAULT));
        Ok(DeleteSecret { path: self.path, recovery })
    }

    fn answer(until: Timestamp) -> wire::Deleted {
        wire::Deleted { kept_until: until.into() }
    }
}

impl Serve for wire::RestoreSecret {
    type Operation = RestoreSecret;

    fn operation(self) -> Result<RestoreSecret, Fault> {
        Ok(RestoreSecret { path: self.path })
    }

    fn answer((): ()) -> wire::Done {
        wire::Done {}
    }
}

impl Serve for wire::PurgeSecret {
    type Operation = PurgeSecret;

    fn operation(self) -> Result<PurgeSecret, Fault> {
        Ok(PurgeSecret { path: self.path })
    }

    fn answer(done: bool) -> wire::Purged {
        wire::Purged { done }
    }
}

macro_rules! versions {
    ($($call:ident,)*) => {
        $(impl Serve for wire::$call {
            type Operation = $call;

            fn operation(self) -> Result<$call, Fault> {
                let numbers = self.versions.into_iter().map(VersionNumber).collect();
                Ok($call { path: self.path, numbers })
            }

            fn answer((): ()) -> wire::Done {
                wire::Done {}
            }
        })*
    };
}

versions! {
    DeleteVersions,
    UndeleteVersions,
}

impl Serve for wire::DestroyVersions {
    type Operation = DestroyVersions;

    fn operation(self) -> Result<DestroyVersions, Fault> {
        let numbers = self.versions.into_iter().map(VersionNumber).collect();
        Ok(DestroyVersions { path: self.path, numbers })
    }

    fn answer(erased: Vec<VersionNumber>) -> wire::Erased {
        wire::Erased { versions: erased.into_iter().map(|number| number.0).collect() }
    }
}

impl Serve for wire::RollbackSecret {
    type Operation = RollbackSecret;

    fn operation(self) -> Result<RollbackSecret, Fault> {
        Ok(RollbackSecret { path: self.path, to: selector(self.to)? })
    }

    fn answer((from, version): (VersionNumber, VersionNumber)) -> wire::RolledBack {
        wire::RolledBack { value_of: from.0, version: version.0 }
    }
}

impl Serve for wire::TagSecret {
    type Operation = TagSecret;

    fn operation(self) -> Result<TagSecret, Fault> {
        Ok(TagSecret {
            path: self.path,
            metadata: self.tags,
            description: self.description,
            versions_max: self.versions_max,
        })
    }

    fn answer((): ()) -> wire::Done {
        wire::Done {}
    }
}

fn shown(read: SecretRead) -> wire::SecretRead {
    let version = (&read.version).into();
    wire::SecretRead { path: read.path, version, value: wire::Value(read.payload) }
}

fn selector(which: wire::Which) -> Result<Selector, Fault> {
    Ok(match which {
        wire::Which::Version(number) => Selector::Number(VersionNumber(number)),
        wire::Which::Id(id) => {
            Selector::Id(id.parse().map_err(|_| {
                Fault::invalid("the identifier of a version is 32 hexadecimal digits")
            })?)
        }
        wire::Which::Label(label) => {
            Selector::Label(Label::new(label).map_err(|error| Fault::invalid(error.to_string()))?)
        }
    })
}
