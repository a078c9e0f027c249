//! How much the system passes to a program, checked before `execve` answers with a bare E2BIG.

use std::ffi::{OsStr, OsString};

use super::{Environment, Program};

/// Of the room for arguments and environment, what the kernel may need for itself: the path, the
/// auxiliary vector, the interpreter that a script names.
const RESERVE_BYTES: usize = 4096;

/// How many of the largest variables an error names.
const LARGEST_COUNT: usize = 3;

/// Limits on what `execve` passes on, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeLimits {
    /// One argument, or one `NAME=value`, with its closing NUL.
    pub string_bytes: usize,
    /// All strings, with eight bytes for the pointer to each.
    pub total_bytes: usize,
}

/// An environment or argument list that the system would not pass on. Sizes are in bytes and count
/// the name, the `=` and the closing NUL.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SizeError {
    /// One variable is too large.
    #[error("{name} takes {size} bytes; the system passes at most {limit} in one variable")]
    Variable {
        /// The variable.
        name: String,
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// One argument is too large.
    #[error("argument {position} takes {size} bytes; the system passes at most {limit} in one")]
    Argument {
        /// Which argument, the first being 1.
        position: usize,
        /// Its size.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// All together are too large.
    #[error(
        "arguments and environment take {size} bytes; the system passes at most {limit}; \
         the largest variables: {largest}"
    )]
    Total {
        /// The size of all.
        size: usize,
        /// The limit.
        limit: usize,
        /// Names and sizes of the largest variables.
        largest: String,
    },
}

impl SizeLimits {
    /// The limits of this system, by the kernel's own arithmetic (Linux, `fs/exec.c`,
    /// `bprm_stack_limits`): one string takes at most 32 pages; all take at most a quarter of the
    /// stack limit, at least 128 KiB and at most 6 MiB.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn of_this_system() -> Self {
        const FLOOR_BYTES: u64 = 128 * 1024;
        const CEILING_BYTES: u64 = 6 * 1024 * 1024;
        let stack = rustix::process::getrlimit(rustix::process::Resource::Stack).current;
        let total =
            stack.map_or(CEILING_BYTES, |bytes| bytes / 4).clamp(FLOOR_BYTES, CEILING_BYTES);
        Self {
            string_bytes: 32 * rustix::param::page_size(),
            total_bytes: usize::try_from(total).unwrap_or(usize::MAX),
        }
    }

    /// The limits of this system: ARG_MAX of macOS and the BSDs, 1 MiB at most, for all strings.
    #[cfg(not(target_os = "linux"))]
    #[must_use]
    pub fn of_this_system() -> Self {
        const TOTAL_BYTES: usize = 512 * 1024;
        Self { string_bytes: TOTAL_BYTES, total_bytes: TOTAL_BYTES }
    }

    /// Whether the program can be started with these arguments and this environment.
    ///
    /// # Errors
    /// [`SizeError`], which names the variable or argument and its size.
    pub fn check(
        &self,
        program: &Program,
        arguments: &[OsString],
        environment: &Environment,
    ) -> Result<(), SizeError> {
        let limit = self.string_bytes;
        let mut total = RESERVE_BYTES + string_bytes(program.name().len());
        for (index, argument) in arguments.iter().enumerate() {
            let size = argument.len() + 1;
            if size > limit {
                return Err(SizeError::Argument { position: index + 1, size, limit });
            }
            total += string_bytes(argument.len());
        }
        let mut variables = Vec::new();
        for (name, value) in environment.expose() {
            let size = name.len() + 1 + value.len() + 1;
            if size > limit {
                let name = name.to_string_lossy().into_owned();
                return Err(SizeError::Variable { name, size, limit });
            }
            total += string_bytes(size - 1);
            variables.push((size, name));
        }
        if total <= self.total_bytes {
            return Ok(());
        }
        let largest = largest(variables);
        Err(SizeError::Total { size: total, limit: self.total_bytes, largest })
    }
}

/// What a string of that length takes: itself, its NUL, the pointer to it.
fn string_bytes(length: usize) -> usize {
    length + 1 + size_of::<usize>()
}

fn largest(mut variables: Vec<(usize, &OsStr)>) -> String {
    variables.sort_by(|one, other| other.cmp(one));
    let named = variables.iter().take(LARGEST_COUNT);
    let named: Vec<_> =
        named.map(|(size, name)| format!("{} ({size} bytes)", name.to_string_lossy())).collect();
    named.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    const LIMITS: SizeLimits = SizeLimits { string_bytes: 1000, total_bytes: 10_000 };

    fn check(
        arguments: &[OsString],
        variables: &[(&str, usize)],
        limits: SizeLimits,
    ) -> Result<(), SizeError> {
        let program = Program::find(OsStr::new("/bin/sh"), None).unwrap();
        let mut environment = Environment::empty();
        for (name, length) in variables {
            environment.add_secret(name, Zeroizing::new("x".repeat(*length))).unwrap();
        }
        limits.check(&program, arguments, &environment)
    }

    #[test]
    fn a_variable_at_the_limit_passes_and_one_byte_more_is_refused_by_name() {
        check(&[], &[("KEY", 995)], LIMITS).unwrap();
        let error = check(&[], &[("KEY", 996)], LIMITS).unwrap_err();
        assert_eq!(error, SizeError::Variable { name: "KEY".into(), size: 1001, limit: 1000 });
    }

    #[test]
    fn an_argument_at_the_limit_passes_and_one_byte_more_is_refused_by_position() {
        check(&["a".into(), "x".repeat(999).into()], &[], LIMITS).unwrap();
        let error = check(&["a".into(), "x".repeat(1000).into()], &[], LIMITS).unwrap_err();
        assert_eq!(error, SizeError::Argument { position: 2, size: 1001, limit: 1000 });
    }

    #[test]
    fn too_much_altogether_names_the_largest_variables() {
        let variables: Vec<_> = [("A", 900), ("B", 901), ("C", 902), ("D", 903)].into();
        check(&[], &variables, LIMITS).unwrap();
        let limits = SizeLimits { total_bytes: 7000, ..LIMITS };
        let error = check(&[], &variables, limits).unwrap_err().to_string();
        assert!(error.ends_with("D (906 bytes), C (905 bytes), B (904 bytes)"), "{error}");
    }
}
