//! `auth/userpass` (<https://developer.hashicorp.com/vault/api-docs/auth/userpass>).

use serde::Deserialize;
use strongroom_core::secret::Passphrase;
use strongroom_engine::operations::userpass::{
    DeleteUser, ListUsers, LoginUserpass, ReadUser, UserChange, UserPart, WriteUser,
};

use super::call::Call;
use super::fault::Fault;
use super::login::{TokenMembers, refusal, token_members};
use super::reply::Reply;
use super::route::{Route, Verb};
use super::tokens::issued;

pub(super) const ROUTES: &[Route] = &[
    Route::new(Verb::Write, "login/{name}", "Log in", login).open(),
    Route::new(Verb::List, "users", "The names of all users", list),
    Route::new(Verb::Read, "users/{name}", "A user", read),
    Route::new(Verb::Write, "users/{name}", "Write a user", |call| write(call, UserPart::Whole)),
    Route::new(Verb::Delete, "users/{name}", "Delete a user", delete),
    Route::new(Verb::Write, "users/{name}/password", "Change a user's password", |call| {
        write(call, UserPart::Password)
    }),
    Route::new(Verb::Write, "users/{name}/policies", "Change a user's policies", |call| {
        write(call, UserPart::Policies)
    }),
];

#[derive(Default, Deserialize)]
#[serde(default)]
struct Shown {
    password: String,
}

fn login(call: &Call<'_>) -> Result<Reply, Fault> {
    let Shown { password } = call.body.read()?;
    if password.is_empty() {
        return Err(Fault::invalid("missing password"));
    }
    let login = LoginUserpass::new(call.mount(), &call.named("name"), Passphrase::from(password));
    let answer = call.perform_anonymously(&login);
    Ok(issued(answer.map_err(|error| refusal(error, "invalid username or password"))?))
}

fn list(call: &Call<'_>) -> Result<Reply, Fault> {
    Reply::keys(call.ask(&ListUsers::new(call.mount()))?)
}

fn read(call: &Call<'_>) -> Result<Reply, Fault> {
    let parameters = call.ask(&ReadUser::new(call.mount(), &call.named("name")))?;
    Ok(Reply::data(token_members(&parameters)))
}

fn write(call: &Call<'_>, part: UserPart) -> Result<Reply, Fault> {
    if call.body.has("password_hash") {
        return Err(Fault::unsupported("'password_hash' is not supported"));
    }
    let Shown { password } = call.body.read()?;
    let token: TokenMembers = call.body.read()?;
    let change = UserChange {
        password: (!password.is_empty()).then(|| Passphrase::from(password)),
        token: token.change()?,
    };
    call.ask(&WriteUser::new(call.mount(), &call.named("name"), part, change))?;
    Ok(Reply::Empty)
}

fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    call.ask(&DeleteUser::new(call.mount(), &call.named("name")))?;
    Ok(Reply::Empty)
}
