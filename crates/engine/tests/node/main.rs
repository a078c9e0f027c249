//! A server's store from its first keys on: sealed and open, root tokens, new shares.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail the test")]

mod ceremonies;
mod life;
mod losses;

use strongroom_core::secret::UnsealShare;
use strongroom_core::token::PlainToken;
use strongroom_engine::operations::token::{LookupToken, TokenReference};
use strongroom_engine::{Error, Node};
use strongroom_testkit::TestNode;

/// Whether the bearer of this token may do everything.
fn is_root(test: &TestNode, node: &Node, token: &PlainToken) -> Result<bool, Error> {
    let engine = node.engine()?;
    let found = engine.execute(&test.with_token(token), &LookupToken(TokenReference::Own))?;
    Ok(found.token.is_root())
}

/// Bring shares until the node is open or one is refused.
fn unseal(test: &TestNode, node: &Node, shares: &[UnsealShare]) -> Result<bool, Error> {
    for share in shares {
        if !test.bring(node, share)?.is_sealed {
            return Ok(true);
        }
    }
    Ok(false)
}
