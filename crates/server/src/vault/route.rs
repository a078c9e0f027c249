//! Routes: a verb and a pattern of a path, and what answers there.

use super::call::Call;
use super::fault::Fault;
use super::reply::Reply;
use crate::door::Incoming;

/// What the reference says of a path that this server does not serve.
pub const NOT_SUPPORTED: &str = "Not supported";

/// What a request does, by Vault's reading of its method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `GET`
    Read,
    /// `LIST`, or `GET` with `list=true`
    List,
    /// `SCAN`, or `GET` with `scan=true`: a list of all that is below
    Scan,
    /// `POST` and `PUT`
    Write,
    /// `PATCH`
    Patch,
    /// `DELETE`
    Delete,
    /// `HEAD`
    Head,
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever a policy lets in.
    Policy,
    /// Anybody: the request proves who asks, or there is nothing to hide.
    Open,
}

/// What answers at a path.
#[derive(Clone, Copy)]
pub struct Route {
    /// What is done.
    pub verb: Verb,
    /// The path below the mount: `data/{path..}`, `keys/{name}/rotate`. `{name}` is one segment, `{name..}` the rest.
    pub pattern: &'static str,
    /// Who may ask.
    pub access: Access,
    /// What is said of it in the reference.
    pub summary: &'static str,
    /// What of Vault's parameters is not served, in words; empty where all are.
    pub without: &'static str,
    /// What answers.
    pub handler: fn(&Call<'_>) -> Result<Reply, Fault>,
}

impl Route {
    /// A route for callers that a policy lets in.
    #[must_use]
    pub const fn new(
        verb: Verb,
        pattern: &'static str,
        summary: &'static str,
        handler: fn(&Call<'_>) -> Result<Reply, Fault>,
    ) -> Self {
        Self { verb, pattern, access: Access::Policy, summary, without: "", handler }
    }

    /// The same for anybody.
    #[must_use]
    pub const fn open(self) -> Self {
        Self { access: Access::Open, ..self }
    }

    /// The same, which serves a part of Vault's parameters: these are missing.
    #[must_use]
    pub const fn without(self, without: &'static str) -> Self {
        Self { without, ..self }
    }

    /// The parts of the path that the pattern names, in its order; `None` when it does not match.
    pub(super) fn matches<'p>(&self, path: &'p str) -> Option<Captures<'p>> {
        let mut captures = Captures::default();
        let mut rest = Some(path).filter(|path| !path.is_empty());
        for part in self.pattern.split('/').filter(|part| !part.is_empty()) {
            let left = rest?;
            if let Some(name) = part.strip_prefix('{').and_then(|name| name.strip_suffix("..}")) {
                captures.0.push((name, left));
                return Some(captures);
            }
            let (segment, tail) = match left.split_once('/') {
                Some((segment, tail)) => (segment, Some(tail)),
                None => (left, None),
            };
            match part.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => captures.0.push((name, segment)),
                None if part == segment => {}
                None => return None,
            }
            rest = tail;
        }
        rest.is_none().then_some(captures)
    }

    /// A path of Vault's that this server does not serve: 501, for those who may do something there.
    pub(super) const fn unsupported(verb: Verb, pattern: &'static str) -> Self {
        Self::new(verb, pattern, NOT_SUPPORTED, |_| {
            Err(Fault::unsupported("this path of Vault's API is not supported"))
        })
    }

    pub(super) fn run(&self, call: &Call<'_>) -> Result<Reply, Fault> {
        (self.handler)(call)
    }
}

/// The named parts of a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Captures<'p>(Vec<(&'static str, &'p str)>);

impl Captures<'_> {
    pub fn into_owned(self) -> Vec<(&'static str, String)> {
        self.0.into_iter().map(|(name, part)| (name, part.to_owned())).collect()
    }
}

impl Verb {
    pub(super) fn of(incoming: &Incoming) -> Result<Self, Fault> {
        let asks = |word: &str| {
            let pairs = incoming.query().unwrap_or_default().split('&');
            let mut values = pairs.filter_map(|pair| pair.split_once('='));
            values.any(|(name, value)| name == word && is_true(value))
        };
        match incoming.head.method.as_str() {
            "GET" if asks("list") => Ok(Self::List),
            "GET" if asks("scan") => Ok(Self::Scan),
            "GET" => Ok(Self::Read),
            "LIST" => Ok(Self::List),
            "SCAN" => Ok(Self::Scan),
            "POST" | "PUT" => Ok(Self::Write),
            "PATCH" => Ok(Self::Patch),
            "DELETE" => Ok(Self::Delete),
            "HEAD" => Ok(Self::Head),
            _ => Err(Fault::unsupported("the method is not supported")),
        }
    }
}

/// Go's `ParseBool`, which Vault reads `list=` with.
pub(super) fn is_true(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "true" | "TRUE" | "True")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captured(pattern: &'static str, path: &str) -> Option<Vec<(&'static str, String)>> {
        let route = Route::new(Verb::Read, pattern, "", |_| Ok(Reply::Empty));
        let captures = route.matches(path)?;
        Some(captures.0.into_iter().map(|(name, part)| (name, part.to_owned())).collect())
    }

    #[test]
    fn a_pattern_takes_segments_and_the_rest() {
        let named = |name: &'static str, part: &str| (name, part.to_owned());
        assert_eq!(captured("config", "config"), Some(vec![]));
        assert_eq!(captured("", ""), Some(vec![]));
        assert_eq!(captured("data/{path..}", "data/a/b"), Some(vec![named("path", "a/b")]));
        assert_eq!(captured("keys/{name}/rotate", "keys/k/rotate"), Some(vec![named("name", "k")]));
        for (pattern, path) in [
            ("config", "config/x"),
            ("config", ""),
            ("data/{path..}", "data"),
            ("", "x"),
            ("keys/{name}/rotate", "keys/k"),
            ("keys/{name}", "keys/k/rotate"),
            ("config", "configs"),
        ] {
            assert_eq!(captured(pattern, path), None, "{pattern} {path}");
        }
    }
}
