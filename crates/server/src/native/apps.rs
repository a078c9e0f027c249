//! Apps and their credentials.

use strongroom_core::time::Seconds;
use strongroom_engine::operations::app::{
    AddCredential, AppChange, AppRead, ChangeCredential, CreateApp, CreatedApp, CredentialKind,
    CredentialRead, CredentialRequest, DeleteApp, ListApps, NewCredential, ReadApp,
    RemoveCredential, UpdateApp,
};
use strongroom_wire as wire;

use super::fault::Fault;
use super::registry::Serve;

impl Serve for wire::CreateApp {
    type Operation = CreateApp;

    fn operation(self) -> Result<CreateApp, Fault> {
        let mut create = CreateApp::new(&self.name, self.policies);
        create.description = self.description;
        create.credentials = self.credentials.into_iter().map(request).collect::<Result<_, _>>()?;
        Ok(create)
    }

    fn answer(created: CreatedApp) -> wire::CreatedApp {
        let credentials = created.credentials.into_iter().map(new_credential).collect();
        wire::CreatedApp { name: created.name, entity: created.entity, credentials }
    }
}

impl Serve for wire::ListApps {
    type Operation = ListApps;

    fn operation(self) -> Result<ListApps, Fault> {
        Ok(ListApps)
    }

    fn answer(names: Vec<String>) -> wire::AppNames {
        wire::AppNames { names }
    }
}

impl Serve for wire::ReadApp {
    type Operation = ReadApp;

    fn operation(self) -> Result<ReadApp, Fault> {
        Ok(ReadApp::new(&self.name))
    }

    fn answer(app: AppRead) -> wire::App {
        wire::App {
            name: app.name,
            description: app.description,
            policies: app.policies,
            disabled: app.disabled,
            entity: app.entity,
            created: app.created.into(),
            updated: app.updated.into(),
            role_mount: app.role_mount,
            credentials: app.credentials.into_iter().map(credential).collect(),
        }
    }
}

impl Serve for wire::UpdateApp {
    type Operation = UpdateApp;

    fn operation(self) -> Result<UpdateApp, Fault> {
        let Self { name, description, policies, disabled } = self;
        Ok(UpdateApp::new(&name, AppChange { description, policies, disabled }))
    }

    fn answer((): ()) -> wire::Done {
        wire::Done {}
    }
}

impl Serve for wire::DeleteApp {
    type Operation = DeleteApp;

    fn operation(self) -> Result<DeleteApp, Fault> {
        Ok(DeleteApp::new(&self.name))
    }

    fn answer((): ()) -> wire::Done {
        wire::Done {}
    }
}

impl Serve for wire::AddCredential {
    type Operation = AddCredential;

    fn operation(self) -> Result<AddCredential, Fault> {
        Ok(AddCredential::new(&self.app, request(self.credential)?))
    }

    fn answer(made: NewCredential) -> wire::NewCredential {
        new_credential(made)
    }
}

impl Serve for wire::ChangeCredential {
    type Operation = ChangeCredential;

    fn operation(self) -> Result<ChangeCredential, Fault> {
        let change = ChangeCredential::new(&self.app, &self.id, self.active);
        Ok(if self.over_active { change.over_active() } else { change })
    }

    fn answer((): ()) -> wire::Done {
        wire::Done {}
    }
}

impl Serve for wire::RemoveCredential {
    type Operation = RemoveCredential;

    fn operation(self) -> Result<RemoveCredential, Fault> {
        Ok(RemoveCredential::new(&self.app, &self.id))
    }

    fn answer((): ()) -> wire::Done {
        wire::Done {}
    }
}

fn request(asked: wire::CredentialRequest) -> Result<CredentialRequest, Fault> {
    let unknown =
        || Fault::invalid("a credential is a secret-id, an access-key or a client-secret");
    Ok(CredentialRequest {
        ttl: asked.ttl_secs.map(Seconds),
        ends_others: asked.ends_others,
        over_active: asked.over_active,
        ..CredentialRequest::new(CredentialKind::from_word(&asked.kind).ok_or_else(unknown)?)
    })
}

fn new_credential(made: NewCredential) -> wire::NewCredential {
    wire::NewCredential {
        kind: made.kind.word().to_owned(),
        id: made.id,
        shown: made.shown,
        secret: wire::SecretText(made.secret),
        expires: made.expires.map(Into::into),
        mount: made.mount,
    }
}

fn credential(read: CredentialRead) -> wire::Credential {
    wire::Credential {
        kind: read.kind.word().to_owned(),
        id: read.id,
        shown: read.shown,
        active: read.active,
        created: read.created.into(),
        expires: read.expires.map(Into::into),
        last_used: read.last_used.map(Into::into),
    }
}
