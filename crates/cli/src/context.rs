//! What every command knows: where things are, and how to talk to the user.

use std::path::PathBuf;
use std::sync::Arc;

use crate::home::Home;
use crate::output::{Color, Output};
use crate::system::{SystemClock, SystemRandom};

/// Options of every command.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct GlobalArguments {
    /// The folder that holds the store
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "STRONGROOM_HOME",
        help_heading = "Global options"
    )]
    pub home: Option<PathBuf>,
    /// The key file, when it is not in the store's folder
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "STRONGROOM_KEY_FILE",
        help_heading = "Global options"
    )]
    pub key_file: Option<PathBuf>,
    /// Read the passphrase from this file instead of asking (or set STRONGROOM_PASSPHRASE)
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub passphrase_file: Option<PathBuf>,
    /// With a store sealed by shares: read them from this file, one a line, instead of asking
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub unseal_shares_file: Option<PathBuf>,
    /// Write requested data as JSON
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,
    /// Say nothing but errors and warnings
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub quiet: bool,
    /// When to colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        help_heading = "Global options"
    )]
    pub color: Color,
}

/// What every command knows.
pub struct Context {
    /// The options.
    pub global: GlobalArguments,
    /// Where the store is.
    pub home: Home,
    /// The two streams.
    pub output: Output,
    /// The clock.
    pub clock: Arc<SystemClock>,
    /// The source of randomness.
    pub random: Arc<SystemRandom>,
}

impl Context {
    /// The context of one run.
    #[must_use]
    pub fn new(global: GlobalArguments) -> Self {
        let home = Home::locate(global.home.as_deref(), global.key_file.as_deref());
        let output = Output::new(global.json, global.quiet, global.color);
        let clock = Arc::new(SystemClock::start());
        Self { global, home, output, clock, random: Arc::new(SystemRandom) }
    }
}
