//! What policies allow at a path, decided as a request there is.
//!
//! Policies name what is in a versioned mount in two ways (see [`crate::room`]), so that what a caller may do at
//! `secret/data/app/KEY` is decided by rules on `secret/app/KEY` as well. [`decided`] is the one place that says for a
//! path of the API which names count: `sys/capabilities` and the test of policies ask it.

use strongroom_core::policy::{Acl, Capability, Decision};

use crate::mounts::{MountKind, MountTable};
use crate::room::{WORDS, decide};

/// What decides on a capability at a path of the API, `/` at its end or not, handed to `look`.
pub(crate) fn decided<T>(
    mounts: &MountTable,
    acl: &Acl,
    path: &str,
    capability: Capability,
    look: impl FnOnce(&Decision<'_>) -> T,
) -> T {
    let name = path.trim_start_matches('/').trim_end_matches('/');
    let slash = if capability == Capability::List { "/" } else { "" };
    let plain = format!("{name}{slash}");
    if capability == Capability::Sudo {
        return look(&acl.check(&plain, capability));
    }
    let Some(forms) = Forms::of(mounts, name, capability) else {
        return look(&acl.check(&plain, capability));
    };
    let (canonical, api) = (format!("{}{slash}", forms.canonical), format!("{}{slash}", forms.api));
    let [of_canonical, of_api] = forms.capabilities;
    let mount_bytes = forms.mount_bytes;
    let decision = decide(acl, (&canonical, of_canonical), (&api, of_api), mount_bytes);
    if !forms.removes_for_good || !decision.is_allowed() {
        return look(&decision);
    }
    look(&decide(acl, (&canonical, Capability::Sudo), (&api, Capability::Delete), mount_bytes))
}

/// The two names of something in a versioned mount.
struct Forms {
    canonical: String,
    api: String,
    /// What is demanded on each.
    capabilities: [Capability; 2],
    /// How long `<mount>/` is.
    mount_bytes: usize,
    /// Whether a secret is removed with all its versions, which needs more on the canonical name.
    removes_for_good: bool,
}

impl Forms {
    /// `None` where there is one name only.
    fn of(mounts: &MountTable, name: &str, capability: Capability) -> Option<Self> {
        use Capability::{Delete, List, Update};
        let (mount_path, mount, rest) = mounts.resolve(name).ok()?;
        if mount.kind != MountKind::KeyValue {
            return None;
        }
        let (first, below) = rest.split_once('/').unwrap_or((rest, ""));
        let within = |rest: &str| match rest {
            "" => mount_path.to_string(),
            rest => format!("{mount_path}/{rest}"),
        };
        let forms = |canonical: String, word: &str, below: &str, capabilities| Self {
            canonical,
            api: within(format!("{word}/{below}").trim_end_matches('/')),
            capabilities,
            mount_bytes: mount_path.as_str().len() + 1,
            removes_for_good: false,
        };
        let both = [capability; 2];
        if !WORDS.contains(&first) {
            let word = if capability == List { "metadata" } else { "data" };
            return Some(forms(within(rest), word, rest, both));
        }
        match (first, capability) {
            ("metadata", List) => Some(forms(within(below), first, below, both)),
            (_, List) | (_, _) if below.is_empty() => None,
            ("metadata", Delete) => {
                Some(Self { removes_for_good: true, ..forms(within(below), first, below, both) })
            }
            ("data" | "metadata", _) => Some(forms(within(below), first, below, both)),
            ("delete" | "undelete" | "destroy", Update) => {
                Some(forms(within(below), first, below, [Delete, Update]))
            }
            _ => None,
        }
    }
}
