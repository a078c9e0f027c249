use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::chain::{ChainHash, Position, SealedLine, link};
use super::checkpoint::{Checkpoint, CheckpointFault, CheckpointVerifier, checkpoint_due};
use super::finding::{Anchor, Finding, FindingKind};
use super::request::RequestId;

/// Reads a log's lines in order and finds the first bad one. Its memory does not grow with the log.
pub struct Verifier {
    keys: Vec<CheckpointVerifier>,
    anchors: Vec<Anchor>,
    missing: BTreeSet<RequestId>,
    position: Position,
    vouched_seq: u64,
    place: Place,
    state: State,
    summary: Summary,
}

/// What a verification that found nothing has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// All lines.
    pub lines: u64,
    /// The lines that are checkpoints with a good signature.
    pub checkpoints: u64,
    /// The lines in which a writer tells of a crash or a loss of power before it.
    pub recoveries: u64,
    /// The last line.
    pub head: Position,
    /// The last sequence number that a signature, a head or the store vouches for. The lines after it are
    /// consistent with one another and nothing more.
    pub vouched_seq: u64,
}

#[derive(Clone, Default)]
struct Place {
    file: String,
    line: u64,
}

enum State {
    /// Every line so far is good.
    Good,
    /// A line has another number than the one that belongs there; later lines tell why.
    Suspect(Suspect),
    Found(Finding),
}

struct Suspect {
    finding: Finding,
    /// The hash that the line ends with.
    claimed: ChainHash,
    /// Whether the line to be looked at is the one right after it.
    is_next: bool,
}

impl Verifier {
    /// A verifier of a log from its first line, whose checkpoints are signed by any of `keys`.
    #[must_use]
    pub fn new(keys: Vec<CheckpointVerifier>) -> Self {
        let head = Position::GENESIS;
        Self {
            keys,
            anchors: Vec::new(),
            missing: BTreeSet::new(),
            position: head,
            vouched_seq: 0,
            place: Place::default(),
            state: State::Good,
            summary: Summary { lines: 0, checkpoints: 0, recoveries: 0, head, vouched_seq: 0 },
        }
    }

    /// Expect the log to pass through a position that is known from elsewhere.
    pub fn expect_position(&mut self, anchor: Anchor) {
        if anchor.position.seq > 0 {
            self.anchors.push(anchor);
        }
    }

    /// Expect a record of this request.
    pub fn expect_request(&mut self, id: RequestId) {
        self.missing.insert(id);
    }

    /// Take the next line, without its newline. `Break` when no later line can change the result.
    pub fn line(&mut self, file: &str, number: u64, line: &[u8]) -> ControlFlow<()> {
        match std::mem::replace(&mut self.state, State::Good) {
            State::Good => {}
            State::Suspect(suspect) => {
                self.state = self.classify(suspect, file, number, line);
                return self.flow();
            }
            State::Found(finding) => {
                self.state = State::Found(finding);
                return ControlFlow::Break(());
            }
        }
        if self.place.file != file {
            file.clone_into(&mut self.place.file);
        }
        self.place.line = number;
        let Err((seq, kind)) = self.check(line) else { return ControlFlow::Continue(()) };
        let finding = Finding { file: file.to_owned(), line: number, seq, kind };
        self.state = match (&finding.kind, SealedLine::parse(line)) {
            (FindingKind::Removed { .. } | FindingKind::Repeated { .. }, Some(sealed)) => {
                State::Suspect(Suspect { finding, claimed: sealed.hash, is_next: true })
            }
            _ => State::Found(finding),
        };
        self.flow()
    }

    /// Take an end of a file that is no whole line.
    pub fn torn_line(&mut self, file: &str, number: u64) {
        if matches!(self.state, State::Good) {
            let kind = FindingKind::Torn;
            let file = file.to_owned();
            self.state = State::Found(Finding { file, line: number, seq: None, kind });
        }
    }

    /// The log ends here.
    ///
    /// # Errors
    /// The first bad line, or what is missing at the end.
    pub fn finish(self) -> Result<Summary, Finding> {
        match self.state {
            State::Good => {}
            State::Found(finding) | State::Suspect(Suspect { finding, .. }) => return Err(finding),
        }
        if let Some(anchor) = self.anchors.iter().max_by_key(|anchor| anchor.position.seq) {
            let is_empty = self.place.file.is_empty();
            return Err(Finding {
                file: if is_empty { "the audit log".to_owned() } else { self.place.file },
                line: self.place.line,
                seq: Some(self.position.seq),
                kind: FindingKind::CutOff { until: anchor.position.seq, source: anchor.source },
            });
        }
        if let Some(id) = self.missing.first() {
            let kind = FindingKind::MissingRecord(*id);
            return Err(Finding { file: "the audit log".to_owned(), line: 0, seq: None, kind });
        }
        Ok(Summary { head: self.position, vouched_seq: self.vouched_seq, ..self.summary })
    }

    fn flow(&self) -> ControlFlow<()> {
        match self.state {
            State::Good | State::Suspect(_) => ControlFlow::Continue(()),
            State::Found(_) => ControlFlow::Break(()),
        }
    }

    /// What a later line tells about a line with a wrong number. When the line after it was linked to it as if
    /// it had the right number, its number was edited. When the line that belongs there comes later, lines
    /// were reordered.
    fn classify(&self, suspect: Suspect, file: &str, number: u64, line: &[u8]) -> State {
        let Suspect { mut finding, claimed, is_next } = suspect;
        let Some(sealed) = SealedLine::parse(line) else {
            return State::Suspect(Suspect { finding, claimed, is_next: false });
        };
        let expected = self.position.seq.saturating_add(1);
        let follows = |previous: &Position| {
            sealed.seq == previous.seq.saturating_add(1)
                && link(previous, sealed.body) == sealed.hash
        };
        if is_next && follows(&Position { seq: expected, hash: claimed }) {
            finding.kind = FindingKind::Edited;
            return State::Found(finding);
        }
        if matches!(finding.kind, FindingKind::Repeated { .. }) {
            return State::Found(finding);
        }
        if follows(&self.position) {
            let found_file = file.to_owned();
            finding.kind = FindingKind::Reordered { expected, found_file, found_line: number };
            return State::Found(finding);
        }
        State::Suspect(Suspect { finding, claimed, is_next: false })
    }

    fn check(&mut self, line: &[u8]) -> Result<(), (Option<u64>, FindingKind)> {
        let sealed = SealedLine::parse(line).ok_or((None, FindingKind::NotALine))?;
        let seq = Some(sealed.seq);
        self.check_link(&sealed).map_err(|kind| (seq, kind))?;
        self.check_content(&sealed).map_err(|kind| (seq, kind))?;
        self.position = sealed.claimed_position();
        self.summary.lines += 1;
        self.check_anchors().map_err(|kind| (seq, kind))
    }

    /// The line has the next number, and its hash follows.
    fn check_link(&self, sealed: &SealedLine<'_>) -> Result<(), FindingKind> {
        let expected = self.position.seq.saturating_add(1);
        if sealed.seq < expected {
            return Err(FindingKind::Repeated { expected });
        }
        if sealed.seq > expected {
            return Err(FindingKind::Removed { first: expected, last: sealed.seq - 1 });
        }
        if link(&self.position, sealed.body) != sealed.hash {
            return Err(FindingKind::Edited);
        }
        Ok(())
    }

    fn check_content(&mut self, sealed: &SealedLine<'_>) -> Result<(), FindingKind> {
        if checkpoint_due(&self.position) {
            let vouched_seq = self.vouched_seq;
            Checkpoint::parse(sealed.body)
                .ok_or(CheckpointFault::Missing)
                .and_then(|checkpoint| checkpoint.check(&self.position, &self.keys))
                .map_err(|fault| FindingKind::Checkpoint { fault, vouched_seq })?;
            self.vouched_seq = self.position.seq;
            self.summary.checkpoints += 1;
            return Ok(());
        }
        if sealed.line_type() == Some(b"recovery") {
            match sealed.recovery() {
                Some(reason) if reason.is_benign() => self.summary.recoveries += 1,
                Some(reason) => return Err(FindingKind::Recovered(reason)),
                None => return Err(FindingKind::NotALine),
            }
        }
        if !self.missing.is_empty()
            && let Some(id) = sealed.request_id()
        {
            self.missing.remove(&id);
        }
        Ok(())
    }

    /// The anchors at this position agree, and are done with.
    fn check_anchors(&mut self) -> Result<(), FindingKind> {
        let position = self.position;
        let here = |anchor: &Anchor| anchor.position.seq == position.seq;
        if !self.anchors.iter().any(here) {
            return Ok(());
        }
        let wrong = |anchor: &&Anchor| here(anchor) && anchor.position != position;
        if let Some(anchor) = self.anchors.iter().find(wrong) {
            let vouched_seq = self.vouched_seq;
            return Err(FindingKind::HeadDiffers { source: anchor.source, vouched_seq });
        }
        self.anchors.retain(|anchor| !here(anchor));
        self.vouched_seq = position.seq;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
