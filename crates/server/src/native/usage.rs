//! How secrets and credentials were used.

use strongroom_core::time::Seconds;
use strongroom_core::usage::Usage;
use strongroom_engine::operations::LISTED_MAX;
use strongroom_engine::operations::usage::{ListUsage, ReadUsage, SecretUsage, UsageOf, UsagePage};
use strongroom_wire as wire;

use super::fault::Fault;
use super::registry::Serve;

impl Serve for wire::ReadUsage {
    type Operation = ReadUsage;

    fn operation(self) -> Result<ReadUsage, Fault> {
        Ok(ReadUsage::new(match self.of {
            wire::UsageOf::Secret(path) => UsageOf::Secret(path),
            wire::UsageOf::Token(accessor) => UsageOf::Token(accessor),
            wire::UsageOf::SecretId { mount, role, accessor } => {
                UsageOf::SecretId { mount, role, accessor }
            }
        }))
    }

    fn answer(usage: Option<Usage>) -> wire::Usage {
        usage.into()
    }
}

impl Serve for wire::ListUsage {
    type Operation = ListUsage;

    fn operation(self) -> Result<ListUsage, Fault> {
        Ok(ListUsage {
            prefix: self.prefix,
            unused_for: self.unused_for_secs.map(Seconds),
            after: self.after,
            limit: self.limit.unwrap_or(LISTED_MAX),
        })
    }

    fn answer(page: UsagePage) -> wire::UsagePage {
        let entry = |entry: SecretUsage| wire::SecretUsage {
            path: entry.path,
            created: entry.created.into(),
            usage: entry.usage.into(),
        };
        wire::UsagePage { entries: page.entries.into_iter().map(entry).collect(), next: page.next }
    }
}
