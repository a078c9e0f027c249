use strongroom_core::audit::{Recovery, push_decimal};

use super::record::push_member;

/// What a writer noticed about the log, to be told in the log before its next record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    pub reason: Recovery,
    /// How many bytes of an incomplete line were dropped.
    pub dropped_bytes: u64,
    /// The sequence numbers of the lines that are gone or in doubt, first and last.
    pub lines: Option<(u64, u64)>,
}

impl Notice {
    pub(super) fn new(reason: Recovery) -> Self {
        Self { reason, dropped_bytes: 0, lines: None }
    }

    pub(super) fn torn(dropped_bytes: u64) -> Self {
        Self { dropped_bytes, ..Self::new(Recovery::TornLine) }
    }

    pub(super) fn lines(reason: Recovery, first_seq: u64, last_seq: u64) -> Self {
        Self { lines: Some((first_seq, last_seq)), ..Self::new(reason) }
    }

    /// Whether the heads speak of another log than the one that goes on from here.
    pub(super) fn resets_heads(&self) -> bool {
        match self.reason {
            Recovery::UnsyncedLoss
            | Recovery::CutOff
            | Recovery::HeadMissing
            | Recovery::HeadNotAuthentic => true,
            Recovery::TornLine | Recovery::SyncFailed | Recovery::DamagedLine => false,
        }
    }

    /// Append the members of the recovery line that follow its time.
    pub(super) fn push_members(&self, buffer: &mut Vec<u8>) {
        push_member(buffer, "type", "recovery");
        push_member(buffer, "reason", self.reason.as_str());
        if self.dropped_bytes > 0 {
            buffer.extend_from_slice(b",\"dropped_bytes\":");
            push_decimal(buffer, self.dropped_bytes);
        }
        if let Some((first_seq, last_seq)) = self.lines {
            buffer.extend_from_slice(b",\"first_seq\":");
            push_decimal(buffer, first_seq);
            buffer.extend_from_slice(b",\"last_seq\":");
            push_decimal(buffer, last_seq);
        }
    }
}
