//! Texts with `*`, `?` and variables.

use super::error::PolicyProblem;

/// A text of a policy: what it matches is known once its variables have values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Token(Token),
    Variable { key: String, default: Option<String> },
}

/// One step of a pattern without variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `*`: any characters, none too.
    Any,
    /// `?`: one character.
    One,
    /// This character.
    Literal(char),
}

/// What of a text has a meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    /// `*` and `?`.
    pub(super) wildcards: bool,
    /// `${key}`, since version 2012-10-17 of the language.
    pub(super) variables: bool,
}

impl Pattern {
    pub(super) fn parse(text: &str, meaning: Meaning) -> Result<Self, PolicyProblem> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(next) = rest.chars().next() {
            if meaning.variables && rest.starts_with("${") {
                let (inner, after) = rest[2..].split_once('}').ok_or(PolicyProblem::Variable)?;
                pieces.push(variable(inner)?);
                rest = after;
                continue;
            }
            pieces.push(Piece::Token(match next {
                '*' if meaning.wildcards => Token::Any,
                '?' if meaning.wildcards => Token::One,
                literal => Token::Literal(literal),
            }));
            rest = rest.get(next.len_utf8()..).unwrap_or_default();
        }
        Ok(Self(pieces))
    }

    /// The pattern with its variables filled; `None` when one has neither a value nor a default.
    pub(super) fn resolve(&self, value: &dyn Fn(&str) -> Option<String>) -> Option<Vec<Token>> {
        let mut tokens = Vec::with_capacity(self.0.len());
        for piece in &self.0 {
            match piece {
                Piece::Token(token) => tokens.push(*token),
                Piece::Variable { key, default } => {
                    let text = value(key).or_else(|| default.clone())?;
                    tokens.extend(text.chars().map(Token::Literal));
                }
            }
        }
        Some(tokens)
    }

    /// Whether it stands for one text, known now.
    pub(super) fn is_fixed(&self) -> bool {
        self.0.iter().all(|piece| matches!(piece, Piece::Token(Token::Literal(_))))
    }

    /// Whether a value of the call is part of it.
    pub(super) fn has_variables(&self) -> bool {
        self.0.iter().any(|piece| matches!(piece, Piece::Variable { .. }))
    }

    /// The text, with `*` and `?` where they stand and nothing for variables.
    pub(super) fn text(&self) -> String {
        let characters = self.0.iter().filter_map(|piece| match piece {
            Piece::Token(Token::Any) => Some('*'),
            Piece::Token(Token::One) => Some('?'),
            Piece::Token(Token::Literal(character)) => Some(*character),
            Piece::Variable { .. } => None,
        });
        characters.collect()
    }
}

/// Whether the tokens match the whole text. After a mismatch only the last `*` takes one character more, so that the
/// work is at most the product of both lengths.
pub(super) fn matches(tokens: &[Token], text: &[char]) -> bool {
    let (mut token, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match (tokens.get(token), text.get(at)) {
            (Some(Token::Any), _) => {
                token += 1;
                retry = Some((token, at));
                if token == tokens.len() {
                    return true;
                }
            }
            (Some(Token::One), _) => (token, at) = (token + 1, at + 1),
            (Some(Token::Literal(wanted)), Some(found)) if wanted == found => {
                (token, at) = (token + 1, at + 1);
            }
            _ => {
                let Some((after_star, taken)) = retry else { return false };
                retry = Some((after_star, taken + 1));
                (token, at) = (after_star, taken + 1);
            }
        }
    }
    tokens.iter().skip(token).all(|token| *token == Token::Any)
}

fn variable(inner: &str) -> Result<Piece, PolicyProblem> {
    if let "*" | "?" | "$" = inner {
        let literal = inner.chars().next().ok_or(PolicyProblem::Variable)?;
        return Ok(Piece::Token(Token::Literal(literal)));
    }
    let (key, default) = match inner.split_once(',') {
        None => (inner, None),
        Some((key, default)) => {
            let default =
                default.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
            (key, Some(default.ok_or(PolicyProblem::Variable)?.to_owned()))
        }
    };
    let key = key.trim();
    if key.is_empty() || key.contains(['$', '{', '*', '?']) {
        return Err(PolicyProblem::Variable);
    }
    Ok(Piece::Variable { key: key.to_ascii_lowercase(), default })
}
