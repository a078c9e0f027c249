//! Tokens that are made for an alias at the token mount.

use strongroom_core::token::TokenKind;
use strongroom_engine::operations::identity::*;
use strongroom_engine::operations::token::*;

use super::*;

const MAKER: &str = r#"path "auth/token/create/*" { capabilities = ["update"] }
    path "auth/token/create" { capabilities = ["update", "sudo"] }"#;

/// A room with a token role that allows these aliases.
fn room(aliases: &[&str]) -> TestRoom {
    let room = TestRoom::new();
    let role = TokenRole {
        allowed_policies: vec!["app".into()],
        allowed_entity_aliases: aliases.iter().map(|&alias| alias.to_owned()).collect(),
        orphan: true,
        renewable: true,
        ..TokenRole::default()
    };
    room.owner().ask(&WriteTokenRole::new("web", role)).expect("writes");
    room
}

fn asked(alias: &str) -> TokenRequest {
    TokenRequest { entity_alias: Some(alias.to_owned()), ..TokenRequest::default() }
}

fn by_role(maker: &Actor<'_>, alias: &str) -> Result<IssuedToken, Error> {
    maker.ask(&CreateToken::new(TokenParent::Role("web".into()), asked(alias)))
}

fn entity(issued: &IssuedToken) -> String {
    issued.token.entity.clone().expect("an entity")
}

#[test]
fn an_alias_that_the_role_allows_gives_the_token_its_entity() {
    let room = room(&["Mary", "svc-*"]);
    let maker = room.bearer("maker", MAKER);
    let mary = by_role(&maker, "mary").expect("makes a token");
    assert_eq!(entity(&by_role(&maker, "MARY").expect("makes a token")), entity(&mary));
    let service = by_role(&maker, "svc-build").expect("makes a token");
    assert_ne!(entity(&service), entity(&mary));
    for alias in ["maryanne", "svc", "root", " mary", "", "mary\0"] {
        let refused = by_role(&maker, alias).expect_err("is refused");
        assert!(refused.to_string().contains("invalid 'entity_alias' value"), "{alias:?}");
    }
    let read = room.owner().ask(&ReadEntity::new(EntityTarget::Id(entity(&mary)))).expect("reads");
    let alias = read.entity.aliases().first().expect("an alias");
    assert_eq!((alias.name.as_str(), alias.mount_type.as_str()), ("mary", "token"));
}

#[test]
fn what_the_entity_has_counts_for_the_token_from_its_first_use() {
    let room = room(&["mary"]);
    let maker = room.bearer("maker", MAKER);
    room.owner().put("secret/a", "value").expect("writes");
    let reader = WritePolicy::new("reader", r#"path "secret/a" { capabilities = ["read"] }"#);
    room.owner().ask(&reader).expect("writes");
    let first = by_role(&maker, "mary").expect("makes a token");
    is_forbidden(room.with_token(first.text).read("secret/a"));
    let target = || EntityTarget::Id(first.token.entity.clone().expect("an entity"));
    let fields =
        EntityFields { policies: Some(vec!["reader".to_owned()]), ..EntityFields::default() };
    room.owner().ask(&WriteEntity::new(target(), fields)).expect("writes");
    let second = by_role(&maker, "mary").expect("makes a token");
    assert_eq!(second.identity_policies, ["reader"]);
    let batch = TokenRequest { kind: Some(TokenKind::Batch), ..asked("mary") };
    let batch = maker.ask(&CreateToken::new(TokenParent::Role("web".into()), batch));
    for issued in [second, batch.expect("makes a token")] {
        assert_eq!(room.with_token(issued.text).read("secret/a").expect("reads"), "value");
    }
    let disabled = EntityFields { disabled: Some(true), ..EntityFields::default() };
    room.owner().ask(&WriteEntity::new(target(), disabled)).expect("writes");
    let refused = by_role(&maker, "mary").expect_err("is refused");
    assert_eq!(refused.kind(), Kind::Unauthenticated);
}

#[test]
fn without_a_role_that_allows_it_nobody_names_an_alias() {
    let room = room(&[]);
    let maker = room.bearer("maker", MAKER);
    for maker in [&maker, &room.root()] {
        assert!(by_role(maker, "mary").is_err());
        for parent in [TokenParent::Caller, TokenParent::None] {
            assert!(maker.ask(&CreateToken::new(parent, asked("mary"))).is_err());
        }
    }
    let listed = room
        .owner()
        .ask(&ListEntities { by_name: false, page: IdentityPage::default() })
        .expect("lists");
    assert!(listed.is_empty(), "what was refused left an entity");
}
