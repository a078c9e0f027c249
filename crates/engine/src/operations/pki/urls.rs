use strongroom_core::pki::Urls;
use strongroom_store::Batch;

use super::{PKI, URLS, urls};
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Read, Write};

/// Set where certificates say that things are found. Certificates that were issued stay as they are. Needs `update` on
/// `<mount>/config/urls`.
#[derive(Debug)]
pub struct WritePkiUrls {
    path: String,
    urls: Urls,
}

/// Where certificates say that things are found. Needs `read` on `<mount>/config/urls`.
#[derive(Debug)]
pub struct ReadPkiUrls {
    path: String,
}

impl WritePkiUrls {
    /// They are to be these.
    #[must_use]
    pub fn new(mount: &str, urls: Urls) -> Self {
        Self { path: path_of(mount), urls }
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
    type Answer = ();

    const NAME: &'static str = "pki-urls-write";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let proof = room.authorise_at::<Write>(&self.path, PKI)?;
        let mut batch = Batch::default();
        room.logical(&proof).overwrite(&mut batch, URLS, &self.urls)?;
        Ok(Performed::change((), batch))
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
