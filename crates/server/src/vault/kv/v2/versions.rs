use serde::Deserialize;
use strongroom_core::model::VersionNumber;
use strongroom_engine::operations::{DeleteVersions, DestroyVersions, UndeleteVersions};
use strongroom_engine::{Kind, Operation};

use super::super::super::call::Call;
use super::super::super::fault::Fault;
use super::super::super::reply::Reply;
use super::secret_path;

/// The most versions that one request names.
const VERSIONS_MAX: usize = 1_000;

#[derive(Deserialize)]
struct Written {
    versions: Option<Vec<Number>>,
}

/// A version's number, as a number or a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Number(u64),
    Text(String),
}

pub(super) fn delete(call: &Call<'_>) -> Result<Reply, Fault> {
    change(call, &DeleteVersions { path: secret_path(call), numbers: numbers(call)? })
}

pub(super) fn undelete(call: &Call<'_>) -> Result<Reply, Fault> {
    change(call, &UndeleteVersions { path: secret_path(call), numbers: numbers(call)? })
}

pub(super) fn destroy(call: &Call<'_>) -> Result<Reply, Fault> {
    change(call, &DestroyVersions { path: secret_path(call), numbers: numbers(call)? })
}

/// 204, also where there is no such secret, as Vault answers.
fn change(call: &Call<'_>, operation: &impl Operation) -> Result<Reply, Fault> {
    match call.perform(operation) {
        Err(error) if error.kind() != Kind::NotFound => Err(error.into()),
        _ => Ok(Reply::Empty),
    }
}

fn numbers(call: &Call<'_>) -> Result<Vec<VersionNumber>, Fault> {
    let written: Written = call.body.read()?;
    let given = written.versions.filter(|versions| !versions.is_empty());
    let given = given.ok_or_else(|| Fault::invalid("no version number provided"))?;
    if given.len() > VERSIONS_MAX {
        return Err(Fault::invalid(format!("a request names at most {VERSIONS_MAX} versions")));
    }
    let number = |given: Number| match given {
        Number::Number(number) => Ok(VersionNumber(number)),
        Number::Text(text) => text
            .parse()
            .map(VersionNumber)
            .map_err(|_| Fault::invalid("'versions' holds what is no version's number")),
    };
    given.into_iter().map(number).collect()
}
