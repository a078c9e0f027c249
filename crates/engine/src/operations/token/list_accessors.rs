use strongroom_core::crypto::RecordKind;
use strongroom_core::token::Token;
use strongroom_store::Range;

use super::TOKEN_STORE;
use crate::error::Error;
use crate::keys;
use crate::records::decode;
use crate::room::{Operation, Room};
use crate::witness::{List, Performed};

/// How many accessors one answer lists.
const ACCESSORS_MAX: usize = 10_000;

/// The accessors of all tokens, in no order. Needs `list` and `sudo` on `auth/token/accessors`.
#[derive(Debug)]
pub struct ListAccessors;

impl Operation for ListAccessors {
    type Answer = Vec<String>;

    const NAME: &'static str = "token-accessors-list";

    fn subject(&self) -> Option<&str> {
        Some("auth/token/accessors")
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<Vec<String>>, Error> {
        room.authorise_protected::<List>("auth/token/accessors", TOKEN_STORE)?;
        let (mut accessors, mut range) = (Vec::new(), Range::prefix(keys::TOKENS));
        loop {
            let page = room.store.list(&range)?;
            for entry in &page.entries {
                let bytes = room.records().open(RecordKind::Token, &entry.key, &entry.value)?;
                let token: Token = decode(&entry.key, bytes.expose())?;
                if !token.lifetime.has_ended(room.now) {
                    accessors.push(token.accessor.to_string());
                }
            }
            match page.entries.last() {
                Some(last) if page.more && accessors.len() < ACCESSORS_MAX => {
                    range.after = Some(last.key.to_string());
                }
                _ => break,
            }
        }
        Ok(Performed::read(accessors))
    }
}
