//! The commands, a file each.

use std::process::ExitCode;

use crate::context::Context;
use crate::failure::Failure;

mod about;

macro_rules! commands {
    ($($(#[$doc:meta])* $variant:ident => $module:ident,)*) => {
        $(mod $module;)*

        /// Every command with its arguments.
        #[derive(Debug, clap::Subcommand)]
        pub enum Command {
            $($(#[$doc])* $variant($module::Arguments),)*
        }

        impl Command {
            /// Do it.
            ///
            /// # Errors
            /// [`Failure`]
            pub fn run(self, context: &Context) -> Result<ExitCode, Failure> {
                match self {
                    $(Self::$variant(arguments) => $module::run(context, arguments),)*
                }
            }
        }
    };
}

commands! {
    /// Make a local store, and move a .env file into it
    Init => init,
    /// Store a secret, or a new version of it
    Set => set,
    /// Print a secret's value
    Get => get,
    /// List secrets, without values
    List => list,
    /// List a secret's versions, without values
    History => history,
    /// Make an earlier value current again
    Rollback => rollback,
    /// Hide a secret, or some of its versions
    Delete => delete,
    /// Bring a deleted secret back, or deleted versions
    Undelete => undelete,
    /// Erase versions of a secret, or all of it, for good
    Destroy => destroy,
    /// Change what is said about a secret, or show it
    Tag => tag,
    /// Store the values of a file
    Import => import,
    /// Write a project's values in another tool's format
    Export => export,
    /// Check that everything strongroom.toml declares has a value that fits
    Check => check,
    /// Compare two environments without showing values
    Diff => diff,
    /// Run a program with its secrets as environment variables
    Run => run,
    /// Read and verify the audit log
    Audit => audit,
    /// Look for what is wrong with the store and around it
    Doctor => doctor,
    /// Copy the store, encrypted as it is, while it is in use
    Backup => backup,
    /// Put a copy in the store's place
    Restore => restore,
    /// Change the keys of the store
    Rekey => rekey,
    /// Print a completion script for a shell
    Completions => completions,
}
