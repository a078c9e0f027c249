use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use strongroom_core::audit::{HEAD_BYTES, Head, HeadKey, HeadStrength};

/// Each slot has a page of its own, so that writing one never touches another on the disk.
const SLOT_BYTES: u64 = 4_096;
const DURABLE_SLOTS: [u64; 2] = [0, 1];
const WRITTEN_SLOT: u64 = 2;

/// The head file: two slots for durable heads, written in turn so that one is always whole, and one slot for
/// written heads. Callers hold the log's lock.
pub(super) struct HeadFile {
    file: File,
    key: HeadKey,
}

/// What a head file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Heads {
    /// The newest durable head.
    pub durable: Option<Head>,
    /// The newest written head.
    pub written: Option<Head>,
    /// Whether a slot holds what the key did not authenticate.
    pub is_forged: bool,
    durable_slot: u64,
}

impl HeadFile {
    pub(super) fn new(file: File, key: HeadKey) -> Self {
        Self { file, key }
    }

    pub(super) fn read(&self) -> io::Result<Heads> {
        Heads::read(&self.file, &self.key)
    }

    /// Write the head unless one of its strength is as far already. A head never goes back.
    pub(super) fn advance(&self, head: &Head) -> io::Result<()> {
        let heads = self.read()?;
        let (newest, slot) = match head.strength {
            HeadStrength::Durable => (heads.durable, 1 - heads.durable_slot),
            HeadStrength::Written => (heads.written, WRITTEN_SLOT),
        };
        if newest.is_some_and(|newest| newest.position.seq >= head.position.seq) {
            return Ok(());
        }
        self.write(slot, head)
    }

    /// Write the head into every slot: the log begins anew from here, after a line that says why.
    pub(super) fn reset(&self, head: &Head) -> io::Result<()> {
        for slot in DURABLE_SLOTS {
            self.write(slot, &Head { strength: HeadStrength::Durable, ..*head })?;
        }
        self.write(WRITTEN_SLOT, &Head { strength: HeadStrength::Written, ..*head })
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn write(&self, slot: u64, head: &Head) -> io::Result<()> {
        self.file.write_all_at(&head.encode(&self.key), slot * SLOT_BYTES)
    }
}

impl Heads {
    /// Read a head file.
    pub(super) fn read(file: &File, key: &HeadKey) -> io::Result<Self> {
        let mut heads = Self::default();
        for slot in DURABLE_SLOTS {
            let head = heads.read_slot(file, key, slot, HeadStrength::Durable)?;
            let seq = |head: Option<Head>| head.map(|head| head.position.seq);
            if head.is_some() && seq(head) >= seq(heads.durable) {
                heads.durable = head;
                heads.durable_slot = slot;
            }
        }
        heads.written = heads.read_slot(file, key, WRITTEN_SLOT, HeadStrength::Written)?;
        Ok(heads)
    }

    /// Whether nothing was ever written.
    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn read_slot(
        &mut self,
        file: &File,
        key: &HeadKey,
        slot: u64,
        strength: HeadStrength,
    ) -> io::Result<Option<Head>> {
        let mut bytes = [0; HEAD_BYTES];
        let mut used = 0;
        while let Some(rest) = bytes.get_mut(used..).filter(|rest| !rest.is_empty()) {
            match file.read_at(rest, slot * SLOT_BYTES + used as u64) {
                Ok(0) => break,
                Ok(count) => used += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if bytes.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let head = Head::verify(&bytes, key).filter(|head| head.strength == strength);
        self.is_forged |= head.is_none();
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use strongroom_core::audit::{ChainHash, Position};

    use super::*;

    fn head(seq: u64, strength: HeadStrength) -> Head {
        let hash = ChainHash::from_bytes([u8::try_from(seq).unwrap(); 32]);
        Head { position: Position { seq, hash }, segment: 1, strength }
    }

    fn head_file() -> HeadFile {
        HeadFile::new(tempfile::tempfile().unwrap(), HeadKey::new(&[1; 32]))
    }

    #[test]
    fn newest_heads_are_read_and_older_ones_do_not_replace_them() {
        let file = head_file();
        assert!(file.read().unwrap().is_empty());
        for seq in [3, 5, 4, 9, 7] {
            file.advance(&head(seq, HeadStrength::Durable)).unwrap();
        }
        file.advance(&head(12, HeadStrength::Written)).unwrap();
        file.advance(&head(11, HeadStrength::Written)).unwrap();
        let heads = file.read().unwrap();
        assert_eq!(heads.durable, Some(head(9, HeadStrength::Durable)));
        assert_eq!(heads.written, Some(head(12, HeadStrength::Written)));
        assert!(!heads.is_forged);
    }

    #[test]
    fn damaged_slot_leaves_the_durable_head_before_it() {
        let file = head_file();
        file.advance(&head(3, HeadStrength::Durable)).unwrap();
        file.advance(&head(5, HeadStrength::Durable)).unwrap();
        let newest = file.read().unwrap().durable_slot;
        file.file.write_all_at(b"x", newest * SLOT_BYTES).unwrap();
        let heads = file.read().unwrap();
        assert_eq!(heads.durable, Some(head(3, HeadStrength::Durable)));
        assert!(heads.is_forged);
    }

    #[test]
    fn written_head_in_the_place_of_a_durable_one_is_forged() {
        let file = head_file();
        file.write(0, &head(3, HeadStrength::Written)).unwrap();
        let heads = file.read().unwrap();
        assert!(heads.is_forged && heads.durable.is_none());
    }

    #[test]
    fn reset_takes_every_slot_back() {
        let file = head_file();
        file.advance(&head(9, HeadStrength::Durable)).unwrap();
        file.advance(&head(12, HeadStrength::Written)).unwrap();
        file.reset(&head(4, HeadStrength::Durable)).unwrap();
        let heads = file.read().unwrap();
        assert_eq!(heads.durable, Some(head(4, HeadStrength::Durable)));
        assert_eq!(heads.written, Some(head(4, HeadStrength::Written)));
    }
}
