//! The key of an index, and the cipher of each of its segments.

use std::fmt;

use rand::CryptoRng;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag, UnboundKey};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of a Poly1305 tag.
pub(crate) const TAG_LEN: usize = 16;
/// Bytes of a segment's salt.
pub(crate) const SALT_LEN: usize = 32;

/// The counter under which a segment's header is sealed. No segment has so many frames.
pub(crate) const HEADER_COUNTER: u64 = u64::MAX;

/// The secret of one user's index: without it the files are noise. Zeroized on drop, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct IndexKey([u8; 32]);

impl IndexKey {
    /// A fresh key.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// A key read from where the node keeps its secrets.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The secret bytes. Whoever calls this keeps them out of every log.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for IndexKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IndexKey(…)")
    }
}

/// The cipher of one segment: ChaCha20-Poly1305, its nonce a frame's number. A frame so opens in its place alone.
pub(crate) struct Seal(LessSafeKey);

impl Seal {
    /// The key is BLAKE3 under `roneo index segment 1` of index key, number (4 bytes, little-endian) and salt.
    pub(crate) fn new(key: &IndexKey, number: u32, salt: &[u8; SALT_LEN]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key("roneo index segment 1");
        hasher.update(key.expose()).update(&number.to_le_bytes()).update(salt);
        let derived = Zeroizing::new(*hasher.finalize().as_bytes());
        Self(LessSafeKey::new(
            UnboundKey::new(&CHACHA20_POLY1305, &*derived).expect("the key of this cipher has 32 bytes"),
        ))
    }

    /// Seals `bytes` where they lie.
    pub(crate) fn seal(&self, counter: u64, about: &[u8], bytes: &mut [u8]) -> [u8; TAG_LEN] {
        let sealed = self.0.seal_in_place_separate_tag(nonce(counter), Aad::from(about), bytes);
        let tag = sealed.expect("a frame is far shorter than the cipher's 256 GiB");
        tag.as_ref().try_into().expect("a tag has 16 bytes")
    }

    /// Opens `bytes` where they lie; they are of no use when this says `false`.
    #[must_use]
    pub(crate) fn open(&self, counter: u64, about: &[u8], bytes: &mut [u8], tag: [u8; TAG_LEN]) -> bool {
        self.0.open_in_place_separate_tag(nonce(counter), Aad::from(about), Tag::from(tag), bytes, 0..).is_ok()
    }
}

/// Four zeros and the counter, little-endian.
fn nonce(counter: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&counter.to_le_bytes());
    Nonce::assume_unique_for_key(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        assert_eq!(format!("{:?}", IndexKey::from_bytes([0x41; 32])), "IndexKey(…)");
    }

    #[test]
    fn a_frame_opens_in_its_place_alone() {
        let key = IndexKey::from_bytes([1; 32]);
        let seal = Seal::new(&key, 1, &[2; SALT_LEN]);
        let mut sealed = *b"leaflet";
        let tag = seal.seal(5, b"about", &mut sealed);
        let others = [
            Seal::new(&key, 2, &[2; SALT_LEN]),
            Seal::new(&key, 1, &[3; SALT_LEN]),
            Seal::new(&IndexKey::from_bytes([2; 32]), 1, &[2; SALT_LEN]),
        ];
        for other in others {
            assert!(!other.open(5, b"about", &mut sealed.clone(), tag));
        }
        assert!(!seal.open(6, b"about", &mut sealed.clone(), tag));
        assert!(!seal.open(5, b"other", &mut sealed.clone(), tag));
        assert!(seal.open(5, b"about", &mut sealed, tag));
        assert_eq!(&sealed, b"leaflet");
    }
}
