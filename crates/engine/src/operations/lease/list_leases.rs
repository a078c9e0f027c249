use strongroom_core::policy::Capability;

use super::SYSTEM;
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{List, Performed};

/// The most names that one list answers.
pub const LEASES_LISTED_MAX: usize = 10_000;

/// How many keys are read at a time.
const PAGE: usize = 1_000;

/// The names of leases directly below a prefix, folders with `/` at their end. Needs `list` and `sudo` on
/// `sys/leases/lookup/<prefix>/`.
#[derive(Debug)]
pub struct ListLeases {
    policy_path: String,
    prefix: String,
    after: Option<String>,
    limit: Option<usize>,
}

/// Names of leases and folders, in byte order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeasePage {
    /// Relative to the prefix.
    pub names: Vec<String>,
    /// Whether there are more, which only a list with a limit leaves out.
    pub more: bool,
}

impl ListLeases {
    /// What is below a prefix, which is a path without a slash at its end, or empty for everything.
    #[must_use]
    pub fn below(prefix: &str) -> Self {
        let prefix = match prefix.trim_end_matches('/') {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        };
        let policy_path = format!("sys/leases/lookup/{prefix}");
        Self { policy_path, prefix, after: None, limit: None }
    }

    /// At most so many names that come after this one.
    #[must_use]
    pub fn page(self, after: Option<String>, limit: Option<usize>) -> Self {
        Self { after, limit, ..self }
    }
}

impl Operation for ListLeases {
    type Answer = LeasePage;

    const NAME: &'static str = "leases-list";

    fn subject(&self) -> Option<&str> {
        Some(&self.policy_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<LeasePage>, Error> {
        let _proof = room.authorise_at::<List>(&self.policy_path, SYSTEM)?;
        // The rule that lets a folder be listed may be one on its name without the slash.
        let acl = room.caller.principal.acl();
        if !acl.capabilities(&self.policy_path).contains(Capability::Sudo) {
            room.require(&self.policy_path, Capability::Sudo)?;
            room.require(self.policy_path.trim_end_matches('/'), Capability::Sudo)?;
        }
        let limit = self.limit.unwrap_or(LEASES_LISTED_MAX).min(LEASES_LISTED_MAX);
        let mut page = self.names(room, limit)?;
        if page.more && self.limit.is_none() {
            let rule = format!("there are more than {LEASES_LISTED_MAX}: ask with `limit`");
            return Err(Error::rule(rule));
        }
        page.names.truncate(limit);
        Ok(Performed::read(page))
    }
}

impl ListLeases {
    /// The first names, and whether there is one more than `limit`.
    fn names(&self, room: &Room<'_>, limit: usize) -> Result<LeasePage, Error> {
        let mut page = LeasePage::default();
        let mut after = self.after.as_ref().map(|name| self.past(name));
        loop {
            let (ids, more) = room.lease_ids(&self.prefix, after.as_deref(), PAGE)?;
            let Some(last) = ids.last() else { return Ok(page) };
            after = Some(last.clone());
            let mut folder: Option<String> = None;
            for id in &ids {
                let Some(relative) = id.strip_prefix(&self.prefix) else { continue };
                let name = match relative.split_once('/') {
                    Some((folder, _)) => format!("{folder}/"),
                    None => relative.to_owned(),
                };
                if folder.as_ref() == Some(&name) {
                    continue;
                }
                if page.names.last() != Some(&name) {
                    if page.names.len() == limit {
                        page.more = true;
                        return Ok(page);
                    }
                    page.names.push(name.clone());
                }
                folder = name.ends_with('/').then_some(name);
            }
            if !more {
                return Ok(page);
            }
            // A folder with many leases is stepped over at once.
            if let Some(folder) = folder {
                after = Some(self.past(&folder));
            }
        }
    }

    /// Greater than a name and everything in it, if it is a folder.
    fn past(&self, name: &str) -> String {
        match name.ends_with('/') {
            true => crate::operations::list_secrets::past(&format!("{}{name}", self.prefix)),
            false => format!("{}{name}", self.prefix),
        }
    }
}
