//! How secrets, tokens and secret ids were used, as the audit log tells.

mod list_usage;
mod read_usage;

pub use list_usage::{ListUsage, SecretUsage, UsagePage};
pub use read_usage::{ReadUsage, UsageOf};
