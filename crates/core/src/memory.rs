//! Memory that is mapped by hand: for keys, which have pages of their own that are locked into RAM, left out of core
//! dumps, and zeroized before they are given back; and the beginning of a file that other processes change.
//!
//! This is the one module of the workspace with `unsafe` code. `mmap`, `mlock` and `madvise` have no safe form:
//! the mapping's address and lifetime are what they are about.

#![expect(unsafe_code, reason = "mmap, mlock and madvise have no safe interface")]

use std::ffi::c_void;
use std::fmt;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::fd::AsFd;
use rustix::mm::{Advice, MapFlags, ProtFlags};
use zeroize::Zeroize;

/// The length of every symmetric key here, in bytes.
pub const KEY_BYTES: usize = 32;

/// The smallest unit that can be locked; a larger page size only means that the kernel rounds up.
const MAPPING_BYTES: usize = 4_096;
const SHARED_WORDS: usize = MAPPING_BYTES / size_of::<u32>();

/// 32 bytes in pages of their own.
pub struct LockedKey {
    bytes: NonNull<[u8; KEY_BYTES]>,
    locked: bool,
}

// SAFETY: the mapping belongs to this value alone and is reached only through `&self` and `&mut self`.
unsafe impl Send for LockedKey {}
// SAFETY: as above; shared references only read.
unsafe impl Sync for LockedKey {}

impl LockedKey {
    /// Fill a new key in place, so that no copy is left on the stack.
    ///
    /// Locking is limited by `RLIMIT_MEMLOCK`; a key that could not be locked works and says so in
    /// [`Self::is_locked`].
    ///
    /// # Panics
    /// When the kernel has no page to give, as an allocation does.
    #[must_use]
    pub fn filled_by(fill: impl FnOnce(&mut [u8; KEY_BYTES])) -> Self {
        // SAFETY: a new private mapping at an address of the kernel's choice overlaps nothing.
        let address = unsafe {
            rustix::mm::mmap_anonymous(
                std::ptr::null_mut(),
                MAPPING_BYTES,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::PRIVATE,
            )
        };
        let address = address.ok().and_then(NonNull::new);
        #[expect(clippy::expect_used, reason = "without memory for a key nothing can go on")]
        let address = address.expect("out of memory for keys");
        // SAFETY: the whole range is the mapping made above.
        let locked = unsafe { rustix::mm::mlock(address.as_ptr(), MAPPING_BYTES) }.is_ok();
        #[cfg(target_os = "linux")]
        {
            // SAFETY: as above. The advice only leaves the pages out of core dumps; failing costs just that.
            let _ = unsafe {
                rustix::mm::madvise(address.as_ptr(), MAPPING_BYTES, Advice::LinuxDontDump)
            };
        }
        let mut key = Self { bytes: address.cast(), locked };
        // SAFETY: the mapping is zeroed by the kernel, larger than the array, page-aligned, and ours.
        fill(unsafe { key.bytes.as_mut() });
        key
    }

    /// The key's bytes.
    #[must_use]
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        // SAFETY: the mapping lives as long as `self` and was initialised when it was made.
        unsafe { self.bytes.as_ref() }
    }

    /// Whether the pages are locked into RAM, so that they are never swapped out.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.locked
    }
}

impl Drop for LockedKey {
    fn drop(&mut self) {
        // SAFETY: the mapping is live and ours until the call below.
        unsafe { self.bytes.as_mut() }.zeroize();
        // SAFETY: unmaps exactly what was mapped; nothing refers to it afterwards.
        let _ = unsafe { rustix::mm::munmap(self.bytes.as_ptr().cast::<c_void>(), MAPPING_BYTES) };
    }
}

impl fmt::Debug for LockedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LockedKey(..)")
    }
}

/// The first words of a file that others change meanwhile, in this process's memory: a look at them costs no call of
/// the system.
pub struct SharedWords {
    words: NonNull<[AtomicU32; SHARED_WORDS]>,
}

// SAFETY: the mapping belongs to this value alone, and its words are only read, atomically.
unsafe impl Send for SharedWords {}
// SAFETY: as above.
unsafe impl Sync for SharedWords {}

impl SharedWords {
    /// Map the beginning of a file of this many bytes for reading. The file must keep its first page as long as this
    /// lives: a look at a page that was cut off ends the process.
    ///
    /// # Errors
    /// The operating system's answer, or [`io::ErrorKind::UnexpectedEof`] when the file has no whole page.
    pub fn map(file: impl AsFd, bytes: u64) -> io::Result<Self> {
        if usize::try_from(bytes).unwrap_or(usize::MAX) < MAPPING_BYTES {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // SAFETY: a new mapping at an address of the kernel's choice overlaps nothing.
        let address = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                MAPPING_BYTES,
                ProtFlags::READ,
                MapFlags::SHARED,
                file,
                0,
            )
        }?;
        let address = NonNull::new(address).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Self { words: address.cast() })
    }

    /// Word `index` as it is now, in the machine's byte order; 0 past the end.
    #[must_use]
    pub fn load(&self, index: usize) -> u32 {
        // SAFETY: the mapping lives as long as `self`, is page-aligned and as long as the array, and holds a page of
        // the file. What others write into it is seen by atomic loads only.
        let words = unsafe { self.words.as_ref() };
        words.get(index).map_or(0, |word| word.load(Ordering::Acquire))
    }
}

impl Drop for SharedWords {
    fn drop(&mut self) {
        // SAFETY: unmaps exactly what was mapped; nothing refers to it afterwards.
        let _ = unsafe { rustix::mm::munmap(self.words.as_ptr().cast::<c_void>(), MAPPING_BYTES) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_holds_what_it_was_filled_with_and_does_not_show_it() {
        let key = LockedKey::filled_by(|bytes| bytes.fill(7));
        assert_eq!(key.expose(), &[7; KEY_BYTES]);
        assert_eq!(format!("{key:?}"), "LockedKey(..)");
    }

    #[test]
    fn the_pages_of_a_key_are_locked_and_left_out_of_core_dumps() {
        let key = LockedKey::filled_by(|bytes| bytes.fill(7));
        assert!(key.is_locked(), "RLIMIT_MEMLOCK leaves no room for one page");
        let address = key.expose().as_ptr() as usize;
        let smaps = std::fs::read_to_string("/proc/self/smaps").expect("Linux has /proc");
        let flags = flags_of_mapping(&smaps, address).expect("the key is mapped");
        assert!(flags.contains(&"lo"), "locked: {flags:?}");
        assert!(flags.contains(&"dd"), "do not dump: {flags:?}");
    }

    #[test]
    fn shared_words_show_what_others_write_later() {
        let file = tempfile::tempfile().expect("a file");
        assert_eq!(
            SharedWords::map(&file, 0).err().map(|error| error.kind()),
            Some(io::ErrorKind::UnexpectedEof)
        );
        file.set_len(MAPPING_BYTES as u64).expect("grows");
        let words = SharedWords::map(&file, MAPPING_BYTES as u64).expect("maps");
        assert_eq!(words.load(24), 0);
        std::os::unix::fs::FileExt::write_all_at(&file, &77_u32.to_ne_bytes(), 96).expect("writes");
        assert_eq!((words.load(24), words.load(SHARED_WORDS)), (77, 0));
    }

    fn flags_of_mapping(smaps: &str, address: usize) -> Option<Vec<&str>> {
        let mut inside = false;
        for line in smaps.lines() {
            let range = line.split(' ').next().and_then(|word| word.split_once('-'));
            if let Some((from, to)) = range
                && let (Ok(from), Ok(to)) =
                    (usize::from_str_radix(from, 16), usize::from_str_radix(to, 16))
            {
                inside = (from..to).contains(&address);
            }
            if let (true, Some(flags)) = (inside, line.strip_prefix("VmFlags: ")) {
                return Some(flags.split_whitespace().collect());
            }
        }
        None
    }
}
