use strongroom_core::secret::SecretValue;
use strongroom_core::token::{SERVICE_PREFIX, alphanumeric};

use super::{Gathering, Node, lock};
use crate::error::Error;
use crate::operations::seal::{CeremonyStep, GenerateRoot, GenerateRootStep};
use crate::request::Request;

/// How long a root token of this kind is, in characters, and so the one-time password that hides it: Vault's length.
pub const ROOT_TOKEN_CHARS: usize = SERVICE_PREFIX.len() + 24;

/// Operators who are bringing their parts together for a root token.
#[derive(Debug)]
pub struct RootGeneration {
    pub(crate) gathering: Gathering,
    pub(crate) one_time_password: SecretValue,
}

/// What was begun.
#[derive(Debug)]
pub struct RootGenerationStarted {
    /// How far it is.
    pub status: RootGenerationStatus,
    /// The one-time password, if it was made here.
    pub one_time_password: Option<SecretValue>,
}

/// How far root tokens are.
#[derive(Debug)]
pub struct RootGenerationStatus {
    /// The attempt's number, if there is one.
    pub nonce: Option<String>,
    /// How many parts are there.
    pub progress: usize,
    /// How many are needed.
    pub required: u8,
    /// The token, XORed with the one-time password: in the answer to the last part only.
    pub encoded_token: Option<String>,
}

impl Node {
    /// How far the attempt is. Needs `read` and `sudo` on `sys/generate-root/attempt`.
    ///
    /// # Errors
    /// [`Error`]
    pub fn root_generation(&self, request: &Request) -> Result<RootGenerationStatus, Error> {
        self.engine()?.execute(request, &CeremonyStep::ReadRootGeneration)?;
        self.root_generation_status(lock(&self.root_generation).as_ref())
    }

    /// Begin to gather parts for a root token, which is to be XORed with this password, or one that is made here.
    /// Needs `update` and `sudo` on `sys/generate-root/attempt`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] when one has begun, or the password has not [`ROOT_TOKEN_CHARS`] bytes.
    pub fn start_root_generation(
        &self,
        one_time_password: Option<SecretValue>,
        request: &Request,
    ) -> Result<RootGenerationStarted, Error> {
        self.engine()?.execute(request, &CeremonyStep::StartRootGeneration)?;
        let mut attempt = lock(&self.root_generation);
        if attempt.is_some() {
            return Err(Error::rule("root generation already in progress"));
        }
        let random = &*self.parts.random;
        let (password, made) = match one_time_password {
            Some(given) if given.expose().len() != ROOT_TOKEN_CHARS => {
                return Err(Error::rule("OTP string is wrong length"));
            }
            Some(given) => (given, None),
            None => {
                let made = alphanumeric(ROOT_TOKEN_CHARS, random);
                (SecretValue::from(made.clone()), Some(SecretValue::from(made)))
            }
        };
        let begun =
            RootGeneration { gathering: Gathering::begin(random), one_time_password: password };
        let status = self.root_generation_status(Some(&begun))?;
        *attempt = Some(begun);
        Ok(RootGenerationStarted { status, one_time_password: made })
    }

    /// Bring one part. The last that is needed makes the token. Needs `update` and `sudo` on
    /// `sys/generate-root/update`.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] without an attempt, for another's number, and when the parts are not those of the
    /// store: then all of them are forgotten.
    pub fn update_root_generation(
        &self,
        nonce: &str,
        part: &SecretValue,
        request: &Request,
    ) -> Result<RootGenerationStatus, Error> {
        let engine = self.engine()?;
        let required = self.parts_needed()?;
        let mut found = lock(&self.root_generation);
        let operation = GenerateRoot::new(found.as_ref(), nonce, part);
        let step = engine.execute(request, &operation);
        let are_wrong = operation.are_wrong();
        let Some(attempt) = found.as_mut() else {
            return Err(step.err().unwrap_or(Error::Sealed));
        };
        if are_wrong {
            attempt.gathering.clear();
        }
        let nonce = Some(attempt.gathering.nonce().to_owned());
        match step? {
            GenerateRootStep::Waits(part) => {
                attempt.gathering.push(part);
                let progress = attempt.gathering.progress();
                Ok(RootGenerationStatus { nonce, progress, required, encoded_token: None })
            }
            GenerateRootStep::Made { encoded_token } => {
                *found = None;
                let (progress, encoded_token) = (usize::from(required), Some(encoded_token));
                Ok(RootGenerationStatus { nonce, progress, required, encoded_token })
            }
        }
    }

    /// Forget the attempt, if there is one. Needs `delete` and `sudo` on `sys/generate-root/attempt`.
    ///
    /// # Errors
    /// [`Error`]
    pub fn cancel_root_generation(&self, request: &Request) -> Result<(), Error> {
        self.engine()?.execute(request, &CeremonyStep::CancelRootGeneration)?;
        *lock(&self.root_generation) = None;
        Ok(())
    }

    fn root_generation_status(
        &self,
        attempt: Option<&RootGeneration>,
    ) -> Result<RootGenerationStatus, Error> {
        let gathering = attempt.map(|attempt| &attempt.gathering);
        Ok(RootGenerationStatus {
            nonce: gathering.map(|gathering| gathering.nonce().to_owned()),
            progress: gathering.map_or(0, Gathering::progress),
            required: self.parts_needed()?,
            encoded_token: None,
        })
    }

    pub(super) fn parts_needed(&self) -> Result<u8, Error> {
        Ok(self.method()?.ok_or(Error::Sealed)?.parts_needed())
    }
}
