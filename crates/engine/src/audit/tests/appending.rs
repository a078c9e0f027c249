use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use super::*;

#[test]
fn record_becomes_a_line_that_ends_with_its_hash() {
    let room = Room::new();
    let log = room.log();
    let receipt = log.append(&record(1)).unwrap();
    assert_eq!(receipt.position(), log.position());
    let hash = receipt.position().hash;
    let members = record(1).to_bytes();
    let members = String::from_utf8(members[1..members.len() - 1].to_vec()).unwrap();
    assert_eq!(room.lines(), [format!("{{\"seq\":1,{members},\"hash\":\"{hash}\"}}\n")]);
}

#[test]
fn directory_and_files_are_for_their_owner_only() {
    let room = Room::new();
    append(&room.log(), 1..2);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&room.path()), 0o700);
    for entry in fs::read_dir(room.path()).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

#[test]
fn log_goes_on_where_an_earlier_process_left_it() {
    let room = Room::new();
    append(&room.log(), 1..4);
    append(&room.log(), 4..7);
    let verified = room.verify().unwrap();
    assert_eq!(verified.summary.lines, 6);
    assert_eq!((verified.summary.recoveries, verified.summary.vouched_seq), (0, 6));
}

#[test]
fn every_256th_line_is_followed_by_a_checkpoint() {
    let room = Room::new();
    append(&room.log(), 0..600);
    let entries = room.entries();
    let checkpoints: Vec<u64> =
        entries.iter().filter(|entry| entry.kind == "checkpoint").map(|entry| entry.seq).collect();
    assert_eq!(checkpoints, [257, 513]);
    assert_eq!(room.verify().unwrap().summary.checkpoints, 2);
}

#[test]
fn checkpoint_that_a_crash_kept_from_being_written_comes_first() {
    let room = Room::new();
    append(&room.log(), 0..256);
    let lines = room.lines();
    assert_eq!(lines.len(), 257);
    fs::remove_file(directory::head_path(&room.path())).unwrap();
    fs::write(room.file(1), lines[..256].concat()).unwrap();
    append(&room.log(), 300..301);
    let kinds: Vec<String> = room.entries().into_iter().skip(256).map(|entry| entry.kind).collect();
    assert_eq!(kinds, ["checkpoint", "recovery", "access"]);
}

#[test]
fn full_segment_ends_and_the_next_one_goes_on() {
    let room = Room::new();
    append(&room.small_segments(), 0..600);
    let segments = room.segments();
    assert!(segments.len() > 50);
    for pair in segments.windows(2) {
        let text = fs::read_to_string(room.file(pair[0])).unwrap();
        let last = text.lines().last().unwrap();
        let next = directory::segment_name(pair[1]);
        assert!(last.contains("\"type\":\"segment-end\"") && last.contains(&next), "{last}");
    }
    let verified = room.verify().unwrap();
    assert_eq!(verified.segments, segments.len() as u64);
    assert_eq!(verified.summary.lines, room.lines().len() as u64);
}

#[test]
fn segment_of_one_record_each_is_a_good_log() {
    let room = Room::new();
    let log = open(&room.path(), AuditOptions { segment_bytes_max: 1, ..options() });
    append(&log, 0..300);
    drop(log);
    append(&room.log(), 300..301);
    assert_eq!(room.verify().unwrap().summary.recoveries, 0);
    assert_eq!(room.segments().len(), 301);
}

#[test]
fn record_that_is_too_long_is_refused_and_the_next_is_not() {
    let room = Room::new();
    let log = room.log();
    let long = Record { path: Some("x".repeat(70_000)), ..record(1) };
    assert!(matches!(log.append(&long), Err(AuditError::RecordTooLong)));
    append(&log, 2..3);
    assert_eq!(room.verify().unwrap().summary.lines, 1);
}

#[test]
fn longest_record_is_taken_and_one_byte_more_is_not() {
    let room = Room::new();
    let log = room.log();
    append(&log, 1..2);
    let overhead = room.lines()[0].len() - 1 - "secret/app/1".len();
    let path =
        |extra: usize| Some("x".repeat(strongroom_core::audit::LINE_BYTES_MAX - overhead + extra));
    assert!(matches!(
        log.append(&Record { path: path(1), ..record(1) }),
        Err(AuditError::RecordTooLong)
    ));
    assert_eq!(log.append(&Record { path: path(0), ..record(1) }).unwrap().seq(), 2);
    assert_eq!(room.verify().unwrap().summary.lines, 2);
}

#[test]
fn stored_record_is_appended_as_it_was_rendered() {
    let room = Room::new();
    let log = room.log();
    append(&log, 1..2);
    let place = log.place();
    let receipt = log.append_stored(&record(2).to_bytes()).unwrap();
    assert_eq!(receipt.seq(), 2);
    assert!(matches!(log.append_stored(b"{}"), Err(AuditError::StoredRecordInvalid(_))));
    assert_eq!(room.entries()[1].path.as_deref(), Some("secret/app/2"));
    let ids = [RequestId(1), RequestId(2), RequestId(3)];
    let found = log.contains_request_ids(place, &ids).unwrap();
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [RequestId(2)]);
}

#[test]
fn request_ids_are_found_across_segments_and_only_after_the_place() {
    let room = Room::new();
    let log = room.small_segments();
    append(&log, 0..20);
    let place = log.place();
    append(&log, 20..60);
    let ids: Vec<RequestId> = (10..70).map(RequestId).collect();
    let found = log.contains_request_ids(place, &ids).unwrap();
    assert_eq!(found, (20..60).map(RequestId).collect());
}

#[test]
fn always_synced_log_has_a_durable_head_after_every_append() {
    let room = Room::new();
    let log = open(&room.path(), AuditOptions { sync: SyncMode::Always, ..options() });
    for id in 1..4 {
        let receipt = log.append(&record(id)).unwrap();
        assert_eq!(room.heads().durable.unwrap().position, receipt.position());
    }
}

#[test]
fn head_is_written_when_asked_for_and_when_the_log_is_closed() {
    let room = Room::new();
    let log = room.log();
    append(&log, 1..2);
    assert_eq!(room.heads().written, None);
    log.flush_head().unwrap();
    assert_eq!(room.heads().written.unwrap().position, log.position());
    append(&log, 2..3);
    log.start_writeback();
    let position = log.position();
    drop(log);
    let heads = room.heads();
    assert_eq!(heads.written.unwrap().position, position);
    assert_eq!(heads.durable.unwrap().position, Position::GENESIS);
}

#[test]
fn flusher_syncs_what_was_appended() {
    let room = Room::new();
    let log = Arc::new(room.log());
    let flusher = log.start_flusher().unwrap();
    append(&log, 1..2);
    let deadline = Instant::now() + Duration::from_secs(30);
    while room.heads().durable.unwrap().position != log.position() {
        assert!(Instant::now() < deadline, "the flusher did not sync");
        std::thread::yield_now();
    }
    append(&log, 2..3);
    drop(flusher);
    assert_eq!(room.heads().durable.unwrap().position, log.position());
}

#[test]
fn tail_gives_the_last_lines_across_segments() {
    let room = Room::new();
    append(&room.small_segments(), 0..100);
    let all: Vec<u64> = room.entries().iter().map(|entry| entry.seq).collect();
    let reader = Reader::open(&room.path()).unwrap();
    for count in [0, 1, 5, 37, all.len(), all.len() + 10] {
        let tail: Vec<u64> = reader.tail(count).unwrap().map(|entry| entry.unwrap().seq).collect();
        assert_eq!(tail, all[all.len().saturating_sub(count)..]);
    }
}

#[test]
fn query_gives_what_its_filter_names() {
    let room = Room::new();
    let log = room.log();
    append(&log, 0..3);
    let other = Record {
        time: TIME + 1_000,
        kind: RecordKind::Denied,
        principal: Some(Principal { name: "bob".to_owned(), kind: "app" }),
        operation: "write",
        path: Some("other/x".to_owned()),
        outcome: Outcome::Denied,
        ..record(9)
    };
    assert_eq!(log.append(&other).unwrap().seq(), 4);
    let reader = Reader::open(&room.path()).unwrap();
    let seqs = |filter: Filter| -> Vec<u64> {
        reader.query(filter).map(|entry| entry.unwrap().seq).collect()
    };
    let all = Filter::default;
    assert_eq!(seqs(Filter { principal: Some("bob".to_owned()), ..all() }), [4]);
    assert_eq!(seqs(Filter { operation: Some("read".to_owned()), ..all() }), [1, 2, 3]);
    assert_eq!(seqs(Filter { outcome: Some(Outcome::Denied), ..all() }), [4]);
    assert_eq!(seqs(Filter { request_id: Some(RequestId(1)), ..all() }), [2]);
    assert_eq!(seqs(Filter { since: Some(TIME + 1), ..all() }), [4]);
    assert_eq!(seqs(Filter { until: Some(TIME + 1_000), ..all() }), [1, 2, 3]);
    let prefix = PathFilter::Prefix("other/".to_owned());
    assert_eq!(seqs(Filter { path: Some(prefix), ..all() }), [4]);
    let glob = PathFilter::Glob("secret/*/2".to_owned());
    assert_eq!(seqs(Filter { path: Some(glob), ..all() }), [3]);
}

#[test]
fn reader_passes_over_what_it_does_not_know() {
    let room = Room::new();
    append(&room.log(), 1..2);
    let line = room.lines()[0].clone();
    let newer = line.replace("\"door\"", "\"from_the_future\":{\"a\":[1]},\"door\"");
    fs::write(room.file(1), format!("noise\n{newer}{{\"torn")).unwrap();
    let mut entries = Reader::open(&room.path()).unwrap().query(Filter::default());
    let entry = entries.next().unwrap().unwrap();
    assert_eq!(entry.door.as_deref(), Some("cli"));
    assert_eq!(entry.raw(), newer.trim_end());
    assert!(entries.next().is_none());
    assert_eq!(entries.skipped(), 2);
}
