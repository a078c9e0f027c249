//! Where random bytes come from.

/// A source of bytes fit for keys and nonces. The composition root passes the operating system's; tests pass a
/// seeded one.
pub trait Random: Send + Sync {
    /// Fill `bytes`. A source that cannot must stop the program rather than return.
    fn fill(&self, bytes: &mut [u8]);
}

/// `N` random bytes.
pub fn array<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut bytes = [0; N];
    random.fill(&mut bytes);
    bytes
}
