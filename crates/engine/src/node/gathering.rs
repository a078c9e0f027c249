use strongroom_core::crypto::seal::PartError;
use strongroom_core::random::{self, Random};
use strongroom_core::secret::UnsealShare;

use crate::error::Error;

/// How many parts one attempt takes, right and wrong ones: twice the most that a seal can want.
pub const PARTS_BROUGHT_MAX: usize = 510;

/// Parts of a key that are brought one after the other. Its number tells one attempt from the next, so that a part
/// is not counted for what its owner did not mean.
#[derive(Debug)]
pub struct Gathering {
    nonce: String,
    parts: Vec<UnsealShare>,
    brought: usize,
}

impl Gathering {
    /// Nothing is there yet.
    pub(crate) fn begin(random: &dyn Random) -> Self {
        Self { nonce: nonce(random), parts: Vec::new(), brought: 0 }
    }

    /// The attempt's number.
    pub(crate) fn nonce(&self) -> &str {
        &self.nonce
    }

    /// How many parts are there.
    pub(crate) fn progress(&self) -> usize {
        self.parts.len()
    }

    /// Whether this part is there.
    pub(crate) fn has(&self, part: &UnsealShare) -> bool {
        self.parts.iter().any(|known| known == part)
    }

    /// That a part is brought to this attempt, and for the first time.
    pub(crate) fn check(&self, nonce: &str, part: &UnsealShare) -> Result<(), Error> {
        if nonce != self.nonce {
            let nonce = &self.nonce;
            let rule = format!("incorrect nonce supplied; nonce for this operation is {nonce:?}");
            return Err(Error::rule(rule));
        }
        if self.has(part) {
            return Err(Error::rule("given key has already been provided during this operation"));
        }
        if self.brought >= PARTS_BROUGHT_MAX {
            return Err(Error::rule("this operation has taken as many keys as it may; cancel it"));
        }
        Ok(())
    }

    /// Whether this part is the last that is needed.
    pub(crate) fn would_complete(&self, needed: u8) -> bool {
        self.parts.len() + 1 >= usize::from(needed)
    }

    /// All parts that are there, and this one.
    pub(crate) fn with(&self, part: &UnsealShare) -> Vec<UnsealShare> {
        let copy = |part: &UnsealShare| UnsealShare::new(part.expose().to_vec());
        self.parts.iter().map(copy).chain([copy(part)]).collect()
    }

    /// Keep a part.
    pub(crate) fn push(&mut self, part: UnsealShare) {
        self.brought += 1;
        self.parts.push(part);
    }

    /// Forget the parts: one of them was wrong, and nobody can tell which.
    pub(crate) fn clear(&mut self) {
        self.brought += 1;
        self.parts.clear();
    }
}

/// A number in the form of RFC 9562, version 4.
pub(super) fn nonce(random: &dyn Random) -> String {
    let bits = u128::from_be_bytes(random::array(random));
    let bits = bits & !(0xf000_u128 << 64 | 0xc000_u128 << 48) | 0x4000_u128 << 64 | 0x8000 << 48;
    let digits = format!("{bits:032x}");
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32];
    groups.map(|group| digits.get(group).unwrap_or_default()).join("-")
}

pub(crate) fn refused(error: &PartError) -> Error {
    Error::rule(error.to_string())
}
