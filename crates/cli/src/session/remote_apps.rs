//! Operations about apps as calls of the native API.

use strongroom_engine::operations::app::{
    AddCredential, AppRead, ChangeCredential, CreateApp, CreatedApp, CredentialKind,
    CredentialRead, CredentialRequest, DeleteApp, ListApps, NewCredential, ReadApp,
    RemoveCredential, UpdateApp,
};
use strongroom_wire as wire;

use super::Remote;

impl Remote for CreateApp {
    type Call = wire::CreateApp;

    fn call(&self) -> wire::CreateApp {
        wire::CreateApp {
            name: self.name().to_owned(),
            description: self.description.clone(),
            policies: self.policies.clone(),
            credentials: self.credentials.iter().map(request).collect(),
        }
    }

    fn answer(created: wire::CreatedApp) -> Option<CreatedApp> {
        let credentials = created.credentials.into_iter().map(new_credential);
        let credentials = credentials.collect::<Option<_>>()?;
        Some(CreatedApp { name: created.name, entity: created.entity, credentials })
    }
}

impl Remote for ListApps {
    type Call = wire::ListApps;

    fn call(&self) -> wire::ListApps {
        wire::ListApps {}
    }

    fn answer(answer: wire::AppNames) -> Option<Vec<String>> {
        Some(answer.names)
    }
}

impl Remote for ReadApp {
    type Call = wire::ReadApp;

    fn call(&self) -> wire::ReadApp {
        wire::ReadApp { name: self.name().to_owned() }
    }

    fn answer(app: wire::App) -> Option<AppRead> {
        Some(AppRead {
            name: app.name,
            description: app.description,
            policies: app.policies,
            disabled: app.disabled,
            entity: app.entity,
            created: app.created.into(),
            updated: app.updated.into(),
            role_mount: app.role_mount,
            credentials: app.credentials.into_iter().map(credential).collect::<Option<_>>()?,
        })
    }
}

impl Remote for UpdateApp {
    type Call = wire::UpdateApp;

    fn call(&self) -> wire::UpdateApp {
        let change = self.change().clone();
        wire::UpdateApp {
            name: self.name().to_owned(),
            description: change.description,
            policies: change.policies,
            disabled: change.disabled,
        }
    }

    fn answer(_: wire::Done) -> Option<()> {
        Some(())
    }
}

impl Remote for DeleteApp {
    type Call = wire::DeleteApp;

    fn call(&self) -> wire::DeleteApp {
        wire::DeleteApp { name: self.name().to_owned() }
    }

    fn answer(_: wire::Done) -> Option<()> {
        Some(())
    }
}

impl Remote for AddCredential {
    type Call = wire::AddCredential;

    fn call(&self) -> wire::AddCredential {
        wire::AddCredential { app: self.name().to_owned(), credential: request(&self.asked()) }
    }

    fn answer(made: wire::NewCredential) -> Option<NewCredential> {
        new_credential(made)
    }
}

impl Remote for ChangeCredential {
    type Call = wire::ChangeCredential;

    fn call(&self) -> wire::ChangeCredential {
        let (app, id, active, over_active) = self.parts();
        wire::ChangeCredential { app: app.to_owned(), id: id.to_owned(), active, over_active }
    }

    fn answer(_: wire::Done) -> Option<()> {
        Some(())
    }
}

impl Remote for RemoveCredential {
    type Call = wire::RemoveCredential;

    fn call(&self) -> wire::RemoveCredential {
        wire::RemoveCredential { app: self.name().to_owned(), id: self.id().to_owned() }
    }

    fn answer(_: wire::Done) -> Option<()> {
        Some(())
    }
}

fn request(asked: &CredentialRequest) -> wire::CredentialRequest {
    wire::CredentialRequest {
        kind: asked.kind.word().to_owned(),
        ttl_secs: asked.ttl.map(|ttl| ttl.0),
        ends_others: asked.ends_others,
        over_active: asked.over_active,
    }
}

fn new_credential(made: wire::NewCredential) -> Option<NewCredential> {
    Some(NewCredential {
        kind: CredentialKind::from_word(&made.kind)?,
        id: made.id,
        shown: made.shown,
        secret: made.secret.0,
        expires: made.expires.map(Into::into),
        mount: made.mount,
    })
}

fn credential(read: wire::Credential) -> Option<CredentialRead> {
    Some(CredentialRead {
        kind: CredentialKind::from_word(&read.kind)?,
        id: read.id,
        shown: read.shown,
        active: read.active,
        created: read.created.into(),
        expires: read.expires.map(Into::into),
        last_used: read.last_used.map(Into::into),
    })
}
