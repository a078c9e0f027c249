use std::sync::Arc;

use strongroom_core::aws::filters::Filter;

use super::get_secret_value::{GetSecretValue, ValueRead};
use super::list_secrets::ListSecrets;
use super::place::{Place, SecretRef};
use crate::error::{Error, Kind};
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// The most values of one request.
/// <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_BatchGetSecretValue.html>
pub const BATCH_MAX: usize = 20;

/// Read the current values of several secrets. One that cannot be read is told of beside the others.
#[derive(Debug)]
pub struct BatchGetSecretValue {
    /// Where.
    pub place: Arc<Place>,
    /// Which.
    pub which: Which,
}

/// Which secrets are read.
#[derive(Debug)]
pub enum Which {
    /// These, at most [`BATCH_MAX`].
    Named(Vec<String>),
    /// Those that a list of secrets has, a page of it.
    Filtered {
        /// What they are to be.
        filters: Vec<Filter>,
        /// Where the last page ended.
        after: Option<String>,
        /// At most this many, 1 to [`BATCH_MAX`].
        limit: usize,
    },
}

/// What was read.
#[derive(Debug, Default)]
pub struct BatchRead {
    /// Values.
    pub values: Vec<ValueRead>,
    /// What the client called a secret that was not read, and why.
    pub errors: Vec<(String, Error)>,
    /// Where the next page begins.
    pub next: Option<String>,
}

impl Operation for BatchGetSecretValue {
    type Answer = BatchRead;

    const NAME: &'static str = "aws-batch-get-secret-value";

    fn subject(&self) -> Option<&str> {
        Some(&self.place.mount)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<BatchRead>, Error> {
        let (ids, next) = self.ids(room)?;
        let mut read = BatchRead { next, ..BatchRead::default() };
        let mut names = Vec::new();
        for id in ids {
            let secret = SecretRef { place: Arc::clone(&self.place), id: id.clone() };
            let one = GetSecretValue { secret, version_id: None, stage: None };
            match one.read(room) {
                Ok((proof, number, value)) => {
                    names.push(format!("{}@{number}", proof.location()));
                    read.values.push(value);
                }
                Err(error) if is_of_one(&error) => read.errors.push((id, error)),
                Err(error) => return Err(error),
            }
        }
        let denied: Vec<&str> = read.errors.iter().map(|(id, _)| id.as_str()).collect();
        let denied = denied.join(" ");
        Ok(Performed::read(read).naming("read", names.join(" ")).naming("not_read", denied))
    }
}

impl BatchGetSecretValue {
    fn ids(&self, room: &Room<'_>) -> Result<(Vec<String>, Option<String>), Error> {
        match &self.which {
            Which::Named(ids) => {
                let mut distinct: Vec<String> = Vec::new();
                for id in ids.iter().take(BATCH_MAX) {
                    if !distinct.contains(id) {
                        distinct.push(id.clone());
                    }
                }
                Ok((distinct, None))
            }
            Which::Filtered { filters, after, limit } => {
                let list = ListSecrets {
                    filters: filters.clone(),
                    after: after.clone(),
                    limit: (*limit).min(BATCH_MAX),
                    ..ListSecrets::of(Arc::clone(&self.place))
                };
                let page = list.page(room)?;
                Ok((page.secrets.into_iter().map(|secret| secret.named.arn).collect(), page.next))
            }
        }
    }
}

/// Whether an error is of one secret, and the others can be read.
fn is_of_one(error: &Error) -> bool {
    matches!(error.kind(), Kind::Forbidden | Kind::NotFound | Kind::Deleted | Kind::InvalidRequest)
}
