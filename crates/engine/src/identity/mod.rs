//! Who a token's bearer is, and where that is kept: the records of the identity mount.
//!
//! A login calls [`Room::attach`](crate::room::Room::attach) with what its method proved: the entity of that alias is
//! found or made in the batch of the token. What an entity gives its tokens is found anew whenever one of the records
//! that it was found from has another revision, see [`crate::identify`].
//!
//! ```text
//! entity/<id>               Entity                     group/<id>                Group
//! memberships/<entity>      the groups to look at for it; there as long as the entity
//! merged/<entity>           the entity that it became
//! entity-name/<hash>        -> entity                  group-name/<hash>         -> group
//! entity-alias/<hash>       -> entity                  group-alias/<hash>        -> group
//! entity-alias-id/<id>      -> entity                  group-alias-id/<id>       -> group
//! ```
//! Names are kept as hashes: a listing of the store gives nobody one.

mod attach;
mod changes;
mod directory;
mod whose;

pub(crate) use attach::Attach;
pub(crate) use changes::Changes;
pub(crate) use directory::{Directory, ENTITY, GROUP};
pub(crate) use whose::Identity;
