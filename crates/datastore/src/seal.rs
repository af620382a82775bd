//! The keys of one store, and what is done with them.

use std::fmt;

use chacha20::{R20, hchacha};
use rand::CryptoRng;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, Tag, UnboundKey};
use roneo_keys::{Locator, SizeClass};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// Bytes of an XChaCha20 nonce.
pub(crate) const NONCE_LEN: usize = 24;
/// Bytes of a Poly1305 tag.
pub(crate) const TAG_LEN: usize = 16;

/// The secret of one store: without it the files are noise. Lost, the store is lost.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct StoreKey([u8; 32]);

impl StoreKey {
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

    fn derive(&self, context: &str) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(blake3::derive_key(context, &self.0))
    }
}

impl fmt::Debug for StoreKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoreKey(…)")
    }
}

/// One use of the store key: XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03, section 2.3).
///
/// Everything that a store reads or writes passes through here, so it is *ring*'s one-pass cipher under
/// HChaCha20, not the `chacha20poly1305` crate, whose bytes it gives: 17 us a block against 31, and 0.4 us a record
/// against 2.2 (`cargo bench -p roneo-datastore`).
pub(crate) struct Seal(Zeroizing<[u8; 32]>);

impl Seal {
    fn new(key: &StoreKey, context: &str) -> Self {
        Self(key.derive(context))
    }

    /// The cipher for one nonce, and the nonce that it takes.
    fn cipher(&self, nonce: &[u8; NONCE_LEN]) -> (LessSafeKey, Nonce) {
        let (head, tail) = nonce.split_first_chunk::<16>().expect("a nonce has 24 bytes");
        let subkey: Zeroizing<[u8; 32]> = Zeroizing::new(hchacha::<R20>((&*self.0).into(), head.into()).into());
        let key = UnboundKey::new(&CHACHA20_POLY1305, &*subkey).expect("the key of this cipher has 32 bytes");
        let mut inner = [0; 12];
        inner[4..].copy_from_slice(tail);
        (LessSafeKey::new(key), Nonce::assume_unique_for_key(inner))
    }

    /// What seals the values of a [`SledIndex`](crate::SledIndex).
    pub(crate) fn of_index(key: &StoreKey) -> Self {
        Self::new(key, "roneo store index 1")
    }

    /// Seals `bytes` where they lie.
    pub(crate) fn seal(&self, nonce: &[u8; NONCE_LEN], about: &[u8], bytes: &mut [u8]) -> [u8; TAG_LEN] {
        let (cipher, nonce) = self.cipher(nonce);
        let sealed = cipher.seal_in_place_separate_tag(nonce, Aad::from(about), bytes);
        let tag = sealed.expect("what a store seals is far shorter than the cipher's 256 GiB");
        tag.as_ref().try_into().expect("a tag has 16 bytes")
    }

    /// Opens `bytes` where they lie; they are of no use when this says `false`.
    #[must_use]
    pub(crate) fn open(&self, nonce: &[u8; NONCE_LEN], about: &[u8], bytes: &mut [u8], tag: &[u8; TAG_LEN]) -> bool {
        let (cipher, nonce) = self.cipher(nonce);
        cipher.open_in_place_separate_tag(nonce, Aad::from(about), Tag::from(*tag), bytes, 0..).is_ok()
    }

    /// Seals `plain` into `nonce | ciphertext | tag`.
    pub(crate) fn wrap(&self, nonce: [u8; NONCE_LEN], about: &[u8], plain: &[u8]) -> Vec<u8> {
        let mut wrapped = Vec::with_capacity(NONCE_LEN + plain.len() + TAG_LEN);
        wrapped.extend_from_slice(&nonce);
        wrapped.extend_from_slice(plain);
        let tag = self.seal(&nonce, about, &mut wrapped[NONCE_LEN..]);
        wrapped.extend_from_slice(&tag);
        wrapped
    }

    /// Opens what [`wrap`](Self::wrap) made, where it lies.
    pub(crate) fn unwrap<'a>(&self, about: &[u8], wrapped: &'a mut [u8]) -> Option<&'a [u8]> {
        let (nonce, rest) = wrapped.split_first_chunk_mut::<NONCE_LEN>()?;
        let (bytes, tag) = rest.split_last_chunk_mut::<TAG_LEN>()?;
        self.open(nonce, about, bytes, tag).then_some(bytes)
    }
}

/// Every use of the store key but the index's.
pub(crate) struct Keyring {
    pub(crate) superblock: Seal,
    pub(crate) record: Seal,
    pub(crate) value: Seal,
    placement: Zeroizing<[u8; 32]>,
    names: Zeroizing<[u8; 32]>,
    digest: Zeroizing<[u8; 32]>,
    randomness: Zeroizing<[u8; 32]>,
}

impl Keyring {
    pub(crate) fn new(key: &StoreKey) -> Self {
        Self {
            superblock: Seal::new(key, "roneo store superblock 1"),
            record: Seal::new(key, "roneo store record 1"),
            value: Seal::new(key, "roneo store value 1"),
            placement: key.derive("roneo store placement 1"),
            names: key.derive("roneo store index names 1"),
            digest: key.derive("roneo store index digest 1"),
            randomness: key.derive("roneo store randomness 1"),
        }
    }

    /// 64 bytes that place `locator` among the slots of `class`. Keyed, so that nobody else can
    /// choose locators that crowd the same four slots.
    pub(crate) fn placement(&self, class: SizeClass, locator: &Locator) -> [u8; 64] {
        let mut bytes = [0; 64];
        blake3::Hasher::new_keyed(&self.placement)
            .update(&[class.code()])
            .update(locator.as_bytes())
            .finalize_xof()
            .fill(&mut bytes);
        bytes
    }

    /// What stands for `locator` in the index, whose files may outlive the store.
    pub(crate) fn name(&self, locator: &Locator) -> [u8; 16] {
        truncated(&blake3::keyed_hash(&self.names, locator.as_bytes()))
    }

    /// A keyed hash for the order-free digest of the index.
    pub(crate) fn digest(&self, bytes: &[u8]) -> u128 {
        u128::from_le_bytes(truncated(&blake3::keyed_hash(&self.digest, bytes)))
    }

    /// The seed of a session's randomness. `session` differs for every session of a store, so that
    /// a caller whose own `seed` repeats never makes a nonce repeat.
    pub(crate) fn randomness(&self, seed: &[u8; 32], session: u64) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.randomness);
        hasher.update(seed).update(&session.to_le_bytes());
        *hasher.finalize().as_bytes()
    }
}

fn truncated(hash: &blake3::Hash) -> [u8; 16] {
    let (head, _) = hash.as_bytes().split_first_chunk().expect("a hash has 32 bytes");
    *head
}

#[cfg(test)]
mod tests {
    use super::*;
    use chacha20poly1305::aead::AeadInOut;
    use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_seal_is_the_cipher_of_the_formats(
            key: [u8; 32],
            nonce: [u8; NONCE_LEN],
            about in proptest::collection::vec(any::<u8>(), 0..20),
            plain in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let seal = Seal(Zeroizing::new(key));
            let (mut ours, mut theirs) = (plain.clone(), plain.clone());
            let tag = seal.seal(&nonce, &about, &mut ours);
            let judge = XChaCha20Poly1305::new((&key).into());
            let expected = judge.encrypt_inout_detached(&XNonce::from(nonce), &about, theirs.as_mut_slice().into());
            prop_assert_eq!(&tag[..], &expected.unwrap()[..]);
            prop_assert_eq!(&ours, &theirs);
            prop_assert!(seal.open(&nonce, &about, &mut ours, &tag));
            prop_assert_eq!(ours, plain);
        }
    }

    #[test]
    fn secrets_are_not_printed() {
        assert_eq!(format!("{:?}", StoreKey::from_bytes([0x41; 32])), "StoreKey(…)");
    }

    #[test]
    fn wrapped_bytes_open_under_the_same_key_and_purpose_alone() {
        let key = StoreKey::from_bytes([1; 32]);
        let (keyring, other) = (Keyring::new(&key), Keyring::new(&StoreKey::from_bytes([2; 32])));
        let wrapped = keyring.record.wrap([7; NONCE_LEN], b"slot 1", b"leaflet");
        assert_eq!(keyring.record.unwrap(b"slot 1", &mut wrapped.clone()), Some(&b"leaflet"[..]));
        assert_eq!(keyring.record.unwrap(b"slot 2", &mut wrapped.clone()), None);
        assert_eq!(keyring.superblock.unwrap(b"slot 1", &mut wrapped.clone()), None);
        assert_eq!(other.record.unwrap(b"slot 1", &mut wrapped.clone()), None);
        assert_eq!(keyring.record.unwrap(b"slot 1", &mut wrapped[..NONCE_LEN + TAG_LEN - 1].to_vec()), None);
    }
}
