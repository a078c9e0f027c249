use strongroom_store::Range;

use crate::error::Error;
use crate::keys;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{List, Performed};

/// The names of all policies, `root` last as in Vault. Needs `list` on `sys/policies/acl`.
#[derive(Debug)]
pub struct ListPolicies;

impl Operation for ListPolicies {
    type Answer = Vec<String>;

    const NAME: &'static str = "policies-list";

    fn subject(&self) -> Option<&str> {
        Some("sys/policies/acl")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        let _proof = room.authorise_at::<List>("sys/policies/acl", &[MountKind::System])?;
        let mut names = vec!["default".to_owned()];
        let mut range = Range { keys_only: true, ..Range::prefix(keys::POLICIES) };
        loop {
            let page = room.store.list(&range)?;
            let found = page.entries.iter();
            let found = found.filter_map(|entry| entry.key.as_str().strip_prefix(keys::POLICIES));
            names.extend(found.filter(|name| *name != "default").map(str::to_owned));
            match page.entries.last() {
                Some(last) if page.more => range.after = Some(last.key.to_string()),
                _ => break,
            }
        }
        names.sort();
        names.push("root".to_owned());
        Ok(Performed::read(names))
    }
}
