use std::sync::Arc;

use strongroom_core::crypto::seal::{SealMethod, UnsealKey};
use strongroom_core::secret::{SecretValue, UnsealShare};

use super::initialise::{numbers, opens, split};
use super::{Gathering, Node, lock};
use crate::engine::Engine;
use crate::error::Error;
use crate::operations::seal::{CeremonyStep, RekeyStep, UpdateRekey, VerifyRekey};
use crate::request::Request;

/// Operators who are bringing their parts together for new shares.
#[derive(Debug)]
pub struct Rekey {
    pub(crate) gathering: Gathering,
    pub(crate) new: Arc<NewSeal>,
    pub(crate) is_verified: bool,
    /// The new parts, when they have to be shown before they count.
    pub(crate) verification: Option<Gathering>,
}

/// The seal that is to be, made when the attempt begins.
#[derive(Debug)]
pub struct NewSeal {
    /// How many shares, and how many of them unseal.
    pub method: SealMethod,
    /// The shares.
    pub shares: Vec<UnsealShare>,
    pub(crate) key: Arc<UnsealKey>,
}

/// How far new shares are.
#[derive(Debug, PartialEq, Eq)]
pub struct RekeyStatus {
    /// The attempt's number, if there is one.
    pub nonce: Option<String>,
    /// How many new shares there will be, and how many of them will unseal; 0 without an attempt.
    pub shares: u8,
    /// See `shares`.
    pub threshold: u8,
    /// How many parts of the present key are there.
    pub progress: usize,
    /// How many are needed.
    pub required: u8,
    /// Whether the new shares have to be shown before they count.
    pub is_verified: bool,
    /// The number under which they are shown, once it has come to that.
    pub verification_nonce: Option<String>,
}

/// How far it is with showing the new shares.
#[derive(Debug, PartialEq, Eq)]
pub struct VerificationStatus {
    /// The number, once it has come to that.
    pub nonce: Option<String>,
    /// How many new shares there are, and how many of them will unseal.
    pub shares: u8,
    /// See `shares`.
    pub threshold: u8,
    /// How many of them have been shown.
    pub progress: usize,
}

/// What a part led to.
#[derive(Debug)]
pub enum RekeyOutcome {
    /// More are needed.
    Waits(RekeyStatus),
    /// These are the new shares. They unseal from now on, or, with a number, once they were shown under it.
    Made {
        /// The attempt's number.
        nonce: String,
        /// The shares.
        new: Arc<NewSeal>,
        /// The number under which they are to be shown.
        verification_nonce: Option<String>,
    },
}

impl Node {
    /// How far the attempt is. Needs `read` and `sudo` on `sys/rekey/init`.
    ///
    /// # Errors
    /// [`Error`]
    pub fn rekey(&self, request: &Request) -> Result<RekeyStatus, Error> {
        self.engine()?.execute(request, &CeremonyStep::ReadRekey)?;
        self.rekey_status(lock(&self.rekey).as_ref())
    }

    /// Begin to gather parts for new shares. Needs `update` and `sudo` on `sys/rekey/init`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when one has begun, and for numbers that cannot be.
    pub fn start_rekey(
        &self,
        (shares, threshold): (i64, i64),
        is_verified: bool,
        request: &Request,
    ) -> Result<RekeyStatus, Error> {
        let engine = self.engine()?;
        engine.execute(request, &CeremonyStep::StartRekey)?;
        let (shares, threshold) = numbers(shares, threshold)?;
        let mut attempt = lock(&self.rekey);
        if attempt.is_some() {
            return Err(Error::rule("rekey already in progress"));
        }
        let random = &*self.parts.random;
        let key = Arc::new(UnsealKey::generate(random));
        let made = split(&key, shares, threshold, &self.parts)?;
        let method = SealMethod::Shamir { shares, threshold };
        let new = Arc::new(NewSeal { method, shares: made, key });
        let gathering = Gathering::begin(random);
        let begun = Rekey { gathering, new, is_verified, verification: None };
        let status = self.rekey_status(Some(&begun))?;
        // The engine goes on with it from the moment that the store has it.
        engine.expect_key(Some(Arc::clone(&begun.new.key)));
        *attempt = Some(begun);
        Ok(status)
    }

    /// Bring one part of the present key. The last that is needed gives the store its new seal, in one commit, or,
    /// where that was asked for, the shares that are to be shown first. Needs `update` and `sudo` on
    /// `sys/rekey/update`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] without an attempt, for another's number, and when the parts are not those of the
    /// store: then all of them are forgotten.
    pub fn update_rekey(
        &self,
        nonce: &str,
        part: &SecretValue,
        request: &Request,
    ) -> Result<RekeyOutcome, Error> {
        let engine = self.engine()?;
        let mut found = lock(&self.rekey);
        let operation = UpdateRekey::new(found.as_ref(), nonce, part);
        let step = engine.execute(request, &operation);
        let (are_wrong, asked) = (operation.are_wrong(), operation.asked_for_seal());
        let Some(attempt) = found.as_mut() else {
            return Err(step.err().unwrap_or(Error::Sealed));
        };
        if are_wrong {
            attempt.gathering.clear();
        }
        // A commit whose outcome was not told may have been done.
        let step = match step {
            Err(error) if asked && !opens(&self.parts, &attempt.new.key) => return Err(error),
            Err(_) if asked => RekeyStep::Done,
            other => other?,
        };
        let nonce = attempt.gathering.nonce().to_owned();
        let new = Arc::clone(&attempt.new);
        match step {
            RekeyStep::Waits(part) => {
                attempt.gathering.push(part);
                Ok(RekeyOutcome::Waits(self.rekey_status(Some(attempt))?))
            }
            RekeyStep::Verify => {
                attempt.gathering.clear();
                let verification = Gathering::begin(&*self.parts.random);
                let verification_nonce = Some(verification.nonce().to_owned());
                attempt.verification = Some(verification);
                Ok(RekeyOutcome::Made { nonce, new, verification_nonce })
            }
            RekeyStep::Done => {
                *found = None;
                drop(found);
                self.is_rekeyed(&engine);
                Ok(RekeyOutcome::Made { nonce, new, verification_nonce: None })
            }
        }
    }

    /// Forget the attempt, if there is one: the present shares stay. Needs `delete` and `sudo` on `sys/rekey/init`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when the store has the new seal already and its shares have not been given out.
    pub fn cancel_rekey(&self, request: &Request) -> Result<(), Error> {
        let engine = self.engine()?;
        engine.execute(request, &CeremonyStep::CancelRekey)?;
        let mut attempt = lock(&self.rekey);
        if attempt.as_ref().is_some_and(|attempt| opens(&self.parts, &attempt.new.key)) {
            return Err(Error::rule("the rekey is done: bring a key again for the new ones"));
        }
        *attempt = None;
        engine.expect_key(None);
        Ok(())
    }

    /// How far it is with showing the new shares. Needs `read` and `sudo` on `sys/rekey/verify`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] without an attempt.
    pub fn rekey_verification(&self, request: &Request) -> Result<VerificationStatus, Error> {
        self.engine()?.execute(request, &CeremonyStep::ReadVerification)?;
        verification_status(lock(&self.rekey).as_ref())
    }

    /// Begin anew with showing the new shares, under another number. Needs `delete` and `sudo` on
    /// `sys/rekey/verify`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] without an attempt that has come to that.
    pub fn restart_rekey_verification(
        &self,
        request: &Request,
    ) -> Result<VerificationStatus, Error> {
        self.engine()?.execute(request, &CeremonyStep::RestartVerification)?;
        let mut found = lock(&self.rekey);
        let verification = found.as_mut().and_then(|attempt| attempt.verification.as_mut());
        let none = || Error::rule("no rekey verification in progress");
        *verification.ok_or_else(none)? = Gathering::begin(&*self.parts.random);
        verification_status(found.as_ref())
    }

    /// Show one new share. The last that is needed gives the store its new seal, in one commit; `None` is answered
    /// then. Needs `update` and `sudo` on `sys/rekey/verify`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] without an attempt that has come to that, for another's number, and when the shares
    /// are not the new ones: then all of them are forgotten.
    pub fn verify_rekey(
        &self,
        nonce: &str,
        part: &SecretValue,
        request: &Request,
    ) -> Result<Option<VerificationStatus>, Error> {
        let engine = self.engine()?;
        let mut found = lock(&self.rekey);
        let operation = VerifyRekey::new(found.as_ref(), nonce, part);
        let step = engine.execute(request, &operation);
        let (are_wrong, asked) = (operation.are_wrong(), operation.asked_for_seal());
        let Some(attempt) = found.as_mut() else {
            return Err(step.err().unwrap_or(Error::Sealed));
        };
        if let (true, Some(verification)) = (are_wrong, attempt.verification.as_mut()) {
            verification.clear();
        }
        let step = match step {
            Err(error) if asked && !opens(&self.parts, &attempt.new.key) => return Err(error),
            Err(_) if asked => RekeyStep::Done,
            other => other?,
        };
        if let (RekeyStep::Waits(part), Some(verification)) = (step, attempt.verification.as_mut())
        {
            verification.push(part);
            return verification_status(found.as_ref()).map(Some);
        }
        *found = None;
        drop(found);
        self.is_rekeyed(&engine);
        Ok(None)
    }

    /// Parts of the old key that were brought for other things are worth nothing now.
    fn is_rekeyed(&self, engine: &Engine) {
        engine.take_expected_key();
        if let Some(attempt) = lock(&self.root_generation).as_mut() {
            attempt.gathering.clear();
        }
    }

    fn rekey_status(&self, attempt: Option<&Rekey>) -> Result<RekeyStatus, Error> {
        let verification = attempt.and_then(|attempt| attempt.verification.as_ref());
        Ok(RekeyStatus {
            nonce: attempt.map(|attempt| attempt.gathering.nonce().to_owned()),
            shares: attempt.map_or(0, |attempt| attempt.new.method.parts()),
            threshold: attempt.map_or(0, |attempt| attempt.new.method.parts_needed()),
            progress: attempt.map_or(0, |attempt| attempt.gathering.progress()),
            required: self.parts_needed()?,
            is_verified: attempt.is_some_and(|attempt| attempt.is_verified),
            verification_nonce: verification.map(|gathering| gathering.nonce().to_owned()),
        })
    }
}

fn verification_status(attempt: Option<&Rekey>) -> Result<VerificationStatus, Error> {
    let attempt = attempt.ok_or_else(|| Error::rule("no rekey configuration found"))?;
    let gathering = attempt.verification.as_ref();
    Ok(VerificationStatus {
        nonce: gathering.map(|gathering| gathering.nonce().to_owned()),
        shares: attempt.new.method.parts(),
        threshold: attempt.new.method.parts_needed(),
        progress: gathering.map_or(0, Gathering::progress),
    })
}
