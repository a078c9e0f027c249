/// Why a writer found the log other than it left it, as a recovery line's `reason` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The last line had no end, because its writer stopped in the middle; it was dropped.
    TornLine,
    /// Lines that only an unsynced head knew of are gone, as when power fails before they reach the disk.
    UnsyncedLoss,
    /// The disk refused to sync; lines written before may not be on it.
    SyncFailed,
    /// Lines that were written and known are gone.
    CutOff,
    /// The log has lines and its head file is gone or empty.
    HeadMissing,
    /// Nothing in the head file authenticates under the head key.
    HeadNotAuthentic,
    /// The log ends with lines that no writer made.
    DamagedLine,
}

impl Recovery {
    const ALL: [Self; 7] = [
        Self::TornLine,
        Self::UnsyncedLoss,
        Self::SyncFailed,
        Self::CutOff,
        Self::HeadMissing,
        Self::HeadNotAuthentic,
        Self::DamagedLine,
    ];

    /// The word in a recovery line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TornLine => "torn-line",
            Self::UnsyncedLoss => "unsynced-loss",
            Self::SyncFailed => "sync-failed",
            Self::CutOff => "cut-off",
            Self::HeadMissing => "head-missing",
            Self::HeadNotAuthentic => "head-not-authentic",
            Self::DamagedLine => "damaged-line",
        }
    }

    /// The reason with this word.
    #[must_use]
    pub fn parse(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str().as_bytes() == word)
    }

    /// Whether a crash or a loss of power explains it. What they do not explain, a verification reports.
    #[must_use]
    pub fn is_benign(self) -> bool {
        matches!(self, Self::TornLine | Self::UnsyncedLoss | Self::SyncFailed)
    }

    /// What happened, for a person.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            Self::TornLine => "the last line was incomplete and was dropped",
            Self::UnsyncedLoss => "lines that had not been synced to the disk are missing",
            Self::SyncFailed => "the disk failed to sync lines before this one",
            Self::CutOff => "lines that had been written before this one are missing",
            Self::HeadMissing => "the head file was missing although the log had lines",
            Self::HeadNotAuthentic => "the head file was not written with this log's head key",
            Self::DamagedLine => "the lines before this one were not written by Strongroom",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_found_by_its_word() {
        for reason in Recovery::ALL {
            assert_eq!(Recovery::parse(reason.as_str().as_bytes()), Some(reason));
        }
        assert_eq!(Recovery::parse(b"other"), None);
    }
}
