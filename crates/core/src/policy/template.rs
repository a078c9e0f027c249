//! Templates in rule paths: `{{identity.entity.id}}` and its kin, and the identity that fills them.

use std::collections::BTreeMap;
use std::fmt;

/// The identity of a caller, as far as templates speak of it.
///
/// A value is taken literally: `*` and `+` in it are characters, not wildcards. A value that is empty, `.` or
/// `..`, or holds `/` or a control character, resolves no template, because it would move the rule to another
/// place in the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateContext {
    /// The entity's id.
    pub entity_id: Option<String>,
    /// The entity's name.
    pub entity_name: Option<String>,
    /// The entity's metadata.
    pub entity_metadata: BTreeMap<String, String>,
    /// The entity's aliases, by the accessor of the auth mount.
    pub aliases: BTreeMap<String, AliasContext>,
    /// The groups that the entity is in, as pairs of id and name.
    pub groups: Vec<GroupContext>,
}

/// One alias of the entity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AliasContext {
    /// The alias's id.
    pub id: String,
    /// The alias's name.
    pub name: String,
    /// The alias's metadata.
    pub metadata: BTreeMap<String, String>,
}

/// One group that the entity is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupContext {
    /// The group's id.
    pub id: String,
    /// The group's name.
    pub name: String,
}

/// What one template names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selector {
    EntityId,
    EntityName,
    EntityMetadata(String),
    Alias { accessor: String, field: AliasField },
    GroupNameOfId(String),
    GroupIdOfName(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AliasField {
    Id,
    Name,
    Metadata(String),
}

impl Selector {
    /// The selector of the text between the braces; spaces at its ends do not count.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(field) = text.strip_prefix("identity.entity.") {
            return match field {
                "id" => Some(Self::EntityId),
                "name" => Some(Self::EntityName),
                _ => Self::parse_entity_map(field),
            };
        }
        let groups = text.strip_prefix("identity.groups.")?;
        if let Some(id) = groups.strip_prefix("ids.").and_then(|rest| rest.strip_suffix(".name")) {
            return some_text(id).map(Self::GroupNameOfId);
        }
        let name = groups.strip_prefix("names.")?.strip_suffix(".id")?;
        some_text(name).map(Self::GroupIdOfName)
    }

    fn parse_entity_map(field: &str) -> Option<Self> {
        if let Some(key) = field.strip_prefix("metadata.") {
            return some_text(key).map(Self::EntityMetadata);
        }
        let (accessor, field) = field.strip_prefix("aliases.")?.split_once('.')?;
        let accessor = some_text(accessor)?;
        let field = match field {
            "id" => AliasField::Id,
            "name" => AliasField::Name,
            _ => AliasField::Metadata(some_text(field.strip_prefix("metadata.")?)?),
        };
        Some(Self::Alias { accessor, field })
    }

    /// The value for this identity, `None` when it has none that can stand in a path.
    pub(super) fn resolve<'a>(&self, context: &'a TemplateContext) -> Option<&'a str> {
        let value = match self {
            Self::EntityId => context.entity_id.as_deref(),
            Self::EntityName => context.entity_name.as_deref(),
            Self::EntityMetadata(key) => context.entity_metadata.get(key).map(String::as_str),
            Self::Alias { accessor, field } => {
                let alias = context.aliases.get(accessor)?;
                match field {
                    AliasField::Id => Some(alias.id.as_str()),
                    AliasField::Name => Some(alias.name.as_str()),
                    AliasField::Metadata(key) => alias.metadata.get(key).map(String::as_str),
                }
            }
            Self::GroupNameOfId(id) => only(
                context.groups.iter().filter(|group| group.id == *id).map(|group| &*group.name),
            ),
            Self::GroupIdOfName(name) => only(
                context.groups.iter().filter(|group| group.name == *name).map(|group| &*group.id),
            ),
        }?;
        let stays_in_its_segment =
            !value.is_empty() && !value.contains(|c: char| c == '/' || c.is_control());
        stays_in_its_segment.then_some(value)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EntityId => f.write_str("identity.entity.id"),
            Self::EntityName => f.write_str("identity.entity.name"),
            Self::EntityMetadata(key) => write!(f, "identity.entity.metadata.{key}"),
            Self::Alias { accessor, field } => {
                write!(f, "identity.entity.aliases.{accessor}.")?;
                match field {
                    AliasField::Id => f.write_str("id"),
                    AliasField::Name => f.write_str("name"),
                    AliasField::Metadata(key) => write!(f, "metadata.{key}"),
                }
            }
            Self::GroupNameOfId(id) => write!(f, "identity.groups.ids.{id}.name"),
            Self::GroupIdOfName(name) => write!(f, "identity.groups.names.{name}.id"),
        }
    }
}

/// The one element; two groups of one name resolve to neither.
fn only<'a>(mut values: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let first = values.next()?;
    values.next().is_none().then_some(first)
}

fn some_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> TemplateContext {
        let alias = AliasContext {
            id: "alias-1".into(),
            name: "mary@example.com".into(),
            metadata: BTreeMap::from([("a.b".into(), "deep".into())]),
        };
        TemplateContext {
            entity_id: Some("e-1".into()),
            entity_name: Some("mary".into()),
            entity_metadata: BTreeMap::from([("team".into(), "billing".into())]),
            aliases: BTreeMap::from([("auth_userpass_1".into(), alias)]),
            groups: vec![GroupContext { id: "g-1".into(), name: "ops.eu".into() }],
        }
    }

    #[test]
    fn every_selector_finds_its_value() {
        for (selector, value) in [
            ("identity.entity.id", "e-1"),
            (" identity.entity.name ", "mary"),
            ("identity.entity.metadata.team", "billing"),
            ("identity.entity.aliases.auth_userpass_1.id", "alias-1"),
            ("identity.entity.aliases.auth_userpass_1.name", "mary@example.com"),
            ("identity.entity.aliases.auth_userpass_1.metadata.a.b", "deep"),
            ("identity.groups.ids.g-1.name", "ops.eu"),
            ("identity.groups.names.ops.eu.id", "g-1"),
        ] {
            let parsed = Selector::parse(selector).expect(selector);
            assert_eq!(parsed.resolve(&context()), Some(value), "{selector}");
            assert_eq!(parsed.to_string(), selector.trim());
        }
    }

    #[test]
    fn what_names_nothing_is_no_selector() {
        for text in [
            "",
            "identity",
            "identity.entity",
            "identity.entity.Id",
            "identity.entity.metadata.",
            "identity.entity.aliases.a",
            "identity.entity.aliases..id",
            "identity.entity.aliases.a.metadata.",
            "identity.groups.ids..name",
            "identity.groups.names.x.name",
            "entity.id",
        ] {
            assert_eq!(Selector::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_value_that_would_leave_its_segment_resolves_nothing() {
        for value in ["", "a/b", "/", "a\nb", "\u{0}", "a\u{85}"] {
            let context =
                TemplateContext { entity_name: Some(value.into()), ..TemplateContext::default() };
            assert_eq!(Selector::EntityName.resolve(&context), None, "{value:?}");
        }
        assert_eq!(Selector::EntityName.resolve(&TemplateContext::default()), None);
    }

    #[test]
    fn two_groups_of_one_name_resolve_to_neither() {
        let twin = |id: &str| GroupContext { id: id.into(), name: "ops".into() };
        let mut context = TemplateContext { groups: vec![twin("1")], ..TemplateContext::default() };
        let selector = Selector::GroupIdOfName("ops".into());
        assert_eq!(selector.resolve(&context), Some("1"));
        context.groups.push(twin("2"));
        assert_eq!(selector.resolve(&context), None);
    }
}
