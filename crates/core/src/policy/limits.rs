//! How large a policy can be.

use crate::hcl;

/// The longest text of a policy, in bytes.
pub const POLICY_TEXT_BYTES_MAX: usize = 512 * 1024;

/// How deep lists and objects of a policy's text can stand in each other.
pub const POLICY_DEPTH_MAX: usize = hcl::DEPTH_MAX;

/// How many values (texts, numbers, lists, objects) a policy's text can hold.
pub const POLICY_VALUES_MAX: usize = hcl::VALUES_MAX;

/// How many rules a policy can have.
pub const RULES_MAX: usize = 4_096;

/// The longest path of a rule, in bytes.
pub const RULE_PATH_BYTES_MAX: usize = 1_024;

/// How many parameters and values a list of parameters in a rule can name.
pub const PARAMETERS_MAX: usize = 1_024;
