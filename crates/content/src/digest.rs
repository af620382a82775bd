use std::fmt;

use sha2::{Digest as _, Sha256};

/// What identifies the whole of some content: its length and two hashes.
///
/// The BLAKE3 hash is ours; the SHA-256 hash lets people compare with what is published elsewhere.
/// Both name the content to anybody who has it, so `Debug` shows neither.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    /// Bytes of content.
    pub length: u64,
    /// BLAKE3 of the content.
    pub blake3: [u8; 32],
    /// SHA-256 of the content.
    pub sha256: [u8; 32],
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Digest(…)")
    }
}

/// What was put together is not what the root promised, though every block of it opened. The maker
/// of the root lied, or blocks were put together in the wrong order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the content is not what its link promises: whoever made it made it wrong; do not use what was fetched")]
pub struct NotTheContent;

/// Hashes content as it streams by, in order: by its writer for the root, by a reader against it.
#[derive(Clone, Default)]
pub struct ContentHasher {
    length: u64,
    blake3: blake3::Hasher,
    sha256: Sha256,
}

impl ContentHasher {
    /// Takes the next bytes of content.
    pub fn update(&mut self, content: &[u8]) {
        self.length += content.len() as u64;
        self.blake3.update(content);
        self.sha256.update(content);
    }

    /// The digest of everything taken.
    #[must_use]
    pub fn finish(self) -> Digest {
        Digest {
            length: self.length,
            blake3: *self.blake3.finalize().as_bytes(),
            sha256: self.sha256.finalize().into(),
        }
    }

    /// Ends a fetch: succeeds only where everything taken is exactly the content that a root promised.
    ///
    /// # Errors
    /// [`NotTheContent`] otherwise.
    pub fn verify(self, promised: &Digest) -> Result<(), NotTheContent> {
        if self.finish() == *promised { Ok(()) } else { Err(NotTheContent) }
    }
}

impl fmt::Debug for ContentHasher {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ContentHasher(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher(pieces: &[&[u8]]) -> ContentHasher {
        let mut hasher = ContentHasher::default();
        pieces.iter().for_each(|piece| hasher.update(piece));
        hasher
    }

    #[test]
    fn pieces_do_not_matter_but_every_byte_does() {
        let whole = hasher(&[b"abc"]).finish();
        assert_eq!(hasher(&[b"a", b"", b"bc"]).verify(&whole), Ok(()));
        assert_eq!(hasher(&[b"abd"]).verify(&whole), Err(NotTheContent));
        assert_eq!(hasher(&[b"abc"]).verify(&Digest { length: 4, ..whole }), Err(NotTheContent));
        assert_eq!(hasher(&[b"abc"]).verify(&Digest { blake3: [0; 32], ..whole }), Err(NotTheContent));
        assert_eq!(hasher(&[b"abc"]).verify(&Digest { sha256: [0; 32], ..whole }), Err(NotTheContent));
        // FIPS 180-4, example of one block.
        assert_eq!(whole.sha256[..4], [0xba, 0x78, 0x16, 0xbf]);
        assert_eq!(format!("{whole:?}"), "Digest(…)");
    }
}
