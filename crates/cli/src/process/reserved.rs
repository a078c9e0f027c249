//! Names that a secret may not take in a program's environment, each with its reason.

use super::matches;

/// A reserved name, or a family of names.
#[derive(Debug, Clone, Copy)]
pub struct Reserved {
    /// The name; a `*` at the end stands for any continuation.
    pub pattern: &'static str,
    /// What a secret of that name would do.
    pub reason: &'static str,
}

const fn reserved(pattern: &'static str, reason: &'static str) -> Reserved {
    Reserved { pattern, reason }
}

/// Every reserved name. Whoever can write a secret of such a name decides which code the program
/// runs, or breaks it in a way that is hard to find.
pub const RESERVED: &[Reserved] = &[
    // The dynamic loader and the C library: code or data loaded into any program.
    reserved("LD_*", "the dynamic loader loads code that it names"),
    reserved("DYLD_*", "the dynamic loader of macOS loads code that it names"),
    reserved("GCONV_PATH", "the C library loads code from there"),
    reserved("GLIBC_TUNABLES", "it changes how the C library works"),
    reserved("LOCPATH", "the C library loads locale data from there"),
    reserved("NLSPATH", "the C library loads message data from there"),
    reserved("MALLOC_*", "it changes how the C library allocates"),
    reserved("HOSTALIASES", "it redirects host names"),
    reserved("LOCALDOMAIN", "it redirects host names"),
    reserved("RES_OPTIONS", "it changes how host names are resolved"),
    // Shells.
    reserved("PATH", "it decides which programs are found"),
    reserved("IFS", "it decides how a shell splits words"),
    reserved("ENV", "a shell runs the file that it names"),
    reserved("BASH_ENV", "bash runs the file that it names"),
    reserved("BASH_FUNC_*", "bash takes it for the definition of a function"),
    reserved("BASHOPTS", "it changes how bash works"),
    reserved("SHELLOPTS", "it changes how bash works"),
    reserved("PROMPT_COMMAND", "bash runs it before each prompt"),
    reserved("PS4", "bash runs the commands in it when it traces"),
    reserved("CDPATH", "it decides where a shell's cd goes"),
    reserved("ZDOTDIR", "zsh runs the files in that directory"),
    reserved("FPATH", "a shell loads functions from there"),
    // Who and where the program is.
    reserved("HOME", "programs read their settings from there"),
    reserved("USER", "it tells programs who runs them"),
    reserved("LOGNAME", "it tells programs who runs them"),
    reserved("SHELL", "programs start it as the user's shell"),
    reserved("PWD", "it tells programs where they run"),
    reserved("OLDPWD", "it belongs to the shell"),
    reserved("SHLVL", "it belongs to the shell"),
    reserved("_", "it belongs to the shell"),
    reserved("TERM", "it tells programs what the terminal can do"),
    reserved("TERMINFO*", "programs load terminal descriptions from there"),
    reserved("TERMCAP", "it tells programs what the terminal can do"),
    reserved("LANG", "it decides the program's language and character set"),
    reserved("LANGUAGE", "it decides the program's language"),
    reserved("LC_*", "it decides the program's language and character set"),
    reserved("TZ", "it decides the program's time zone"),
    reserved("TMPDIR", "programs write temporary files there"),
    reserved("XDG_*", "programs read their settings from there"),
    reserved("DISPLAY", "programs open their windows there"),
    reserved("XAUTHORITY", "programs read display credentials from there"),
    reserved("DBUS_SESSION_BUS_ADDRESS", "programs talk to the session through it"),
    // Interpreters and runtimes.
    reserved("PYTHONPATH", "Python imports code from there"),
    reserved("PYTHONHOME", "Python loads its library from there"),
    reserved("PYTHONSTARTUP", "Python runs the file that it names"),
    reserved("PYTHONBREAKPOINT", "Python calls the function that it names"),
    reserved("PYTHONUSERBASE", "Python imports code from there"),
    reserved("PYTHONPLATLIBDIR", "Python loads its library from there"),
    reserved("PYTHONWARNINGS", "Python imports the module that it names"),
    reserved("NODE_OPTIONS", "Node.js loads the code that it names"),
    reserved("NODE_PATH", "Node.js loads code from there"),
    reserved("RUBYOPT", "Ruby loads the code that it names"),
    reserved("RUBYLIB", "Ruby loads code from there"),
    reserved("PERL5OPT", "Perl loads the code that it names"),
    reserved("PERL5LIB", "Perl loads code from there"),
    reserved("PERL5DB", "Perl runs it under its debugger"),
    reserved("PERLLIB", "Perl loads code from there"),
    reserved("PHPRC", "PHP reads its settings from there"),
    reserved("PHP_INI_SCAN_DIR", "PHP reads its settings from there"),
    reserved("LUA_INIT*", "Lua runs it"),
    reserved("JAVA_TOOL_OPTIONS", "Java loads the agents that it names"),
    reserved("JDK_JAVA_OPTIONS", "Java loads the agents that it names"),
    reserved("_JAVA_OPTIONS", "Java loads the agents that it names"),
    reserved("CLASSPATH", "Java loads code from there"),
    reserved("DOTNET_STARTUP_HOOKS", "the .NET runtime loads the code that it names"),
    reserved("CORECLR_PROFILER*", "the .NET runtime loads the code that it names"),
    reserved("OPENSSL_CONF", "OpenSSL loads the code that it names"),
    reserved("OPENSSL_ENGINES", "OpenSSL loads code from there"),
    reserved("OPENSSL_MODULES", "OpenSSL loads code from there"),
    // Tools that start the program that a variable names.
    reserved("GIT_SSH*", "git runs it"),
    reserved("GIT_ASKPASS", "git runs it"),
    reserved("GIT_CONFIG*", "git reads settings that run programs from there"),
    reserved("GIT_EDITOR", "git runs it"),
    reserved("GIT_EXEC_PATH", "git runs programs from there"),
    reserved("GIT_EXTERNAL_DIFF", "git runs it"),
    reserved("GIT_PAGER", "git runs it"),
    reserved("GIT_PROXY_COMMAND", "git runs it"),
    reserved("GIT_TEMPLATE_DIR", "git copies hooks from there"),
    reserved("SSH_ASKPASS", "ssh runs it"),
    reserved("SSH_AUTH_SOCK", "ssh signs with the agent behind it"),
    reserved("SUDO_ASKPASS", "sudo runs it"),
    reserved("EDITOR", "programs run it"),
    reserved("VISUAL", "programs run it"),
    reserved("PAGER", "programs run it"),
    reserved("MANPAGER", "man runs it"),
    reserved("BROWSER", "programs run it"),
    reserved("LESSOPEN", "less runs it"),
    reserved("LESSCLOSE", "less runs it"),
    reserved("MAKEFLAGS", "make takes options from it"),
    reserved("GNUMAKEFLAGS", "make takes options from it"),
    // Ours.
    reserved("STRONGROOM_*", "Strongroom reads its own settings from it"),
];

/// Names that are reserved, each with the reason.
#[derive(Debug, thiserror::Error)]
#[error("reserved {}: {}", if .names.len() == 1 { "name" } else { "names" }, describe(.names))]
pub struct ReservedError {
    /// The refused names in the order given, and why.
    pub names: Vec<(String, &'static str)>,
}

impl ReservedError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        "store it under another name, give the names a --prefix, or insist with --force"
    }
}

/// Refuses the names that [`RESERVED`] lists. The names are those that the program would see: with
/// a prefix, the prefixed ones.
///
/// # Errors
/// Every reserved name among them, unless `force`.
pub fn check_reserved<'a>(
    names: impl IntoIterator<Item = &'a str>,
    force: bool,
) -> Result<(), ReservedError> {
    if force {
        return Ok(());
    }
    let refused: Vec<_> = names
        .into_iter()
        .filter_map(|name| reason(name).map(|reason| (name.to_owned(), reason)))
        .collect();
    if refused.is_empty() { Ok(()) } else { Err(ReservedError { names: refused }) }
}

fn reason(name: &str) -> Option<&'static str> {
    RESERVED.iter().find(|entry| matches(entry.pattern, name)).map(|entry| entry.reason)
}

fn describe(names: &[(String, &'static str)]) -> String {
    let each: Vec<_> = names.iter().map(|(name, reason)| format!("{name} ({reason})")).collect();
    each.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reserved_name_is_refused_and_its_reason_given() {
        for entry in RESERVED {
            let name = entry.pattern.replace('*', "X");
            let error = check_reserved([name.as_str()], false).unwrap_err();
            assert_eq!(error.names, [(name.clone(), entry.reason)], "{name}");
            assert!(error.to_string().contains(&name));
        }
    }

    #[test]
    fn force_lets_every_name_pass() {
        check_reserved(["PATH", "LD_PRELOAD"], true).unwrap();
    }

    #[test]
    fn names_that_only_resemble_reserved_ones_pass() {
        let names = ["path", "Path", "PATHS", "MY_PATH", "LD", "HOMEPAGE", "PYTHON_API_KEY"];
        check_reserved(names, false).unwrap();
        check_reserved(["GIT_TOKEN", "DATABASE_URL", "ENVIRONMENT", "STRONGROOM"], false).unwrap();
    }

    #[test]
    fn all_refused_names_are_reported_at_once_and_in_order() {
        let error = check_reserved(["PATH", "API_KEY", "LD_PRELOAD"], false).unwrap_err();
        let names: Vec<_> = error.names.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["PATH", "LD_PRELOAD"]);
        assert!(error.to_string().starts_with("reserved names: PATH ("));
    }

    #[test]
    fn the_reference_page_lists_every_name_with_its_reason() {
        let page = include_str!("../../../../docs/reference/run.md");
        for entry in RESERVED {
            let name = format!("`{}`", entry.pattern);
            let listed = page.lines().any(|line| {
                line.contains(&name) && line.ends_with(&format!("| {} |", entry.reason))
            });
            assert!(listed, "{name}: {}", entry.reason);
        }
    }

    #[test]
    fn no_pattern_stands_twice_or_holds_a_star_inside() {
        for (index, entry) in RESERVED.iter().enumerate() {
            let stem = entry.pattern.strip_suffix('*').unwrap_or(entry.pattern);
            assert!(!stem.contains('*'), "{}", entry.pattern);
            let again = RESERVED.iter().skip(index + 1).any(|other| other.pattern == entry.pattern);
            assert!(!again, "{}", entry.pattern);
        }
    }
}
