//! What values have to satisfy, and how AWS says that they do not.
//!
//! A [`Rules`] is what the service model of Secrets Manager says of a shape: bounds, a pattern, an enumeration, whether
//! its values are quoted. A request is read into its [`Shape::Raw`] form and then checked whole: everything that is
//! wrong with it is told in one `ValidationException`, as AWS does.

use std::fmt::Write;

use serde::de::DeserializeOwned;

use super::SECRET_BYTES_MAX;

/// The most violations that one refusal spells out; it counts all of them.
pub const VIOLATIONS_TOLD_MAX: usize = 20;
/// The longest value that a refusal quotes whole, in characters: the longest of the model but for a policy.
pub const QUOTED_CHARS_MAX: usize = 4_096;

/// What the service model says of a shape.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The shape's name in the model.
    pub shape: &'static str,
    /// What its bounds count.
    pub counts: Counts,
    /// The least.
    pub least: Option<u64>,
    /// The most.
    pub most: Option<u64>,
    /// What the whole text has to match.
    pub pattern: Option<Pattern>,
    /// The words of an enumeration; empty where the shape is none.
    pub words: &'static [&'static str],
    /// Whether a refusal keeps the value to itself.
    pub is_sensitive: bool,
}

/// What the bounds of a shape count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counts {
    /// Characters of a text, bytes of a value, members of a list.
    Length,
    /// A number itself.
    Value,
}

/// A regular expression of the model, and what it says.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// As the model writes it.
    pub text: &'static str,
    /// Whether a whole text matches it.
    pub holds: fn(&str) -> bool,
}

/// What a request may hold beyond the model.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    /// The longest secret value, in bytes. AWS's is [`SECRET_BYTES_MAX`](super::SECRET_BYTES_MAX).
    pub secret_bytes_max: usize,
}

impl Default for Allowed {
    fn default() -> Self {
        Self { secret_bytes_max: SECRET_BYTES_MAX }
    }
}

/// A member of a structure that a request holds.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name on the wire.
    pub name: &'static str,
    /// Whether a request without it is refused.
    pub is_required: bool,
    /// What its value has to satisfy.
    pub rules: Rules,
    /// The members of the structure that it is or lists.
    pub members: &'static [Member],
}

/// Something that a request can hold: read from JSON in one step, checked in a second.
pub trait Shape: Sized {
    /// As it is read: every member can be absent, and nothing is checked.
    type Raw: DeserializeOwned;
    /// What its values have to satisfy.
    const RULES: Rules;
    /// The members of a structure, or of the structures in a list.
    const MEMBERS: &'static [Member] = &[];

    /// The value, or `None` after `checks` was told what is wrong with it.
    fn check(raw: Self::Raw, at: &At<'_>, checks: &mut Checks) -> Option<Self>;

    /// Whether a structure has a value for a member.
    fn has(&self, _: &str) -> bool {
        false
    }

    /// How a refusal of the list that it stands in quotes it.
    fn quoted(_: &Self::Raw) -> String {
        String::new()
    }
}

/// Where a value stands in the request.
#[derive(Clone, Copy, Debug)]
pub enum At<'a> {
    /// The request itself.
    Request,
    /// A member of a structure.
    Member(&'a At<'a>, &'static str),
    /// The structure at this place of a list, from 1.
    Place(&'a At<'a>, usize),
}

/// What is wrong with a request.
#[derive(Debug)]
pub struct Checks {
    allowed: Allowed,
    found: usize,
    told: Vec<String>,
}

impl Rules {
    /// Without bounds.
    pub const fn of(shape: &'static str) -> Self {
        Self {
            shape,
            counts: Counts::Length,
            least: None,
            most: None,
            pattern: None,
            words: &[],
            is_sensitive: false,
        }
    }

    /// With a length of at least and at most this.
    pub const fn length(shape: &'static str, least: Option<u64>, most: Option<u64>) -> Self {
        Self { least, most, ..Self::of(shape) }
    }

    /// A number from here to there.
    pub const fn value(shape: &'static str, least: u64, most: u64) -> Self {
        Self { counts: Counts::Value, least: Some(least), most: Some(most), ..Self::of(shape) }
    }

    /// One of these words.
    pub const fn word(shape: &'static str, words: &'static [&'static str]) -> Self {
        Self { words, ..Self::of(shape) }
    }

    /// With a pattern.
    pub const fn matching(self, pattern: Pattern) -> Self {
        Self { pattern: Some(pattern), ..self }
    }

    /// With values that no refusal quotes.
    pub const fn sensitive(self) -> Self {
        Self { is_sensitive: true, ..self }
    }

    /// Which of the rules a text breaks, in AWS's words.
    pub fn broken_by(&self, text: &str) -> Vec<String> {
        let mut broken = self.broken_by_count(text.chars().count() as u64);
        broken.extend(
            self.pattern.filter(|pattern| !(pattern.holds)(text)).map(|pattern| pattern.says()),
        );
        if !self.words.is_empty() && !self.words.contains(&text) {
            broken.push(self.says_words());
        }
        broken
    }

    /// Which of the bounds a length or number breaks.
    pub fn broken_by_count(&self, count: u64) -> Vec<String> {
        let below = self.least.filter(|least| count < *least).map(|least| self.says_least(least));
        let above = self.most.filter(|most| count > *most).map(|most| self.says_most(most));
        below.into_iter().chain(above).collect()
    }

    /// Every rule, as AWS lists those of the members of a list.
    pub fn says(&self) -> Vec<String> {
        let most = self.most.map(|most| self.says_most(most));
        let least = self.least.map(|least| self.says_least(least));
        let pattern = self.pattern.map(|pattern| pattern.says());
        let words = (!self.words.is_empty()).then(|| self.says_words());
        [most, least, pattern, words].into_iter().flatten().collect()
    }

    fn says_least(&self, least: u64) -> String {
        format!("Member must have {} greater than or equal to {least}", self.counted())
    }

    fn says_most(&self, most: u64) -> String {
        format!("Member must have {} less than or equal to {most}", self.counted())
    }

    fn says_words(&self) -> String {
        format!("Member must satisfy enum value set: [{}]", self.words.join(", "))
    }

    fn counted(&self) -> &'static str {
        match self.counts {
            Counts::Length => "length",
            Counts::Value => "value",
        }
    }
}

impl Pattern {
    fn says(&self) -> String {
        format!("Member must satisfy regular expression pattern: {}", self.text)
    }
}

impl At<'_> {
    /// The path as AWS writes it: `filters.1.member.key`.
    pub fn path(&self) -> String {
        match self {
            Self::Request => String::new(),
            Self::Member(inside, name) => {
                let mut path = inside.path();
                if !path.is_empty() {
                    path.push('.');
                }
                let mut letters = name.chars();
                path.extend(letters.next().map(|first| first.to_ascii_lowercase()));
                path.push_str(letters.as_str());
                path
            }
            Self::Place(list, place) => format!("{}.{place}.member", list.path()),
        }
    }
}

impl Checks {
    /// Nothing is wrong so far.
    pub fn new(allowed: Allowed) -> Self {
        Self { allowed, found: 0, told: Vec::new() }
    }

    /// What this server allows beyond the model.
    pub fn allowed(&self) -> Allowed {
        self.allowed
    }

    /// A member that has to be there is not.
    pub fn missing(&mut self, at: &At<'_>) {
        let must = "failed to satisfy constraint: Member must not be null";
        self.add(|| format!("Value null at '{}' {must}", at.path()));
    }

    /// A value breaks these rules. `quoted` is the value, where it may be told.
    pub fn broken(&mut self, at: &At<'_>, quoted: Option<&str>, rules: Vec<String>) {
        for rule in rules {
            self.add(|| {
                let value = quoted.map(|value| format!("'{}' ", shortened(value)));
                let (value, path) = (value.unwrap_or_default(), at.path());
                format!("Value {value}at '{path}' failed to satisfy constraint: {rule}")
            });
        }
    }

    /// Whether nothing is wrong.
    pub fn are_met(&self) -> bool {
        self.found == 0
    }

    /// The text of the `ValidationException`.
    pub fn text(&self) -> String {
        let errors = if self.found == 1 { "error" } else { "errors" };
        let mut text = format!("{} validation {errors} detected: ", self.found);
        for (index, told) in self.told.iter().enumerate() {
            let between = if index == 0 { "" } else { "; " };
            // Writing to a text does not fail.
            let _ = write!(text, "{between}{told}");
        }
        text
    }

    fn add(&mut self, tell: impl FnOnce() -> String) {
        self.found += 1;
        if self.told.len() < VIOLATIONS_TOLD_MAX {
            self.told.push(tell());
        }
    }
}

fn shortened(value: &str) -> &str {
    match value.char_indices().nth(QUOTED_CHARS_MAX) {
        Some((end, _)) => value.get(..end).unwrap_or_default(),
        None => value,
    }
}
