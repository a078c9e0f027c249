//! The database and every record in it.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};

use strongroom_core::identifier::SecretId;
use strongroom_engine::operations::CheckRecords;

use super::Report;
use crate::context::Context;
use crate::failure::Failure;
use crate::session::Local;

const RESTORE: &str = "bring back a copy: strongroom restore FILE";
/// How many damaged records are named.
const NAMED_MAX: usize = 50;

pub(super) fn check(context: &Context, report: &mut Report) {
    let session = match Local::open(context) {
        Ok(session) => session,
        Err(failure) => {
            let hint = failure.first_hint().unwrap_or(RESTORE).to_owned();
            return report.error(format!("the store does not open: {failure}"), hint);
        }
    };
    match session.database.check_integrity(|| true) {
        Ok(problems) if problems.is_empty() => report.ok("the database is whole"),
        Ok(problems) => problems.iter().take(NAMED_MAX).for_each(|problem| {
            report.error(format!("the database is damaged: {problem}"), RESTORE);
        }),
        Err(error) => report.error(format!("the database cannot be checked: {error}"), RESTORE),
    }
    if let Err(failure) = records(&session, report) {
        report.error(format!("the records cannot be checked: {failure}"), RESTORE);
    }
    if let Ok(keys) = session.engine.data_keys()
        && let Some((number, made)) = keys.last()
    {
        report.ok(format!("data key {number} of {made} encrypts"));
        if keys.len() > 1 {
            report.warning(
                format!("{} older data keys are kept", keys.len() - 1),
                "encrypt everything with a new one: strongroom rekey --rotate-data-key",
            );
        }
    }
}

fn records(session: &Local, report: &mut Report) -> Result<(), Failure> {
    let (mut count, mut damaged) = (0, 0);
    let (mut secrets, mut owners) = (BTreeSet::<SecretId>::new(), BTreeSet::<SecretId>::new());
    let mut check = CheckRecords { after: None };
    loop {
        let page = session.ask(&check)?;
        count += page.records;
        for (name, problem) in &page.damaged {
            damaged += 1;
            if damaged <= NAMED_MAX {
                report.error(format!("{name} is damaged: {problem}"), RESTORE);
            }
        }
        secrets.extend(page.secrets);
        owners.extend(page.owners);
        progress(count);
        match page.after {
            Some(after) => check.after = Some(after),
            None => break,
        }
    }
    progress_end();
    if damaged > NAMED_MAX {
        report.error(format!("{} more records are damaged", damaged - NAMED_MAX), RESTORE);
    }
    let orphans = owners.difference(&secrets).count();
    if orphans > 0 && damaged == 0 {
        report.error(
            format!("the values of {orphans} secrets are there and the secrets are not"),
            RESTORE,
        );
    }
    if damaged == 0 {
        report.ok(format!("all {count} records decrypt; there are {} secrets", secrets.len()));
    }
    Ok(())
}

/// A long check shows how far it is, on a terminal.
fn progress(count: u64) {
    let mut err = std::io::stderr();
    if count.is_multiple_of(5_000) && err.is_terminal() {
        let _ = write!(err, "\r{count} records\u{1b}[K");
    }
}

fn progress_end() {
    let mut err = std::io::stderr();
    if err.is_terminal() {
        let _ = write!(err, "\r\u{1b}[K");
    }
}
