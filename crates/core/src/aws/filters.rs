//! Filters and orders of `ListSecrets` and `BatchGetSecretValue`.
//!
//! Values of one filter are alternatives, filters must all be met, `!` before a value negates it
//! (<https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Filter.html>). What a description is matched by,
//! and how words are split, AWS does not document; the rules here are those that moto 5.2.3 found by asking AWS.

/// The most filters of a call.
pub const FILTERS_MAX: usize = 10;
/// The most values of a filter.
pub const FILTER_VALUES_MAX: usize = 10;
/// The longest value of a filter, in characters.
pub const FILTER_VALUE_CHARS_MAX: usize = 512;
/// What AWS answers to a filter without a key (`InvalidParameterException`).
pub const INVALID_FILTER_KEY: &str = "Invalid filter key";
/// Each splits a text into words, unless two different ones are in it.
const SEPARATORS: [char; 7] = ['/', '-', '_', '+', '=', '.', '@'];

/// What a filter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterKey {
    /// Words of the name, the description and the tags, in any case.
    All,
    /// Words of the description, in any case.
    Description,
    /// The beginning of the name.
    Name,
    /// Words of the service that made it, in any case.
    OwningService,
    /// The beginning of the region of the primary secret.
    PrimaryRegion,
    /// The beginning of a tag's key.
    TagKey,
    /// The beginning of a tag's value.
    TagValue,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    key: FilterKey,
    values: Vec<String>,
}

/// Why a filter is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// The filter, counted from 1, has a key that there is not (`ValidationException`).
    #[error(
        "1 validation error detected: Value '{value}' at 'filters.{filter}.member.key' failed to satisfy constraint: \
         Member must satisfy enum value set: [all, name, tag-key, description, tag-value, primary-region, owning-service]"
    )]
    Key {
        /// The filter.
        filter: usize,
        /// What it says.
        value: String,
    },
    /// A filter without values or with too many (`ValidationException`).
    #[error(
        "1 validation error detected: Value at 'filters.{0}.member.values' failed to satisfy constraint: Member must \
         have length between 1 and {FILTER_VALUES_MAX}"
    )]
    Count(usize),
    /// A value that is too long or has characters that none has (`ValidationException`).
    #[error(
        r"1 validation error detected: Value at 'filters.{0}.member.values' failed to satisfy constraint: Member must satisfy regular expression pattern: ^\!?[a-zA-Z0-9 :_@\/\+\=\.\-\!]*$"
    )]
    Value(usize),
}

/// What filters look at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filtered<'a> {
    /// The name.
    pub name: &'a str,
    /// The description.
    pub description: Option<&'a str>,
    /// The tags, keys and values.
    pub tags: &'a [(&'a str, &'a str)],
    /// The region of the primary secret.
    pub primary_region: Option<&'a str>,
    /// The service that made it.
    pub owning_service: Option<&'a str>,
}

/// What lists are ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// When it was made.
    #[default]
    CreatedDate,
    /// When it was last read; never comes first.
    LastAccessedDate,
    /// When it last changed.
    LastChangedDate,
    /// Its name.
    Name,
}

impl FilterKey {
    /// The key of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "all" => Self::All,
            "description" => Self::Description,
            "name" => Self::Name,
            "owning-service" => Self::OwningService,
            "primary-region" => Self::PrimaryRegion,
            "tag-key" => Self::TagKey,
            "tag-value" => Self::TagValue,
            _ => return None,
        })
    }
}

impl Filter {
    /// Reads the filter that stands at `position`, counted from 1.
    ///
    /// # Errors
    /// [`FilterError`]
    pub fn parse(position: usize, key: &str, values: Vec<String>) -> Result<Self, FilterError> {
        let value = || key.chars().take(FILTER_VALUE_CHARS_MAX).collect();
        let Some(key) = FilterKey::named(key) else {
            return Err(FilterError::Key { filter: position, value: value() });
        };
        if values.is_empty() || values.len() > FILTER_VALUES_MAX {
            return Err(FilterError::Count(position));
        }
        let allowed = |c: char| c.is_ascii_alphanumeric() || " :_@/+=.-!".contains(c);
        let good =
            |value: &String| value.len() <= FILTER_VALUE_CHARS_MAX && value.chars().all(allowed);
        if !values.iter().all(good) {
            return Err(FilterError::Value(position));
        }
        Ok(Self { key, values })
    }

    /// Whether a secret meets it. A negated value is met by a text that does not match; a secret without such a text
    /// meets nothing.
    #[must_use]
    pub fn is_met_by(&self, secret: &Filtered<'_>) -> bool {
        let texts = self.texts(secret);
        let by_words =
            matches!(self.key, FilterKey::All | FilterKey::Description | FilterKey::OwningService);
        let matches = |value: &str, text: &str| {
            if by_words { words_match(value, text) } else { text.starts_with(value) }
        };
        self.values.iter().any(|value| match value.strip_prefix('!') {
            Some(value) => texts.iter().any(|text| !matches(value, text)),
            None => texts.iter().any(|text| matches(value, text)),
        })
    }

    fn texts<'a>(&self, secret: &Filtered<'a>) -> Vec<&'a str> {
        let keys = secret.tags.iter().map(|(key, _)| *key);
        let values = secret.tags.iter().map(|(_, value)| *value);
        let described = secret.description.into_iter().filter(|text| !text.is_empty());
        match self.key {
            FilterKey::Name => vec![secret.name],
            FilterKey::Description => described.collect(),
            FilterKey::TagKey => keys.collect(),
            FilterKey::TagValue => values.collect(),
            FilterKey::PrimaryRegion => secret.primary_region.into_iter().collect(),
            FilterKey::OwningService => secret.owning_service.into_iter().collect(),
            FilterKey::All => {
                std::iter::once(secret.name).chain(described).chain(keys).chain(values).collect()
            }
        }
    }
}

impl SortBy {
    /// The order of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "created-date" => Self::CreatedDate,
            "last-accessed-date" => Self::LastAccessedDate,
            "last-changed-date" => Self::LastChangedDate,
            "name" => Self::Name,
            _ => return None,
        })
    }
}

/// Whether each word of the value begins some word of the text, in any case.
fn words_match(value: &str, text: &str) -> bool {
    let lower = |words: Vec<&str>| words.into_iter().map(str::to_lowercase).collect::<Vec<_>>();
    let (wanted, found) = (lower(words(value)), lower(words(text)));
    !wanted.is_empty()
        && wanted.iter().all(|wanted| found.iter().any(|found| found.starts_with(wanted)))
}

/// The words of a text: its parts between separators of one kind, cut again where a character that is no lower-case
/// letter is followed by lower-case letters (`MyTest`, `one two`). With separators of two kinds it is one word.
fn words(text: &str) -> Vec<&str> {
    let mut separators = text.chars().filter(|character| SEPARATORS.contains(character));
    let Some(separator) = separators.next() else { return cut(text).collect() };
    if separators.any(|other| other != separator) {
        return vec![text];
    }
    text.split(separator).flat_map(cut).collect()
}

/// Cuts around every run of one character that is no lower-case letter and the lower-case letters after it.
fn cut(text: &str) -> impl Iterator<Item = &str> {
    let is_lower = |character: char| character.is_ascii_lowercase();
    let mut bounds = vec![0];
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        let begins =
            !is_lower(character) && characters.peek().is_some_and(|(_, next)| is_lower(*next));
        if begins {
            bounds.push(at);
            let mut end = text.len();
            while let Some((next_at, next)) = characters.peek() {
                if !is_lower(*next) {
                    end = *next_at;
                    break;
                }
                characters.next();
            }
            bounds.push(end);
        }
    }
    bounds.push(text.len());
    let parts: Vec<&str> =
        bounds.windows(2).filter_map(|pair| text.get(*pair.first()?..*pair.last()?)).collect();
    parts.into_iter().filter(|part| !part.is_empty()).map(str::trim)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filter(key: &str, values: &[&str]) -> Filter {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        Filter::parse(1, key, values).unwrap()
    }

    fn met(key: &str, values: &[&str], secret: &Filtered<'_>) -> bool {
        filter(key, values).is_met_by(secret)
    }

    /// From `split_words` of moto 5.2.3.
    #[test]
    fn words_are_those_that_moto_found() {
        for (text, expected) in [
            ("test", &["test"][..]),
            ("MyTest", &["My", "Test"]),
            ("one two", &["one", "two"]),
            ("my/secret", &["my", "secret"]),
            ("my/secret+value", &["my/secret+value"]),
            ("one-two-three", &["one", "two", "three"]),
            ("ABCdef", &["AB", "Cdef"]),
            ("abc123Def", &["abc123", "Def"]),
            ("", &[]),
            ("/", &[]),
            ("a//b", &["a", "b"]),
            ("MyHTTPServer", &["My", "HTTP", "Server"]),
            ("x1y2", &["x", "1y", "2"]),
            ("-a", &["a"]),
            ("a-", &["a"]),
            ("Ünï", &["Ün", "ï"]),
            ("aBc", &["a", "Bc"]),
            ("ABC", &["ABC"]),
            ("A b", &["A", "b"]),
            ("a_B C", &["a", "B C"]),
        ] {
            assert_eq!(words(text), expected, "{text}");
        }
    }

    #[test]
    fn names_tags_and_regions_are_matched_from_their_beginning_in_their_case() {
        let secret = Filtered {
            name: "prod/db",
            tags: &[("Team", "blue"), ("env", "Prod")],
            primary_region: Some("eu-central-1"),
            ..Filtered::default()
        };
        for (key, value, expected) in [
            ("name", "prod", true),
            ("name", "Prod", false),
            ("name", "db", false),
            ("name", "", true),
            ("tag-key", "Te", true),
            ("tag-key", "te", false),
            ("tag-value", "blu", true),
            ("tag-value", "prod", false),
            ("primary-region", "eu-", true),
            ("owning-service", "rds", false),
            ("description", "prod", false),
        ] {
            assert_eq!(met(key, &[value], &secret), expected, "{key} {value}");
        }
    }

    #[test]
    fn descriptions_and_everything_are_matched_by_words_in_any_case() {
        let description =
            |text| Filtered { name: "x", description: Some(text), ..Filtered::default() };
        for (text, value, expected) in [
            ("one two", "two one", true),
            ("one and two", "ONE Two", true),
            ("one and two", "One three", false),
            ("one", "one two", false),
            ("MyTest", "test", true),
            ("MyTest", "est", false),
        ] {
            assert_eq!(
                met("description", &[value], &description(text)),
                expected,
                "{text}: {value}"
            );
            assert_eq!(met("all", &[value], &description(text)), expected, "{text}: {value}");
        }
        let tagged = Filtered { name: "n", tags: &[("FooKey", "barValue")], ..Filtered::default() };
        for value in ["n", "key", "foo", "value", "bar"] {
            assert!(met("all", &[value], &tagged), "{value}");
        }
        let managed = Filtered { owning_service: Some("rds"), ..Filtered::default() };
        assert!(met("owning-service", &["RDS"], &managed));
    }

    #[test]
    fn values_are_alternatives_and_can_be_negated() {
        let secret = Filtered { name: "foo", ..Filtered::default() };
        assert!(met("name", &["bar", "foo"], &secret));
        assert!(!met("name", &["bar", "baz"], &secret));
        assert!(met("name", &["!bar"], &secret));
        assert!(!met("name", &["!foo"], &secret));
        assert!(!met("tag-key", &["!foo"], &secret), "a secret without tags");
        let tagged = Filtered { tags: &[("a", "1"), ("b", "2")], ..secret };
        assert!(met("tag-key", &["!a"], &tagged), "another tag does not match");
    }

    #[test]
    fn a_filter_is_held_to_its_limits() {
        let parse = |key: &str, values: &[String]| Filter::parse(2, key, values.to_vec());
        let long = |length: usize| vec!["x".repeat(length)];
        assert!(parse("name", &long(FILTER_VALUE_CHARS_MAX)).is_ok());
        assert_eq!(parse("name", &long(FILTER_VALUE_CHARS_MAX + 1)), Err(FilterError::Value(2)));
        assert_eq!(parse("name", &["a*".to_owned()]), Err(FilterError::Value(2)));
        assert_eq!(parse("name", &[]), Err(FilterError::Count(2)));
        assert!(parse("name", &vec![String::new(); FILTER_VALUES_MAX]).is_ok());
        assert_eq!(
            parse("name", &vec![String::new(); FILTER_VALUES_MAX + 1]),
            Err(FilterError::Count(2))
        );
        let error = parse("invalid", &long(1)).unwrap_err();
        assert!(error.to_string().starts_with(
            "1 validation error detected: Value 'invalid' at 'filters.2.member.key' failed to satisfy constraint: \
             Member must satisfy enum value set: ["
        ));
    }

    #[test]
    fn orders_have_their_names() {
        assert_eq!(SortBy::named("last-accessed-date"), Some(SortBy::LastAccessedDate));
        assert_eq!(SortBy::named("date"), None);
        assert_eq!(SortBy::default(), SortBy::CreatedDate);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn words_are_pieces_of_their_text_in_its_order(text in "[a-dA-D0-2 /_é-]{0,24}") {
            let mut rest = text.as_str();
            for word in words(&text) {
                let at = rest.find(word);
                prop_assert!(at.is_some(), "{word} in {rest}");
                rest = &rest[at.unwrap() + word.len()..];
            }
        }

        #[test]
        fn a_text_is_found_by_itself(text in "[A-Za-z]{1,12}( [A-Za-z]{1,12}){0,3}") {
            let secret = Filtered { name: "x", description: Some(&text), ..Filtered::default() };
            prop_assert!(met("description", &[&text], &secret));
        }
    }
}
