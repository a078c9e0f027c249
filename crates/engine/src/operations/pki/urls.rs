use strongroom_core::pki::Urls;
use strongroom_store::Batch;

use super::{PKI, URLS, urls};
use crate::error::Error;
use crate::records::Stored;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read, Write};

/// Set where certificates say that things are found. Certificates that were issued stay as they are. Needs `update` on
/// `<mount>/config/urls`.
#[derive(Debug)]
pub struct WritePkiUrls {
    path: String,
    change: UrlsChange,
}

/// What is to be set. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct UrlsChange {
    /// Where the issuer's certificate is found.
    pub issuing_certificates: Option<Vec<String>>,
    /// Where the revocation list is found.
    pub crl_distribution_points: Option<Vec<String>>,
    /// Where the status is asked for (RFC 6960).
    pub ocsp_servers: Option<Vec<String>>,
}

/// Where certificates say that things are found. Needs `read` on `<mount>/config/urls`.
#[derive(Debug)]
pub struct ReadPkiUrls {
    path: String,
}

impl WritePkiUrls {
    /// They are to be these.
    #[must_use]
    pub fn new(mount: &str, change: UrlsChange) -> Self {
        Self { path: path_of(mount), change }
    }
}

impl ReadPkiUrls {
    /// Those of this mount.
    #[must_use]
    pub fn new(mount: &str) -> Self {
        Self { path: path_of(mount) }
    }
}

impl Operation for WritePkiUrls {
    /// What they are then.
    type Answer = Urls;

    const NAME: &'static str = "pki-urls-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Urls>, Error> {
        let proof = room.authorise_at::<Write>(&self.path, PKI)?;
        let mount = room.logical(&proof);
        let found: Option<Stored<Urls>> = mount.read(URLS)?;
        let old = found.as_ref().map(|found| found.value.clone()).unwrap_or_default();
        let changed =
            |new: &Option<Vec<String>>, old: &[String]| new.clone().unwrap_or(old.to_vec());
        let urls = Urls::new(
            changed(&self.change.issuing_certificates, old.issuing_certificates()),
            changed(&self.change.crl_distribution_points, old.crl_distribution_points()),
            changed(&self.change.ocsp_servers, old.ocsp_servers()),
        );
        let urls = urls.map_err(|error| Error::rule(error.to_string()))?;
        let mut batch = Batch::default();
        mount.put(&mut batch, URLS, &urls, found.as_ref())?;
        Ok(Performed::change(urls, batch))
    }
}

impl Operation for ReadPkiUrls {
    type Answer = Urls;

    const NAME: &'static str = "pki-urls-read";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Urls>, Error> {
        let proof = room.authorise_at::<Read>(&self.path, PKI)?;
        Ok(Performed::read(urls(&room.logical(&proof))?))
    }
}

fn path_of(mount: &str) -> String {
    format!("{mount}/config/urls")
}
