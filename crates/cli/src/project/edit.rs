//! Writing the project file: a new one, and one more secret in an old one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use toml_edit::{DocumentMut, InlineTable, Item, Table, value};

use super::{Kind, Project, is_label};
use crate::formats::{Name, Problem};

/// The text of a project file, its comments and its layout included.
#[derive(Debug, Clone)]
pub struct ProjectFile {
    document: DocumentMut,
}

/// What [`ProjectFile::declare`] writes of a new secret.
#[derive(Debug, Clone, Default)]
pub struct NewSecret {
    /// For people.
    pub description: Option<String>,
    /// Whether a program may start without it.
    pub optional: bool,
    /// What its text looks like.
    pub kind: Kind,
}

/// Why the text was not changed.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The name of the project is not one.
    #[error("a project's name is at most 64 letters, digits, `.`, `_` and `-`")]
    ProjectName,
    /// The file is not a project file.
    #[error(transparent)]
    File(#[from] Problem),
}

impl ProjectFile {
    /// A new project file with comments that say what can be written; `names` has each name once.
    ///
    /// # Errors
    /// [`EditError::ProjectName`], [`EditError::File`] for a name that is there twice.
    pub fn create(project: &str, names: &[Name]) -> Result<Self, EditError> {
        if !is_label(project) {
            return Err(EditError::ProjectName);
        }
        let mut text = format!(
            "# What this project needs to run. Commit this file: it holds names, never values.\n\
             project = \"{project}\"\n\
             default_environment = \"dev\"\n\
             \n\
             [environments.dev]\n\
             \n\
             # [environments.prod]\n\
             # inherits = \"dev\"      # values that prod does not have come from dev\n\
             \n\
             # Each secret is an environment variable of the program. It may have:\n\
             #   required = false           the program may start without it\n\
             #   description = \"…\"          for people\n\
             #   type = \"url\"               string, int, float, bool, json, base64, hex, uuid, email, port\n\
             #   default = \"…\"              used when nothing is stored; it is committed in clear\n\
             #   value = \"${{A}}:${{B}}\"      put together from other secrets\n\
             #   generate = \"password:32\"   how a new value is made; also hex:32, base64:32, uuid\n\
             #   ref = \"secret/…\"           the value of another secret\n"
        );
        for name in names {
            text.push_str(&format!("\n[secrets.{name}]\n"));
        }
        Self::parse(super::PROJECT_FILE, &text)
    }

    /// Reads a file to change it; `file` is its name for the errors.
    ///
    /// # Errors
    /// [`EditError::File`].
    pub fn parse(file: &str, text: &str) -> Result<Self, EditError> {
        Project::parse(file, text)?;
        let document = text.parse().map_err(|_| {
            Problem::new(file, "this is not TOML", "see docs/reference/strongroom-toml.md")
        })?;
        Ok(Self { document })
    }

    /// Adds a secret after the others; the rest of the text stays. False when it is declared already.
    pub fn declare(&mut self, name: &Name, secret: &NewSecret) -> bool {
        let implicit = || {
            let mut table = Table::new();
            table.set_implicit(true);
            Item::Table(table)
        };
        let secrets = self.document.entry("secrets").or_insert_with(implicit);
        let keys = secret.keys();
        let Some(table) = secrets.as_table_mut() else {
            // `secrets = { … }` in one line.
            let Some(inline) = secrets.as_inline_table_mut() else { return false };
            if inline.contains_key(name.as_str()) {
                return false;
            }
            let entry: InlineTable = keys
                .into_iter()
                .filter_map(|(key, item)| Some((key, item.into_value().ok()?)))
                .collect();
            inline.insert(name.as_str(), entry.into());
            return true;
        };
        if table.contains_key(name.as_str()) {
            return false;
        }
        let mut entry = Table::new();
        for (key, item) in keys {
            entry.insert(key, item);
        }
        table.insert(name.as_str(), Item::Table(entry));
        true
    }

    /// The text.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// Writes the text with [`write_atomically`].
    ///
    /// # Errors
    /// Those of the file system; the old file is there then.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        write_atomically(path, self.text().as_bytes())
    }
}

impl NewSecret {
    fn keys(&self) -> Vec<(&'static str, Item)> {
        let mut keys = Vec::new();
        if let Some(description) = &self.description {
            keys.push(("description", value(description.as_str())));
        }
        if self.optional {
            keys.push(("required", value(false)));
        }
        if self.kind != Kind::default() {
            keys.push(("type", value(self.kind.word())));
        }
        keys
    }
}

/// Replaces a file as a whole: a new file beside it, on disk, takes its name and its mode. A symbolic link
/// stays one and its target is replaced.
///
/// # Errors
/// Those of the file system; the old file is there then, whole.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
        Err(error) => return Err(error),
    };
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = target.file_name().ok_or_else(|| io::Error::other("the path names no file"))?;
    let temporary = folder.join(format!(".{}.{}.tmp", name.to_string_lossy(), std::process::id()));
    let outcome =
        write_new(&temporary, &target, bytes).and_then(|()| fs::rename(&temporary, &target));
    if let Err(error) = outcome {
        // A file of this name that was there before is somebody else's.
        if error.kind() != io::ErrorKind::AlreadyExists {
            drop(fs::remove_file(&temporary));
        }
        return Err(error);
    }
    File::open(folder)?.sync_all()
}

fn write_new(temporary: &Path, target: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(temporary)?;
    match fs::metadata(target) {
        Ok(old) => file.set_permissions(old.permissions())?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn a_new_file_is_a_project_file_with_every_name() {
        let file = ProjectFile::create("weather", &[name("B"), name("A")]).unwrap();
        assert!(file.text().ends_with("\n[secrets.B]\n\n[secrets.A]\n"), "{}", file.text());
        let project = Project::parse("f", &file.text()).unwrap();
        let names: Vec<_> =
            project.declared("dev").unwrap().iter().map(|found| found.name.to_string()).collect();
        assert_eq!(names, ["B", "A"]);
        assert!(ProjectFile::create("no way", &[]).is_err());
    }

    #[test]
    fn a_secret_is_added_and_nothing_else_changes() {
        let text = "# top\nproject='w'   # odd\n\n[secrets.A] # here\ntype   = \"int\"\n# end\n";
        let mut file = ProjectFile::parse("f", text).unwrap();
        let secret =
            NewSecret { description: Some("the \"x\"".into()), optional: true, kind: Kind::Url };
        assert!(file.declare(&name("B"), &secret));
        assert!(!file.declare(&name("A"), &secret));
        let written = file.text();
        for line in text.lines() {
            assert!(written.lines().any(|found| found == line), "{written}");
        }
        let project = Project::parse("f", &written).unwrap();
        let added = &project.declared("dev").unwrap()[1];
        assert_eq!(added.kind, Kind::Url);
        assert!(!added.required && added.description.as_deref() == Some("the \"x\""));
    }

    #[test]
    fn a_secret_is_added_to_an_inline_table() {
        let mut file = ProjectFile::parse("f", "project = \"w\"\nsecrets = { A = {} }\n").unwrap();
        assert!(file.declare(&name("B"), &NewSecret { optional: true, ..Default::default() }));
        assert_eq!(Project::parse("f", &file.text()).unwrap().declared("dev").unwrap().len(), 2);
    }

    #[test]
    fn saving_keeps_the_mode_and_the_link_and_leaves_no_other_file() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("strongroom.toml"), folder.path().join("link"));
        write_atomically(&path, b"old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        write_atomically(&link, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_save_that_fails_leaves_the_old_file_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        write_atomically(&path, b"old").unwrap();
        let taken = folder.path().join(format!(".f.{}.tmp", std::process::id()));
        fs::write(&taken, b"mine").unwrap();
        assert!(write_atomically(&path, b"new").is_err());
        assert_eq!(
            (fs::read(&path).unwrap(), fs::read(&taken).unwrap()),
            (b"old".to_vec(), b"mine".to_vec())
        );
    }
}
