use std::sync::OnceLock;

use proptest::prelude::*;
use strongroom_core::audit::AnchorSource;

use super::*;

const RECORDS: u128 = 300;

/// A synced log over many segments: a copy of one that is written once.
fn room() -> Room {
    static FILES: OnceLock<Vec<(PathBuf, Vec<u8>)>> = OnceLock::new();
    let files = FILES.get_or_init(|| {
        let room = Room::new();
        let log = room.small_segments();
        append(&log, 0..RECORDS);
        log.sync().unwrap();
        files(&room.path())
    });
    let room = Room::new();
    fs::create_dir(room.path()).unwrap();
    for (name, content) in files {
        fs::write(room.path().join(name), content).unwrap();
    }
    room
}

fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
    entries.map(|entry| (entry.file_name().into(), fs::read(entry.path()).unwrap())).collect()
}

/// The file and line that the log's line `index` is in, counted from 0.
fn place(room: &Room, index: usize) -> (String, u64) {
    let seq = index as u64 + 1;
    let first = room.segments().into_iter().rfind(|first| *first <= seq).unwrap();
    (directory::segment_name(first), seq - first + 1)
}

/// Write the lines back, each into the segment it was in.
fn rewrite(room: &Room, change: impl FnOnce(&mut Vec<(u64, String)>)) {
    let mut lines = Vec::new();
    for first in room.segments() {
        let text = fs::read_to_string(room.file(first)).unwrap();
        lines.extend(text.split_inclusive('\n').map(|line| (first, line.to_owned())));
    }
    change(&mut lines);
    for first in room.segments() {
        let of_segment = lines.iter().filter(|(segment, _)| *segment == first);
        let text: String = of_segment.map(|(_, line)| line.as_str()).collect();
        fs::write(room.file(first), text).unwrap();
    }
}

fn found(room: &Room) -> ((String, u64), FindingKind) {
    let finding = room.finding();
    ((finding.file, finding.line), finding.kind)
}

#[test]
fn removed_segment_is_named_by_the_numbers_that_are_gone() {
    let room = room();
    let segments = room.segments();
    fs::remove_file(room.file(segments[3])).unwrap();
    let kind = FindingKind::Removed { first: segments[3], last: segments[4] - 1 };
    assert_eq!(found(&room), ((directory::segment_name(segments[4]), 1), kind));
}

#[test]
fn removed_first_segment_is_named_by_the_numbers_that_are_gone() {
    let room = room();
    let second = room.segments()[1];
    fs::remove_file(room.file(1)).unwrap();
    assert_eq!(found(&room).1, FindingKind::Removed { first: 1, last: second - 1 });
}

#[test]
fn emptied_log_is_cut_off() {
    let room = room();
    let until = room.lines().len() as u64;
    for first in room.segments() {
        fs::remove_file(room.file(first)).unwrap();
    }
    let kind = FindingKind::CutOff { until, source: AnchorSource::DurableHead };
    assert_eq!(found(&room).1, kind);
}

#[test]
fn older_log_with_its_own_head_is_found_by_the_store() {
    let room = Room::new();
    append(&room.log(), 1..4);
    let older = files(&room.path());
    let log = room.log();
    append(&log, 4..9);
    let store_head = Some(log.position());
    drop(log);
    assert!(verify_with(&room.path(), store_head, Vec::new()).is_ok());
    for (name, content) in older {
        fs::write(room.path().join(name), content).unwrap();
    }
    assert!(room.verify().is_ok());
    let finding = finding(verify_with(&room.path(), store_head, Vec::new()));
    let kind = FindingKind::CutOff { until: 8, source: AnchorSource::Store };
    assert_eq!(finding.kind, kind);
    assert!(finding.to_string().contains("the store"));
}

#[test]
fn change_in_the_store_without_a_record_is_named() {
    let room = Room::new();
    append(&room.log(), 1..4);
    assert!(verify_with(&room.path(), None, vec![RequestId(2)]).is_ok());
    let finding = finding(verify_with(&room.path(), None, vec![RequestId(2), RequestId(77)]));
    assert_eq!(finding.kind, FindingKind::MissingRecord(RequestId(77)));
}

#[test]
fn missing_directory_is_no_finding_but_unreadable() {
    let room = Room::new();
    let error = room.verify().unwrap_err();
    assert!(matches!(error, VerifyError::Unreadable(AuditError::DirectoryMissing(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_changed_byte_names_its_file_and_line(index in 0..RECORDS as usize, at in any::<usize>()) {
        let room = room();
        let expected = place(&room, index);
        rewrite(&room, |lines| {
            let mut bytes = lines[index].1.clone().into_bytes();
            let at = at % (bytes.len() - 1);
            bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
            lines[index].1 = String::from_utf8(bytes).unwrap();
        });
        let (found, kind) = found(&room);
        prop_assert_eq!(found, expected);
        prop_assert!(matches!(kind, FindingKind::Edited | FindingKind::NotALine), "{:?}", kind);
    }

    #[test]
    fn any_removed_line_is_named(index in 0..RECORDS as usize) {
        let room = room();
        rewrite(&room, |lines| drop(lines.remove(index)));
        let seq = index as u64 + 1;
        prop_assert_eq!(found(&room).1, FindingKind::Removed { first: seq, last: seq });
    }

    #[test]
    fn any_swapped_lines_are_named(first in 0..RECORDS as usize, second in 0..RECORDS as usize) {
        prop_assume!(first < second);
        let room = room();
        let (found_file, found_line) = place(&room, second);
        let expected_place = place(&room, first);
        rewrite(&room, |lines| {
            let moved = lines[first].1.clone();
            lines[first].1 = std::mem::replace(&mut lines[second].1, moved);
        });
        let expected = first as u64 + 1;
        let kind = FindingKind::Reordered { expected, found_file, found_line };
        prop_assert_eq!(found(&room), (expected_place, kind));
    }

    #[test]
    fn any_cut_of_the_last_segment_is_found(at in any::<usize>()) {
        let room = room();
        let path = room.file(*room.segments().last().unwrap());
        let content = fs::read(&path).unwrap();
        fs::write(&path, &content[..at % content.len()]).unwrap();
        let (_, kind) = found(&room);
        prop_assert!(matches!(kind, FindingKind::Torn | FindingKind::CutOff { .. }), "{:?}", kind);
    }
}
