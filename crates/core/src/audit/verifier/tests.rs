use proptest::prelude::*;

use super::*;
use crate::audit::{AnchorSource, CheckpointKey, Recovery, begin_line, seal_line};

const LINES: u64 = 600;

/// A log of [`LINES`] good lines, each without its newline, and where it ends.
fn log() -> (Vec<Vec<u8>>, Position) {
    let key = key();
    let mut lines = Vec::new();
    let mut position = Position::GENESIS;
    while position.seq < LINES {
        let mut line = Vec::new();
        if checkpoint_due(&position) {
            position = key.push_line(&mut line, &position, "2026-01-02T03:04:05.678Z").unwrap();
        } else {
            position = record(&mut line, &position, "read");
        }
        line.pop();
        lines.push(line);
    }
    (lines, position)
}

fn key() -> CheckpointKey {
    CheckpointKey::from_seed(&[7; 32]).unwrap()
}

fn record(line: &mut Vec<u8>, previous: &Position, operation: &str) -> Position {
    let start = begin_line(line, previous);
    let id = RequestId(u128::from(previous.seq) + 1);
    line.extend_from_slice(
        format!("\"time\":\"t\",\"type\":\"access\",\"request_id\":\"{id}\",\"operation\":\"{operation}\"")
            .as_bytes(),
    );
    seal_line(line, start, previous)
}

fn recovery(line: &mut Vec<u8>, previous: &Position, reason: &str) -> Position {
    let start = begin_line(line, previous);
    let text = format!("\"time\":\"t\",\"type\":\"recovery\",\"reason\":\"{reason}\"");
    line.extend_from_slice(text.as_bytes());
    seal_line(line, start, previous)
}

fn verify(lines: &[Vec<u8>], anchors: &[Anchor]) -> Result<Summary, Finding> {
    let mut verifier = Verifier::new(vec![key().verifier().clone()]);
    anchors.iter().for_each(|anchor| verifier.expect_position(*anchor));
    for (number, line) in (1..).zip(lines) {
        if verifier.line("log", number, line).is_break() {
            break;
        }
    }
    verifier.finish()
}

fn head(position: Position) -> [Anchor; 1] {
    [Anchor { position, source: AnchorSource::DurableHead }]
}

fn found(lines: &[Vec<u8>], anchors: &[Anchor]) -> (u64, FindingKind) {
    let finding = verify(lines, anchors).unwrap_err();
    (finding.line, finding.kind)
}

/// Rewrite the chain from line `index` on, as someone without the checkpoint key can.
fn relink(lines: &mut [Vec<u8>], index: usize) {
    let previous = |lines: &[Vec<u8>], at: usize| match at {
        0 => Position::GENESIS,
        at => SealedLine::parse(&lines[at - 1]).unwrap().claimed_position(),
    };
    for at in index..lines.len() {
        let before = previous(lines, at);
        let mut line = SealedLine::parse(&lines[at]).unwrap().body.to_vec();
        seal_line(&mut line, 0, &before);
        line.pop();
        lines[at] = line;
    }
}

#[test]
fn untouched_log_is_good() {
    let (lines, end) = log();
    let summary = verify(&lines, &head(end)).unwrap();
    assert_eq!((summary.lines, summary.checkpoints), (LINES, 2));
    assert_eq!((summary.head, summary.vouched_seq), (end, LINES));
}

#[test]
fn empty_log_is_good() {
    assert_eq!(verify(&[], &head(Position::GENESIS)).unwrap().head, Position::GENESIS);
}

#[test]
fn log_without_a_head_is_vouched_for_up_to_its_last_checkpoint() {
    let (lines, _) = log();
    assert_eq!(verify(&lines, &[]).unwrap().vouched_seq, 512);
}

#[test]
fn edited_line_whose_hash_was_recomputed_shows_at_the_next_line() {
    let (mut lines, end) = log();
    let before = SealedLine::parse(&lines[98]).unwrap().claimed_position();
    lines[99].clear();
    record(&mut lines[99], &before, "delete");
    lines[99].pop();
    assert_eq!(found(&lines, &head(end)), (101, FindingKind::Edited));
}

#[test]
fn rewritten_chain_is_stopped_by_the_checkpoint() {
    let (mut lines, end) = log();
    let before = SealedLine::parse(&lines[298]).unwrap().claimed_position();
    lines[299].clear();
    record(&mut lines[299], &before, "delete");
    lines[299].pop();
    relink(&mut lines, 300);
    let kind = FindingKind::Checkpoint { fault: CheckpointFault::Signature, vouched_seq: 256 };
    assert_eq!(found(&lines, &head(end)), (513, kind));
}

#[test]
fn checkpoint_replaced_with_a_record_is_missed() {
    let (mut lines, end) = log();
    let before = SealedLine::parse(&lines[255]).unwrap().claimed_position();
    lines[256].clear();
    record(&mut lines[256], &before, "read");
    lines[256].pop();
    relink(&mut lines, 257);
    let kind = FindingKind::Checkpoint { fault: CheckpointFault::Missing, vouched_seq: 0 };
    assert_eq!(found(&lines, &head(end)), (257, kind));
}

#[test]
fn checkpoint_signed_with_another_key_is_refused() {
    let (mut lines, end) = log();
    let before = SealedLine::parse(&lines[255]).unwrap().claimed_position();
    lines[256].clear();
    let other = CheckpointKey::from_seed(&[8; 32]).unwrap();
    other.push_line(&mut lines[256], &before, "t").unwrap();
    lines[256].pop();
    relink(&mut lines, 257);
    let kind = FindingKind::Checkpoint { fault: CheckpointFault::UnknownKey, vouched_seq: 0 };
    assert_eq!(found(&lines, &head(end)), (257, kind));
}

#[test]
fn end_rewritten_after_the_last_checkpoint_differs_from_the_head() {
    let (mut lines, end) = log();
    let before = SealedLine::parse(&lines[LINES as usize - 2]).unwrap().claimed_position();
    let last = lines.last_mut().unwrap();
    last.clear();
    record(last, &before, "delete");
    last.pop();
    for source in [AnchorSource::DurableHead, AnchorSource::WrittenHead, AnchorSource::Store] {
        let anchors = [Anchor { position: end, source }];
        let kind = FindingKind::HeadDiffers { source, vouched_seq: 512 };
        assert_eq!(found(&lines, &anchors), (LINES, kind));
    }
}

#[test]
fn removed_end_is_cut_off_as_the_highest_anchor_knows() {
    let (lines, end) = log();
    let middle = SealedLine::parse(&lines[399]).unwrap().claimed_position();
    let anchors = [
        Anchor { position: end, source: AnchorSource::Store },
        Anchor { position: middle, source: AnchorSource::DurableHead },
    ];
    let kind = FindingKind::CutOff { until: LINES, source: AnchorSource::Store };
    assert_eq!(found(&lines[..450], &anchors), (450, kind.clone()));
    assert_eq!(found(&[], &anchors), (0, kind));
}

#[test]
fn inserted_line_makes_the_next_number_come_twice() {
    let (mut lines, end) = log();
    let before = SealedLine::parse(&lines[9]).unwrap().claimed_position();
    let mut forged = Vec::new();
    record(&mut forged, &before, "forged");
    forged.pop();
    lines.insert(10, forged);
    assert_eq!(found(&lines, &head(end)), (12, FindingKind::Repeated { expected: 12 }));
}

#[test]
fn recovery_after_a_crash_is_counted_and_after_a_cut_is_reported() {
    let mut torn = Vec::new();
    let end = recovery(&mut torn, &Position::GENESIS, "torn-line");
    torn.pop();
    let mut cut = Vec::new();
    recovery(&mut cut, &end, "cut-off");
    cut.pop();
    assert_eq!(verify(std::slice::from_ref(&torn), &[]).unwrap().recoveries, 1);
    assert_eq!(found(&[torn, cut], &[]), (2, FindingKind::Recovered(Recovery::CutOff)));
}

#[test]
fn request_without_a_record_is_named() {
    let (lines, _) = log();
    let mut verifier = Verifier::new(vec![key().verifier().clone()]);
    verifier.expect_request(RequestId(5));
    verifier.expect_request(RequestId(0xdead));
    for (number, line) in (1..).zip(&lines) {
        assert!(verifier.line("log", number, line).is_continue());
    }
    let kind = FindingKind::MissingRecord(RequestId(0xdead));
    assert_eq!(verifier.finish().unwrap_err().kind, kind);
}

#[test]
fn edited_number_is_told_from_a_removed_or_repeated_line() {
    for number in ["\"seq\":400,", "\"seq\":4,"] {
        let (mut lines, end) = log();
        let line = String::from_utf8(lines[99].clone()).unwrap();
        lines[99] = line.replacen("\"seq\":100,", number, 1).into_bytes();
        assert_eq!(found(&lines, &head(end)), (100, FindingKind::Edited));
    }
}

#[test]
fn torn_end_is_named() {
    let mut verifier = Verifier::new(Vec::new());
    verifier.torn_line("log", 1);
    assert_eq!(verifier.finish().unwrap_err().kind, FindingKind::Torn);
}

#[test]
fn finding_says_where_and_what() {
    let kind = FindingKind::Removed { first: 7, last: 9 };
    let finding = Finding { file: "00.jsonl".to_owned(), line: 7, seq: Some(10), kind };
    assert_eq!(
        finding.to_string(),
        "00.jsonl, line 7 (sequence number 10): the records before it, numbers 7 to 9, were removed"
    );
    assert_eq!(ChainHash::ZERO.to_string().len(), 64);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_changed_byte_is_found_in_its_line(index in 0..LINES as usize, at in any::<usize>(), to in any::<u8>()) {
        let (mut lines, end) = log();
        let at = at % lines[index].len();
        prop_assume!(lines[index][at] != to && to != b'\n');
        lines[index][at] = to;
        let (line, kind) = found(&lines, &head(end));
        prop_assert_eq!(line, index as u64 + 1);
        let is_last = index as u64 + 1 == LINES;
        let expected = match kind {
            FindingKind::Edited | FindingKind::NotALine => true,
            // Nothing follows the last line that could tell that only its number was edited.
            FindingKind::Removed { .. } | FindingKind::Repeated { .. } => is_last,
            _ => false,
        };
        prop_assert!(expected, "{:?}", kind);
    }

    #[test]
    fn any_removed_lines_are_named(from in 0..LINES as usize - 1, count in 1usize..50) {
        let (mut lines, end) = log();
        let to = (from + count).min(lines.len() - 1);
        lines.drain(from..to);
        let kind = FindingKind::Removed { first: from as u64 + 1, last: to as u64 };
        prop_assert_eq!(found(&lines, &head(end)), (from as u64 + 1, kind));
    }

    #[test]
    fn any_swapped_lines_are_reordered(first in 0..LINES as usize, second in 0..LINES as usize) {
        prop_assume!(first < second);
        let (mut lines, end) = log();
        lines.swap(first, second);
        let kind = FindingKind::Reordered {
            expected: first as u64 + 1,
            found_file: "log".to_owned(),
            found_line: second as u64 + 1,
        };
        prop_assert_eq!(found(&lines, &head(end)), (first as u64 + 1, kind));
    }

    #[test]
    fn any_repeated_line_is_found_where_it_was_repeated(from in 0..LINES as usize, to in 0..LINES as usize) {
        prop_assume!(from < to);
        let (mut lines, end) = log();
        let copy = lines[from].clone();
        lines.insert(to, copy);
        let kind = FindingKind::Repeated { expected: to as u64 + 1 };
        prop_assert_eq!(found(&lines, &head(end)), (to as u64 + 1, kind));
    }

    #[test]
    fn any_cut_is_found(length in 0..LINES as usize) {
        let (lines, end) = log();
        let kind = FindingKind::CutOff { until: LINES, source: AnchorSource::DurableHead };
        prop_assert_eq!(found(&lines[..length], &head(end)), (length as u64, kind));
    }
}
