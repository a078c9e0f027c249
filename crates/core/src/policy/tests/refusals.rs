use super::*;

fn refused(text: &str) -> PolicyError {
    let name = PolicyName::new("team").expect("a name");
    match Policy::parse(name, text) {
        Ok(_) => panic!("it should be refused: {text}"),
        Err(error) => error,
    }
}

#[test]
fn an_error_names_the_line_the_rule_and_the_mend() {
    let error = refused(
        "path \"a\" {\n  capabilities = [\"read\"]\n}\npath \"b\" {\n  capabilities = [\"raad\"]\n}",
    );
    assert_eq!((error.line, error.path.as_deref()), (5, Some("b")));
    assert!(matches!(
        &error.problem,
        PolicyProblem::UnknownCapability { nearest: Some("read"), .. }
    ));
    assert!(error.hint().contains("read"), "{}", error.hint());
}

#[test]
fn paths_that_cannot_be_meant_are_refused() {
    for (path, problem) in [
        ("", PathProblem::Empty),
        ("a/*/b", PathProblem::StarNotAtEnd),
        ("a/+b/c", PathProblem::PlusNotAlone),
        ("a/../b", PathProblem::DotSegment),
        ("a//b", PathProblem::EmptySegment),
        ("a/{{identity.entity.id", PathProblem::TemplateBraces),
    ] {
        let error = refused(&format!("path \"{path}\" {{ capabilities = [\"read\"] }}"));
        assert_eq!(error.problem, PolicyProblem::Path(problem), "{path}");
    }
}

#[test]
fn a_path_is_taken_up_to_its_limit() {
    let of =
        |length: usize| format!("path \"{}\" {{ capabilities = [\"read\"] }}", "x".repeat(length));
    let _fits = policy(&of(RULE_PATH_BYTES_MAX));
    let error = refused(&of(RULE_PATH_BYTES_MAX + 1));
    assert_eq!(error.problem, PolicyProblem::Path(PathProblem::TooLong));
}

#[test]
fn a_text_is_taken_up_to_its_limit() {
    let rule = "path \"a\" { policy = \"read\" }";
    let padded = |bytes: usize| [rule, &" ".repeat(bytes - rule.len())].concat();
    let _fits = policy(&padded(POLICY_TEXT_BYTES_MAX));
    let error = refused(&padded(POLICY_TEXT_BYTES_MAX + 1));
    assert_eq!(error.problem, PolicyProblem::TextTooLong);
}

#[test]
fn rules_are_taken_up_to_their_limit() {
    let of = |count: usize| -> String {
        (0..count).map(|index| format!("path \"a{index}\" {{ policy = \"read\" }}\n")).collect()
    };
    let _fits = policy(&of(RULES_MAX));
    assert_eq!(refused(&of(RULES_MAX + 1)).problem, PolicyProblem::TooManyRules);
}

#[test]
fn nesting_without_end_costs_nothing() {
    for text in [
        "{\"path\":".repeat(100_000),
        "[".repeat(100_000),
        format!("path \"a\" {{ x = {}", "[".repeat(100_000)),
    ] {
        let _error = refused(&text);
    }
}

#[test]
fn keys_that_would_narrow_a_rule_and_are_not_known_are_refused_not_ignored() {
    let of = |key: &str| {
        refused(&format!("path \"a\" {{\n capabilities = [\"read\"]\n {key} = \"x\"\n}}"))
    };
    assert!(matches!(
        of("capabilites").problem,
        PolicyProblem::UnknownKey { nearest: Some("capabilities"), .. }
    ));
    assert_eq!(of("capabilites").line, 3);
    let twice = refused("path \"a\" { policy = \"read\" policy = \"write\" }");
    assert!(matches!(twice.problem, PolicyProblem::RepeatedKey { .. }));
}

#[test]
fn root_cannot_be_written() {
    let name = PolicyName::new("root").expect("a name");
    let error = Policy::parse(name, "path \"a\" { policy = \"read\" }").expect_err("is fixed");
    assert_eq!(error.problem, PolicyProblem::RootIsFixed);
}

#[test]
fn the_text_is_kept_as_it_was_written() {
    let text = "# why\npath \"a\" {\n\tpolicy = \"read\" }\n\n";
    assert_eq!(policy(text).text(), text);
}
