use strongroom_core::secret::SecretValue;
use strongroom_core::token::PlainToken;
use strongroom_store::Batch;

use crate::error::Error;
use crate::room::{Operation, Room};
use crate::tokens::{IssuedToken, root_token};
use crate::witness::Performed;

/// Make a root token without a parent and without an end: for the owner of a new store, and for shares that were
/// brought together. Needs `sudo` on `sys/generate-root`.
#[derive(Debug)]
pub struct CreateRootToken {
    /// The text it is to have; random when `None`.
    pub text: Option<SecretValue>,
    /// For people who read logs.
    pub display_name: &'static str,
}

impl Operation for CreateRootToken {
    type Answer = IssuedToken;

    const NAME: &'static str = "root-token-create";

    fn subject(&self) -> Option<&str> {
        Some("sys/generate-root")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<IssuedToken>, Error> {
        let _proof = room.authorise_system("sys/generate-root")?;
        let token = root_token(room.now, self.display_name, room.random);
        let text = self.text.as_ref().map(|text| PlainToken::new(text.expose().to_vec()));
        let mut batch = Batch::default();
        let issued = room.issue(&mut batch, token, text)?;
        let accessor = issued.token.accessor.to_string();
        Ok(Performed::change(issued, batch).naming("accessor", accessor))
    }
}
