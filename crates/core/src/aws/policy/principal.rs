//! Who a statement speaks of.

use super::error::PolicyProblem;
use super::evaluate::Caller;
use crate::aws::arn::AccountId;

/// One principal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Principal {
    /// `*`
    Everybody,
    /// `123456789012` or `arn:aws:iam::123456789012:root`: whoever the account lets.
    Account(AccountId),
    /// A user, a role or a session of one.
    Arn(String),
    /// A service of AWS's, which never calls here.
    Service,
}

/// How a principal is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Met {
    /// Not at all.
    No,
    /// The caller's account is.
    Account,
    /// The caller is.
    Directly,
}

impl Principal {
    /// A value of `AWS`.
    pub(super) fn parse(text: &str) -> Result<Self, PolicyProblem> {
        if text == "*" {
            return Ok(Self::Everybody);
        }
        if let Ok(account) = AccountId::new(text) {
            return Ok(Self::Account(account));
        }
        let refused = || PolicyProblem::Principal(text.to_owned());
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let &["arn", "aws", service, "", account, what] = parts.as_slice() else {
            return Err(refused());
        };
        let account = AccountId::new(account).map_err(|_| refused())?;
        if service == "iam" && what == "root" {
            return Ok(Self::Account(account));
        }
        let known = match service {
            "iam" => &["user/", "role/"][..],
            "sts" => &["assumed-role/", "federated-user/"][..],
            _ => &[],
        };
        let named =
            known.iter().any(|kind| what.strip_prefix(kind).is_some_and(|name| !name.is_empty()));
        if !named || text.contains(['*', '?', '$']) || text.contains(char::is_control) {
            return Err(refused());
        }
        Ok(Self::Arn(text.to_owned()))
    }

    /// A value of `Service`.
    pub(super) fn parse_service(text: &str) -> Result<Self, PolicyProblem> {
        let name = text
            .strip_suffix(".amazonaws.com")
            .filter(|name| !name.is_empty())
            .filter(|name| name.bytes().all(|c| c.is_ascii_alphanumeric() || b".-".contains(&c)));
        match name {
            Some(_) => Ok(Self::Service),
            None => Err(PolicyProblem::ServicePrincipal(text.to_owned())),
        }
    }

    pub(super) fn met_by(&self, caller: &Caller<'_>) -> Met {
        match self {
            Self::Everybody => Met::Directly,
            Self::Arn(arn) if caller.arns.contains(&arn.as_str()) => Met::Directly,
            Self::Account(account) if account == caller.account => Met::Account,
            _ => Met::No,
        }
    }
}
