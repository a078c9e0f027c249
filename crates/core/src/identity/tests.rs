//! Changes, merges, memberships, and properties of them.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;

use super::*;
use crate::policy::PolicyName;
use crate::random::Random;
use crate::time::Timestamp;

/// Counts, so that every identifier is another one.
#[derive(Default)]
struct Counting(AtomicU64);

impl Random for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, value) in bytes.iter_mut().rev().zip(count.iter().rev().chain([&0; 64])) {
            *byte = *value;
        }
    }
}

const NOW: Timestamp = Timestamp(7_000);

fn entity(name: &str, policies: &[&str], random: &Counting) -> Entity {
    let change = EntityChange {
        name: Some(EntityName::new(name).unwrap()),
        policies: Some(IdentityPolicies::new(policies).unwrap()),
        ..EntityChange::default()
    };
    Entity::new(change, Timestamp(1), random)
}

fn alias(accessor: &str, name: &str, random: &Counting) -> Alias {
    let key = AliasKey {
        accessor: MountAccessor::new(accessor).unwrap(),
        name: AliasName::new(name, AliasCase::Insensitive).unwrap(),
    };
    Alias::new(key, MountType::new("userpass").unwrap(), false, Timestamp(1), random)
}

fn group(name: &str, policies: &[&str], members: &[EntityId], random: &Counting) -> Group {
    let change = GroupChange {
        name: Some(GroupName::new(name).unwrap()),
        policies: Some(IdentityPolicies::new(policies).unwrap()),
        member_entities: Some(members.iter().copied().collect()),
        ..GroupChange::default()
    };
    Group::new(change, Timestamp(1), random).unwrap()
}

fn external(name: &str, random: &Counting) -> Group {
    let change = GroupChange {
        name: Some(GroupName::new(name).unwrap()),
        kind: Some(GroupKind::External),
        ..GroupChange::default()
    };
    Group::new(change, Timestamp(1), random).unwrap()
}

fn names(policies: &BTreeSet<PolicyName>) -> Vec<&str> {
    policies.iter().map(PolicyName::as_str).collect()
}

#[test]
fn an_entity_without_a_name_is_named_after_its_identifier() {
    let random = Counting::default();
    let entity = Entity::new(EntityChange::default(), NOW, &random);
    assert_eq!(entity.name.as_str(), format!("entity_{}", &entity.id.to_string()[..8]));
    let group = Group::new(GroupChange::default(), NOW, &random).unwrap();
    assert_eq!(group.name.as_str(), format!("group_{}", &group.id.to_string()[..8]));
    assert_eq!(group.kind(), GroupKind::Internal);
}

#[test]
fn what_a_change_does_not_name_stays() {
    let random = Counting::default();
    let mut mary = entity("mary", &["dev"], &random);
    mary.change(EntityChange { disabled: Some(true), ..EntityChange::default() }, NOW);
    assert_eq!((mary.name.as_str(), mary.disabled), ("mary", true));
    assert_eq!(mary.policies, IdentityPolicies::new(&["dev"]).unwrap());
    assert_eq!((mary.created, mary.updated), (Timestamp(1), NOW));
}

#[test]
fn an_entity_has_one_alias_at_a_mount() {
    let random = Counting::default();
    let mut mary = entity("mary", &[], &random);
    let first = alias("userpass_1", "mary", &random);
    mary.add_alias(first.clone(), NOW).unwrap();
    let second = alias("userpass_1", "mary2", &random);
    assert_eq!(mary.add_alias(second.clone(), NOW), Err(IdentityError::AliasAtMount));
    assert_eq!(mary.replace_alias(second.clone(), NOW), Err(IdentityError::AliasAtMount));
    mary.add_alias(alias("userpass_2", "mary", &random), NOW).unwrap();
    let moved =
        Alias { mount_accessor: MountAccessor::new("userpass_2").unwrap(), ..first.clone() };
    assert_eq!(mary.replace_alias(moved, NOW), Err(IdentityError::AliasAtMount));
    assert_eq!(mary.remove_alias(second.id, NOW), Err(IdentityError::NoSuchAlias(second.id)));
    assert_eq!(mary.remove_alias(first.id, NOW).unwrap().id, first.id);
    assert_eq!(mary.aliases().len(), 1);
}

#[test]
fn an_entity_has_a_most_number_of_aliases() {
    let random = Counting::default();
    let mut mary = entity("mary", &[], &random);
    for mount in 0..ALIASES_MAX {
        mary.add_alias(alias(&format!("m{mount}"), "mary", &random), NOW).unwrap();
    }
    let more = mary.add_alias(alias("more", "mary", &random), NOW);
    assert_eq!(more, Err(IdentityError::TooManyAliases));
}

#[test]
fn a_merge_unites_policies_and_moves_aliases_and_memberships() {
    let random = Counting::default();
    let mut mary = entity("mary", &["dev"], &random);
    mary.add_alias(alias("userpass_1", "mary", &random), NOW).unwrap();
    let mut other = entity("mary-2", &["ops"], &random);
    other.add_alias(alias("jwt_1", "mary", &random), NOW).unwrap();
    let team = group("team", &[], &[other.id], &random);
    let both = group("both", &[], &[mary.id, other.id], &random);
    let unrelated = group("unrelated", &[], &[mary.id], &random);
    let gone = other.id;
    let merged = merge(
        mary.clone(),
        vec![other],
        vec![team.clone(), both.clone(), unrelated],
        &BTreeSet::new(),
        NOW,
    )
    .unwrap();
    assert_eq!(merged.entity.policies, IdentityPolicies::new(&["dev", "ops"]).unwrap());
    assert_eq!(merged.entity.aliases().len(), 2);
    assert_eq!(merged.entity.aliases()[1].merged_from, BTreeSet::from([gone]));
    assert_eq!(merged.entity.merged(), &BTreeSet::from([gone]));
    assert_eq!(merged.deleted, [gone]);
    let ids: Vec<_> = merged.groups.iter().map(|group| group.id).collect();
    assert_eq!(ids, [team.id, both.id]);
    for group in merged.groups {
        assert_eq!(group.member_entities(), &BTreeSet::from([mary.id]));
    }
}

#[test]
fn two_aliases_at_one_mount_are_not_merged_unless_one_is_named() {
    let random = Counting::default();
    let mut mary = entity("mary", &[], &random);
    let own = alias("userpass_1", "mary", &random);
    mary.add_alias(own.clone(), NOW).unwrap();
    let mut other = entity("other", &[], &random);
    let theirs = alias("userpass_1", "other", &random);
    other.add_alias(theirs.clone(), NOW).unwrap();
    let merged = |keep: &[AliasId]| {
        let keep = keep.iter().copied().collect();
        merge(mary.clone(), vec![other.clone()], vec![], &keep, NOW)
    };
    let accessor = own.mount_accessor.clone();
    assert_eq!(merged(&[]), Err(MergeError::AliasConflict(accessor.clone())));
    assert_eq!(merged(&[own.id, theirs.id]), Err(MergeError::KeepBoth(accessor.clone())));
    let kept = merged(&[own.id]).unwrap();
    assert_eq!((kept.entity.aliases()[0].id, kept.dropped_aliases[0].id), (own.id, theirs.id));
    let kept = merged(&[theirs.id]).unwrap();
    assert_eq!((kept.entity.aliases()[0].id, kept.dropped_aliases[0].id), (theirs.id, own.id));

    let third = entity("third", &[], &random);
    let keep = BTreeSet::from([own.id]);
    let several = merge(mary.clone(), vec![other.clone(), third.clone()], vec![], &keep, NOW);
    assert_eq!(several, Err(MergeError::KeepWithSeveral));
    // Two of those that are merged conflict with each other.
    let conflict = merge(third, vec![mary, other], vec![], &BTreeSet::new(), NOW);
    assert_eq!(conflict, Err(MergeError::AliasConflict(accessor)));
}

#[test]
fn an_entity_is_not_merged_with_itself_and_a_disabled_one_does_not_come_to_life() {
    let random = Counting::default();
    let (mary, mut other) = (entity("mary", &[], &random), entity("other", &[], &random));
    let merged = |from: Vec<Entity>| merge(mary.clone(), from, vec![], &BTreeSet::new(), NOW);
    assert_eq!(merged(vec![]), Err(MergeError::Nothing));
    assert_eq!(merged(vec![mary.clone()]), Err(MergeError::Repeated));
    assert_eq!(merged(vec![other.clone(), other.clone()]), Err(MergeError::Repeated));
    let many = (0..=MERGE_SOURCES_MAX).map(|_| entity("e", &[], &random)).collect();
    assert_eq!(merged(many), Err(MergeError::TooMany));
    other.disabled = true;
    assert_eq!(merged(vec![other.clone()]), Err(MergeError::Disabled(other.id)));
    assert!(merge(other, vec![mary.clone()], vec![], &BTreeSet::new(), NOW).is_ok());
}

#[test]
fn a_groups_kind_is_fixed_and_decides_who_names_its_members() {
    let random = Counting::default();
    let mut internal = group("team", &[], &[], &random);
    let to = |kind| GroupChange { kind: Some(kind), ..GroupChange::default() };
    let changed = internal.change(to(GroupKind::External), NOW);
    assert_eq!(changed, Err(IdentityError::GroupTypeChanged));
    assert_eq!(changed.unwrap_err().to_string(), "group type cannot be changed");
    internal.change(to(GroupKind::Internal), NOW).unwrap();
    let name = alias("jwt_1", "admins", &random);
    assert_eq!(internal.put_alias(name.clone(), NOW), Err(IdentityError::AliasOfInternalGroup));

    let mut outside = external("outside", &random);
    let members = GroupChange { member_entities: Some(BTreeSet::new()), ..GroupChange::default() };
    assert_eq!(outside.change(members, NOW), Err(IdentityError::MembersOfExternalGroup));
    outside.put_alias(name, NOW).unwrap();
    let second = alias("jwt_1", "users", &random);
    assert_eq!(outside.put_alias(second, NOW), Err(IdentityError::AliasOfGroup));
    let inside = with_member_groups(outside, BTreeSet::from([internal.id]), vec![internal], NOW);
    assert_eq!(inside, Err(IdentityError::GroupsInExternalGroup));
}

#[test]
fn a_login_puts_the_entity_into_the_groups_it_names_and_out_of_the_others() {
    let random = Counting::default();
    let mary = entity("mary", &[], &random).id;
    let accessor = MountAccessor::new("jwt_1").unwrap();
    let at_mount = |mount: &str, name: &str| {
        let mut group = external(name, &random);
        group.put_alias(alias(mount, name, &random), NOW).unwrap();
        group
    };
    let (admins, users, foreign) =
        (at_mount("jwt_1", "admins"), at_mount("jwt_1", "users"), at_mount("jwt_2", "admins"));
    let refresh = |named: Vec<Group>, had: Vec<Group>| {
        refresh_external(mary, &accessor, named, had, NOW).unwrap()
    };
    let joined = refresh(vec![admins.clone(), foreign], vec![]);
    assert_eq!(joined.len(), 1, "another mount's group is none of this login's business");
    assert!(joined[0].member_entities().contains(&mary));
    assert_eq!(refresh(joined.clone(), joined.clone()), []);
    let left = refresh(vec![users], joined);
    let members: BTreeMap<_, _> =
        left.iter().map(|group| (group.name.as_str(), group.member_entities().len())).collect();
    assert_eq!(members, BTreeMap::from([("admins", 0), ("users", 1)]));
}

#[test]
fn an_external_group_that_changes_its_alias_keeps_nobody() {
    let random = Counting::default();
    let mut admins = external("admins", &random);
    let name = alias("jwt_1", "admins", &random);
    admins.put_alias(name.clone(), NOW).unwrap();
    let mary = entity("mary", &[], &random).id;
    let accessor = name.mount_accessor.clone();
    let mut admins =
        refresh_external(mary, &accessor, vec![admins], vec![], NOW).unwrap().remove(0);
    admins.put_alias(name.clone(), NOW).unwrap();
    assert_eq!(admins.member_entities().len(), 1);
    let renamed = Alias { name: AliasName::new("users", AliasCase::Sensitive).unwrap(), ..name };
    admins.put_alias(renamed, NOW).unwrap();
    assert!(admins.member_entities().is_empty());
}

#[test]
fn policies_come_through_groups_in_groups_and_a_disabled_entity_has_none() {
    let random = Counting::default();
    let mut mary = entity("mary", &["own"], &random);
    let team = group("team", &["team"], &[mary.id], &random);
    let company = group("company", &["company"], &[], &random);
    let members = BTreeSet::from([team.id]);
    let written = with_member_groups(company, members, vec![team], NOW).unwrap();
    let [team, company] = &written[..] else { panic!("{written:?}") };
    assert_eq!(team.parents(), &BTreeSet::from([company.id]));
    let found = memberships(vec![team.clone()], |id| {
        Ok::<_, Infallible>((id == company.id).then(|| company.clone()))
    })
    .unwrap();
    assert_eq!((found.direct.len(), found.inherited.len()), (1, 1));
    assert_eq!(names(&effective_policies(&mary, &found)), ["company", "own", "team"]);
    let context = template_context(&mary, &found);
    assert_eq!(context.entity_name.as_deref(), Some("mary"));
    assert_eq!(context.groups.len(), 2);
    mary.disabled = true;
    assert!(effective_policies(&mary, &found).is_empty());
}

#[test]
fn a_template_sees_the_alias_of_each_mount() {
    let random = Counting::default();
    let mut mary = entity("mary", &[], &random);
    let mut own = alias("userpass_1", "MARY", &random);
    let noted = BTreeMap::from([("team".to_owned(), "ops".to_owned())]);
    own.metadata = Metadata::new(noted.clone()).unwrap();
    mary.add_alias(own, NOW).unwrap();
    let context = template_context(&mary, &Memberships::default());
    let alias = &context.aliases["userpass_1"];
    assert_eq!((alias.name.as_str(), &alias.metadata), ("mary", &noted));
}

#[test]
fn more_groups_than_are_looked_at_are_refused() {
    let random = Counting::default();
    let ids: Vec<GroupId> = (0..=GROUPS_VISITED_MAX).map(|_| GroupId::generate(&random)).collect();
    let top = GroupId::generate(&random);
    let at_limit: BTreeSet<_> = ids[1..].iter().copied().collect();
    let none = |_| Ok::<_, Infallible>(BTreeSet::new());
    assert_eq!(refuse_cycle(top, &at_limit, none).unwrap(), at_limit);
    let past: BTreeSet<_> = ids.into_iter().collect();
    assert_eq!(refuse_cycle(top, &past, none), Err(HierarchyError::TooMany));
    let many = (0..=GROUPS_VISITED_MAX).map(|_| group("g", &[], &[], &random)).collect();
    let found = memberships(many, |_| Ok::<_, Infallible>(None));
    assert_eq!(found, Err(HierarchyError::TooMany));
}

#[test]
fn records_are_read_back_and_indexed_by_what_finds_them() {
    let random = Counting::default();
    let mut mary = entity("Mary", &["dev"], &random);
    mary.add_alias(alias("userpass_1", "mary", &random), NOW).unwrap();
    let bytes = minicbor::to_vec(&mary).unwrap();
    assert_eq!(minicbor::decode::<Entity>(&bytes).unwrap(), mary);
    let own = &mary.aliases()[0];
    let keys = [
        IndexKey::EntityName("mary".into()),
        IndexKey::EntityAlias(own.key()),
        IndexKey::EntityAliasId(own.id),
    ];
    assert_eq!(mary.index_keys(), keys);

    let mut admins = external("Admins", &random);
    admins.put_alias(alias("jwt_1", "admins", &random), NOW).unwrap();
    let bytes = minicbor::to_vec(&admins).unwrap();
    assert_eq!(minicbor::decode::<Group>(&bytes).unwrap(), admins);
    let own = admins.alias().unwrap();
    let keys = [
        IndexKey::GroupName("admins".into()),
        IndexKey::GroupAlias(own.key()),
        IndexKey::GroupAliasId(own.id),
    ];
    assert_eq!(admins.index_keys(), keys);
    let team = group("team", &[], &[mary.id], &random);
    assert_eq!(team.index_keys()[1], IndexKey::Member(mary.id, team.id));
}

/// Groups 0..n and edges that callers try to add, one after the other.
fn edges() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (2..12_usize)
        .prop_flat_map(|count| (Just(count), prop::collection::vec((0..count, 0..count), 0..40)))
}

/// Whether `from` leads to `to`, by Warshall's closure rather than by the code under test.
fn leads(edges: &BTreeSet<(usize, usize)>, count: usize, from: usize, to: usize) -> bool {
    let mut reach = vec![vec![false; count]; count];
    for (a, b) in edges {
        reach[*a][*b] = true;
    }
    for middle in 0..count {
        for a in 0..count {
            for b in 0..count {
                reach[a][b] |= reach[a][middle] && reach[middle][b];
            }
        }
    }
    reach[from][to]
}

proptest! {
    #[test]
    fn no_order_of_changes_closes_a_cycle_and_only_cycles_are_refused((count, tries) in edges()) {
        let random = Counting::default();
        let mut groups: Vec<Group> =
            (0..count).map(|n| group(&format!("g{n}"), &[], &[], &random)).collect();
        let mut kept = BTreeSet::new();
        for (parent, member) in tries {
            let (id, new) = (groups[parent].id, groups[member].id);
            let members: BTreeSet<_> =
                groups[parent].member_groups().iter().copied().chain([new]).collect();
            let checked = refuse_cycle(id, &members, |id| {
                let found = groups.iter().find(|group| group.id == id).unwrap();
                Ok::<_, Infallible>(found.member_groups().clone())
            });
            let closes = parent == member || leads(&kept, count, member, parent);
            prop_assert_eq!(checked.is_err(), closes);
            if closes {
                continue;
            }
            kept.insert((parent, member));
            let loaded = groups.iter().filter(|g| members.contains(&g.id)).cloned().collect();
            for changed in with_member_groups(groups[parent].clone(), members, loaded, NOW).unwrap() {
                let place = groups.iter_mut().find(|group| group.id == changed.id).unwrap();
                *place = changed;
            }
        }
        for (index, group) in groups.iter().enumerate() {
            let parents = kept.iter().filter(|(_, member)| *member == index);
            let parents: BTreeSet<_> = parents.map(|(parent, _)| groups[*parent].id).collect();
            prop_assert_eq!(group.parents(), &parents);
        }
    }

    #[test]
    fn a_cycle_in_damaged_records_ends_the_walk(links in prop::collection::vec(0..8_usize, 8)) {
        let random = Counting::default();
        let mut groups: Vec<Group> =
            (0..8).map(|n| group(&format!("g{n}"), &[], &[], &random)).collect();
        // Each group in another, whatever cycle that makes, as no operation would write it.
        for (index, link) in links.iter().enumerate() {
            if index == *link {
                continue;
            }
            let (parent, child) = (groups[*link].clone(), groups[index].clone());
            let members = BTreeSet::from([child.id]);
            for changed in with_member_groups(parent, members, vec![child], NOW).unwrap() {
                let place = groups.iter_mut().find(|group| group.id == changed.id).unwrap();
                *place = changed;
            }
        }
        let found = memberships(vec![groups[0].clone()], |id| {
            Ok::<_, Infallible>(groups.iter().find(|group| group.id == id).cloned())
        }).unwrap();
        let ids: BTreeSet<_> = found.groups().map(|group| group.id).collect();
        prop_assert_eq!(ids.len(), found.groups().count(), "each group is there once");
    }

    #[test]
    fn a_merge_loses_and_invents_nothing(
        mounts in prop::collection::vec(prop::collection::btree_set(0..6_u8, 0..4), 2..5),
        members in prop::collection::vec(prop::collection::btree_set(0..5_usize, 0..4), 0..4),
    ) {
        let random = Counting::default();
        let entities: Vec<Entity> = mounts.iter().enumerate().map(|(index, mounts)| {
            let mut made = entity("e", &[&format!("p{index}")], &random);
            for mount in mounts {
                made.add_alias(alias(&format!("m{mount}"), "n", &random), NOW).unwrap();
            }
            made
        }).collect();
        let groups: Vec<Group> = members.iter().map(|indexes| {
            let ids: Vec<_> =
                indexes.iter().filter_map(|index| entities.get(*index)).map(|e| e.id).collect();
            group("g", &[], &ids, &random)
        }).collect();
        let all_mounts: Vec<u8> = mounts.iter().flatten().copied().collect();
        let distinct = all_mounts.iter().collect::<BTreeSet<_>>().len();
        let (into, from) = (entities[0].clone(), entities[1..].to_vec());
        match merge(into.clone(), from.clone(), groups.clone(), &BTreeSet::new(), NOW) {
            Err(error) => {
                prop_assert!(matches!(error, MergeError::AliasConflict(_)));
                prop_assert!(distinct < all_mounts.len());
            }
            Ok(merged) => {
                prop_assert_eq!(distinct, all_mounts.len());
                prop_assert_eq!(merged.entity.aliases().len(), all_mounts.len());
                prop_assert_eq!(merged.entity.policies.names().count(), entities.len());
                prop_assert_eq!(merged.deleted.len(), from.len());
                let gone: BTreeSet<_> = merged.deleted.iter().copied().collect();
                for group in &groups {
                    let had = group.member_entities().iter().any(|id| gone.contains(id));
                    let changed = merged.groups.iter().find(|changed| changed.id == group.id);
                    prop_assert_eq!(changed.is_some(), had);
                    if let Some(changed) = changed {
                        prop_assert!(changed.member_entities().contains(&into.id));
                        prop_assert!(changed.member_entities().is_disjoint(&gone));
                    }
                }
            }
        }
    }

    #[test]
    fn no_text_makes_a_name_or_an_identifier_panic(text in any::<String>()) {
        let sensitive = AliasName::new(&text, AliasCase::Sensitive);
        let insensitive = AliasName::new(&text, AliasCase::Insensitive);
        if let Ok(name) = &insensitive {
            prop_assert!(sensitive.is_ok());
            let again = AliasName::new(name.as_str(), AliasCase::Insensitive);
            prop_assert_eq!(again.as_ref(), Ok(name), "a form is its own form");
        }
        let _ = EntityName::new(&text).map(|name| name.key());
        let _ = IdentityPolicies::new(&[&text]);
        let _ = text.parse::<EntityId>();
        let _ = minicbor::decode::<Entity>(text.as_bytes());
        let _ = minicbor::decode::<Group>(text.as_bytes());
    }
}
