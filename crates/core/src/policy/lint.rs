//! What is allowed in a policy and is probably not meant.

use std::collections::BTreeMap;
use std::fmt;

use super::capability::Capabilities;
use super::parse::Policy;

/// Something in a policy that is probably not meant. `Display` is one sentence with the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyWarning {
    /// The line of the text, counted from 1.
    pub line: u32,
    /// The path of the rule, as written.
    pub path: String,
    /// What is odd.
    pub oddity: Oddity,
}

/// What is odd about a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Oddity {
    /// The path stands in an earlier rule too; both are joined.
    RepeatedPath {
        /// The line of the earlier rule.
        earlier_line: u32,
    },
    /// `deny` stands beside other capabilities, which then mean nothing.
    DenyMixed,
    /// The rule has no capabilities: it takes away what a broader rule grants, without saying `deny`.
    NoCapabilities,
}

impl Policy {
    /// What is allowed in the policy and is probably not meant, in the order of its text.
    #[must_use]
    pub fn warnings(&self) -> Vec<PolicyWarning> {
        let mut warnings = Vec::new();
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        for rule in self.rules() {
            let path = rule.path.strip_prefix('/').unwrap_or(&rule.path);
            let mut warn = |oddity| {
                warnings.push(PolicyWarning { line: rule.line, path: rule.path.clone(), oddity });
            };
            if let Some(earlier_line) = seen.insert(path, rule.line) {
                warn(Oddity::RepeatedPath { earlier_line });
            }
            if rule.mixes_deny {
                warn(Oddity::DenyMixed);
            }
            if rule.capabilities == Capabilities::NONE {
                warn(Oddity::NoCapabilities);
            }
        }
        warnings
    }
}

impl fmt::Display for PolicyWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: path {:?}: ", self.line, self.path)?;
        match self.oddity {
            Oddity::RepeatedPath { earlier_line } => {
                write!(f, "the path also stands on line {earlier_line}; both rules are joined")
            }
            Oddity::DenyMixed => f.write_str("beside `deny` the other capabilities mean nothing"),
            Oddity::NoCapabilities => {
                f.write_str("the rule grants nothing; write `deny` if that is meant")
            }
        }
    }
}
