//! Operations about usage as calls of the native API.

use strongroom_core::usage::Usage;
use strongroom_engine::operations::usage::{ListUsage, ReadUsage, SecretUsage, UsageOf, UsagePage};
use strongroom_wire as wire;

use super::Remote;

impl Remote for ReadUsage {
    type Call = wire::ReadUsage;

    fn call(&self) -> wire::ReadUsage {
        let of = match self.of().clone() {
            UsageOf::Secret(path) => wire::UsageOf::Secret(path),
            UsageOf::Token(accessor) => wire::UsageOf::Token(accessor),
            UsageOf::SecretId { mount, role, accessor } => {
                wire::UsageOf::SecretId { mount, role, accessor }
            }
        };
        wire::ReadUsage { of }
    }

    fn answer(usage: wire::Usage) -> Option<Option<Usage>> {
        Some(usage.into())
    }
}

impl Remote for ListUsage {
    type Call = wire::ListUsage;

    fn call(&self) -> wire::ListUsage {
        wire::ListUsage {
            prefix: self.prefix.clone(),
            unused_for_secs: self.unused_for.map(|span| span.0),
            after: self.after.clone(),
            limit: Some(self.limit),
        }
    }

    fn answer(page: wire::UsagePage) -> Option<UsagePage> {
        let entry = |entry: wire::SecretUsage| SecretUsage {
            path: entry.path,
            created: entry.created.into(),
            usage: entry.usage.into(),
        };
        Some(UsagePage { entries: page.entries.into_iter().map(entry).collect(), next: page.next })
    }
}
