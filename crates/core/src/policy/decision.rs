//! Whether a request is allowed, and why, in words for `explain`.

use std::fmt;

use super::acl::{Acl, CompiledRule};
use super::capability::Capability;

/// Whether a caller has a capability on a path, and why. `Display` is one sentence that names the rule.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Decision<'a> {
    acl: &'a Acl,
    path: &'a str,
    capability: Capability,
    reason: Reason<'a>,
}

/// Why a request is allowed or denied.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Reason<'a> {
    /// Allowed: the caller is root.
    Root,
    /// Allowed: this rule has the highest priority on the path and grants it.
    Granted(&'a CompiledRule),
    /// Denied: this rule has the highest priority on the path and says `deny`.
    ExplicitDeny(&'a CompiledRule),
    /// Denied: this rule has the highest priority on the path and does not grant it.
    NotGranted(&'a CompiledRule),
    /// Denied: no rule matches the path.
    NoRule,
    /// Denied: the path has a segment `.` or `..`, or a control character.
    NotCanonical,
}

impl<'a> Decision<'a> {
    pub(super) fn new(
        acl: &'a Acl,
        path: &'a str,
        capability: Capability,
        reason: Reason<'a>,
    ) -> Self {
        Self { acl, path, capability, reason }
    }

    /// Whether the request is allowed.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        matches!(self.reason, Reason::Root | Reason::Granted(_))
    }

    /// The path that was asked about.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.path
    }

    /// Why.
    #[must_use]
    pub fn reason(&self) -> Reason<'a> {
        self.reason
    }

    /// The rule that decided, if one did.
    #[must_use]
    pub fn rule(&self) -> Option<&'a CompiledRule> {
        match self.reason {
            Reason::Granted(rule) | Reason::ExplicitDeny(rule) | Reason::NotGranted(rule) => {
                Some(rule)
            }
            Reason::Root | Reason::NoRule | Reason::NotCanonical => None,
        }
    }

    /// The rule that would allow it, as a policy writes it; `None` where it is allowed, or where no rule can.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self.reason {
            Reason::NoRule | Reason::NotGranted(_) if self.capability != Capability::Deny => {
                let path = self.path.trim_start_matches('/');
                Some(format!("path {path:?} {{ capabilities = [\"{}\"] }}", self.capability))
            }
            _ => None,
        }
    }

    fn write_dropped(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for rule in self.acl.dropped_rules() {
            write!(
                f,
                "; policy \"{}\" line {}, path {:?}, was left out because {} has no value",
                rule.policy, rule.line, rule.path, rule.template
            )?;
        }
        Ok(())
    }
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_allowed() { "allowed" } else { "denied" };
        write!(f, "{} on {:?} is {verdict}: ", self.capability, self.path)?;
        match self.reason {
            Reason::Root => f.write_str("root may do everything"),
            Reason::Granted(rule) => write!(f, "{rule}, grants it"),
            Reason::ExplicitDeny(rule) => write!(f, "{rule}, denies everything"),
            Reason::NotGranted(rule) => {
                write!(f, "{rule}, grants only {}", rule.capabilities())?;
                self.write_dropped(f)
            }
            Reason::NoRule if self.acl.policies().is_empty() => f.write_str("there is no policy"),
            Reason::NoRule => {
                f.write_str("no rule matches in")?;
                for (index, policy) in self.acl.policies().iter().enumerate() {
                    let separator = if index == 0 { "" } else { "," };
                    write!(f, "{separator} \"{policy}\"")?;
                }
                self.write_dropped(f)
            }
            Reason::NotCanonical => {
                f.write_str("the path has a segment `.` or `..`, or a control character")
            }
        }
    }
}
