use std::io::Write;

use strongroom_core::audit::{AnchorSource, Recovery};

use super::*;

fn push(path: &Path, bytes: &[u8]) {
    fs::OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

/// Cut the first segment to its first `count` lines.
fn cut(room: &Room, count: usize) {
    let lines = room.lines();
    let bytes: usize = lines[..count].iter().map(String::len).sum();
    fs::OpenOptions::new().write(true).open(room.file(1)).unwrap().set_len(bytes as u64).unwrap();
}

#[test]
fn torn_last_line_is_dropped_and_told_of_by_a_later_process() {
    let room = Room::new();
    append(&room.log(), 1..3);
    push(&room.file(1), b"{\"seq\":3,\"ti");
    assert_eq!(room.finding().kind, FindingKind::Torn);
    append(&room.log(), 3..4);
    let entries = room.entries();
    assert_eq!(entries[2].reason.as_deref(), Some("torn-line"));
    assert!(entries[2].raw().contains("\"dropped_bytes\":12,"));
    assert_eq!(entries[3].path.as_deref(), Some("secret/app/3"));
    let summary = room.verify().unwrap().summary;
    assert_eq!((summary.lines, summary.recoveries), (4, 1));
}

#[test]
fn torn_last_line_of_another_process_is_dropped_by_a_running_one() {
    let room = Room::new();
    let log = room.log();
    append(&log, 1..3);
    push(&room.file(1), b"{");
    append(&log, 3..4);
    assert_eq!(room.verify().unwrap().summary.recoveries, 1);
}

#[test]
fn every_cut_through_the_last_line_is_repaired() {
    let room = Room::new();
    append(&room.log(), 1..3);
    let good = room.lines();
    let heads = fs::read(directory::head_path(&room.path())).unwrap();
    for kept in 1..good[1].len() {
        let torn = [good[0].as_bytes(), &good[1].as_bytes()[..kept]].concat();
        fs::write(room.file(1), torn).unwrap();
        fs::write(directory::head_path(&room.path()), &heads).unwrap();
        append(&room.log(), 5..6);
        assert_eq!(room.verify().unwrap().summary.recoveries, 2, "kept {kept}");
    }
}

#[test]
fn unsynced_lines_that_are_lost_are_told_of() {
    let room = Room::new();
    append(&room.log(), 1..6);
    cut(&room, 3);
    let finding = room.finding();
    let kind = FindingKind::CutOff { until: 5, source: AnchorSource::WrittenHead };
    assert_eq!((finding.line, finding.kind), (3, kind));
    append(&room.log(), 6..7);
    let entry = &room.entries()[3];
    assert_eq!(entry.reason.as_deref(), Some("unsynced-loss"));
    assert!(entry.raw().contains("\"first_seq\":4,\"last_seq\":5"));
    assert_eq!(room.verify().unwrap().summary.recoveries, 1);
    append(&room.log(), 7..8);
    assert_eq!(room.verify().unwrap().summary.recoveries, 1);
}

#[test]
fn synced_lines_that_are_cut_off_stay_found_after_later_appends() {
    let room = Room::new();
    let log = room.log();
    append(&log, 1..6);
    log.sync().unwrap();
    drop(log);
    cut(&room, 3);
    let kind = FindingKind::CutOff { until: 5, source: AnchorSource::DurableHead };
    assert_eq!(room.finding().kind, kind);
    append(&room.log(), 6..20);
    append(&room.log(), 20..30);
    let finding = room.finding();
    assert_eq!((finding.line, finding.kind), (4, FindingKind::Recovered(Recovery::CutOff)));
    assert_eq!(room.entries().iter().filter(|entry| entry.reason.is_some()).count(), 1);
}

#[test]
fn lines_cut_off_under_a_running_process_are_noticed_by_it() {
    let room = Room::new();
    let log = room.log();
    append(&log, 1..6);
    cut(&room, 3);
    append(&log, 6..7);
    assert_eq!(room.finding().kind, FindingKind::Recovered(Recovery::CutOff));
}

#[test]
fn lines_cut_off_under_a_process_that_appends_no_more_are_found() {
    let room = Room::new();
    let log = room.log();
    append(&log, 1..6);
    cut(&room, 3);
    drop(log);
    let kind = FindingKind::CutOff { until: 5, source: AnchorSource::WrittenHead };
    assert_eq!(room.finding().kind, kind);
}

#[test]
fn segment_deleted_under_a_running_process_is_noticed_by_it() {
    let room = Room::new();
    let log = room.log();
    append(&log, 1..6);
    fs::remove_file(room.file(1)).unwrap();
    append(&log, 6..7);
    let finding = room.finding();
    assert_eq!((finding.line, finding.kind), (1, FindingKind::Recovered(Recovery::CutOff)));
    assert_eq!(room.entries()[1].path.as_deref(), Some("secret/app/6"));
}

#[test]
fn later_segment_deleted_under_a_running_process_is_noticed_by_it() {
    let room = Room::new();
    let log = room.small_segments();
    append(&log, 0..40);
    fs::remove_file(room.file(*room.segments().last().unwrap())).unwrap();
    append(&log, 40..41);
    assert_eq!(room.finding().kind, FindingKind::Recovered(Recovery::CutOff));
}

#[test]
fn segment_moved_away_is_noticed_with_the_next_sync() {
    let room = Room::new();
    let log = room.log();
    append(&log, 1..6);
    fs::rename(room.file(1), room.path().join("elsewhere")).unwrap();
    log.sync().unwrap();
    append(&log, 6..7);
    assert_eq!(room.finding().kind, FindingKind::Recovered(Recovery::CutOff));
    assert_eq!(room.entries().last().unwrap().path.as_deref(), Some("secret/app/6"));
}

#[test]
fn deleted_directory_refuses_the_record_and_is_named() {
    let room = Room::new();
    let log = room.log();
    append(&log, 1..2);
    fs::remove_dir_all(room.path()).unwrap();
    let error = log.append(&record(2)).unwrap_err();
    assert!(matches!(&error, AuditError::DirectoryMissing(path) if *path == room.path()));
}

#[test]
fn missing_head_is_found_before_and_after_the_next_append() {
    let room = Room::new();
    append(&room.log(), 1..3);
    fs::remove_file(directory::head_path(&room.path())).unwrap();
    assert_eq!(room.finding().kind, FindingKind::HeadMissing);
    append(&room.log(), 3..4);
    assert_eq!(room.finding().kind, FindingKind::Recovered(Recovery::HeadMissing));
}

#[test]
fn forged_head_is_found_before_and_after_the_next_append() {
    let room = Room::new();
    append(&room.log(), 1..3);
    let mut head = fs::read(directory::head_path(&room.path())).unwrap();
    head[60] ^= 1;
    fs::write(directory::head_path(&room.path()), head).unwrap();
    assert_eq!(room.finding().kind, FindingKind::HeadNotAuthentic);
    append(&room.log(), 3..4);
    assert_eq!(room.finding().kind, FindingKind::Recovered(Recovery::HeadNotAuthentic));
}

#[test]
fn foreign_line_at_the_end_does_not_stop_the_log_and_is_found() {
    let room = Room::new();
    let log = room.log();
    append(&log, 1..3);
    push(&room.file(1), b"logger was here\n");
    append(&log, 3..4);
    assert_eq!(room.entries()[2].reason.as_deref(), Some("damaged-line"));
    let finding = room.finding();
    assert_eq!((finding.line, finding.kind), (3, FindingKind::NotALine));
}

#[test]
fn empty_last_segment_that_a_crash_left_is_used() {
    let room = Room::new();
    let log = open(&room.path(), AuditOptions { segment_bytes_max: 1, ..options() });
    append(&log, 1..2);
    drop(log);
    fs::write(room.file(3), b"").unwrap();
    append(&room.log(), 2..3);
    assert_eq!(room.segments(), [1, 3]);
    assert_eq!(room.verify().unwrap().summary.lines, 3);
}

#[test]
fn opening_alone_leaves_the_log_as_it_is() {
    let room = Room::new();
    append(&room.log(), 1..3);
    push(&directory::head_path(&room.path()), b"");
    let before = (room.lines(), room.heads());
    drop(room.log());
    assert_eq!((room.lines(), room.heads()), before);
}
