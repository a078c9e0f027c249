//! Whether a role allows a name. The rules are those of Vault, as `builtin/logical/pki/cert_util.go` of
//! <https://github.com/openbao/openbao> has them: nothing is allowed unless a rule allows it.

use super::hostname;
use super::role::{CommonNames, Role, RoleSettings};
use crate::glob;

/// Whether the name of a host or an email address, as it would be in the alternative names, is allowed. Letters of
/// ASCII compare alike in both cases with `allow_bare_domains`, and exactly below a domain, as in Vault.
pub(super) fn is_allowed(role: &RoleSettings, name: &str) -> bool {
    let Some(parts) = Parts::of(role, name) else {
        return false;
    };
    if role.enforce_hostnames && !parts.are_hostnames() {
        return false;
    }
    role.allow_any_name
        || role.allow_localhost && parts.is_localhost(role.allow_subdomains)
        || role
            .allowed_domains
            .iter()
            .filter(|domain| !domain.is_empty())
            .any(|domain| parts.is_of(role, domain))
}

/// Whether the common name is allowed: as another name, and of a kind that the role's `cn_validations` say.
pub(super) fn is_allowed_common_name(role: &Role, name: &str) -> bool {
    match role.common_names() {
        CommonNames::Anything => true,
        CommonNames::Checked { email, hostname } => {
            let of_kind = if name.contains('@') { email } else { hostname };
            of_kind && is_allowed(role.settings(), name)
        }
    }
}

/// Whether a URI is one of those that the role lists.
pub(super) fn is_allowed_uri(role: &RoleSettings, uri: &str) -> bool {
    role.allowed_uri_sans.iter().any(|pattern| glob::matches(pattern, uri))
}

/// Whether a serial number in the subject is one of those that the role lists.
pub(super) fn is_allowed_serial_number(role: &RoleSettings, number: &str) -> bool {
    let patterns = role.allowed_serial_numbers.iter().filter(|pattern| !pattern.is_empty());
    patterns.into_iter().any(|pattern| glob::matches(pattern, number))
}

/// A name that has at most one `@`, and at most one wildcard, in its first label.
struct Parts<'a> {
    name: &'a str,
    /// Behind the `@`, and behind the label with the wildcard; empty when that is the only label.
    host: &'a str,
    is_email: bool,
    wildcard: Option<&'a str>,
}

impl<'a> Parts<'a> {
    /// `None` for a name that no role allows, and for a wildcard where the role allows none.
    fn of(role: &RoleSettings, name: &'a str) -> Option<Self> {
        let (host, is_email) = match name.split_once('@') {
            Some((_, host)) if host.contains('@') => return None,
            Some((_, host)) => (host, true),
            None => (name, false),
        };
        if !host.contains('*') {
            return Some(Self { name, host, is_email, wildcard: None });
        }
        let (label, rest) = host.split_once('.').unwrap_or((host, ""));
        let valid = !rest.contains('*') && label.matches('*').count() == 1;
        (valid && !is_email && role.allow_wildcard_certificates).then_some(Self {
            name,
            host: rest,
            is_email,
            wildcard: Some(label),
        })
    }

    fn are_hostnames(&self) -> bool {
        let host = self.host.is_empty() && self.wildcard.is_some()
            || hostname::to_ascii(self.host).is_some_and(|ascii| hostname::is_hostname(&ascii));
        host && self.wildcard.is_none_or(hostname::is_wildcard_label)
    }

    fn is_localhost(&self, allow_subdomains: bool) -> bool {
        ["localhost", "localdomain"]
            .iter()
            .any(|base| self.host == *base || allow_subdomains && self.is_below(base))
    }

    fn is_of(&self, role: &RoleSettings, domain: &str) -> bool {
        let bare = self.name.eq_ignore_ascii_case(domain)
            || self.is_email && self.host.eq_ignore_ascii_case(domain);
        let wildcard = self.wildcard.is_some() && self.host.eq_ignore_ascii_case(domain);
        role.allow_bare_domains && bare
            || role.allow_subdomains && (self.is_below(domain) || wildcard)
            || role.allow_glob_domains && domain.contains('*') && glob::matches(domain, self.name)
    }

    fn is_below(&self, domain: &str) -> bool {
        self.host.strip_suffix(domain).is_some_and(|before| before.ends_with('.'))
    }
}

#[cfg(test)]
mod tests;
