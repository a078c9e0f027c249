//! Who asks.

use std::sync::Arc;

use strongroom_core::policy::{Acl, TemplateContext};

use crate::audit::Principal as RecordPrincipal;

/// An identity that was authenticated, with what its policies allow.
#[derive(Clone, Debug)]
pub struct Principal {
    name: Arc<str>,
    kind: &'static str,
    acl: Arc<Acl>,
}

impl Principal {
    /// The owner of a local store: whoever could open its seal. Allowed everything.
    #[must_use]
    pub fn local_owner(user: &str) -> Self {
        Self { name: user.into(), kind: "owner", acl: Arc::new(Acl::root()) }
    }

    /// An identity with compiled policies; `kind` is the word for it in audit records.
    #[must_use]
    pub fn with_policies(name: &str, kind: &'static str, acl: Arc<Acl>) -> Self {
        Self { name: name.into(), kind, acl }
    }

    /// The engine itself, about what is due.
    pub(crate) fn engine() -> Self {
        Self { name: "engine".into(), kind: "engine", acl: Arc::new(Acl::root()) }
    }

    /// As audit records have it.
    pub(crate) fn record(&self) -> RecordPrincipal {
        RecordPrincipal { name: self.name().to_owned(), kind: self.kind() }
    }

    /// Somebody who has shown nothing: allowed nothing.
    #[must_use]
    pub fn anonymous() -> Self {
        let nothing = Acl::compile(&[], &TemplateContext::default());
        Self { name: "anonymous".into(), kind: "anonymous", acl: Arc::new(nothing) }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.kind
    }

    /// What its policies allow.
    #[must_use]
    pub fn acl(&self) -> &Acl {
        &self.acl
    }
}
