//! The audit log.

use strongroom_engine::audit::{Expectations, verify};

use super::Report;
use crate::context::Context;
use crate::session;

pub(super) fn check(context: &Context, report: &mut Report) {
    // A store that does not open was reported already.
    let Ok(anchors) = session::anchors(context) else { return };
    let expectations = Expectations {
        checkpoint_keys: vec![anchors.checkpoint],
        head_key: &anchors.head,
        store_head: anchors.store_head,
        requests: anchors.requests,
    };
    match verify(&context.home.audit(), &expectations) {
        Ok(verified) => report.ok(format!("the audit log is whole: {} lines", verified.summary.lines)),
        Err(error) => {
            report.error(format!("the audit log: {error}"), "look closer: strongroom audit verify");
        }
    }
}
