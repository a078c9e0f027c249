//! Memory for keys: each has pages of its own that are locked into RAM, left out of core dumps, and zeroized
//! before they are given back.
//!
//! This is the one module of the workspace with `unsafe` code. `mmap`, `mlock` and `madvise` have no safe form:
//! the mapping's address and lifetime are what they are about.

#![expect(unsafe_code, reason = "mmap, mlock and madvise have no safe interface")]

use std::ffi::c_void;
use std::fmt;
use std::ptr::NonNull;

use rustix::mm::{Advice, MapFlags, ProtFlags};
use zeroize::Zeroize;

/// The length of every symmetric key here, in bytes.
pub const KEY_BYTES: usize = 32;

/// The smallest unit that can be locked; a larger page size only means that the kernel rounds up.
const MAPPING_BYTES: usize = 4_096;

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
