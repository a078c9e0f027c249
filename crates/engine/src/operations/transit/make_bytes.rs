use std::fmt;

use strongroom_core::secret::SecretValue;
use strongroom_core::transit::{HashAlgorithm, INPUT_BYTES_MAX, random_bytes};

use crate::error::Error;
use crate::mounts::MountKind;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// Transit mounts have them, and `sys/tools`.
const WHERE: &[MountKind] = &[MountKind::Transit, MountKind::System];

/// Hash. Needs `update` on `<mount>/hash`, with what stands behind it in the path.
pub struct HashData {
    path: String,
    hash: HashAlgorithm,
    input: Vec<u8>,
}

/// Random bytes. Needs `update` on `<mount>/random`, with what stands behind it in the path.
#[derive(Debug)]
pub struct GenerateRandom {
    path: String,
    bytes: usize,
}

impl HashData {
    /// The hash of this input. `rest` is what stands behind `hash` in the path.
    #[must_use]
    pub fn new(mount: &str, rest: Option<&str>, hash: HashAlgorithm, input: Vec<u8>) -> Self {
        Self { path: path_of(mount, "hash", rest), hash, input }
    }
}

impl GenerateRandom {
    /// So many bytes. `rest` is what stands behind `random` in the path.
    #[must_use]
    pub fn new(mount: &str, rest: Option<&str>, bytes: usize) -> Self {
        Self { path: path_of(mount, "random", rest), bytes }
    }
}

fn path_of(mount: &str, verb: &str, rest: Option<&str>) -> String {
    let mount = mount.trim_matches('/');
    rest.map_or_else(|| format!("{mount}/{verb}"), |rest| format!("{mount}/{verb}/{rest}"))
}

impl Operation for HashData {
    type Answer = Vec<u8>;

    const NAME: &'static str = "transit-hash";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<u8>>, Error> {
        let _proof = room.authorise_at::<Write>(&self.path, WHERE)?;
        let long = || Error::rule(format!("the input is longer than {INPUT_BYTES_MAX} bytes"));
        Ok(Performed::read(self.hash.hash(&self.input).ok_or_else(long)?))
    }
}

impl Operation for GenerateRandom {
    type Answer = SecretValue;

    const NAME: &'static str = "transit-random";

    fn subject(&self) -> Option<&str> {
        Some(&self.path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<SecretValue>, Error> {
        let _proof = room.authorise_at::<Write>(&self.path, WHERE)?;
        let bytes = random_bytes(self.bytes, room.random);
        Ok(Performed::read(bytes.map_err(|error| Error::rule(error.to_string()))?))
    }
}

impl fmt::Debug for HashData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashData").field("path", &self.path).finish_non_exhaustive()
    }
}
