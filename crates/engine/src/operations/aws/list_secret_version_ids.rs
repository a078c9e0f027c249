use strongroom_core::aws::labels;

use super::place::{Act, SecretRef};
use super::rule::{AwsClass, refuse};
use super::view::{Named, VersionView};
use crate::error::Error;
use crate::room::{Aspect, Operation, Room};
use crate::witness::{Performed, Read};

/// List a secret's versions, in the order they were made.
#[derive(Debug)]
pub struct ListSecretVersionIds {
    /// Which secret.
    pub secret: SecretRef,
    /// Versions without labels as well.
    pub deprecated: bool,
    /// Where the last page ended: a version's number.
    pub after: Option<String>,
    /// At most this many, at least one.
    pub limit: usize,
}

/// A page of versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VersionsPage {
    /// The secret's ARN and name.
    pub named: Named,
    /// The versions.
    pub versions: Vec<VersionView>,
    /// Where the next page begins.
    pub next: Option<String>,
}

const ACT: Act = Act::new("ListSecretVersionIds", Aspect::Metadata);

impl Operation for ListSecretVersionIds {
    type Answer = VersionsPage;

    const NAME: &'static str = "aws-list-secret-version-ids";

    fn subject(&self) -> Option<&str> {
        Some(&self.secret.id)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.secret.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<VersionsPage>, Error> {
        let (proof, known, named) = room.read_at::<Read>(&self.secret, ACT, |_| {})?;
        let secret = &known.secret;
        let after = match &self.after {
            None => 0,
            Some(text) => text
                .parse::<u64>()
                .map_err(|_| refuse(AwsClass::InvalidNextToken, "Invalid NextToken."))?,
        };
        let listed = labels::listed(secret, self.deprecated);
        let mut shown = listed.filter(|version| version.number.0 > after).peekable();
        let page: Vec<_> = shown.by_ref().take(self.limit.max(1)).collect();
        let more = shown.peek().is_some();
        let last = page.last().map(|version| version.number.to_string());
        let versions = page.into_iter().map(VersionView::of).collect();
        let page = VersionsPage { named, versions, next: last.filter(|_| more) };
        Ok(Performed::read(page).at(proof.location()))
    }
}
