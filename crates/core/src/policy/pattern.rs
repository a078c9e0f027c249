//! The path of a rule: as written, with its templates, and as it matches for one identity.

use super::error::PathProblem;
use super::limits::RULE_PATH_BYTES_MAX;
use super::template::{Selector, TemplateContext};

/// A rule's path as written: templates are not filled yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PathTemplate {
    segments: Vec<SegmentTemplate>,
    prefix: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum SegmentTemplate {
    Any,
    Pieces(Vec<Piece>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Template(Selector),
}

/// A rule's path for one identity: segments, and whether anything can follow the last one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct PathPattern {
    pub(super) segments: Vec<Segment>,
    pub(super) prefix: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Segment {
    /// `+`: any one segment, an empty one too.
    Any,
    /// Exactly this text; the beginning of a segment where it is the last one of a prefix.
    Literal(Box<str>),
}

impl PathTemplate {
    pub(super) fn parse(written: &str) -> Result<Self, PathProblem> {
        let path = written.strip_prefix('/').unwrap_or(written);
        if path.is_empty() {
            return Err(PathProblem::Empty);
        }
        if path.len() > RULE_PATH_BYTES_MAX {
            return Err(PathProblem::TooLong);
        }
        if path.contains(char::is_control) {
            return Err(PathProblem::ControlCharacter);
        }
        let (path, prefix) = match path.strip_suffix('*') {
            Some(before) => (before, true),
            None => (path, false),
        };
        let pieces = split_segments(path)?;
        let last = pieces.len().saturating_sub(1);
        let mut segments = Vec::with_capacity(pieces.len());
        for (index, pieces) in pieces.into_iter().enumerate() {
            let whole = index < last || !prefix;
            segments.push(SegmentTemplate::new(pieces, whole, index == last)?);
        }
        Ok(Self { segments, prefix })
    }

    /// The path with its templates filled, or the first template that has no value.
    pub(super) fn resolve(&self, context: &TemplateContext) -> Result<PathPattern, Selector> {
        let mut segments = Vec::with_capacity(self.segments.len());
        for segment in &self.segments {
            segments.push(segment.resolve(context)?);
        }
        Ok(PathPattern { segments, prefix: self.prefix })
    }

    /// The path with every segment that has a template without a value matching anything. For denials: a rule that
    /// takes away does not vanish with a missing value.
    pub(super) fn resolve_widely(&self, context: &TemplateContext) -> PathPattern {
        let mut segments: Vec<Segment> = self
            .segments
            .iter()
            .map(|segment| segment.resolve(context).unwrap_or(Segment::Any))
            .collect();
        if self.prefix
            && let Some(last @ Segment::Any) = segments.last_mut()
        {
            *last = Segment::Literal("".into());
        }
        PathPattern { segments, prefix: self.prefix }
    }
}

impl SegmentTemplate {
    /// `whole` is false for the last segment of a prefix: only the beginning of a segment.
    fn new(pieces: Vec<Piece>, whole: bool, last: bool) -> Result<Self, PathProblem> {
        if let [Piece::Text(text)] = pieces.as_slice() {
            if text == "+" && whole {
                return Ok(Self::Any);
            }
            if whole && matches!(text.as_str(), "." | "..") {
                return Err(PathProblem::DotSegment);
            }
        }
        match pieces.first() {
            None if !last => return Err(PathProblem::EmptySegment),
            Some(Piece::Text(text)) if text.starts_with('+') => {
                return Err(PathProblem::PlusNotAlone);
            }
            _ => {}
        }
        match pieces.last() {
            Some(Piece::Text(text)) if !whole && text.ends_with('+') => {
                Err(PathProblem::PlusNotAlone)
            }
            _ => Ok(Self::Pieces(pieces)),
        }
    }

    fn resolve(&self, context: &TemplateContext) -> Result<Segment, Selector> {
        let Self::Pieces(pieces) = self else {
            return Ok(Segment::Any);
        };
        let mut text = String::new();
        let mut filled = None;
        for piece in pieces {
            match piece {
                Piece::Text(literal) => text.push_str(literal),
                Piece::Template(selector) => {
                    text.push_str(selector.resolve(context).ok_or_else(|| selector.clone())?);
                    filled = Some(selector);
                }
            }
        }
        match filled {
            Some(selector) if matches!(text.as_str(), "." | "..") => Err(selector.clone()),
            _ => Ok(Segment::Literal(text.into())),
        }
    }
}

/// The pieces of each segment of a path without its final `*`.
fn split_segments(path: &str) -> Result<Vec<Vec<Piece>>, PathProblem> {
    let mut segments = Vec::new();
    let mut pieces = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        let (literal, template, after) = split_template(rest)?;
        if literal.contains('*') {
            return Err(PathProblem::StarNotAtEnd);
        }
        for (index, text) in literal.split('/').enumerate() {
            if index > 0 {
                segments.push(std::mem::take(&mut pieces));
            }
            if !text.is_empty() {
                pieces.push(Piece::Text(text.to_owned()));
            }
        }
        if let Some(selector) = template {
            pieces.push(Piece::Template(selector));
        }
        rest = after;
    }
    segments.push(pieces);
    Ok(segments)
}

/// The text before the first template, the template, and what follows it.
fn split_template(text: &str) -> Result<(&str, Option<Selector>, &str), PathProblem> {
    let Some((literal, after)) = text.split_once("{{") else {
        return if text.contains("}}") {
            Err(PathProblem::TemplateBraces)
        } else {
            Ok((text, None, ""))
        };
    };
    if literal.contains("}}") {
        return Err(PathProblem::TemplateBraces);
    }
    let (selector, after) = after.split_once("}}").ok_or(PathProblem::TemplateBraces)?;
    if selector.contains("{{") {
        return Err(PathProblem::TemplateBraces);
    }
    let parsed = Selector::parse(selector)
        .ok_or_else(|| PathProblem::UnknownTemplate { selector: selector.trim().to_owned() })?;
    Ok((literal, Some(parsed), after))
}

impl PathPattern {
    pub(super) fn is_exact(&self) -> bool {
        !self.prefix && !self.segments.contains(&Segment::Any)
    }

    /// The pattern as a policy writes it, with the templates filled.
    pub(super) fn text(&self) -> String {
        let mut text = join(&self.segments);
        if self.prefix {
            text.push('*');
        }
        text
    }

    /// The literal text before the first wildcard, and the segments from that wildcard on.
    pub(super) fn split_at_wildcard(&self) -> (String, &[Segment]) {
        let first = self.segments.iter().position(|segment| *segment == Segment::Any);
        let (literal, tail) = match first {
            Some(first) => self.segments.split_at_checked(first).unwrap_or_default(),
            None => (self.segments.as_slice(), [].as_slice()),
        };
        let mut head = join(literal);
        if first.is_some_and(|first| first > 0) {
            head.push('/');
        }
        (head, tail)
    }

    pub(super) fn wildcards(&self) -> usize {
        self.segments.iter().filter(|segment| **segment == Segment::Any).count()
    }
}

/// Whether the path (without the literal head) matches the segments from the first wildcard on.
pub(super) fn tail_matches(tail: &[Segment], prefix: bool, path: &str) -> bool {
    if tail.is_empty() {
        return prefix || path.is_empty();
    }
    let mut parts = path.split('/');
    let last = tail.len() - 1;
    for (index, segment) in tail.iter().enumerate() {
        let Some(part) = parts.next() else {
            return false;
        };
        match segment {
            Segment::Any => {}
            Segment::Literal(text) if prefix && index == last => return part.starts_with(&**text),
            Segment::Literal(text) if part == &**text => {}
            Segment::Literal(_) => return false,
        }
    }
    prefix || parts.next().is_none()
}

/// Whether the tail can match a path that begins with `start`.
pub(super) fn tail_can_begin_with(tail: &[Segment], prefix: bool, start: &str) -> bool {
    let mut parts = start.split('/').peekable();
    let last = tail.len().saturating_sub(1);
    for (index, segment) in tail.iter().enumerate() {
        let Some(part) = parts.next() else {
            return true;
        };
        let begun = parts.peek().is_none();
        match segment {
            Segment::Any => {}
            Segment::Literal(text) if prefix && index == last => {
                return part.starts_with(&**text) || (begun && text.starts_with(part));
            }
            Segment::Literal(text) if begun => return text.starts_with(part),
            Segment::Literal(text) if part == &**text => {}
            Segment::Literal(_) => return false,
        }
    }
    prefix || parts.next().is_none()
}

fn join(segments: &[Segment]) -> String {
    let words: Vec<&str> = segments
        .iter()
        .map(|segment| match segment {
            Segment::Any => "+",
            Segment::Literal(text) => text,
        })
        .collect();
    words.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(path: &str, name: &str) -> Result<PathPattern, Selector> {
        let context =
            TemplateContext { entity_name: Some(name.into()), ..TemplateContext::default() };
        PathTemplate::parse(path).unwrap().resolve(&context)
    }

    fn matches(pattern: &PathPattern, path: &str) -> bool {
        let (head, tail) = pattern.split_at_wildcard();
        path.strip_prefix(&head).is_some_and(|rest| tail_matches(tail, pattern.prefix, rest))
    }

    #[test]
    fn a_path_that_can_only_mislead_is_refused() {
        for (path, problem) in [
            ("", PathProblem::Empty),
            ("/", PathProblem::Empty),
            ("secret/*/x", PathProblem::StarNotAtEnd),
            ("secret/**", PathProblem::StarNotAtEnd),
            ("secret/+*", PathProblem::PlusNotAlone),
            ("+*", PathProblem::PlusNotAlone),
            ("secret/+x", PathProblem::PlusNotAlone),
            ("secret/+{{identity.entity.id}}", PathProblem::PlusNotAlone),
            ("secret/x+*", PathProblem::PlusNotAlone),
            ("secret/../x", PathProblem::DotSegment),
            ("..", PathProblem::DotSegment),
            ("secret/./x", PathProblem::DotSegment),
            ("secret//x", PathProblem::EmptySegment),
            ("//secret", PathProblem::EmptySegment),
            ("secret//", PathProblem::EmptySegment),
            ("secret/\u{7}", PathProblem::ControlCharacter),
            ("secret/{{identity.entity.id", PathProblem::TemplateBraces),
            ("secret/}}", PathProblem::TemplateBraces),
            ("secret/{{ {{identity.entity.id}}", PathProblem::TemplateBraces),
            ("secret/{{x}}", PathProblem::UnknownTemplate { selector: "x".into() }),
        ] {
            assert_eq!(PathTemplate::parse(path), Err(problem), "{path:?}");
        }
        let longest = "a".repeat(RULE_PATH_BYTES_MAX);
        assert!(PathTemplate::parse(&longest).is_ok());
        assert_eq!(PathTemplate::parse(&format!("{longest}a")), Err(PathProblem::TooLong));
    }

    #[test]
    fn a_pattern_is_shown_as_it_is_written() {
        for path in
            ["a", "a/", "*", "a/*", "a/b*", "+", "+/a", "a/+/b", "a/+/", "a/+/*", "c++", "a+b/c"]
        {
            assert_eq!(
                PathTemplate::parse(path)
                    .unwrap()
                    .resolve(&TemplateContext::default())
                    .unwrap()
                    .text(),
                path
            );
        }
        assert_eq!(resolve("/a/b", "").unwrap().text(), "a/b");
        assert_eq!(resolve("u/{{identity.entity.name}}-x/*", "m").unwrap().text(), "u/m-x/*");
    }

    #[test]
    fn a_substituted_value_is_literal_text() {
        let star = resolve("secret/{{identity.entity.name}}", "*").unwrap();
        assert!(star.is_exact());
        assert!(matches(&star, "secret/*") && !matches(&star, "secret/a"));

        let plus = resolve("secret/{{identity.entity.name}}/x", "+").unwrap();
        assert!(plus.is_exact());
        assert!(matches(&plus, "secret/+/x") && !matches(&plus, "secret/a/x"));
        assert_ne!(plus, resolve("secret/+/x", "").unwrap());
    }

    #[test]
    fn a_substituted_value_never_leaves_its_segment() {
        for name in ["a/b", "..", ".", "", "a\0"] {
            assert_eq!(
                resolve("secret/{{identity.entity.name}}/*", name),
                Err(Selector::EntityName)
            );
        }
        assert_eq!(resolve("secret/.{{identity.entity.name}}", "."), Err(Selector::EntityName));
        assert!(resolve("secret/{{identity.entity.name}}", "...").is_ok());
    }

    #[test]
    fn a_denial_without_a_value_covers_every_value() {
        let nobody = TemplateContext::default();
        for (path, widest) in [
            ("secret/{{identity.entity.name}}/private", "secret/+/private"),
            ("secret/app-{{identity.entity.name}}/*", "secret/+/*"),
            ("secret/app-{{identity.entity.name}}*", "secret/*"),
            ("secret/plain*", "secret/plain*"),
        ] {
            assert_eq!(PathTemplate::parse(path).unwrap().resolve_widely(&nobody).text(), widest);
        }
    }

    #[test]
    fn a_beginning_is_recognised_where_the_rest_could_match() {
        let can = |pattern: &str, start: &str| {
            let pattern = resolve(pattern, "").unwrap();
            tail_can_begin_with(&pattern.segments, pattern.prefix, start)
        };
        for (pattern, start, expected) in [
            ("a/+/c", "a/", true),
            ("a/+/c", "a/b/", true),
            ("a/+/c", "a/b/c/", false),
            ("a/+/c", "a/b/d", false),
            ("a/+/c*", "a/b/cd/e/", true),
            ("a/+/c*", "a/b/d/", false),
            ("a/+/cat*", "a/b/c", true),
            ("a/+/cat*", "a/b/c/", false),
            ("a/+", "b/", false),
        ] {
            assert_eq!(can(pattern, start), expected, "{pattern} from {start}");
        }
    }
}
