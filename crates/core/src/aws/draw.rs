//! Choices that are as likely as each other, from random bytes.

use zeroize::Zeroizing;

use crate::random::Random;

const BUFFER_BYTES: usize = 64;

/// Numbers below a bound, without the bias of a remainder: bytes beyond the last whole multiple are thrown away.
pub(super) struct Draws<'a> {
    random: &'a dyn Random,
    buffer: Zeroizing<[u8; BUFFER_BYTES]>,
    used: usize,
}

impl<'a> Draws<'a> {
    pub(super) fn new(random: &'a dyn Random) -> Self {
        Self { random, buffer: Zeroizing::new([0; BUFFER_BYTES]), used: BUFFER_BYTES }
    }

    /// One of the choices; `None` when there is none.
    pub(super) fn pick<'c, T>(&mut self, choices: &'c [T]) -> Option<&'c T> {
        choices.get(self.below(choices.len())?)
    }

    /// Every order is as likely as the others (Fisher and Yates).
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            if let Some(other) = self.below(last + 1) {
                items.swap(last, other);
            }
        }
    }

    /// A number below the bound; `None` for 0 and beyond 65,536.
    fn below(&mut self, bound: usize) -> Option<usize> {
        if bound == 0 || bound > 0x1_0000 {
            return None;
        }
        let whole = 0x1_0000 / bound * bound;
        loop {
            let drawn = usize::from(u16::from_be_bytes([self.byte(), self.byte()]));
            if drawn < whole {
                return Some(drawn % bound);
            }
        }
    }

    fn byte(&mut self) -> u8 {
        if self.used == BUFFER_BYTES {
            self.random.fill(self.buffer.as_mut_slice());
            self.used = 0;
        }
        self.used += 1;
        self.buffer.get(self.used - 1).copied().unwrap_or_default()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    /// SplitMix64, <https://prng.di.unimi.it/splitmix64.c>.
    pub(crate) struct Seeded(AtomicU64);

    impl Seeded {
        pub(crate) fn new(seed: u64) -> Self {
            Self(AtomicU64::new(seed))
        }
    }

    impl Random for Seeded {
        fn fill(&self, bytes: &mut [u8]) {
            for chunk in bytes.chunks_mut(8) {
                let state = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed);
                let mut mixed = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                let drawn = (mixed ^ (mixed >> 31)).to_be_bytes();
                chunk.copy_from_slice(&drawn[..chunk.len()]);
            }
        }
    }

    /// What is drawn comes again and again from this list.
    struct Listed(Vec<u8>);

    impl Random for Listed {
        fn fill(&self, bytes: &mut [u8]) {
            for (byte, listed) in bytes.iter_mut().zip(self.0.iter().cycle()) {
                *byte = *listed;
            }
        }
    }

    #[test]
    fn numbers_beyond_the_last_whole_multiple_are_thrown_away() {
        // 65,536 = 3 * 21,845 + 1: the last number is thrown away, the one before is the last of three.
        let random = Listed(vec![0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 1]);
        let mut draws = Draws::new(&random);
        assert_eq!([draws.below(3), draws.below(3), draws.below(3)], [Some(2), Some(0), Some(1)]);
    }

    #[test]
    fn every_choice_is_drawn_equally_often() {
        let random = Seeded::new(7);
        let mut draws = Draws::new(&random);
        let mut counts = [0_u32; 5];
        for _ in 0..50_000 {
            counts[draws.below(5).unwrap()] += 1;
        }
        // Five standard deviations of a count of 10,000.
        assert!(counts.iter().all(|count| count.abs_diff(10_000) < 450), "{counts:?}");
    }

    #[test]
    fn every_order_comes_equally_often() {
        let random = Seeded::new(11);
        let mut draws = Draws::new(&random);
        let mut counts = std::collections::BTreeMap::new();
        for _ in 0..60_000 {
            let mut items = [1, 2, 3];
            draws.shuffle(&mut items);
            *counts.entry(items).or_insert(0_u32) += 1;
        }
        assert_eq!(counts.len(), 6);
        assert!(counts.values().all(|count| count.abs_diff(10_000) < 460), "{counts:?}");
    }

    #[test]
    fn there_is_no_number_below_nothing() {
        let random = Seeded::new(1);
        let mut draws = Draws::new(&random);
        assert_eq!((draws.below(0), draws.below(0x1_0001)), (None, None));
        assert_eq!(draws.pick::<u8>(&[]), None);
        assert!(draws.below(0x1_0000).is_some());
    }
}
