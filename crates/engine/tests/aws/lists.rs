use super::*;

fn list(actor: &Actor<'_>, change: impl FnOnce(&mut ListSecrets)) -> Result<SecretsPage, Error> {
    let mut asked = ListSecrets::of(home());
    change(&mut asked);
    actor.ask(&asked)
}

fn names(page: &SecretsPage) -> Vec<&str> {
    page.secrets.iter().map(|secret| secret.named.name.as_str()).collect()
}

#[test]
fn a_list_has_what_the_caller_may_see_in_pages_and_in_order() {
    let room = TestRoom::new();
    let owner = room.owner();
    for name in ["app/b", "app/a", "/odd/", "other/c"] {
        create(&owner, name, Some("one")).expect(name);
        room.clock.advance(Seconds(1));
    }
    owner.put("secret/no name", "one").expect("writes");
    assert_eq!(
        names(&list(&owner, |_| {}).expect("lists")),
        ["other/c", "/odd/", "app/a", "app/b"]
    );
    let by_name = |asked: &mut ListSecrets| {
        asked.sort = SortBy::Name;
        asked.ascending = true;
        asked.limit = 3;
    };
    let page = list(&owner, by_name).expect("lists");
    assert_eq!(names(&page), ["/odd/", "app/a", "app/b"]);
    let rest = list(&owner, |asked| {
        by_name(asked);
        asked.after = page.next.clone();
    });
    let rest = rest.expect("lists");
    assert_eq!((names(&rest), rest.next.is_none()), (vec!["other/c"], true));
    let bad = list(&owner, |asked| asked.after = Some("x".to_owned())).expect_err("is none");
    assert_eq!(class(&bad), Some(AwsClass::InvalidNextToken));
    let reader = room.actor("app", r#"path "secret/app/*" { capabilities = ["read"] }"#);
    assert_eq!(names(&list(&reader, |_| {}).expect("lists")), ["app/a", "app/b"]);
    let nobody = room.actor("nobody", r#"path "elsewhere/*" { capabilities = ["read"] }"#);
    assert_eq!(list(&nobody, |_| {}).expect_err("is denied").kind(), Kind::Forbidden);
    delete(&owner, "app/a", Window::Days(7)).expect("deletes");
    assert_eq!(names(&list(&reader, |_| {}).expect("lists")), ["app/b"]);
    let planned = list(&reader, |asked| asked.planned_deletion = true);
    assert_eq!(names(&planned.expect("lists")), ["app/a", "app/b"]);
    let filter = |key: &str, value: &str| Filter::parse(1, key, vec![value.to_owned()]).expect(key);
    let found =
        list(&owner, |asked| asked.filters = vec![filter("name", "app"), filter("name", "!app/a")]);
    assert_eq!(names(&found.expect("lists")), ["app/b"]);
}

#[test]
fn a_batch_has_the_values_that_the_caller_may_read_and_says_why_of_the_others() {
    let room = TestRoom::new();
    let owner = room.owner();
    for name in ["app/a", "app/b", "other/c"] {
        create(&owner, name, Some(name)).expect(name);
    }
    create(&owner, "app/empty", None).expect("makes it");
    let reader = room.actor("app", r#"path "secret/app/*" { capabilities = ["read"] }"#);
    let ids = ["app/a", "other/c", "app/none", "app/empty", "app/a"];
    let which = Which::Named(ids.map(str::to_owned).to_vec());
    let read = reader.ask(&BatchGetSecretValue { place: home(), which }).expect("reads");
    let values: Vec<_> = read.values.iter().map(|value| value.named.name.as_str()).collect();
    assert_eq!(values, ["app/a"]);
    let errors: Vec<_> =
        read.errors.iter().map(|(id, error)| (id.as_str(), error.kind())).collect();
    assert_eq!(
        errors,
        [
            ("other/c", Kind::Forbidden),
            ("app/none", Kind::NotFound),
            ("app/empty", Kind::InvalidRequest)
        ]
    );
    let last = room.audit().pop().expect("a record");
    assert!(
        last.raw().contains("secret/app/a@1") && last.raw().contains("other/c"),
        "{}",
        last.raw()
    );
    let which = Which::Filtered { filters: Vec::new(), after: None, limit: 2 };
    let page = reader.ask(&BatchGetSecretValue { place: home(), which }).expect("reads");
    assert_eq!(page.values.len() + page.errors.len(), 2);
    assert!(page.next.is_some());
}

#[test]
fn a_list_is_ordered_by_the_day_of_the_last_read() {
    let room = TestRoom::new();
    let owner = room.owner();
    for name in ["never", "first", "second"] {
        create(&owner, name, Some("one")).expect(name);
    }
    for name in ["first", "second"] {
        get(&owner, name).expect(name);
        room.clock.advance(Seconds(DAY));
    }
    // Whoever asks for usage gets the log's newest.
    owner.ask(&operations::usage::ListUsage::below("secret/")).expect("lists");
    let by_access = |asked: &mut ListSecrets| asked.sort = SortBy::LastAccessedDate;
    assert_eq!(names(&list(&owner, by_access).expect("lists")), ["second", "first", "never"]);
}
