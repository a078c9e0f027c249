//! The domain: secrets and their versions, keys and envelope encryption, policy, the audit chain.
//!
//! Pure. Bytes, times and random bytes come in; decisions and bytes go out. No I/O, no async, no clock, no
//! randomness, no logging. The one contact with the operating system is [`memory`], which locks the pages
//! that hold keys.
//!
//! # Adding to it
//! A rule about secrets belongs in [`model`], a formula in [`crypto`], a decision about access in [`policy`], a key
//! that works for callers who never see it in [`transit`].
//! A rule of one vendor's protocol alone belongs in that vendor's module ([`aws`]).
//! A rule that needs a store or a clock belongs in the engine.

pub mod app;
pub mod audit;
pub mod aws;
pub mod crypto;
pub mod duration;
pub mod glob;
pub mod hcl;
pub mod identifier;
pub mod identity;
pub mod lease;
pub mod memory;
pub mod model;
pub mod pki;
pub mod policy;
pub mod random;
pub mod secret;
pub mod spelling;
pub mod time;
pub mod token;
pub mod transit;
pub mod usage;
