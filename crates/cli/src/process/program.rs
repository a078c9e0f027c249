//! Finding the program, and why it cannot be started.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use super::SizeError;

/// Where programs are looked for when `PATH` is not set, as the C library does.
const DEFAULT_SEARCH_PATH: &str = "/bin:/usr/bin";

/// Words that only a shell understands, for a hint.
const SHELL_WORDS: &[&str] = &[
    "alias", "cd", "eval", "exec", "export", "for", "if", "set", "source", "type", "ulimit",
    "umask", "unset", "wait", "while", ".",
];

/// A program that was found and may be executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    name: OsString,
    path: PathBuf,
}

/// Why a program could not be started. No argument and no value is in it.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// There is no such program.
    #[error("{}: no such program{}", .name.to_string_lossy(), if is_path(.name) { "" } else { " in PATH" })]
    NotFound {
        /// As typed.
        name: OsString,
    },
    /// The file may not be executed: a directory, or without the right to.
    #[error("{}: {reason}", .path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
        /// What stands against it.
        reason: &'static str,
    },
    /// The file is there, the interpreter that it names is not.
    #[error("{}: the interpreter that it names does not exist", .path.display())]
    NoInterpreter {
        /// The script or program.
        path: PathBuf,
    },
    /// Arguments and environment are larger than the system passes on.
    #[error(transparent)]
    TooLarge(#[from] SizeError),
    /// The system refused for another reason.
    #[error("{}: {source}", .path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl Program {
    /// Finds a program as `execvp` does: a name with a slash is a path, any other is looked for in
    /// the directories of `search_path` (the caller's `PATH`, so that a secret cannot redirect it).
    ///
    /// # Errors
    /// [`ExecError::NotFound`], or [`ExecError::NotExecutable`] when there are only such files.
    pub fn find(name: &OsStr, search_path: Option<&OsStr>) -> Result<Self, ExecError> {
        if name.is_empty() {
            return Err(ExecError::NotFound { name: name.to_owned() });
        }
        if is_path(name) {
            return match obstacle(Path::new(name)) {
                None => Ok(Self { name: name.to_owned(), path: name.into() }),
                Some(reason) => Err(refusal(name, Path::new(name), reason)),
            };
        }
        let mut refused = None;
        for directory in std::env::split_paths(search_path.unwrap_or(DEFAULT_SEARCH_PATH.as_ref()))
        {
            // An empty element is the current directory. The slash keeps the path a path.
            let directory = if directory.as_os_str().is_empty() { ".".into() } else { directory };
            let path = directory.join(name);
            match obstacle(&path) {
                None => return Ok(Self { name: name.to_owned(), path }),
                Some(Obstacle::Missing) => {}
                Some(found) => refused = refused.or(Some((path, found))),
            }
        }
        let missing = || (PathBuf::new(), Obstacle::Missing);
        let (path, found) = refused.unwrap_or_else(missing);
        Err(refusal(name, &path, found))
    }

    /// The name as typed, which the program sees as its `argv[0]`.
    #[must_use]
    pub fn name(&self) -> &OsStr {
        &self.name
    }

    /// The file that is executed.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

enum Obstacle {
    Missing,
    Directory,
    Denied,
}

fn obstacle(path: &Path) -> Option<Obstacle> {
    use rustix::fs::{Access, AtFlags, CWD, accessat};
    let Ok(metadata) = std::fs::metadata(path) else {
        return Some(Obstacle::Missing);
    };
    if metadata.is_dir() {
        return Some(Obstacle::Directory);
    }
    // EACCESS: by the effective user, who is the one that executes.
    accessat(CWD, path, Access::EXEC_OK, AtFlags::EACCESS).err().map(|_| Obstacle::Denied)
}

fn refusal(name: &OsStr, path: &Path, found: Obstacle) -> ExecError {
    let reason = match found {
        Obstacle::Missing => return ExecError::NotFound { name: name.to_owned() },
        Obstacle::Directory => "is a directory",
        Obstacle::Denied => "permission denied",
    };
    ExecError::NotExecutable { path: path.to_owned(), reason }
}

impl ExecError {
    /// What `execve` answered for a program that was found.
    pub(super) fn from_system(program: &Program, source: io::Error) -> Self {
        let path = program.path.clone();
        match source.raw_os_error() {
            Some(libc::ENOENT) if path.exists() => Self::NoInterpreter { path },
            Some(libc::ENOENT) => Self::NotFound { name: program.name.clone() },
            Some(libc::EACCES) => Self::NotExecutable { path, reason: "permission denied" },
            _ => Self::Refused { path, source },
        }
    }

    /// The exit code that shells, `env` and `nohup` use: 127 when there is no such program, 126
    /// when there is one that cannot be started.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound { .. } => 127,
            _ => 126,
        }
    }

    /// What to do about it, where that can be known.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotFound { name } => not_found_hint(&name.to_string_lossy()),
            Self::NotExecutable { path, reason: "permission denied" } if path.is_file() => {
                Some(format!("make it executable: chmod +x {}", path.display()))
            }
            Self::NotExecutable { .. } | Self::Refused { .. } => None,
            Self::NoInterpreter { path } => {
                Some(format!("look at its first line: head -n 1 {}", path.display()))
            }
            Self::TooLarge(_) => {
                Some("pass fewer secrets with --only, or the large one in a file".to_owned())
            }
        }
    }
}

fn not_found_hint(name: &str) -> Option<String> {
    if SHELL_WORDS.contains(&name) {
        return Some(format!(
            "`{name}` is a word of the shell: strongroom run -- sh -c '{name} ...'"
        ));
    }
    if let Some((variable, _)) = name.split_once('=') {
        return Some(format!(
            "to set {variable} for the program: strongroom run -- env {variable}=... PROGRAM"
        ));
    }
    if let Some((program, _)) = name.split_once(' ') {
        return Some(format!(
            "the program and its arguments are separate words: strongroom run -- {program} ..."
        ));
    }
    if !name.is_empty() && !is_path(OsStr::new(name)) && Path::new(name).is_file() {
        return Some(format!("there is one in this directory: strongroom run -- ./{name}"));
    }
    let python = name == "python"
        && Program::find(OsStr::new("python3"), std::env::var_os("PATH").as_deref()).is_ok();
    python.then(|| "there is a python3: strongroom run -- python3 ...".to_owned())
}

fn is_path(name: &OsStr) -> bool {
    name.as_bytes().contains(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str, search_path: &str) -> Result<Program, ExecError> {
        Program::find(OsStr::new(name), Some(OsStr::new(search_path)))
    }

    fn file(directory: &Path, name: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::create_dir_all(directory).unwrap();
        std::fs::write(directory.join(name), "#!/bin/sh\n").unwrap();
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(directory.join(name), permissions).unwrap();
    }

    #[test]
    fn the_first_executable_of_the_search_path_is_taken() {
        let room = tempfile::tempdir().unwrap();
        let (one, two) = (room.path().join("one"), room.path().join("two"));
        file(&one, "tool", 0o644);
        file(&two, "tool", 0o755);
        let search = format!("/nowhere:{}:{}", one.display(), two.display());
        assert_eq!(find("tool", &search).unwrap().path(), two.join("tool"));
    }

    #[test]
    fn a_file_without_the_right_to_execute_is_126_and_no_file_127() {
        let room = tempfile::tempdir().unwrap();
        file(room.path(), "tool", 0o644);
        let search = room.path().to_str().unwrap();
        let error = find("tool", search).unwrap_err();
        assert_eq!(error.exit_code(), 126);
        assert!(error.hint().unwrap().starts_with("make it executable: chmod +x "));
        let error = find("other", search).unwrap_err();
        assert_eq!(
            (error.exit_code(), error.to_string()),
            (127, "other: no such program in PATH".into())
        );
    }

    #[test]
    fn a_directory_is_not_a_program() {
        let error = find("/tmp", "").unwrap_err();
        assert_eq!((error.exit_code(), error.to_string()), (126, "/tmp: is a directory".into()));
    }

    #[test]
    fn without_a_search_path_the_systems_directories_are_used() {
        assert!(Program::find(OsStr::new("sh"), None).is_ok());
    }

    #[test]
    fn usual_mistakes_get_a_hint() {
        let hint = |name: &str| find(name, "/nowhere").unwrap_err().hint().unwrap_or_default();
        assert!(hint("echo hello").contains("separate words"));
        assert!(hint("export").contains("sh -c 'export"));
        assert!(hint("A=canary").contains("env A=") && !hint("A=canary").contains("canary"));
        assert_eq!(hint("no-such-tool"), "");
        assert_eq!(find("", "/bin").unwrap_err().exit_code(), 127);
    }
}
