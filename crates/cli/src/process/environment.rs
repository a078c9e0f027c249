//! The environment that a program is started with.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;

use zeroize::Zeroizing;

use super::matches;

/// The variables of the parent that a pristine environment keeps (a `*` at the end stands for any
/// continuation): what a program needs to find programs, the user, the terminal and the language.
pub const PRISTINE: &[&str] =
    &["PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "LANG", "LC_*", "TZ", "TMPDIR", "PWD"];

/// Variables that open the store or speak to a server with the caller's rights. They are Strongroom's
/// own and never reach the program, which gets the secrets that it asked for and no means to read
/// others. `STRONGROOM_ADDR` and `STRONGROOM_HOME` say where, not with which right, and stay.
pub const WITHHELD: &[&str] = &[
    "STRONGROOM_TOKEN",
    "STRONGROOM_PASSPHRASE",
    "STRONGROOM_NEW_PASSPHRASE",
    "STRONGROOM_KEY",
    "STRONGROOM_SECRET_ID",
    "STRONGROOM_UNSEAL_SHARE",
];

/// A variable that cannot be set.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EnvironmentError {
    /// The value of this variable holds a NUL byte, at which the system would cut it off.
    #[error("the value of {name} holds a NUL byte, which no environment variable can carry")]
    NulInValue {
        /// The variable.
        name: String,
    },
    /// This name is empty, or holds `=` or a NUL byte.
    #[error("{name:?} cannot be the name of an environment variable")]
    Name {
        /// The name as given.
        name: String,
    },
}

/// A program's environment: variables of the parent, and secrets. Its values are wiped when it is
/// dropped, and `Debug` shows names only.
#[derive(Default)]
pub struct Environment {
    variables: BTreeMap<OsString, Value>,
}

enum Value {
    Inherited(OsString),
    Secret(Zeroizing<String>),
}

impl Environment {
    /// An environment without any variable.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The parent's environment without the variables that are [`WITHHELD`]. Of a name that stands
    /// twice the first is kept, as `getenv` finds it.
    #[must_use]
    pub fn inherited(parent: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self::select(parent, |name| !WITHHELD.iter().any(|withheld| name == *withheld))
    }

    /// Of the parent's environment only the variables that [`PRISTINE`] names.
    #[must_use]
    pub fn pristine(parent: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        Self::select(parent, |name| {
            let name = name.to_str();
            name.is_some_and(|name| PRISTINE.iter().any(|pattern| matches(pattern, name)))
        })
    }

    fn select(
        parent: impl IntoIterator<Item = (OsString, OsString)>,
        keep: impl Fn(&OsStr) -> bool,
    ) -> Self {
        let mut environment = Self::empty();
        for (name, value) in parent {
            if keep(&name) {
                environment.variables.entry(name).or_insert(Value::Inherited(value));
            }
        }
        environment
    }

    /// Sets a variable to a secret value, over a variable of the parent.
    ///
    /// # Errors
    /// [`EnvironmentError`]: a name or value that no environment variable can have.
    pub fn add_secret(
        &mut self,
        name: &str,
        value: Zeroizing<String>,
    ) -> Result<(), EnvironmentError> {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(EnvironmentError::Name { name: name.to_owned() });
        }
        if value.contains('\0') {
            return Err(EnvironmentError::NulInValue { name: name.to_owned() });
        }
        self.variables.insert(name.into(), Value::Secret(value));
        Ok(())
    }

    /// Sets a variable for each secret, its name preceded by `prefix` (which may be empty).
    ///
    /// # Errors
    /// As [`Environment::add_secret`]; the secrets before the refused one are set.
    pub fn add_secrets<'a>(
        &mut self,
        prefix: &str,
        secrets: impl IntoIterator<Item = (&'a str, Zeroizing<String>)>,
    ) -> Result<(), EnvironmentError> {
        for (name, value) in secrets {
            self.add_secret(&format!("{prefix}{name}"), value)?;
        }
        Ok(())
    }

    /// Takes a variable away; whether it was there.
    pub fn remove(&mut self, name: &str) -> bool {
        self.variables.remove(OsStr::new(name)).is_some()
    }

    /// The names in byte order.
    pub fn names(&self) -> impl Iterator<Item = &OsStr> {
        self.variables.keys().map(OsString::as_os_str)
    }

    /// Every variable with its value, by name in byte order. A value may be a secret.
    pub(super) fn expose(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.variables.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

impl Value {
    fn as_os_str(&self) -> &OsStr {
        match self {
            Self::Inherited(value) => value,
            Self::Secret(value) => OsStr::from_bytes(value.as_bytes()),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parent(pairs: &[(&str, &str)]) -> Vec<(OsString, OsString)> {
        pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn secret(value: &str) -> Zeroizing<String> {
        Zeroizing::new(value.to_owned())
    }

    fn contents(environment: &Environment) -> Vec<(&str, &str)> {
        let text = |text: &'_ OsStr| -> &'static str {
            Box::leak(text.to_str().unwrap().to_owned().into_boxed_str())
        };
        environment.expose().map(|(name, value)| (text(name), text(value))).collect()
    }

    #[test]
    fn inherited_environment_is_the_parents_without_strongrooms_credentials() {
        let mut pairs = vec![("A", "1"), ("STRONGROOM_ADDR", "x"), ("STRONGROOM_HOME", "y")];
        pairs.extend(WITHHELD.iter().map(|name| (*name, "credential")));
        let environment = Environment::inherited(parent(&pairs));
        let expected = [("A", "1"), ("STRONGROOM_ADDR", "x"), ("STRONGROOM_HOME", "y")];
        assert_eq!(contents(&environment), expected);
    }

    #[test]
    fn pristine_environment_keeps_the_named_variables_only() {
        let pairs =
            [("PATH", "/bin"), ("LC_ALL", "C"), ("API_KEY", "x"), ("PATHS", "y"), ("LC", "z")];
        assert_eq!(
            contents(&Environment::pristine(parent(&pairs))),
            [("LC_ALL", "C"), ("PATH", "/bin")]
        );
    }

    #[test]
    fn a_secret_goes_over_a_variable_of_the_parent() {
        let mut environment = Environment::inherited(parent(&[("KEY", "old"), ("B", "2")]));
        environment.add_secret("KEY", secret("new")).unwrap();
        assert_eq!(contents(&environment), [("B", "2"), ("KEY", "new")]);
    }

    #[test]
    fn of_a_name_that_stands_twice_the_first_is_kept() {
        let environment = Environment::inherited(parent(&[("KEY", "first"), ("KEY", "second")]));
        assert_eq!(contents(&environment), [("KEY", "first")]);
    }

    #[test]
    fn a_prefix_goes_before_every_secret_and_no_other_variable() {
        let mut environment = Environment::inherited(parent(&[("A", "1")]));
        environment.add_secrets("APP_", [("A", secret("2")), ("B", secret("3"))]).unwrap();
        assert_eq!(contents(&environment), [("A", "1"), ("APP_A", "2"), ("APP_B", "3")]);
    }

    #[test]
    fn a_nul_byte_in_a_value_is_refused_by_name() {
        let error = Environment::empty().add_secret("KEY", secret("canary\0")).unwrap_err();
        assert_eq!(error, EnvironmentError::NulInValue { name: "KEY".to_owned() });
        assert!(error.to_string().contains("KEY") && !error.to_string().contains("canary"));
    }

    #[test]
    fn names_that_no_variable_can_have_are_refused() {
        for name in ["", "A=B", "=", "A\0"] {
            let error = Environment::empty().add_secret(name, secret("x")).unwrap_err();
            assert_eq!(error, EnvironmentError::Name { name: name.to_owned() });
        }
    }

    #[test]
    fn values_are_not_in_the_debug_text() {
        let mut environment = Environment::inherited(parent(&[("A", "canary-1")]));
        environment.add_secret("KEY", secret("canary-2")).unwrap();
        assert_eq!(format!("{environment:?}"), r#"{"A", "KEY"}"#);
    }

    #[test]
    fn the_reference_page_lists_what_is_kept_and_what_is_withheld() {
        let page = include_str!("../../../../docs/reference/run.md");
        for name in PRISTINE.iter().chain(WITHHELD) {
            assert!(page.contains(&format!("`{name}`")), "{name}");
        }
    }

    #[test]
    fn a_removed_variable_is_gone() {
        let mut environment = Environment::inherited(parent(&[("A", "1")]));
        assert!(environment.remove("A"));
        assert!(!environment.remove("A"));
        assert_eq!(environment.names().count(), 0);
    }
}
