//! What a server shows of itself under `sys/`. The engine says who may see it, and the door has it.

mod versions;

pub use versions::{ListVersions, NoteVersion, VERSION, VERSIONS_MAX};
pub(crate) use versions::{RECORD as VERSIONS_RECORD, Versions};

use strongroom_core::policy::Capability;

use crate::error::Error;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read};

/// That the caller may see a page of what the server is and counts. Needs `read` on its path, and `sudo` as well where
/// [`SystemPage`] says so.
#[derive(Debug)]
pub struct ReadSystem(pub SystemPage);

/// What a server shows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemPage {
    /// The machine it runs on: `sys/host-info`.
    HostInfo,
    /// What it counts: `sys/metrics`.
    Metrics,
    /// What it is answering, with the paths and addresses of others: `sys/in-flight-req`, with `sudo`.
    InFlight,
    /// The kinds of mounts that it has: `sys/plugins/catalog`, with `sudo`.
    Catalog,
    /// The nodes that serve the store: `sys/ha-status`.
    Nodes,
    /// When the next data key is made: `sys/rotate/config`.
    RotationConfig,
    /// Which web pages browsers let ask it: `sys/config/cors`, with `sudo`.
    CrossOrigin,
}

impl SystemPage {
    /// Whether who sees it needs `sudo` as well, as with Vault.
    fn is_protected(self) -> bool {
        matches!(self, Self::InFlight | Self::Catalog | Self::CrossOrigin)
    }
}

/// What the caller's policies allow, rule by rule. Needs `read` on `sys/internal/ui/resultant-acl`.
#[derive(Debug)]
pub struct ReadResultantAcl;

/// What policies allow, all together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResultantAcl {
    /// Whether everything is allowed.
    pub root: bool,
    /// Paths as policies write them, with the words of what is granted: those that stand for themselves, and those with
    /// wildcards.
    pub rules: Vec<(String, Vec<&'static str>)>,
}

impl Operation for ReadSystem {
    type Answer = ();

    const NAME: &'static str = "system-read";

    fn subject(&self) -> Option<&str> {
        Some(match self.0 {
            SystemPage::HostInfo => "sys/host-info",
            SystemPage::Metrics => "sys/metrics",
            SystemPage::InFlight => "sys/in-flight-req",
            SystemPage::Catalog => "sys/plugins/catalog",
            SystemPage::Nodes => "sys/ha-status",
            SystemPage::RotationConfig => "sys/rotate/config",
            SystemPage::CrossOrigin => "sys/config/cors",
        })
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let path = self.subject().unwrap_or_default();
        if self.0.is_protected() {
            room.require(path, Capability::Sudo)?;
        }
        let _proof = room.authorise_at::<Read>(path, &[MountKind::System])?;
        Ok(Performed::read(()))
    }
}

impl Operation for ReadResultantAcl {
    type Answer = ResultantAcl;

    const NAME: &'static str = "resultant-acl-read";

    fn subject(&self) -> Option<&str> {
        Some("sys/internal/ui/resultant-acl")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<ResultantAcl>, Error> {
        let path = self.subject().unwrap_or_default();
        let _proof = room.authorise_at::<Read>(path, &[MountKind::System])?;
        let acl = room.caller.principal.acl();
        let rules = acl.rules().map(|rule| {
            let words = rule.capabilities().iter().map(Capability::as_str).collect();
            (rule.path().to_owned(), words)
        });
        Ok(Performed::read(ResultantAcl { root: acl.is_root(), rules: rules.collect() }))
    }
}
