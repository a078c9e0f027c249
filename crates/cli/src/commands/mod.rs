//! The commands, a file each.

use std::process::ExitCode;

use crate::context::Context;
use crate::failure::Failure;

mod about;

macro_rules! commands {
    ($($variant:ident => $module:ident,)*) => {
        $(pub(crate) mod $module;)*

        /// Every command with its arguments. What the doc of the arguments says is the command's help.
        #[expect(missing_docs, reason = "a doc of the variant would replace that of the arguments")]
        #[derive(Debug, clap::Subcommand)]
        pub enum Command {
            $($variant($module::Arguments),)*
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
    Init => init,
    Set => set,
    Get => get,
    List => list,
    History => history,
    Rollback => rollback,
    Delete => delete,
    Undelete => undelete,
    Destroy => destroy,
    Tag => tag,
    Import => import,
    Export => export,
    Check => check,
    Diff => diff,
    Run => run,
    Audit => audit,
    Doctor => doctor,
    Backup => backup,
    Restore => restore,
    Rekey => rekey,
    Server => server,
    Status => status,
    Usage => usage,
    App => app,
    Token => token,
    Policy => policy,
    Explain => explain,
    Seal => seal,
    Unseal => unseal,
    Operator => operator,
    Vault => vault,
    Completions => completions,
}
