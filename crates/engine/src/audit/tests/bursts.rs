use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

#[test]
fn other_handles_append_beside_a_busy_one() {
    let room = Room::new();
    let busy = Arc::new(room.small_segments());
    let flusher = busy.start_flusher().unwrap();
    let (stop, mut others) = (AtomicBool::new(false), 0);
    let appended = std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) {
                append(&busy, count..count + 1);
                count += 1;
            }
            count
        });
        let other = room.small_segments();
        while others < 50 || busy.position().seq < 2_000 {
            append(&other, 1_000_000 + others..1_000_001 + others);
            others += 1;
        }
        stop.store(true, Ordering::Relaxed);
        worker.join().unwrap()
    });
    drop(flusher);
    let records = room.entries().iter().filter(|entry| entry.kind == "access").count();
    assert_eq!(records as u128, appended + others);
    assert_eq!(room.verify().unwrap().summary.recoveries, 0);
}

#[test]
fn lock_is_given_back_when_no_more_appends_come() {
    let room = Room::new();
    let log = Arc::new(room.log());
    let flusher = log.start_flusher().unwrap();
    append(&log, 0..1);
    append(&room.log(), 1..2);
    append(&log, 2..3);
    drop(flusher);
    // Nobody is left who would end a burst.
    append(&log, 3..4);
    append(&room.log(), 4..5);
    assert_eq!(room.verify().unwrap().summary.lines, 5);
}

#[test]
fn record_that_is_refused_in_a_burst_leaves_the_chain_whole() {
    let room = Room::new();
    let log = Arc::new(room.log());
    let _flusher = log.start_flusher().unwrap();
    append(&log, 0..1);
    let long = Record { path: Some("x".repeat(70_000)), ..record(1) };
    assert!(matches!(log.append(&long), Err(AuditError::RecordTooLong)));
    append(&room.log(), 1..2);
    append(&log, 2..3);
    assert_eq!(room.verify().unwrap().summary.lines, 3);
}

#[test]
fn requests_are_looked_up_in_the_midst_of_a_burst() {
    let room = Room::new();
    let log = Arc::new(room.log());
    let since = log.place();
    let _flusher = log.start_flusher().unwrap();
    append(&log, 0..1);
    let id = record(0).request_id;
    assert!(log.contains_request_ids(since, &[id]).unwrap().contains(&id));
    append(&room.log(), 1..2);
    append(&log, 2..3);
    assert_eq!(room.verify().unwrap().summary.lines, 3);
}
