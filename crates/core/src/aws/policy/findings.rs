//! What `ValidateResourcePolicy` and `BlockPublicPolicy` look for.

use ipnet::IpNet;

use super::condition::{Condition, Wanted};
use super::document::{Effect, OneOf, PolicyDocument, Statement};
use super::error::PolicyError;
use super::evaluate::{Caller, Decision, Question};
use super::operator::{Quantifier, Test};
use super::pattern::Pattern;
use super::principal::Principal;

/// Keys of conditions that narrow a policy for everybody to somebody, when their values are fixed: those of Secrets
/// Manager's documentation, and of the one of S3 that it refers to
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html>).
const NARROWING_KEYS: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
];
/// The widest networks that are somebody's, in bits of the prefix.
const IPV4_PREFIX_MIN: u8 = 8;
const IPV6_PREFIX_MIN: u8 = 32;

/// What is wrong with a policy. `Display` is AWS's message; AWS does not publish the names of its checks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// It is no policy.
    #[error(transparent)]
    Malformed(#[from] PolicyError),
    /// Everybody is let in.
    #[error(
        "This resource policy grants broad access to your secret. Secrets Manager does not allow creating and applying \
         such policies in the console."
    )]
    BroadAccess,
    /// The caller could not change it any more.
    #[error("Your requested changes will not allow you to manage this secret in the future.")]
    Lockout,
}

impl Finding {
    /// The name of the check (`CheckName`).
    #[must_use]
    pub fn check_name(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "PolicySyntax",
            Self::BroadAccess => "PublicAccess",
            Self::Lockout => "Lockout",
        }
    }

    /// Everything that is wrong with a text, for this caller and the ARN of this secret.
    #[must_use]
    pub fn all(text: &str, caller: Caller<'_>, resource: &str) -> Vec<Self> {
        let document = match PolicyDocument::parse(text) {
            Ok(document) => document,
            Err(error) => return vec![Self::Malformed(error)],
        };
        let mut findings = Vec::new();
        if document.is_public() {
            findings.push(Self::BroadAccess);
        }
        let action = "secretsmanager:PutResourcePolicy";
        let question = Question { caller, action, resource, context: &|_| None };
        if document.evaluate(&question) == Decision::ExplicitDeny {
            findings.push(Self::Lockout);
        }
        findings
    }
}

impl PolicyDocument {
    /// Whether a statement allows something to everybody, and no condition with fixed values narrows it.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.statements.iter().any(Statement::is_public)
    }
}

impl Statement {
    fn is_public(&self) -> bool {
        let everybody = match &self.principals {
            OneOf::Listed(principals) => principals.contains(&Principal::Everybody),
            OneOf::NotListed(_) => true,
        };
        self.effect == Effect::Allow && everybody && !self.conditions.iter().any(Condition::narrows)
    }
}

impl Condition {
    fn narrows(&self) -> bool {
        let operator = self.operator;
        let always_asked =
            !operator.negated && !operator.if_exists && operator.quantifier != Quantifier::All;
        let fixed = match &self.wanted {
            Wanted::Patterns(patterns) => {
                patterns.iter().all(|pattern| is_somebodys(pattern, operator.test, &self.key))
            }
            Wanted::Networks(networks) => networks.iter().all(is_somebodys_network),
            Wanted::Bools(_) | Wanted::Numbers(_) | Wanted::Dates(_) => false,
        };
        always_asked && fixed && NARROWING_KEYS.contains(&self.key.as_str())
    }
}

/// A fixed text, or an ARN in which the account is, at a place that no wildcard can move.
fn is_somebodys(pattern: &Pattern, test: Test, key: &str) -> bool {
    if pattern.is_fixed() {
        return true;
    }
    let text = pattern.text();
    let mut parts = text.splitn(6, ':');
    let moved = parts.by_ref().take(4).any(|part| test != Test::Arn && part.contains(['*', '?']));
    let account = parts.next().unwrap_or_default();
    let of_arns = test == Test::Arn || key.ends_with("arn");
    let is_account = account.len() == 12 && account.bytes().all(|c| c.is_ascii_digit());
    of_arns && !moved && is_account && !pattern.has_variables()
}

fn is_somebodys_network(network: &IpNet) -> bool {
    match network {
        IpNet::V4(network) => network.prefix_len() >= IPV4_PREFIX_MIN,
        IpNet::V6(network) => network.prefix_len() >= IPV6_PREFIX_MIN,
    }
}
