use std::sync::Arc;

use strongroom_core::token::{PlainToken, Token};

use super::find;
use crate::error::Error;
use crate::room::{Operation, Room};
use crate::witness::Performed;

/// What is known of a wrapping token. Whoever shows it may ask, as in Vault, and it is no use of it.
#[derive(Debug)]
pub struct LookUpWrapping {
    /// The wrapping token.
    pub token: Arc<PlainToken>,
}

impl Operation for LookUpWrapping {
    type Answer = Token;

    const NAME: &'static str = "wrapping-lookup";
    const OPEN: bool = true;

    fn subject(&self) -> Option<&str> {
        Some("sys/wrapping/lookup")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Token>, Error> {
        let (_, found) = find(room, &self.token)?;
        let accessor = found.value.accessor.to_string();
        Ok(Performed::read(found.value).naming("accessor", accessor))
    }
}
