use strongroom_core::pki::{Format, IssueRequest, KeyAlgorithm, NewRoot, PrivateKeyFormat};
use strongroom_core::pki::{RoleSettings, SubjectAttributes};
use strongroom_core::time::Seconds;
use strongroom_engine::operations::mount::{EnableMount, MountSide};
use strongroom_engine::operations::pki::*;
use strongroom_engine::{Error, Kind};
use strongroom_testkit::TestRoom;

use super::{Case, OpenCase};

const SERIAL: &str = "40:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00";

/// A mount with a root and a role.
pub fn prepare(room: &TestRoom) {
    let owner = room.owner();
    owner.ask(&EnableMount::new(MountSide::Secret, "pki", "pki")).expect("mounts");
    owner.ask(&root("pki")).expect("makes a root");
    owner.ask(&WritePkiRole::new("pki", "web", role())).expect("writes");
    owner.ask(&EnableMount::new(MountSide::Secret, "pki2", "pki")).expect("mounts");
}

fn root(mount: &str) -> GeneratePkiRoot {
    let root = NewRoot {
        request: IssueRequest { common_name: "Root".into(), ..IssueRequest::default() },
        subject: SubjectAttributes::default(),
        key: KeyAlgorithm::Ed25519,
        signature_bits: 0,
        max_path_length: None,
        permitted_dns_domains: Vec::new(),
    };
    GeneratePkiRoot::new(mount, false, root, Format::Pem, PrivateKeyFormat::default())
}

fn role() -> RoleSettings {
    RoleSettings {
        allow_any_name: true,
        key_type: "ed25519".into(),
        ttl: Seconds(60),
        ..RoleSettings::default()
    }
}

fn request() -> IssueRequest {
    IssueRequest { common_name: "a.example.com".into(), ..IssueRequest::default() }
}

/// That it is not there is told to who may ask.
fn or_missing<T>(answer: Result<T, Error>) -> Result<(), Error> {
    match answer {
        Err(error) if matches!(error.kind(), Kind::NotFound | Kind::InvalidRequest) => Ok(()),
        other => other.map(drop),
    }
}

pub const CASES: &[Case] = &[
    Case {
        name: "DeletePkiRole",
        policy: r#"path "pki/roles/web" { capabilities = ["delete"] }"#,
        ask: |actor, _| actor.ask(&DeletePkiRole::new("pki", "web")),
    },
    Case {
        name: "DeletePkiRoot",
        policy: r#"path "pki/root" { capabilities = ["delete", "sudo"] }"#,
        ask: |actor, _| actor.ask(&DeletePkiRoot::new("pki")),
    },
    Case {
        name: "GeneratePkiRoot",
        policy: r#"path "pki2/root/generate/internal" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&root("pki2")).map(drop),
    },
    Case {
        name: "IssueCertificate",
        policy: r#"path "pki/issue/web" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&IssueCertificate::issue("pki", "web", request())).map(drop),
    },
    Case {
        name: "ListCertificates",
        policy: r#"path "pki/certs" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListCertificates::new("pki", None, None)).map(drop),
    },
    Case {
        name: "ListPkiRoles",
        policy: r#"path "pki/roles" { capabilities = ["list"] }"#,
        ask: |actor, _| actor.ask(&ListPkiRoles::new("pki")).map(drop),
    },
    Case {
        name: "ReadPkiRole",
        policy: r#"path "pki/roles/web" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadPkiRole::new("pki", "web")).map(drop),
    },
    Case {
        name: "ReadPkiUrls",
        policy: r#"path "pki/config/urls" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&ReadPkiUrls::new("pki")).map(drop),
    },
    Case {
        name: "RevokeCertificate",
        policy: r#"path "pki/revoke" { capabilities = ["update"] }"#,
        ask: |actor, _| or_missing(actor.ask(&RevokeCertificate::new("pki", SERIAL))),
    },
    Case {
        name: "RotateRevocationList",
        policy: r#"path "pki/crl/rotate" { capabilities = ["read"] }"#,
        ask: |actor, _| actor.ask(&RotateRevocationList::new("pki")).map(drop),
    },
    Case {
        name: "TidyCertificates",
        policy: r#"path "pki/tidy" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&TidyCertificates::new("pki", None, Seconds(0))).map(drop),
    },
    Case {
        name: "WritePkiRole",
        policy: r#"path "pki/roles/api" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&WritePkiRole::new("pki", "api", role())).map(drop),
    },
    Case {
        name: "WritePkiUrls",
        policy: r#"path "pki/config/urls" { capabilities = ["update"] }"#,
        ask: |actor, _| actor.ask(&WritePkiUrls::new("pki", UrlsChange::default())).map(drop),
    },
];

/// What a mount answers to everybody. Each is asked at a path of the mount that it is given.
pub const OPEN: &[OpenCase] = &[
    OpenCase {
        name: "ReadCertificate",
        ask: |actor, mount| or_missing(actor.ask(&ReadCertificate::new(mount, SERIAL))),
    },
    OpenCase {
        name: "ReadPkiIssuer",
        ask: |actor, mount| actor.ask(&ReadPkiIssuer::new(mount)).map(drop),
    },
    OpenCase {
        name: "ReadRevocationList",
        ask: |actor, mount| actor.ask(&ReadRevocationList::new(mount)).map(drop),
    },
];
