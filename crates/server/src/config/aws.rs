//! The account and the regions of the AWS door.

use strongroom_core::model::VALUE_BYTES_MAX;
use strongroom_engine::operations::aws::{Place, Places};

use super::ConfigError;
use super::section::Section;
use crate::aws::{SECRET_BYTES_MAX, is_region};

/// The account of the AWS door where none is configured.
pub const AWS_ACCOUNT: &str = "000000000000";
/// The first region of the AWS door where none is configured.
pub const AWS_REGION: &str = "us-east-1";
/// The mount that is the first region of the AWS door.
pub const AWS_MOUNT: &str = "secret";
/// Regions of the AWS door: 64.
pub const AWS_REGIONS_MAX: usize = 64;

/// The keys of the section.
pub(super) const KEYS: &[&str] = &["account", "region", "regions", "secret_bytes_max"];

/// The account and regions that clients of AWS's see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aws {
    /// The account's 12 digits.
    pub account: String,
    /// The regions, at least one; the first is where a request goes that names none.
    pub regions: Vec<AwsRegion>,
    /// The longest secret value, in bytes.
    pub secret_bytes_max: usize,
}

/// A region of the AWS door: an address space of its own, which is a mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsRegion {
    /// Its name, such as `us-east-1`.
    pub name: String,
    /// The mount's path, without a slash at its end.
    pub mount: String,
}

impl Default for Aws {
    fn default() -> Self {
        let region = AwsRegion { name: AWS_REGION.to_owned(), mount: AWS_MOUNT.to_owned() };
        Self {
            account: AWS_ACCOUNT.to_owned(),
            regions: vec![region],
            secret_bytes_max: SECRET_BYTES_MAX,
        }
    }
}

impl Aws {
    /// What the engine calls the regions.
    #[must_use]
    pub fn places(&self) -> Places {
        let place = |region: &AwsRegion| Place {
            region: region.name.clone(),
            account: self.account.clone(),
            mount: region.mount.clone(),
        };
        Places::new(self.regions.iter().map(place))
    }
}

/// The account and the regions of the AWS door.
pub(super) fn read(top: &Section<'_>) -> Result<Aws, ConfigError> {
    let mut aws = Aws::default();
    let Some(section) = top.section("aws")? else { return Ok(aws) };
    section.only(KEYS.iter().copied())?;
    if let Some(account) = section.text("account")? {
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        if !is_account {
            return Err(section.refuse("account", "is not 12 digits"));
        }
        account.clone_into(&mut aws.account);
    }
    let mut regions = AwsRegions(Vec::new());
    let first = section.text("region")?.unwrap_or(AWS_REGION);
    regions.add(&section, "region", first, AWS_MOUNT)?;
    if let Some(further) = section.section("regions")? {
        for item in further.items() {
            let mount = further.text(&item.key)?.unwrap_or_default();
            regions.add(&further, &item.key, &item.key, mount)?;
        }
    }
    aws.regions = regions.0;
    if let Some(bytes) = section.integer("secret_bytes_max")? {
        let bytes = usize::try_from(bytes).ok();
        let bytes = bytes.filter(|bytes| (SECRET_BYTES_MAX..=VALUE_BYTES_MAX).contains(bytes));
        let refuse = || {
            let message = format!("is not between {SECRET_BYTES_MAX} and {VALUE_BYTES_MAX}");
            section.refuse("secret_bytes_max", message)
        };
        aws.secret_bytes_max = bytes.ok_or_else(refuse)?;
    }
    Ok(aws)
}

/// Regions with their mounts, in the order of the file.
struct AwsRegions(Vec<AwsRegion>);

impl AwsRegions {
    fn add(
        &mut self,
        section: &Section<'_>,
        key: &str,
        name: &str,
        mount: &str,
    ) -> Result<(), ConfigError> {
        if !is_region(name) {
            let error = section.refuse(key, format!("{name:?} is no region"));
            return Err(error.hint("write it as \"eu-west-1\""));
        }
        let mount = mount.trim_matches('/');
        if mount.is_empty() {
            return Err(section.refuse(key, "names no mount"));
        }
        let is_there = |other: &AwsRegion| other.name == name || other.mount == mount;
        if let Some(other) = self.0.iter().find(|other| is_there(other)) {
            let message = format!("{} has the mount {} already", other.name, other.mount);
            return Err(section.refuse(key, message));
        }
        if self.0.len() == AWS_REGIONS_MAX {
            return Err(section.refuse(key, format!("more than {AWS_REGIONS_MAX} regions")));
        }
        self.0.push(AwsRegion { name: name.to_owned(), mount: mount.to_owned() });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    fn aws(text: &str) -> Result<Aws, ConfigError> {
        let needed = "[[listeners]]\naddress = \"127.0.0.1:8200\"\n[storage]\nmemory = true\n";
        let loaded = Config::parse("server.toml", &format!("{needed}[aws]\n{text}"), &[]);
        loaded.map(|loaded| loaded.config.aws)
    }

    #[test]
    fn the_section_says_account_and_regions() {
        let text = "account = \"123456789012\"\nregion = \"eu-west-1\"\nsecret_bytes_max = 1_048_576\n\
                    [aws.regions]\nus-east-1 = \"secret-us/\"";
        let region = |name: &str, mount: &str| AwsRegion { name: name.into(), mount: mount.into() };
        let wanted = Aws {
            account: "123456789012".to_owned(),
            regions: vec![region("eu-west-1", "secret"), region("us-east-1", "secret-us")],
            secret_bytes_max: 1_048_576,
        };
        assert_eq!(aws(text).unwrap(), wanted);
    }

    #[test]
    fn the_regions_of_the_aws_door_are_regions_and_mounts_of_their_own() {
        assert_eq!(aws("").unwrap(), Aws::default());
        for (text, message) in [
            ("account = \"12345678901\"", "is not 12 digits"),
            ("account = \"12345678901x\"", "is not 12 digits"),
            ("region = \"Frankfurt\"", "is no region"),
            ("regions.eu-west-1 = \"/\"", "names no mount"),
            ("regions.eu-west-1 = \"secret\"", "us-east-1 has the mount secret already"),
            ("regions.us-east-1 = \"other\"", "us-east-1 has the mount secret already"),
            ("regions.eu-west-1 = 7", "is not text in quotes"),
            ("secret_bytes_max = 65_535", "is not between 65536 and 1048576"),
            ("secret_bytes_max = 1_048_577", "is not between 65536 and 1048576"),
            ("colour = 1", "unknown key"),
        ] {
            let error = aws(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
