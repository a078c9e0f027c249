use std::cell::Cell;

use strongroom_core::secret::{SecretValue, UnsealShare};

use super::{WRONG_PARTS, are_right, authorise, count, seal_record};
use crate::error::Error;
use crate::lifecycle;
use crate::node::Rekey;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// One more part of the present key, for new shares. The last that is needed gives the store the new seal, unless
/// the new shares are to be shown first. Needs `update` and `sudo` on `sys/rekey/update`, as well as the parts.
#[derive(Debug)]
pub struct UpdateRekey<'a>(Asked<'a>);

/// One of the new shares. The last that is needed gives the store the new seal. Needs `update` and `sudo` on
/// `sys/rekey/verify`, as well as the shares.
#[derive(Debug)]
pub struct VerifyRekey<'a>(Asked<'a>);

/// What the part led to.
#[derive(Debug)]
pub enum RekeyStep {
    /// It is kept, and more are needed.
    Waits(UnsealShare),
    /// The new shares are to be shown.
    Verify,
    /// The store has the new seal.
    Done,
}

#[derive(Debug)]
struct Asked<'a> {
    attempt: Option<&'a Rekey>,
    nonce: &'a str,
    part: &'a SecretValue,
    are_wrong: Cell<bool>,
    asked_for_seal: Cell<bool>,
}

impl<'a> Asked<'a> {
    fn new(attempt: Option<&'a Rekey>, nonce: &'a str, part: &'a SecretValue) -> Self {
        let (are_wrong, asked_for_seal) = Default::default();
        Self { attempt, nonce, part, are_wrong, asked_for_seal }
    }

    fn attempt(&self) -> Result<&'a Rekey, Error> {
        self.attempt.ok_or_else(|| Error::rule("no rekey in progress"))
    }

    fn wrong(&self) -> Error {
        self.are_wrong.set(true);
        Error::rule(WRONG_PARTS)
    }

    fn reseal(&self, attempt: &Rekey, room: &Room<'_>) -> Result<Performed<RekeyStep>, Error> {
        let (method, key) = (attempt.new.method.clone(), &attempt.new.key);
        let batch = lifecycle::reseal(room.store, room.unsealed, method, key, room.random)?;
        self.asked_for_seal.set(true);
        Ok(Performed::change(RekeyStep::Done, batch))
    }
}

macro_rules! asked {
    ($name:ident) => {
        impl<'a> $name<'a> {
            /// One more part, for the attempt with this number.
            #[must_use]
            pub fn new(attempt: Option<&'a Rekey>, nonce: &'a str, part: &'a SecretValue) -> Self {
                Self(Asked::new(attempt, nonce, part))
            }

            /// Whether the parts were enough and not the right ones.
            #[must_use]
            pub fn are_wrong(&self) -> bool {
                self.0.are_wrong.get()
            }

            /// Whether it was tried to give the store the new seal.
            #[must_use]
            pub fn asked_for_seal(&self) -> bool {
                self.0.asked_for_seal.get()
            }
        }
    };
}

asked!(UpdateRekey);
asked!(VerifyRekey);

impl Operation for UpdateRekey<'_> {
    type Answer = RekeyStep;

    const NAME: &'static str = "rekey-update";

    fn subject(&self) -> Option<&str> {
        Some("sys/rekey/update")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<RekeyStep>, Error> {
        let _proof = authorise::<Write>(room, "sys/rekey/update")?;
        let attempt = self.0.attempt()?;
        let seal = seal_record(room)?;
        if self.0.nonce == attempt.gathering.nonce() && seal.unseal(&attempt.new.key).is_ok() {
            // An earlier commit was done without its maker hearing of it: all parts had been brought.
            return Ok(Performed::read(RekeyStep::Done).naming("seal", "given before"));
        }
        if let Some(verification) = &attempt.verification {
            let nonce = verification.nonce();
            return Err(Error::rule(format!(
                "rekey operation already finished; verification must be performed; nonce for the verification \
                 operation is {nonce:?}"
            )));
        }
        let part = seal.method().read_part(self.0.part);
        let part = part.map_err(|error| Error::rule(error.to_string()))?;
        attempt.gathering.check(self.0.nonce, &part)?;
        let needed = seal.method().parts_needed();
        let progress = count(attempt.gathering.progress() + 1, needed);
        if !attempt.gathering.would_complete(needed) {
            return Ok(Performed::read(RekeyStep::Waits(part)).naming("progress", progress));
        }
        if !are_right(room, &seal, &attempt.gathering.with(&part)) {
            return Err(self.0.wrong());
        }
        let performed = match attempt.is_verified {
            true => Performed::read(RekeyStep::Verify),
            false => self.0.reseal(attempt, room)?,
        };
        Ok(performed.naming("progress", progress))
    }
}

impl Operation for VerifyRekey<'_> {
    type Answer = RekeyStep;

    const NAME: &'static str = "rekey-verify";

    fn subject(&self) -> Option<&str> {
        Some("sys/rekey/verify")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<RekeyStep>, Error> {
        let _proof = authorise::<Write>(room, "sys/rekey/verify")?;
        let attempt = self.0.attempt()?;
        let none = || Error::rule("no rekey verification in progress");
        let verification = attempt.verification.as_ref().ok_or_else(none)?;
        let method = &attempt.new.method;
        let part = method.read_part(self.0.part);
        let part = part.map_err(|error| Error::rule(error.to_string()))?;
        verification.check(self.0.nonce, &part)?;
        if seal_record(room)?.unseal(&attempt.new.key).is_ok() {
            return Ok(Performed::read(RekeyStep::Done).naming("seal", "given before"));
        }
        let needed = method.parts_needed();
        let progress = count(verification.progress() + 1, needed);
        if !verification.would_complete(needed) {
            return Ok(Performed::read(RekeyStep::Waits(part)).naming("progress", progress));
        }
        let shown = method.key_from_parts(&verification.with(&part));
        if !shown.is_ok_and(|key| key.is_same(&attempt.new.key)) {
            return Err(self.0.wrong());
        }
        Ok(self.0.reseal(attempt, room)?.naming("progress", progress))
    }
}
