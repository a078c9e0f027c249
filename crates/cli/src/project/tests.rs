use super::*;

fn message_of(text: &str) -> String {
    let problem = Project::parse("f", text).unwrap_err();
    assert!(!problem.hint.is_empty());
    format!("{problem} [{}]", problem.hint)
}

fn declared(project: &Project, environment: &str) -> Vec<(String, bool)> {
    let all = project.declared(environment).unwrap();
    all.iter().map(|found| (found.name.to_string(), found.required)).collect()
}

const WEATHER: &str = r#"
project = "weather"
default_environment = "dev"

[environments.base]
[environments.dev]
inherits = "base"
[environments.dev.secrets.API_KEY]
default = "test-key"
[environments.dev.secrets.DEBUG]
type = "bool"
default = "true"
[environments.prod]
inherits = "dev"
[environments.prod.secrets.API_KEY]
required = true
min_length = 8

[secrets.URL]
value = "pg://${DB_USER}:${DB_PASSWORD}@db"
type = "url"
[secrets.DB_USER]
default = "app"
[secrets.DB_PASSWORD]
generate = { kind = "password", length = 20, symbols = false }
[secrets.API_KEY]
description = "from the provider"
[secrets.SHARED]
ref = "secret/shared/prod/TOKEN"
required = false
"#;

#[test]
fn environments_inherit_and_override_in_the_order_of_the_file() {
    let project = Project::parse("f", WEATHER).unwrap();
    assert_eq!((project.name(), project.default_environment()), ("weather", "dev"));
    assert_eq!(project.environments().collect::<Vec<_>>(), ["base", "dev", "prod"]);
    let names = |pairs: &[(&str, bool)]| -> Vec<(String, bool)> {
        pairs.iter().map(|(name, required)| ((*name).to_owned(), *required)).collect()
    };
    let common = [("URL", true), ("DB_USER", false), ("DB_PASSWORD", true)];
    let with = |more: &[(&str, bool)]| names(&[&common[..], more].concat());
    assert_eq!(declared(&project, "base"), with(&[("API_KEY", true), ("SHARED", false)]));
    assert_eq!(
        declared(&project, "dev"),
        with(&[("API_KEY", false), ("SHARED", false), ("DEBUG", false)])
    );
    assert_eq!(
        declared(&project, "prod"),
        with(&[("API_KEY", true), ("SHARED", false), ("DEBUG", false)])
    );
    assert_eq!(project.lookup_order("prod").unwrap(), ["prod", "dev", "base"]);
    assert!(project.lookup_order("x").is_none() && project.declared("x").is_none());
    let name = Name::parse("API_KEY").unwrap();
    assert_eq!(project.secret_path("prod", &name), "secret/weather/prod/API_KEY");
}

#[test]
fn a_declaration_has_what_its_layers_say() {
    let project = Project::parse("f", WEATHER).unwrap();
    let find = |environment: &str, name: &str| {
        let all = project.declared(environment).unwrap();
        all.iter().find(|found| found.name.as_str() == name).unwrap().clone()
    };
    let key = find("prod", "API_KEY");
    assert_eq!(key.description.as_deref(), Some("from the provider"));
    assert_eq!(key.source, None, "required drops the inherited default");
    assert_eq!(
        key.check("short").unwrap_err().to_string(),
        "is 5 characters long; at least 8 are required"
    );
    assert!(key.check("long enough").is_ok());
    let generator = Generator::Password { length: 20, symbols: false };
    assert_eq!(find("dev", "DB_PASSWORD").source, Some(Source::Generate(generator)));
    let reference = "secret/shared/prod/TOKEN".to_owned();
    assert_eq!(find("dev", "SHARED").source, Some(Source::Reference(reference)));
    let url = find("dev", "URL");
    let names: Vec<_> = url.template().unwrap().references().map(Name::as_str).collect();
    assert_eq!(names, ["DB_USER", "DB_PASSWORD"]);
}

#[test]
fn a_project_without_environments_has_dev() {
    let project = Project::parse("f", "project = \"w\"\n[secrets.A]\n").unwrap();
    assert_eq!(project.environments().collect::<Vec<_>>(), ["dev"]);
    assert_eq!(project.lookup_order("dev").unwrap(), ["dev"]);
}

#[test]
fn errors_name_the_place_the_key_and_the_mend() {
    for (text, message) in [
        (
            "x = 1",
            "f:1:1: unknown key `x` [the keys here are project, default_environment, environments, secrets]",
        ),
        ("", "f:1:1: `project` is missing [write project = \"name\" at the top]"),
        ("project = 1", "f:1:11: `project` is not text in quotes [write text in quotes]"),
        (
            "project = \"a b\"",
            "f:1:11: the name of project is not letters, digits, `.`, `_` and `-` [begin with a letter or digit, and use at most 64 characters]",
        ),
        (
            "project = \"w\"\n[secrets.A]\nrequird = true",
            "f:3:1: unknown key `secrets.A.requird` [did you mean `required`?]",
        ),
        (
            "project = \"w\"\n[secrets.A]\ntype = \"strng\"",
            "f:3:8: `secrets.A.type` is no type [did you mean \"string\"?]",
        ),
        (
            "project = \"w\"\n[secrets.1A]",
            "f:2:10: the name of `secrets.1A` begins with a digit [put a letter or `_` before the digit]",
        ),
        ("project = \"w\"\n[secrets]\nA = 1", "f:3:5: `secrets.A` is not a table [write a table]"),
        (
            "project = \"w\"\n[secrets.A]\nrequired = true\ndefault = \"x\"",
            "f:2:10: `secrets.A` is required and has a default [remove `required` or `default`: a required secret has no default]",
        ),
        (
            "project = \"w\"\n[secrets.A]\nref = \"a/b\"\ngenerate = \"uuid\"",
            "f:2:10: `secrets.A` has `generate` and `ref` [keep one of `default`, `value`, `generate` and `ref`]",
        ),
        (
            "project = \"w\"\n[secrets.A]\nref = \"a/../b\"",
            "f:3:7: `secrets.A.ref` is not the path of a secret [write ref = \"secret/project/environment/NAME\"]",
        ),
        (
            "project = \"w\"\n[secrets.A]\ngenerate = \"hex:7\"",
            "f:3:12: `secrets.A.generate` has a length outside 8 to 1024 [write generate = \"password:32\"]",
        ),
        (
            "project = \"w\"\n[secrets.A]\nmin_length = -1",
            "f:3:14: `secrets.A.min_length` is not a whole number from 0 [write a whole number from 0]",
        ),
    ] {
        assert_eq!(message_of(text), message);
    }
}

#[test]
fn errors_between_tables_name_the_place_and_the_mend() {
    for (text, message) in [
        (
            "project = \"w\"\n[secrets.A]\nmin_length = 2\nmax_length = 1",
            "f:2:10: A has `min_length` 2 above `max_length` 1 [exchange them]",
        ),
        (
            "project = \"w\"\n[secrets.A]\ntype = \"int\"\ndefault = \"canary\"",
            "f:2:10: the default of A in dev is not a whole number [change the default or the type]",
        ),
        (
            "project = \"w\"\n[secrets.A]\nvalue = \"${B\"",
            "f:3:9: `secrets.A.value` has `${` without `}` [write ${NAME} for another secret, $$ for a dollar sign]",
        ),
        (
            "project = \"w\"\n[secrets.A]\nvalue = \"${B}\"",
            "f:2:10: A refers to B, which dev does not declare [add [secrets.B]]",
        ),
        (
            "project = \"w\"\n[environments.dev]\ninherits = \"bas\"\n[environments.base]",
            "f:3:12: `environments.dev.inherits` names no environment [did you mean \"base\"?]",
        ),
        (
            "project = \"w\"\ndefault_environment = \"prod\"\n[environments.dev]",
            "f:2:23: `default_environment` names no environment [the environments are dev]",
        ),
        (
            "project = \"w\"\n[environments.a]\n[environments.b]",
            "f:1:1: `default_environment` is missing [write default_environment = \"a\" at the top]",
        ),
        (
            "project = \"w\"\nproject = \"w\"",
            "f:2:1: this is not TOML: duplicate key [see docs/reference/strongroom-toml.md]",
        ),
    ] {
        assert_eq!(message_of(text), message);
    }
}

#[test]
fn circles_are_named() {
    let environments = "project = \"w\"\ndefault_environment = \"a\"\n[environments.a]\ninherits = \"b\"\n\
                        [environments.b]\ninherits = \"c\"\n[environments.c]\ninherits = \"b\"\n";
    let message = message_of(environments);
    assert!(message.contains("inherit in a circle: b -> c -> b"), "{message}");
    let secrets = "project = \"w\"\n[secrets.A]\nvalue = \"${B}\"\n[secrets.B]\nvalue = \"${C}${D}\"\n\
                   [secrets.C]\n[secrets.D]\ndefault = \"x${B}\"\n";
    let message = message_of(secrets);
    assert!(
        message.starts_with("f:4:10: secrets refer to each other in a circle: B -> D -> B"),
        "{message}"
    );
    let own = "project = \"w\"\n[secrets.A]\nvalue = \"${A}\"\n";
    assert!(message_of(own).contains("in a circle: A -> A"));
}

#[test]
fn secrets_and_environments_are_read_up_to_their_number_and_refused_past_it() {
    let secrets = |count: usize| {
        let tables: String = (0..count).map(|index| format!("[secrets.S{index}]\n")).collect();
        format!("project = \"w\"\n{tables}")
    };
    assert!(Project::parse("f", &secrets(SECRETS_MAX)).is_ok());
    assert!(message_of(&secrets(SECRETS_MAX + 1)).contains("more than 2000 secrets"));
    let environments = |count: usize| {
        let tables: String = (0..count).map(|index| format!("[environments.e{index}]\n")).collect();
        format!("project = \"w\"\ndefault_environment = \"e0\"\n{tables}")
    };
    assert!(Project::parse("f", &environments(ENVIRONMENTS_MAX)).is_ok());
    assert!(message_of(&environments(ENVIRONMENTS_MAX + 1)).contains("more than 100 environments"));
    assert!(is_label(&"a".repeat(LABEL_CHARS_MAX)) && !is_label(&"a".repeat(LABEL_CHARS_MAX + 1)));
}

#[test]
fn a_file_past_its_size_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(PROJECT_FILE);
    let mut text = "project = \"w\"\n#".to_owned();
    text.push_str(&"x".repeat(PROJECT_BYTES_MAX - text.len()));
    std::fs::write(&path, &text).unwrap();
    assert_eq!(Project::load(&path).unwrap().name(), "w");
    std::fs::write(&path, text + "x").unwrap();
    let message = Project::load(&path).unwrap_err().to_string();
    assert!(message.ends_with("it is longer than 1048576 bytes"), "{message}");
}

#[test]
fn the_nearest_file_is_found_up_to_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("repo/a/b");
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(folder.path().join(PROJECT_FILE), "").unwrap();
    assert_eq!(Project::find(&deep), Some(folder.path().join(PROJECT_FILE)));
    std::fs::create_dir(folder.path().join("repo/.git")).unwrap();
    assert_eq!(Project::find(&deep), None, "the search ends at the repository");
    let file = folder.path().join("repo").join(PROJECT_FILE);
    std::fs::write(&file, "").unwrap();
    assert_eq!(Project::find(&deep), Some(file));
}

#[test]
fn arbitrary_text_never_panics() {
    const PIECES: &[&str] = &[
        "project = \"w\"\n",
        "[secrets.A]\n",
        "[secrets.B]\n",
        "value = \"${A}$\"\n",
        "default = \"${B}\"\n",
        "[environments.dev]\n",
        "inherits = \"dev\"\n",
        "[environments.dev.secrets.A]\n",
        "x",
        "=",
        "\"",
        "é",
        "generate = { kind = \"hex\", length = 8 }\n",
        "type = \"url\"\n",
        "required = true\n",
        "secrets = 1\n",
    ];
    let mut state = 3_u64;
    let mut below = |end: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(state >> 33).unwrap() % end
    };
    let mut read = 0;
    for _ in 0..5_000 {
        let mut text = if below(2) == 0 { String::new() } else { PIECES[0].to_owned() };
        (0..below(8)).for_each(|_| text.push_str(PIECES[below(PIECES.len())]));
        read += usize::from(Project::parse("f", &text).is_ok());
    }
    assert!(read > 50, "only {read} texts were project files");
}

#[test]
fn the_example_of_the_reference_page_is_a_project_file() {
    let page = include_str!("../../../../docs/reference/strongroom-toml.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let project = Project::parse("f", example).unwrap();
    assert_eq!(project.declared("prod").unwrap().len(), 5);
    for word in Kind::ALL.iter().map(|kind| kind.word()) {
        assert!(page.contains(&format!("`{word}`")), "{word} is on the page");
    }
}
