use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use strongroom_core::aws::filters::{Filter, Filtered, SortBy};
use strongroom_core::crypto::RecordKind;
use strongroom_core::model::{Secret, SecretPath};
use strongroom_store::Entry;

use super::place::{Place, name_of};
use super::rule::{AwsClass, refuse};
use super::view::{SecretView, last_accessed, primary_region};
use crate::error::Error;
use crate::records::decode;
use crate::room::{ListScope, Operation, Room};
use crate::witness::Performed;

/// List a region's secrets. Only those that the caller's policies let them see.
#[derive(Debug)]
pub struct ListSecrets {
    /// Where.
    pub place: Arc<Place>,
    /// Deleted secrets as well.
    pub planned_deletion: bool,
    /// What they are to be: all of them.
    pub filters: Vec<Filter>,
    /// What they are ordered by; those that are equal, by their names.
    pub sort: SortBy,
    /// The least first.
    pub ascending: bool,
    /// Where the last page ended.
    pub after: Option<String>,
    /// At most this many, at least one.
    pub limit: usize,
}

/// A page of secrets.
#[derive(Clone, Debug, Default)]
pub struct SecretsPage {
    /// The secrets.
    pub secrets: Vec<SecretView>,
    /// Where the next page begins. It names the last secret of this one.
    pub next: Option<String>,
}

impl Operation for ListSecrets {
    type Answer = SecretsPage;

    const NAME: &'static str = "aws-list-secrets";

    fn subject(&self) -> Option<&str> {
        Some(&self.place.mount)
    }

    fn region(&self) -> Option<&str> {
        Some(&self.place.region)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<SecretsPage>, Error> {
        Ok(Performed::read(self.page(room)?))
    }
}

/// A secret's place in a list: what it is ordered by, then its name.
type Rank = (u64, String);

impl ListSecrets {
    /// The first page of everything in a region.
    #[must_use]
    pub fn of(place: Arc<Place>) -> Self {
        Self {
            place,
            planned_deletion: false,
            filters: Vec::new(),
            sort: SortBy::CreatedDate,
            ascending: false,
            after: None,
            limit: 100,
        }
    }

    pub(super) fn page(&self, room: &Room<'_>) -> Result<SecretsPage, Error> {
        let scope = room.authorise_visible(&format!("{}/", self.place.mount))?;
        let limit = self.limit.max(1);
        // The first `limit` of those behind the last page, and one more that tells whether there is a next: the heap
        // never holds more, however many secrets there are.
        let (after, mut first) = (self.rank_after()?, BinaryHeap::new());
        let mut range = scope.range(None);
        loop {
            let found = room.store.list(&range)?;
            for entry in &found.entries {
                let Some((rank, secret)) = self.candidate(room, &scope, entry)? else { continue };
                if after.as_ref().is_some_and(|after| !self.is_behind(&rank, after)) {
                    continue;
                }
                first.push(Ranked { order: self.order(rank.clone()), rank, secret });
                if first.len() > limit + 1 {
                    first.pop();
                }
            }
            match found.entries.last() {
                Some(last) if found.more => range.after = Some(last.key.to_string()),
                _ => break,
            }
        }
        let mut ranked = first.into_sorted_vec();
        let more = ranked.len() > limit;
        ranked.truncate(limit);
        let next = ranked.last().filter(|_| more).map(|last| {
            let (value, name) = &last.rank;
            format!("{value}:{name}")
        });
        let view = |ranked: Ranked| {
            let (_, name) = &ranked.rank;
            SecretView::of(&ranked.secret, self.place.named(name, &ranked.secret), room)
        };
        Ok(SecretsPage { secrets: ranked.into_iter().map(view).collect(), next })
    }

    /// A secret that belongs in the list, with its place in it.
    fn candidate(
        &self,
        room: &Room<'_>,
        scope: &ListScope,
        entry: &Entry,
    ) -> Result<Option<(Rank, Secret)>, Error> {
        let Some((canonical, within)) = scope.paths(&entry.key) else { return Ok(None) };
        if !room.may_see(scope, &canonical) {
            return Ok(None);
        }
        let bytes = room.records().open(RecordKind::Secret, &entry.key, &entry.value)?;
        let secret: Secret = decode(&entry.key, bytes.expose())?;
        let path = SecretPath::new(within).ok();
        let Some(name) = path.and_then(|path| name_of(&secret, &path)) else { return Ok(None) };
        if secret.is_deleted() && !self.planned_deletion {
            return Ok(None);
        }
        let tags: Vec<_> =
            secret.aws_tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let primary = primary_region(&secret, room);
        let filtered = Filtered {
            name: name.as_str(),
            description: secret.description.as_deref(),
            tags: &tags,
            primary_region: primary.as_deref(),
            owning_service: None,
        };
        if !self.filters.iter().all(|filter| filter.is_met_by(&filtered)) {
            return Ok(None);
        }
        let value = match self.sort {
            SortBy::CreatedDate => secret.created.0,
            SortBy::LastChangedDate => secret.updated.0,
            // One that was never read is as one that was read before all others.
            SortBy::LastAccessedDate => last_accessed(&secret, room).map_or(0, |date| date.0),
            SortBy::Name => 0,
        };
        Ok(Some(((value, name.as_str().to_owned()), secret)))
    }

    fn rank_after(&self) -> Result<Option<Rank>, Error> {
        let Some(text) = &self.after else { return Ok(None) };
        let rank = text.split_once(':').and_then(|(value, name)| Some((value.parse().ok()?, name)));
        let (value, name) =
            rank.ok_or_else(|| refuse(AwsClass::InvalidNextToken, "Invalid NextToken."))?;
        Ok(Some((value, name.to_owned())))
    }

    fn is_behind(&self, rank: &Rank, after: &Rank) -> bool {
        if self.ascending { rank > after } else { rank < after }
    }

    fn order(&self, rank: Rank) -> Order {
        if self.ascending { Order::Up(rank) } else { Order::Down(Reverse(rank)) }
    }
}

/// Of one list, all are the same variant.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Order {
    Up(Rank),
    Down(Reverse<Rank>),
}

struct Ranked {
    order: Order,
    rank: Rank,
    secret: Secret,
}

impl PartialEq for Ranked {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}

impl Eq for Ranked {}

impl PartialOrd for Ranked {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Ranked {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.order.cmp(&other.order)
    }
}
