use std::cell::Cell;

use data_encoding::BASE64_NOPAD;
use strongroom_core::secret::{SecretValue, UnsealShare};
use strongroom_core::token::{PlainToken, SERVICE_PREFIX, alphanumeric};
use strongroom_store::Batch;
use zeroize::Zeroizing;

use super::{WRONG_PARTS, are_right, authorise, count, seal_record};
use crate::error::Error;
use crate::node::{ROOT_TOKEN_CHARS, RootGeneration};
use crate::room::{Operation, Room};
use crate::tokens::root_token;
use crate::witness::{Performed, Write};

/// One more part for a root token. The last that is needed makes it. Needs `update` and `sudo` on
/// `sys/generate-root/update`, as well as the parts.
#[derive(Debug)]
pub struct GenerateRoot<'a> {
    attempt: Option<&'a RootGeneration>,
    nonce: &'a str,
    part: &'a SecretValue,
    are_wrong: Cell<bool>,
}

/// What the part led to.
#[derive(Debug)]
pub enum GenerateRootStep {
    /// It is kept, and more are needed.
    Waits(UnsealShare),
    /// The token is made.
    Made {
        /// `base64(token XOR one-time password)` without padding, as Vault writes it.
        encoded_token: String,
    },
}

impl<'a> GenerateRoot<'a> {
    /// One more part, for the attempt with this number.
    #[must_use]
    pub fn new(attempt: Option<&'a RootGeneration>, nonce: &'a str, part: &'a SecretValue) -> Self {
        Self { attempt, nonce, part, are_wrong: Cell::new(false) }
    }

    /// Whether the parts were enough and not those of the store.
    #[must_use]
    pub fn are_wrong(&self) -> bool {
        self.are_wrong.get()
    }
}

impl Operation for GenerateRoot<'_> {
    type Answer = GenerateRootStep;

    const NAME: &'static str = "root-token-generate";

    fn subject(&self) -> Option<&str> {
        Some("sys/generate-root/update")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<GenerateRootStep>, Error> {
        let _proof = authorise::<Write>(room, "sys/generate-root/update")?;
        let attempt = self.attempt.ok_or_else(|| Error::rule("no root generation in progress"))?;
        let seal = seal_record(room)?;
        let part = seal.method().read_part(self.part);
        let part = part.map_err(|error| Error::rule(error.to_string()))?;
        attempt.gathering.check(self.nonce, &part)?;
        let needed = seal.method().parts_needed();
        let progress = count(attempt.gathering.progress() + 1, needed);
        if !attempt.gathering.would_complete(needed) {
            let waits = Performed::read(GenerateRootStep::Waits(part));
            return Ok(waits.naming("progress", progress));
        }
        if !are_right(room, &seal, &attempt.gathering.with(&part)) {
            self.are_wrong.set(true);
            return Err(Error::rule(WRONG_PARTS));
        }
        let letters =
            Zeroizing::new(alphanumeric(ROOT_TOKEN_CHARS - SERVICE_PREFIX.len(), room.random));
        let text = PlainToken::from([SERVICE_PREFIX, letters.as_str()].concat());
        let encoded_token = hide(&text, &attempt.one_time_password);
        let mut batch = Batch::default();
        let token = root_token(room.now, "root", room.random);
        let issued = room.issue(&mut batch, token, Some(text))?;
        let made = Performed::change(GenerateRootStep::Made { encoded_token }, batch);
        let accessor = issued.token.accessor.to_string();
        Ok(made.naming("progress", progress).naming("accessor", accessor))
    }
}

/// Both have [`ROOT_TOKEN_CHARS`] bytes.
fn hide(token: &PlainToken, one_time_password: &SecretValue) -> String {
    let pairs = token.expose().iter().zip(one_time_password.expose());
    let hidden = pairs.map(|(byte, other)| byte ^ other);
    BASE64_NOPAD.encode(&Zeroizing::new(hidden.collect::<Vec<u8>>()))
}
