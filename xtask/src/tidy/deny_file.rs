//! `deny.toml`, the part of cargo-deny's format that `tidy` checks.

use cargo_metadata::semver::{Version, VersionReq};
use toml::{Table, Value};

use crate::failure::{Context, Failure, Result};

/// What dependencies may be.
#[derive(Debug, Default)]
pub struct DenyFile {
    /// The platforms whose dependencies are looked at.
    pub targets: Vec<String>,
    /// Licences, by SPDX identifier.
    pub licences: Vec<String>,
    /// Packages that must not be used.
    pub banned: Vec<Entry>,
    /// Versions of packages that may be there beside another one.
    pub skipped: Vec<Entry>,
}

/// `{ crate = "name@version", reason = "..." }`, the version being optional.
#[derive(Debug)]
pub struct Entry {
    pub name: String,
    pub version: VersionReq,
    pub reason: String,
}

impl DenyFile {
    pub fn parse(text: &str) -> Result<Self> {
        let table = text.parse::<Table>().context(|| "deny.toml".to_owned())?;
        Ok(Self {
            targets: strings(list(&table, "graph", "targets")?)?,
            licences: strings(list(&table, "licenses", "allow")?)?,
            banned: entries(list(&table, "bans", "deny")?)?,
            skipped: entries(list(&table, "bans", "skip")?)?,
        })
    }
}

impl Entry {
    pub fn matches(&self, name: &str, version: &Version) -> bool {
        let plain = Version::new(version.major, version.minor, version.patch);
        self.name == name && (self.version.matches(version) || self.version.matches(&plain))
    }
}

fn list<'a>(table: &'a Table, section: &str, key: &str) -> Result<&'a [Value]> {
    let value = table.get(section).and_then(|section| section.get(key));
    value
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .ok_or_else(|| Failure::new(format!("deny.toml: [{section}] has no list `{key}`")))
}

fn strings(values: &[Value]) -> Result<Vec<String>> {
    let string = |value: &Value| {
        let text = value.as_str().map(str::to_owned);
        text.ok_or_else(|| Failure::new(format!("deny.toml: {value} is not a string")))
    };
    values.iter().map(string).collect()
}

fn entries(values: &[Value]) -> Result<Vec<Entry>> {
    values.iter().map(entry).collect()
}

fn entry(value: &Value) -> Result<Entry> {
    let text = |key: &str| {
        let text = value.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(|| Failure::new(format!("deny.toml: {value} has no `{key}`")))
    };
    let spec = text("crate")?;
    let (name, version) = spec.split_once('@').unwrap_or((spec, "*"));
    let operator = if version.starts_with(|first: char| first.is_ascii_digit()) { "=" } else { "" };
    Ok(Entry {
        name: name.to_owned(),
        version: VersionReq::parse(&format!("{operator}{version}"))
            .context(|| format!("deny.toml: {spec}"))?,
        reason: text("reason")?.to_owned(),
    })
}

#[cfg(test)]
pub mod samples {
    use super::*;

    /// A file with these lists, written as TOML.
    pub fn deny(licences: &str, banned: &str, skipped: &str) -> DenyFile {
        let text = format!(
            "graph.targets = []\nlicenses.allow = {licences}\nbans.deny = {banned}\n\
             bans.skip = {skipped}\n"
        );
        DenyFile::parse(&text).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::samples::deny;
    use super::*;

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        let text = "graph.targets = []\nlicenses.allow = []\nbans.skip = []\n\
                    bans.deny = [{ crate = \"openssl\" }]";
        let failure = DenyFile::parse(text).unwrap_err();
        assert!(failure.to_string().contains("has no `reason`"), "{failure}");
    }

    #[test]
    fn a_missing_list_is_refused() {
        let failure = DenyFile::parse("[licenses]\nallow = []").unwrap_err();
        assert!(failure.to_string().contains("[graph] has no list `targets`"), "{failure}");
    }

    #[test]
    fn an_entry_matches_its_version_with_and_without_build_metadata() {
        let file = deny("[]", "[]", "[{ crate = \"toml_edit@0.23\", reason = \"a\" }]");
        let matches =
            |name, version| file.skipped[0].matches(name, &Version::parse(version).unwrap());
        assert!(matches("toml_edit", "0.23.10+spec-1.0.0"));
        assert!(!matches("toml_edit", "0.25.1"));
        assert!(!matches("toml", "0.23.10"));
    }
}
