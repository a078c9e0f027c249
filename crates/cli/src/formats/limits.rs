//! The limits of this module.

/// Bytes of a file that is imported.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Entries of a file that is imported.
pub const ENTRIES_MAX: usize = 10_000;
/// Bytes of one value.
pub const VALUE_BYTES_MAX: usize = 1024 * 1024;
/// Bytes of all values of a file together, which aliases and `${NAME}` can make longer than the file.
pub const VALUES_BYTES_MAX: usize = 2 * FILE_BYTES_MAX;
/// Lists and tables inside one another.
pub const NESTING_MAX: usize = 32;
/// Characters of a name.
pub const NAME_CHARS_MAX: usize = 255;
/// Problems that are reported of one file.
pub const PROBLEMS_MAX: usize = 20;
/// Values, lists and tables that a YAML file makes with its aliases.
pub const NODES_MAX: usize = 100_000;
