use std::process::ExitCode;

use strongroom_core::secret::UnsealShare;
use strongroom_wire as wire;
use zeroize::Zeroizing;

use crate::context::Context;
use crate::failure::Failure;
use crate::prompt;
use crate::session::{refused, server};

/// Open a server's store with shares of its key
///
/// Asks for shares, which are not shown as they are typed, until the store is open; an empty answer ends it, and
/// another operator goes on. With `-` they are read from the standard input, one a line. No share is ever an argument:
/// other users of a machine can read those.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Read the shares from the standard input, one a line
    #[arg(value_name = "-", value_parser = ["-"], conflicts_with = "reset")]
    input: Option<String>,
    /// Have the server forget the shares that were brought so far
    #[arg(long)]
    reset: bool,
}

/// Where shares come from.
pub(super) enum Shares {
    /// The standard input's lines that are left, the last first.
    Lines(Vec<Zeroizing<String>>),
    /// The terminal.
    Terminal,
}

pub(super) fn run(context: &Context, arguments: Arguments) -> Result<ExitCode, Failure> {
    let client = server("opened with shares")?;
    if arguments.reset {
        let reset = wire::UnsealStore { reset: true, share: None };
        client.call(&reset).map_err(refused)?;
        context.output.done("the shares are forgotten");
        return Ok(ExitCode::SUCCESS);
    }
    let mut seal = client.call(&wire::ReadSeal {}).map_err(refused)?;
    if !seal.initialised {
        return Err(Failure::new("the server's store has no keys yet")
            .hint("make them: strongroom operator init"));
    }
    if !seal.sealed {
        context.output.note("the store is open already");
        return Ok(ExitCode::SUCCESS);
    }
    let mut shares = Shares::from(arguments.input.is_some())?;
    while seal.sealed {
        let question = format!("Share {} of {}", seal.progress + 1, seal.threshold);
        let Some(share) = shares.next(&question)? else { break };
        let bring = wire::UnsealStore { share: Some(share), reset: false };
        let before = seal.progress;
        seal = client.call(&bring).map_err(refused)?;
        if seal.sealed && seal.progress == before {
            context.output.warning("that share was brought before");
        }
    }
    if context.output.json {
        context.output.json(&seal)?;
    } else if seal.sealed {
        let (progress, threshold) = (seal.progress, seal.threshold);
        context.output.note(format_args!("{progress} of {threshold} shares are there"));
        context.output.hint("whoever has another one: strongroom unseal");
    } else {
        context.output.done("the store is open");
    }
    Ok(ExitCode::SUCCESS)
}

impl Shares {
    /// From the standard input, read whole, or from the terminal.
    pub(super) fn from(input: bool) -> Result<Self, Failure> {
        if !input {
            return Ok(Self::Terminal);
        }
        let bytes = prompt::standard_input()?;
        let text = |line: &[u8]| String::from_utf8_lossy(line.trim_ascii()).into_owned();
        let lines = bytes.split(|byte| *byte == b'\n').map(|line| Zeroizing::new(text(line)));
        let mut lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        lines.reverse();
        Ok(Self::Lines(lines))
    }

    /// The next one; `None` where there is none, or nobody says one.
    pub(super) fn next(&mut self, question: &str) -> Result<Option<wire::ShareText>, Failure> {
        let share = match self {
            Self::Lines(lines) => lines.pop(),
            Self::Terminal => Some(prompt::hidden(question).map_err(|failure| {
                failure.hint("give shares on the standard input, one a line, and - as the argument")
            })?),
        };
        let share = share.filter(|share| !share.trim().is_empty());
        let trimmed = |share: Zeroizing<String>| UnsealShare::new(share.trim().as_bytes().to_vec());
        Ok(share.map(|share| wire::ShareText(trimmed(share))))
    }
}
