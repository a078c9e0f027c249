//! The audit log.

use strongroom_engine::audit::verify;

use super::Report;
use crate::context::Context;
use crate::session;

pub(super) fn check(context: &Context, report: &mut Report) {
    // A store that does not open was reported already.
    let Ok(anchors) = session::anchors(context) else { return };
    match verify(&context.home.audit(), &anchors.expectations()) {
        Ok(verified) => {
            report.ok(format!("the audit log is whole: {} lines", verified.summary.lines))
        }
        Err(error) => {
            report.error(format!("the audit log: {error}"), "look closer: strongroom audit verify");
        }
    }
}
