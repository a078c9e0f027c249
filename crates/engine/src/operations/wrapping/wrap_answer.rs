use strongroom_core::audit::RequestId;
use strongroom_core::secret::SecretValue;
use strongroom_core::time::Seconds;
use strongroom_core::token::Wrapping;
use strongroom_store::Batch;

use super::keep;
use crate::error::{Error, InvalidRequest};
use crate::room::{Operation, Room};
use crate::tokens::IssuedToken;
use crate::witness::Performed;

/// The longest answer that is wrapped, in bytes: a value of 1 MiB with what an envelope adds.
pub const WRAPPED_BYTES_MAX: usize = 1_200_000;

/// An answer, and how it is to be wrapped.
#[derive(Debug)]
pub struct AnswerToWrap {
    /// The answer as its caller would have got it.
    pub bytes: SecretValue,
    /// How long the wrapping token lives; at most as long as the server lets a token live.
    pub ttl: Seconds,
    /// The path whose answer it is.
    pub creation_path: String,
    /// The accessor of the token in it, if it holds one.
    pub wrapped_accessor: Option<String>,
}

/// Keep an answer for whoever shows the wrapping token. The engine asks it of itself, see
/// [`Engine::wrap`](crate::Engine::wrap): the answer was authorised when it was asked for.
#[derive(Debug)]
pub(crate) struct WrapAnswer {
    pub(crate) answer: AnswerToWrap,
    pub(crate) of_request: RequestId,
}

impl Operation for WrapAnswer {
    type Answer = IssuedToken;

    const NAME: &'static str = "answer-wrap";

    fn subject(&self) -> Option<&str> {
        Some(&self.answer.creation_path)
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<IssuedToken>, Error> {
        let AnswerToWrap { bytes, ttl, creation_path, wrapped_accessor } = &self.answer;
        if bytes.expose().len() > WRAPPED_BYTES_MAX {
            return Err(InvalidRequest::Limit("the answer is too long to be wrapped").into());
        }
        let mut batch = Batch::default();
        let wraps = Wrapping {
            creation_path: creation_path.clone(),
            wrapped_accessor: wrapped_accessor.clone(),
        };
        let issued = keep(room, &mut batch, bytes, *ttl, wraps)?;
        let accessor = issued.token.accessor.to_string();
        Ok(Performed::change(issued, batch)
            .naming("accessor", accessor)
            .naming("of_request", self.of_request.to_string()))
    }
}
