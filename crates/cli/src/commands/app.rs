//! Apps.

use std::path::PathBuf;
use std::process::ExitCode;

use serde_json::{Value, json};
use strongroom_core::duration::parse_duration;
use strongroom_core::time::{Seconds, Timestamp};
use strongroom_engine::operations::app::{
    AddCredential, AppChange, ChangeCredential, CreateApp, CredentialKind, CredentialRequest,
    DeleteApp, ListApps, NewCredential, ReadApp, RemoveCredential, UpdateApp,
};
use zeroize::Zeroizing;

use super::about::confirmed;
use super::server::write_anew;
use crate::context::Context;
use crate::failure::Failure;
use crate::session::{Session, address};

/// Give applications an identity: policies, and credentials for the doors that they use
///
/// An app is kept by a server's store. Without a server named in STRONGROOM_ADDR it is made in the store of this
/// machine, for a server that serves it.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// What to do.
#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make an app, and print what its clients need
    ///
    /// The secrets are printed once, as KEY=value lines on the standard output, a block for each door.
    Create {
        /// Its name
        name: String,
        /// A policy that it has; several times for several
        #[arg(long, short = 'P', value_name = "NAME", required = true)]
        policy: Vec<String>,
        /// A door that it uses; several times for several. Every one unless said
        #[arg(long, value_name = "DOOR")]
        door: Vec<AppDoor>,
        /// What people are to know of it
        #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
        description: String,
        #[command(flatten)]
        to: Destination,
    },
    /// Print the names of all apps
    List {},
    /// Tell what is known of an app and its credentials
    Show {
        /// Its name
        name: String,
    },
    /// Give an app other policies, in place of those that it has
    SetPolicies {
        /// Its name
        name: String,
        /// A policy that it has; several times for several
        #[arg(long, short = 'P', value_name = "NAME", required = true)]
        policy: Vec<String>,
    },
    /// Make a new credential of an app, and print it
    ///
    /// The ones before it stay, so that running programs go on, until they are removed with remove-credential.
    RotateCredential {
        /// The app's name
        name: String,
        /// The door that it is for
        #[arg(long, value_name = "DOOR")]
        door: AppDoor,
        /// End the ones before it at once
        #[arg(long)]
        end_others: bool,
        /// How long it lives, such as 90d; not for the aws door
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        ttl: Option<u64>,
        /// Though two access keys are active already
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        to: Destination,
    },
    /// Remove a credential of an app; it is refused at once
    RemoveCredential {
        /// The app's name
        name: String,
        /// What names it, as `app show` prints it
        id: String,
    },
    /// Refuse an app with its tokens, or one of its access keys, at once
    Disable {
        /// Its name
        name: String,
        /// Only this access key
        #[arg(long, value_name = "ID")]
        key: Option<String>,
    },
    /// Accept an app, or one of its access keys, again
    Enable {
        /// Its name
        name: String,
        /// Only this access key
        #[arg(long, value_name = "ID")]
        key: Option<String>,
    },
    /// Delete an app with its credentials; its tokens are refused at once
    Delete {
        /// Its name
        name: String,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

/// A door that an app uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
enum AppDoor {
    /// AppRole: a role id and a secret id
    Vault,
    /// An access key id and a secret access key
    Aws,
    /// A client id and a client secret
    Azure,
}

#[derive(Debug, clap::Args)]
struct Destination {
    /// Write the lines to this file, which only its owner can read, instead of printing them
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    if let Command::Delete { name, yes } = &arguments.command {
        confirmed(*yes, &format!("Delete the app {name}?"))?;
    }
    let session = Session::open(context)?;
    perform(context, &session, arguments.command)?;
    session.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn perform(context: &Context, session: &Session, command: Command) -> Result<(), Failure> {
    let change = |name: &str, change: AppChange| session.ask(&UpdateApp::new(name, change));
    match command {
        Command::Create { name, policy, door, description, to } => {
            let mut create = CreateApp::new(&name, policy);
            create.description = description;
            create.credentials = doors(door).map(|door| CredentialRequest::new(door.kind())).collect();
            let created = session.ask(&create)?;
            show_new(context, &created.name, &created.credentials, &to)?;
            context.output.done(format_args!("made the app {}", created.name));
        }
        Command::List {} => list(context, session)?,
        Command::Show { name } => show(context, session, &name)?,
        Command::SetPolicies { name, policy } => {
            change(&name, AppChange { policies: Some(policy), ..AppChange::default() })?;
            context.output.done(format_args!("changed the app {name}"));
        }
        Command::RotateCredential { name, door, end_others, ttl, force, to } => {
            let asked = CredentialRequest {
                ttl: ttl.map(Seconds),
                ends_others: end_others,
                over_active: force,
                ..CredentialRequest::new(door.kind())
            };
            let made = session.ask(&AddCredential::new(&name, asked))?;
            show_new(context, &name, &[made], &to)?;
            if !end_others {
                context.output.hint(format_args!(
                    "the ones before it are accepted still: strongroom app show {name}"
                ));
            }
        }
        Command::RemoveCredential { name, id } => {
            session.ask(&RemoveCredential::new(&name, &id))?;
            context.output.done("the credential is no longer good");
        }
        Command::Disable { name, key } => set_accepted(context, session, &name, key, false)?,
        Command::Enable { name, key } => set_accepted(context, session, &name, key, true)?,
        Command::Delete { name, .. } => {
            session.ask(&DeleteApp::new(&name))?;
            context.output.done(format_args!("deleted the app {name}"));
        }
    }
    Ok(())
}

fn set_accepted(
    context: &Context,
    session: &Session,
    name: &str,
    key: Option<String>,
    accepted: bool,
) -> Result<(), Failure> {
    let what = match &key {
        Some(id) => {
            session.ask(&ChangeCredential::new(name, id, accepted))?;
            format!("the access key {id}")
        }
        None => {
            let change = AppChange { disabled: Some(!accepted), ..AppChange::default() };
            session.ask(&UpdateApp::new(name, change))?;
            format!("the app {name}")
        }
    };
    let word = if accepted { "accepted" } else { "refused" };
    context.output.done(format_args!("{what} is {word} from now on"));
    Ok(())
}

/// The doors that were named, or all.
fn doors(named: Vec<AppDoor>) -> impl Iterator<Item = AppDoor> {
    let mut doors = named;
    if doors.is_empty() {
        doors = vec![AppDoor::Vault, AppDoor::Aws, AppDoor::Azure];
    }
    doors.sort_unstable();
    doors.dedup();
    doors.into_iter()
}

impl AppDoor {
    fn kind(self) -> CredentialKind {
        match self {
            Self::Vault => CredentialKind::SecretId,
            Self::Aws => CredentialKind::AccessKey,
            Self::Azure => CredentialKind::ClientSecret,
        }
    }
}

/// What an unmodified client of a credential's door reads from its environment, at this address of a server.
pub(in crate::commands) fn variables(
    made: &NewCredential,
    address: Option<&str>,
) -> Vec<(&'static str, Zeroizing<String>)> {
    let text = |text: &str| Zeroizing::new(text.to_owned());
    let secret = text(made.secret.expose_text().unwrap_or_default());
    let (place, own) = match made.kind {
        CredentialKind::SecretId => {
            ("VAULT_ADDR", [("VAULT_ROLE_ID", text(&made.shown)), ("VAULT_SECRET_ID", secret)])
        }
        CredentialKind::AccessKey => (
            "AWS_ENDPOINT_URL_SECRETS_MANAGER",
            [("AWS_ACCESS_KEY_ID", text(&made.shown)), ("AWS_SECRET_ACCESS_KEY", secret)],
        ),
        CredentialKind::ClientSecret => (
            "AZURE_KEYVAULT_URL",
            [("AZURE_CLIENT_ID", text(&made.shown)), ("AZURE_CLIENT_SECRET", secret)],
        ),
    };
    address.map(|address| (place, text(address))).into_iter().chain(own).collect()
}

/// Credentials with their secrets, once.
fn show_new(
    context: &Context,
    name: &str,
    made: &[NewCredential],
    to: &Destination,
) -> Result<(), Failure> {
    let address = address();
    let blocks: Vec<_> =
        made.iter().map(|made| (made, variables(made, address.as_deref()))).collect();
    let mut lines = Zeroizing::new(String::new());
    for (made, variables) in &blocks {
        lines.push_str(&format!("# {name}: {} {}\n", made.kind.word(), made.id));
        for (key, value) in variables {
            // One secret after another is pushed: a grown text leaves no copy behind that is not erased.
            lines.reserve_exact(key.len() + value.len() + 2);
            lines.push_str(key);
            lines.push('=');
            lines.push_str(value);
            lines.push('\n');
        }
    }
    if let Some(file) = &to.env_file {
        write_anew(file, &lines)?;
        context.output.done(format_args!("wrote {}", file.display()));
    }
    if context.output.json {
        let entries: Vec<_> =
            blocks.iter().map(|(made, variables)| json_of(made, variables, to)).collect();
        return context.output.json(&json!({ "app": name, "credentials": entries }));
    }
    match &to.env_file {
        Some(_) => Ok(()),
        None => context.output.data(lines.as_bytes()),
    }
}

fn json_of(
    made: &NewCredential,
    variables: &[(&'static str, Zeroizing<String>)],
    to: &Destination,
) -> Value {
    let mut entry = json!({
        "kind": made.kind.word(),
        "id": made.id,
        "mount": made.mount,
        "expires": made.expires.map(|at| at.to_string()),
    });
    if to.env_file.is_none() {
        let pairs = variables.iter().map(|(key, value)| ((*key).to_owned(), json!(&**value)));
        if let Some(members) = entry.as_object_mut() {
            members.insert("variables".to_owned(), Value::Object(pairs.collect()));
        }
    }
    entry
}

fn list(context: &Context, session: &Session) -> Result<(), Failure> {
    let names = session.ask(&ListApps)?;
    if context.output.json {
        return context.output.json(&names);
    }
    names.iter().try_for_each(|name| context.output.line(name))
}

fn show(context: &Context, session: &Session, name: &str) -> Result<(), Failure> {
    let app = session.ask(&ReadApp::new(name))?;
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    if context.output.json {
        let credentials = app.credentials.iter().map(|credential| {
            json!({
                "kind": credential.kind.word(),
                "id": credential.id,
                "shown": credential.shown,
                "active": credential.active,
                "created": credential.created.to_string(),
                "expires": time(credential.expires),
                "last_used": time(credential.last_used),
            })
        });
        return context.output.json(&json!({
            "name": app.name,
            "description": app.description,
            "policies": app.policies,
            "disabled": app.disabled,
            "entity": app.entity,
            "created": app.created.to_string(),
            "updated": app.updated.to_string(),
            "role_mount": app.role_mount,
            "credentials": credentials.collect::<Vec<_>>(),
        }));
    }
    let row = |name: &str, value: String| [name.to_owned(), value];
    let rows = [
        row("name", app.name),
        row("description", app.description),
        row("policies", app.policies.join(", ")),
        row("state", if app.disabled { "disabled" } else { "enabled" }.to_owned()),
        row("entity", app.entity),
        row("role", app.role_mount.unwrap_or_default()),
        row("made", app.created.to_string()),
    ];
    let rows: Vec<_> = rows.into_iter().filter(|[_, value]| !value.is_empty()).collect();
    context.output.table(["APP", ""], &rows)?;
    let rows = app.credentials.iter().map(|credential| {
        let state = if credential.active { "active" } else { "refused" };
        [
            credential.kind.word().to_owned(),
            credential.id.clone(),
            state.to_owned(),
            credential.created.to_string(),
            time(credential.expires).unwrap_or_default(),
            time(credential.last_used).unwrap_or_else(|| "never".to_owned()),
        ]
    });
    let rows: Vec<_> = rows.collect();
    context.output.table(["CREDENTIAL", "ID", "STATE", "MADE", "EXPIRES", "LAST USED"], &rows)
}

fn seconds(text: &str) -> Result<u64, String> {
    let time = parse_duration(text).ok_or("a time is written as 30m, 24h or 90d")?;
    Ok(time.as_secs())
}
