use strongroom_core::token::TokenHash;
use strongroom_store::{Batch, Range, Write as StoreWrite};

use super::{TOKEN_STORE, TokenReference};
use crate::error::Error;
use crate::keys;
use crate::room::{Operation, Room};
use crate::witness::{Performed, Write};

/// How many children one revocation can leave behind as orphans.
pub const CHILDREN_MAX: usize = 16;

/// Take a token back. It and what descends from it are refused from the commit on, and its leases are taken back
/// before it is answered. Needs `update` on `auth/token/revoke-self`, `auth/token/revoke` or
/// `auth/token/revoke-accessor`; with `orphans`, which leaves its children without a parent, `update` and `sudo` on
/// `auth/token/revoke-orphan`.
#[derive(Debug)]
pub struct RevokeToken {
    /// Which.
    pub which: TokenReference,
    /// Whether its children stay.
    pub orphans: bool,
}

impl Operation for RevokeToken {
    type Answer = ();

    const NAME: &'static str = "token-revoke";
    const SETTLES: bool = true;

    fn subject(&self) -> Option<&str> {
        Some(match self.which {
            _ if self.orphans => "auth/token/revoke-orphan",
            TokenReference::Own => "auth/token/revoke-self",
            TokenReference::Text(_) => "auth/token/revoke",
            TokenReference::Accessor(_) => "auth/token/revoke-accessor",
        })
    }

    fn perform(&self, room: &Room<'_>) -> Result<Performed<()>, Error> {
        let path = self.subject().unwrap_or_default();
        if self.orphans {
            room.authorise_protected::<Write>(path, TOKEN_STORE)?;
        } else {
            room.authorise_at::<Write>(path, TOKEN_STORE)?;
        }
        let Some((hash, found)) = self.which.find(room)? else {
            return match &self.which {
                // It is not there, which is what was asked for.
                TokenReference::Text(text) if text.batch_bytes().is_none() => {
                    Ok(Performed::read(()))
                }
                TokenReference::Accessor(_) => Err(self.which.missing()),
                _ => Err(Error::rule("batch tokens cannot be revoked")),
            };
        };
        let mut batch = Batch::default();
        if self.orphans {
            release_children(room, &mut batch, hash)?;
        }
        room.revoke_token(&mut batch, hash, &found)?;
        let accessor = found.value.accessor.to_string();
        Ok(Performed::change((), batch).naming("accessor", accessor))
    }
}

fn release_children(room: &Room<'_>, batch: &mut Batch, parent: TokenHash) -> Result<(), Error> {
    let range = Range { limit: CHILDREN_MAX, ..Range::prefix(keys::token_children(parent)) };
    let page = room.store.list(&range)?;
    if page.more {
        let rule = format!("the token has more than {CHILDREN_MAX} children: revoke some first");
        return Err(Error::rule(rule));
    }
    for entry in page.entries {
        let digits = entry.key.as_str().rsplit('/').next().unwrap_or_default();
        if let Ok(child) = digits.parse::<TokenHash>()
            && let Some(found) = room.token(child)?
        {
            let orphan = strongroom_core::token::Token { parent: None, ..found.value.clone() };
            room.change_token(batch, child, &found, &orphan);
        }
        batch.writes.push(StoreWrite::Delete(entry.key));
    }
    Ok(())
}
