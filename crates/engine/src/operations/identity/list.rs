use strongroom_core::identity::{Entity, Group};

use super::entity_aliases::{self, AliasRead};
use super::{IDENTITY, entities, group_aliases, groups};
use crate::error::Error;
use crate::identity::{Directory, ENTITY, GROUP};
use crate::operations::identity::{EntityRead, GroupRead};
use crate::room::{Operation, Room};
use crate::witness::{List, Performed};

/// The most entities, groups or aliases that one answer lists.
pub const IDENTITY_LISTED_MAX: usize = 10_000;

/// A part of a list: what is behind a name or an identifier, and how many at most. The whole list by default, which is
/// refused where there are more than [`IDENTITY_LISTED_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityPage {
    /// What the part begins behind.
    pub after: Option<String>,
    /// How many at most.
    pub limit: Option<usize>,
}

/// The entities. Needs `list` on `identity/entity/id` or `identity/entity/name`.
#[derive(Debug)]
pub struct ListEntities {
    /// By their names, which is then the path, and not by their identifiers.
    pub by_name: bool,
    /// Which of them.
    pub page: IdentityPage,
}

/// The groups. Needs `list` on `identity/group/id` or `identity/group/name`.
#[derive(Debug)]
pub struct ListGroups {
    /// By their names, which is then the path, and not by their identifiers.
    pub by_name: bool,
    /// Which of them.
    pub page: IdentityPage,
}

/// The aliases of entities, by their identifiers. Needs `list` on `identity/entity-alias/id`.
#[derive(Debug)]
pub struct ListEntityAliases(pub IdentityPage);

/// The aliases of groups, by their identifiers. Needs `list` on `identity/group-alias/id`.
#[derive(Debug)]
pub struct ListGroupAliases(pub IdentityPage);

impl Operation for ListEntities {
    type Answer = Vec<EntityRead>;

    const NAME: &'static str = "entities-list";

    fn subject(&self) -> Option<&str> {
        Some(if self.by_name { "identity/entity/name" } else { "identity/entity/id" })
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<EntityRead>>, Error> {
        let _proof = room.authorise_at::<List>(self.subject().unwrap_or_default(), IDENTITY)?;
        let directory = room.directory()?;
        let mut listed: Vec<Entity> = Vec::new();
        for id in identifiers(&directory, ENTITY, &self.page, self.by_name)? {
            let found = entities::EntityTarget::Id(id).find(&directory)?;
            listed.extend(found.map(|found| found.value));
        }
        if self.by_name {
            listed.sort_by(|a, b| a.name.cmp(&b.name));
            self.page.cut(&mut listed, |known| known.name.as_str());
        }
        let listed = listed.into_iter().map(|entity| EntityRead {
            mount_paths: super::mount_paths(room, entity.aliases().iter()),
            direct_groups: Vec::new(),
            inherited_groups: Vec::new(),
            entity,
        });
        Ok(Performed::read(listed.collect()))
    }
}

impl Operation for ListGroups {
    type Answer = Vec<GroupRead>;

    const NAME: &'static str = "groups-list";

    fn subject(&self) -> Option<&str> {
        Some(if self.by_name { "identity/group/name" } else { "identity/group/id" })
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<GroupRead>>, Error> {
        let _proof = room.authorise_at::<List>(self.subject().unwrap_or_default(), IDENTITY)?;
        let directory = room.directory()?;
        let mut listed: Vec<Group> = Vec::new();
        for id in identifiers(&directory, GROUP, &self.page, self.by_name)? {
            let found = super::write_group::GroupTarget::Id(id).find(&directory)?;
            listed.extend(found.map(|found| found.value));
        }
        if self.by_name {
            listed.sort_by(|a, b| a.name.cmp(&b.name));
            self.page.cut(&mut listed, |known| known.name.as_str());
        }
        let listed = listed.into_iter().map(|group| groups::read(room, group));
        Ok(Performed::read(listed.collect()))
    }
}

impl Operation for ListEntityAliases {
    type Answer = Vec<AliasRead>;

    const NAME: &'static str = "entity-aliases-list";

    fn subject(&self) -> Option<&str> {
        Some("identity/entity-alias/id")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<AliasRead>>, Error> {
        let _proof = room.authorise_at::<List>("identity/entity-alias/id", IDENTITY)?;
        let directory = room.directory()?;
        let mut listed = Vec::new();
        for id in identifiers(&directory, "entity-alias-id/", &self.0, false)? {
            if let Some((entity, alias)) = entity_aliases::by_id(&directory, &id)? {
                listed.push(entity_aliases::read(room, alias, entity.value.id.to_string()));
            }
        }
        Ok(Performed::read(listed))
    }
}

impl Operation for ListGroupAliases {
    type Answer = Vec<AliasRead>;

    const NAME: &'static str = "group-aliases-list";

    fn subject(&self) -> Option<&str> {
        Some("identity/group-alias/id")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<AliasRead>>, Error> {
        let _proof = room.authorise_at::<List>("identity/group-alias/id", IDENTITY)?;
        let directory = room.directory()?;
        let mut listed = Vec::new();
        for id in identifiers(&directory, "group-alias-id/", &self.0, false)? {
            if let Some((group, alias)) = group_aliases::by_id(&directory, &id)? {
                listed.push(entity_aliases::read(room, alias, group.value.id.to_string()));
            }
        }
        Ok(Performed::read(listed))
    }
}

impl IdentityPage {
    fn limit(&self) -> usize {
        self.limit.unwrap_or(IDENTITY_LISTED_MAX).clamp(1, IDENTITY_LISTED_MAX)
    }

    /// This part of a list that is in the order of its names.
    fn cut<T>(&self, listed: &mut Vec<T>, name: fn(&T) -> &str) {
        listed.retain(|known| self.after.as_deref().is_none_or(|after| name(known) > after));
        listed.truncate(self.limit());
    }
}

/// The identifiers of a part of a list; all of them where it is in the order of names, which the store does not have.
fn identifiers(
    directory: &Directory<'_>,
    prefix: &str,
    page: &IdentityPage,
    by_name: bool,
) -> Result<Vec<String>, Error> {
    let whole = IdentityPage::default();
    let page = if by_name { &whole } else { page };
    let (limit, after) = (page.limit(), page.after.as_deref());
    let most = if page.limit.is_none() { limit + 1 } else { limit };
    let ids = directory.logical.all_names_after(prefix, after, most)?;
    if ids.len() > limit {
        let rule = format!(
            "there are more than {IDENTITY_LISTED_MAX}: list them by their ids, with after and limit"
        );
        return Err(Error::rule(rule));
    }
    Ok(ids)
}
