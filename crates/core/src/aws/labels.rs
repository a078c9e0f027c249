//! Staging labels as Secrets Manager moves them, over the labels that the model keeps.
//!
//! [`Secret::write_within`](crate::model::Secret::write_within) places the labels of a new version, with AWS's rules for
//! the current and the previous one. Here are what `PutSecretValue` asks for, `UpdateSecretVersionStage` with its
//! refusals, and which versions are listed and kept.
//!
//! Source: <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html>.

use std::collections::BTreeSet;

use super::token::{ClientRequestToken, text_of};
use crate::model::{
    AWSCURRENT, Label, LabelError, Placement, Secret, TransitionError, Version, VersionNumber,
};
use crate::time::{Seconds, Timestamp};

/// The most labels of one call (AWS's limit).
pub const STAGES_PER_CALL_MAX: usize = 20;
/// How many versions without a label are kept, the newest.
pub const DEPRECATED_VERSIONS_KEPT: usize = 100;
/// How long a version is kept whether it has a label or not.
pub const VERSION_KEPT_FOR: Seconds = Seconds(86_400);

/// Why a list of labels is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StagesError {
    /// None, or more than [`STAGES_PER_CALL_MAX`].
    #[error("a version is given 1 to {STAGES_PER_CALL_MAX} labels")]
    Count,
    /// One is no label.
    #[error(transparent)]
    Label(#[from] LabelError),
}

/// What `UpdateSecretVersionStage` asks for.
#[derive(Clone, Debug)]
pub struct StageUpdate {
    /// The label.
    pub label: Label,
    /// The version that has it now.
    pub remove_from: Option<ClientRequestToken>,
    /// The version that gets it; `None` to take it off.
    pub move_to: Option<ClientRequestToken>,
}

/// Why a label is not moved. `Display` is the message that AWS sends.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum StageFault {
    /// There is no such version.
    #[error("Secrets Manager can't find the specified secret value for VersionId: {0}")]
    NoSuchVersion(String),
    /// The label is on a version that is not named.
    #[error(
        "The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to version \
         {version}, so you must explicitly reference that version in RemoveFromVersionId."
    )]
    RemoveFromIsEmpty {
        /// The label.
        label: Label,
        /// Where it is.
        version: String,
    },
    /// The label is not on the version that is named. The text is not known from AWS itself.
    #[error(
        "When you move staging label {0}, if you specify RemoveFromVersionId, it must be set to the version that \
         currently has the staging label {0}."
    )]
    RemoveFromIsAnother(Label),
    /// AWSCURRENT is taken off every version.
    #[error(
        "You can only move staging label AWSCURRENT to a different secret version. It can’t be completely removed."
    )]
    CurrentIsRemoved,
    /// Neither version is named. The text is not known from AWS itself.
    #[error("You must specify RemoveFromVersionId, MoveToVersionId, or both.")]
    NoVersion,
    /// The model refuses.
    #[error(transparent)]
    Transition(#[from] TransitionError),
}

impl StageFault {
    /// The error's type (`__type`), with status 400.
    #[must_use]
    pub fn error_type(&self) -> &'static str {
        match self {
            Self::NoSuchVersion(_) => "ResourceNotFoundException",
            Self::Transition(TransitionError::TooManyLabels) => "LimitExceededException",
            Self::Transition(_) => "InvalidRequestException",
            _ => "InvalidParameterException",
        }
    }
}

/// Where the labels of a `PutSecretValue` go: `VersionStages`, or AWSCURRENT where none is sent.
///
/// # Errors
/// [`StagesError`]
pub fn placement(stages: Option<&[String]>) -> Result<Placement, StagesError> {
    let Some(stages) = stages else { return Ok(Placement::Current) };
    if stages.is_empty() || stages.len() > STAGES_PER_CALL_MAX {
        return Err(StagesError::Count);
    }
    let labels: BTreeSet<Label> = stages.iter().map(Label::new).collect::<Result<_, _>>()?;
    Ok(Placement::Labels(labels))
}

/// Moves a label, or takes it off. AWSPREVIOUS goes to the version that AWSCURRENT is moved from.
///
/// # Errors
/// [`StageFault`]; nothing is changed then.
pub fn update_stage(
    secret: &mut Secret,
    update: &StageUpdate,
    now: Timestamp,
) -> Result<(), StageFault> {
    let find = |token: &Option<ClientRequestToken>| match token {
        None => Ok(None),
        Some(token) => match token.find(secret) {
            Some(version) => Ok(Some(version.number)),
            None => Err(StageFault::NoSuchVersion(token.as_str().to_owned())),
        },
    };
    let (remove_from, move_to) = (find(&update.remove_from)?, find(&update.move_to)?);
    let label = &update.label;
    if remove_from.is_none() && move_to.is_none() {
        return Err(StageFault::NoVersion);
    }
    let holder = secret.versions().iter().find(|version| version.labels.contains(label));
    match (holder, remove_from) {
        (Some(holder), None) if move_to != Some(holder.number) => {
            let version = text_of(holder).into_owned();
            return Err(StageFault::RemoveFromIsEmpty { label: label.clone(), version });
        }
        (holder, Some(named)) if holder.map(|version| version.number) != Some(named) => {
            return Err(StageFault::RemoveFromIsAnother(label.clone()));
        }
        _ => {}
    }
    if move_to.is_none() && label.as_str() == AWSCURRENT {
        return Err(StageFault::CurrentIsRemoved);
    }
    Ok(secret.move_label(label.clone(), move_to, now)?)
}

/// The versions that `ListSecretVersionIds` and `VersionIdsToStages` show: those with a label, and with
/// `include_deprecated` the others too.
pub fn listed(secret: &Secret, include_deprecated: bool) -> impl Iterator<Item = &Version> {
    secret.versions().iter().filter(move |version| include_deprecated || !version.labels.is_empty())
}

/// Drops versions that have no label, beyond the newest [`DEPRECATED_VERSIONS_KEPT`] and none younger than
/// [`VERSION_KEPT_FOR`]. Returns those whose payloads are to be erased.
pub fn prune(secret: &mut Secret, now: Timestamp) -> Vec<VersionNumber> {
    secret.drop_unlabelled(DEPRECATED_VERSIONS_KEPT, |version| {
        version.created.plus(VERSION_KEPT_FOR) <= now
    })
}

#[cfg(test)]
mod tests;
