//! What a token may do at paths, as Vault answers it
//! (<https://developer.hashicorp.com/vault/api-docs/system/capabilities>).

use std::sync::Arc;

use strongroom_core::policy::{Acl, Capability};
use strongroom_core::token::PlainToken;

use crate::capabilities::decided;
use crate::error::Error;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// The most paths that one request asks of.
pub const CAPABILITY_PATHS_MAX: usize = 1_000;

/// What a token may do at some paths, as requests there are decided: for a secret with versions, rules on either of its
/// names count. Needs `update` on `sys/capabilities-self` for the caller's own, else on `sys/capabilities` or
/// `sys/capabilities-accessor`.
#[derive(Debug)]
pub struct ReadCapabilities {
    /// Whose.
    pub of: CapabilitiesOf,
    /// Paths of the API, without `/v1/`.
    pub paths: Vec<String>,
}

/// Whose capabilities are meant.
#[derive(Clone, Debug)]
pub enum CapabilitiesOf {
    /// The caller's.
    Own,
    /// Those of the bearer of the token with this text.
    Token(Arc<PlainToken>),
    /// Those of the bearer of the token with this accessor.
    Accessor(String),
}

impl Operation for ReadCapabilities {
    /// For each path the words, in alphabetical order: `root` for who may do everything, `deny` for who may do nothing.
    type Answer = Vec<(String, Vec<&'static str>)>;

    const NAME: &'static str = "capabilities-read";

    fn subject(&self) -> Option<&str> {
        Some(match self.of {
            CapabilitiesOf::Own => "sys/capabilities-self",
            CapabilitiesOf::Token(_) => "sys/capabilities",
            CapabilitiesOf::Accessor(_) => "sys/capabilities-accessor",
        })
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Self::Answer>, Error> {
        let path = self.subject().unwrap_or_default();
        room.authorise_at::<Write>(path, &[MountKind::System])?;
        if self.paths.is_empty() {
            return Err(Error::rule("paths must be supplied"));
        }
        if self.paths.len() > CAPABILITY_PATHS_MAX {
            return Err(Error::rule(format!("more than {CAPABILITY_PATHS_MAX} paths")));
        }
        let asked_of = |acl: &Acl| {
            let paths = self.paths.iter();
            paths.map(|path| (path.clone(), words(room, acl, path))).collect()
        };
        let identified = match &self.of {
            CapabilitiesOf::Own => {
                return Ok(Performed::read(asked_of(room.caller.principal.acl())));
            }
            CapabilitiesOf::Token(text) => room.identifier().bearer(text, None),
            CapabilitiesOf::Accessor(accessor) => match room.token_by_accessor(accessor)? {
                Some((hash, _)) => room.identifier().kept(hash),
                None => return Err(Error::rule("invalid accessor")),
            },
        };
        match identified {
            Ok(identified) => Ok(Performed::read(asked_of(identified.principal.acl()))),
            // It is not the caller's own token that is no good.
            Err(Error::Unauthenticated(_)) => Err(Error::rule("invalid token")),
            Err(error) => Err(error),
        }
    }
}

fn words(room: &Room<'_>, acl: &Acl, path: &str) -> Vec<&'static str> {
    if acl.is_root() {
        return vec!["root"];
    }
    let allowed = Capability::ALL.into_iter().filter(|capability| {
        decided(&room.mounts, acl, path, *capability, |decision| decision.is_allowed())
    });
    let mut words: Vec<&'static str> = allowed.map(Capability::as_str).collect();
    if words.is_empty() {
        words.push(Capability::Deny.as_str());
    }
    words.sort_unstable();
    words
}
