//! `sys/plugins/catalog` (<https://developer.hashicorp.com/vault/api-docs/system/plugins-catalog>): what can be mounted.
//! All of it is built in. Programs that are started beside a server, which plugins are, are not supported.

use serde_json::{Value, json};
use strongroom_engine::MountKind;
use strongroom_engine::operations::system::{ReadSystem, SystemPage};

use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use super::route::{Route, Verb};
use super::seal::SERVER;

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Read, "plugins/catalog", "What can be mounted, all of it built in", read_all)
        .without("versions, checksums and commands of plugins: there are none"),
    Route::new(Verb::List, "plugins/catalog/{type}", "The names of one type", list),
    Route::new(Verb::Read, "plugins/catalog/{type}/{name}", "One that can be mounted", read),
    Route::unsupported(Verb::Write, "plugins/catalog/{type}/{name}"),
    Route::unsupported(Verb::Delete, "plugins/catalog/{type}/{name}"),
    Route::unsupported(Verb::Write, "plugins/reload/backend"),
];

/// Vault's words for the sorts of plugins: of logins, of databases' credentials, and of secrets.
const TYPES: &[&str] = &["auth", "database", "secret"];

fn names(of: &str) -> Vec<&'static str> {
    match of {
        "auth" => MountKind::words_mountable(true),
        "secret" => MountKind::words_mountable(false),
        _ => Vec::new(),
    }
}

fn allowed(call: &Call<'_>) -> Result<(), Fault> {
    call.ask(&ReadSystem(SystemPage::Catalog))
}

/// The type in the path.
fn named_type(call: &Call<'_>) -> Result<String, Fault> {
    let named = call.named("type");
    match TYPES.contains(&named.as_str()) {
        true => Ok(named),
        false => Err(Fault::invalid("the type of a plugin is auth, database or secret")),
    }
}

fn described(of: &str, name: &str) -> Value {
    json!({ "builtin": true, "name": name, "type": of, "version": SERVER })
}

fn read_all(call: &Call<'_>) -> Result<Reply, Fault> {
    allowed(call)?;
    let all = |of: &'static str| names(of).into_iter().map(move |name| described(of, name));
    let detailed: Vec<Value> = TYPES.iter().flat_map(|of| all(of)).collect();
    Ok(Reply::data(json!({
        "auth": names("auth"),
        "database": names("database"),
        "secret": names("secret"),
        "detailed": detailed,
    })))
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    allowed(call)?;
    Reply::keys(names(&named_type(call)?).into_iter().map(str::to_owned).collect())
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    allowed(call)?;
    let (of, name) = (named_type(call)?, call.named("name"));
    match names(&of).contains(&name.as_str()) {
        true => Ok(Reply::data(described(&of, &name))),
        false => Err(Fault::nothing()),
    }
}
