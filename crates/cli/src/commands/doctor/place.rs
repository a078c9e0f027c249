//! The folder, the key file, the machine.

use std::io;
use std::os::unix::fs::MetadataExt;

use strongroom_core::memory::LockedKey;
use strongroom_core::time::Clock;

use super::Report;
use crate::context::Context;

/// Less than this is soon too little.
const FREE_BYTES_MIN: u64 = 100 * 1024 * 1024;
/// A clock before this shows a time before the program was written: 2026-01-01.
const CLOCK_MIN_MS: u64 = 1_767_225_600_000;

pub(super) fn home(context: &Context, report: &mut Report) {
    let directory = context.home.directory();
    let shown = directory.display();
    match std::fs::metadata(directory) {
        Err(error) => report.error(format!("{shown}: {error}"), "make a store: strongroom init"),
        Ok(found) if found.uid() != rustix::process::geteuid().as_raw() => report.error(
            format!("{shown} belongs to another user"),
            format!("sudo chown -R \"$USER\" {shown}"),
        ),
        Ok(found) if found.mode() & 0o077 != 0 => report.warning(
            format!("{shown} can be entered by others (mode {:03o})", found.mode() & 0o777),
            format!("chmod 700 {shown}"),
        ),
        Ok(_) => report.ok(format!("{shown} is for its owner alone")),
    }
}

pub(super) fn key_file(context: &Context, report: &mut Report) {
    let path = context.home.key_file();
    let shown = path.display();
    match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => report.error(format!("{shown}: {error}"), "say where it is: --key-file FILE"),
        Ok(found) if found.mode() & 0o077 != 0 => report.error(
            format!("{shown} can be read or changed by others (mode {:03o})", found.mode() & 0o777),
            format!("chmod 600 {shown}"),
        ),
        Ok(_) => report.ok(format!("{shown} is for its owner alone")),
    }
    if context.home.new_key_file().exists() {
        report.warning(
            format!(
                "{} was left by a rekey that was broken off",
                context.home.new_key_file().display()
            ),
            "it is used or replaced by the next: strongroom rekey",
        );
    }
}

pub(super) fn memory(context: &Context, report: &mut Report) {
    if LockedKey::filled_by(|_| ()).is_locked() {
        report.ok("keys are locked into memory");
    } else {
        report.warning(
            "keys cannot be locked into memory and may be swapped out",
            "raise the limit: ulimit -l",
        );
    }
    if context.clock.now().0 < CLOCK_MIN_MS {
        report.warning("the clock shows a time long past", "set the machine's clock");
    }
}

pub(super) fn space(context: &Context, report: &mut Report) {
    let Ok(found) = rustix::fs::statvfs(context.home.directory()) else { return };
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let free_mib = free / 1024 / 1024;
    if free < FREE_BYTES_MIN {
        report.warning(format!("{free_mib} MiB of disk are free"), "make room: writes need it");
    } else {
        report.ok(format!("{free_mib} MiB of disk are free"));
    }
}
