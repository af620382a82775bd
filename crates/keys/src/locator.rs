use std::fmt;

/// Where a block lives: for immutable blocks, the BLAKE3 hash of the stored ciphertext.
///
/// A locator tells a storer which block is meant and nothing of what is in it. It is still not for
/// logs: who asks for a locator is what the network exists to hide. `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Locator([u8; 32]);

impl Locator {
    /// Bytes of a locator.
    pub const LEN: usize = 32;

    /// The locator of an immutable block with these stored bytes.
    #[must_use]
    pub fn of(stored: &[u8]) -> Self {
        Self(*blake3::hash(stored).as_bytes())
    }

    /// A locator read from a format.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for formats and distance.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Locator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Locator(…)")
    }
}
