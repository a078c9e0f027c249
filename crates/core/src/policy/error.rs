//! Why a policy's text is refused: where, what, and how to mend it.

use std::fmt;

use super::limits::{
    PARAMETERS_MAX, POLICY_DEPTH_MAX, POLICY_TEXT_BYTES_MAX, POLICY_VALUES_MAX,
    RULE_PATH_BYTES_MAX, RULES_MAX,
};
use crate::hcl::SyntaxProblem;

/// Why a policy's text is refused. `Display` names the line and the rule's path; [`PolicyError::hint`] says how to
/// mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The line of the text, counted from 1.
    pub line: u32,
    /// The path of the rule, as written, where a rule is at fault.
    pub path: Option<String>,
    /// What is wrong there.
    pub problem: PolicyProblem,
}

/// What is wrong in a policy's text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyProblem {
    /// The name is `root`.
    #[error("the policy `root` cannot be written")]
    RootIsFixed,
    /// The text is longer than [`POLICY_TEXT_BYTES_MAX`].
    #[error("the text has more than {POLICY_TEXT_BYTES_MAX} bytes")]
    TextTooLong,
    /// Lists and objects stand in each other more than [`POLICY_DEPTH_MAX`] deep.
    #[error("values are nested more than {POLICY_DEPTH_MAX} deep")]
    TooDeep,
    /// There are more than [`POLICY_VALUES_MAX`] values.
    #[error("the text holds more than {POLICY_VALUES_MAX} values")]
    TooManyValues,
    /// There are more than [`RULES_MAX`] rules.
    #[error("the policy has more than {RULES_MAX} rules")]
    TooManyRules,
    /// A rule names more than [`PARAMETERS_MAX`] parameters or values of parameters.
    #[error("`{key}` names more than {PARAMETERS_MAX} parameters and values")]
    TooManyParameters {
        /// The key that holds them.
        key: &'static str,
    },
    /// The grammar wants something else here.
    #[error("found {found} where {expected} should be")]
    Unexpected {
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
    /// A string or a comment has no end.
    #[error("this {what} has no end")]
    Unclosed {
        /// `string` or `comment`.
        what: &'static str,
    },
    /// A backslash is followed by what is no escape.
    #[error("`\\{escape}` is no escape")]
    Escape {
        /// The character after the backslash.
        escape: char,
    },
    /// A string holds `${` or `%{`.
    #[error("`${{` and `%{{` are not part of the policy language")]
    Interpolation,
    /// A number cannot be held.
    #[error("this number is out of range")]
    NumberOutOfRange,
    /// A key that stands neither for a rule nor for the policy's name.
    #[error("unknown key `{key}`")]
    UnknownTopLevelKey {
        /// The key.
        key: String,
    },
    /// A key that no rule has.
    #[error("unknown key `{key}`")]
    UnknownKey {
        /// The key.
        key: String,
        /// A key that is written nearly so.
        nearest: Option<&'static str>,
    },
    /// A key of another product that would restrict the rule.
    #[error("`{key}` is not supported, and a rule without it would allow more than was written")]
    UnsupportedKey {
        /// The key.
        key: String,
    },
    /// A key stands twice in one rule.
    #[error("`{key}` stands twice")]
    RepeatedKey {
        /// The key.
        key: String,
    },
    /// A value has the wrong type.
    #[error("`{key}` is not {expected}")]
    WrongType {
        /// The key.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A capability that does not exist.
    #[error("unknown capability `{word}`")]
    UnknownCapability {
        /// The word.
        word: String,
        /// A capability that is written nearly so.
        nearest: Option<&'static str>,
    },
    /// A value of `policy` that does not exist.
    #[error("unknown value `{word}` of `policy`")]
    UnknownShorthand {
        /// The word.
        word: String,
    },
    /// A text is no duration.
    #[error("`{key}` is no duration")]
    NotADuration {
        /// The key.
        key: &'static str,
    },
    /// The longest wrapping time is below the shortest.
    #[error("`max_wrapping_ttl` is less than `min_wrapping_ttl`")]
    WrappingOrder,
    /// The rule's path.
    #[error(transparent)]
    Path(#[from] PathProblem),
}

/// What is wrong with a rule's path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathProblem {
    /// It is empty.
    #[error("the path is empty")]
    Empty,
    /// It is longer than [`RULE_PATH_BYTES_MAX`].
    #[error("the path has more than {RULE_PATH_BYTES_MAX} bytes")]
    TooLong,
    /// It has a segment `.` or `..`.
    #[error("the path has a segment `.` or `..`")]
    DotSegment,
    /// It has `//`.
    #[error("the path has an empty segment")]
    EmptySegment,
    /// It has a control character.
    #[error("the path has a control character")]
    ControlCharacter,
    /// `*` stands elsewhere than at the end.
    #[error("`*` stands elsewhere than at the end")]
    StarNotAtEnd,
    /// `+` begins a segment and is not all of it.
    #[error("`+` is not a whole segment")]
    PlusNotAlone,
    /// `{{` without `}}`, or the reverse.
    #[error("`{{{{` and `}}}}` do not pair")]
    TemplateBraces,
    /// A template that names nothing.
    #[error("unknown template `{{{{{selector}}}}}`")]
    UnknownTemplate {
        /// What stands between the braces.
        selector: String,
    },
}

impl From<SyntaxProblem> for PolicyProblem {
    fn from(problem: SyntaxProblem) -> Self {
        match problem {
            SyntaxProblem::TooDeep => Self::TooDeep,
            SyntaxProblem::TooManyValues => Self::TooManyValues,
            SyntaxProblem::Unexpected { found, expected } => Self::Unexpected { found, expected },
            SyntaxProblem::Unclosed { what } => Self::Unclosed { what },
            SyntaxProblem::Escape { escape } => Self::Escape { escape },
            SyntaxProblem::Interpolation => Self::Interpolation,
            SyntaxProblem::NumberOutOfRange => Self::NumberOutOfRange,
        }
    }
}

impl PolicyError {
    /// How to mend it.
    #[must_use]
    pub fn hint(&self) -> String {
        match &self.problem {
            PolicyProblem::RootIsFixed => "choose another name; root allows everything".into(),
            PolicyProblem::TextTooLong
            | PolicyProblem::TooManyRules
            | PolicyProblem::TooManyValues => "split it into several policies".into(),
            PolicyProblem::TooDeep => "write flat lists and objects".into(),
            PolicyProblem::TooManyParameters { .. } => "split the rule".into(),
            PolicyProblem::Unexpected { .. } => {
                "a rule reads: path \"secret/app/*\" { capabilities = [\"read\", \"list\"] }".into()
            }
            PolicyProblem::Unclosed { what } => format!("close the {what}"),
            PolicyProblem::Escape { .. } => "write a backslash as `\\\\`".into(),
            PolicyProblem::Interpolation => {
                "write templates as `{{identity.entity.name}}`, and other text literally".into()
            }
            PolicyProblem::NumberOutOfRange => "write a smaller number".into(),
            PolicyProblem::UnknownTopLevelKey { .. } => "use `path` or `name`".into(),
            PolicyProblem::UnknownKey { nearest: Some(nearest), .. }
            | PolicyProblem::UnknownCapability { nearest: Some(nearest), .. } => {
                format!("did you mean `{nearest}`?")
            }
            PolicyProblem::UnknownKey { nearest: None, .. } => {
                "use one of capabilities, policy, min_wrapping_ttl, max_wrapping_ttl, \
                 allowed_parameters, denied_parameters, required_parameters, comment"
                    .into()
            }
            PolicyProblem::UnsupportedKey { .. } => "remove the key or the rule".into(),
            PolicyProblem::RepeatedKey { .. } => "write it once".into(),
            PolicyProblem::WrongType { expected, .. } => format!("write {expected}"),
            PolicyProblem::UnknownCapability { nearest: None, .. } => {
                "use one of create, read, update, patch, delete, list, sudo, deny".into()
            }
            PolicyProblem::UnknownShorthand { .. } => "use read, write, sudo or deny".into(),
            PolicyProblem::NotADuration { .. } => {
                "write seconds or text such as \"10s\" or \"1h30m\"".into()
            }
            PolicyProblem::WrappingOrder => "exchange the two".into(),
            PolicyProblem::Path(problem) => problem.hint().into(),
        }
    }
}

impl PathProblem {
    fn hint(&self) -> &'static str {
        match self {
            Self::Empty => {
                "name a mount and a path, such as `secret/app/*`; `*` alone is everything"
            }
            Self::TooLong => "shorten it with `*` or `+`",
            Self::DotSegment => "write the path that is meant",
            Self::EmptySegment => "remove the second `/`",
            Self::ControlCharacter => "remove it",
            Self::StarNotAtEnd => "use `+` for one whole segment, and `*` only at the end",
            Self::PlusNotAlone => {
                "use `+` alone between two `/`, for one whole segment; after it use `/*`"
            }
            Self::TemplateBraces => "write `{{` and `}}` around each template",
            Self::UnknownTemplate { .. } => {
                "use identity.entity.id, .name, .metadata.<key>, .aliases.<accessor>.id, .name or \
                 .metadata.<key>, identity.groups.ids.<id>.name or identity.groups.names.<name>.id"
            }
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: ", self.line)?;
        if let Some(path) = &self.path {
            write!(f, "path {path:?}: ")?;
        }
        write!(f, "{}", self.problem)
    }
}

impl std::error::Error for PolicyError {}
