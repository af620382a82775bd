//! ChaCha20-Poly1305 (RFC 8439) with nonce 0, where every key seals exactly one box.
//!
//! A key is derived by BLAKE3 from a secret and the box's place, so a nonce would add nothing but a
//! way to get it wrong. The cipher does not commit to its key: somebody who makes a root can make it
//! open under two keys. It is the digest inside a root that says which content is meant.

use chacha20poly1305::aead::AeadInOut;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce, Tag};
use roneo_keys::AEAD_TAG_LEN;
use zeroize::Zeroizing;

/// The key of one box. Sealing and opening use it up.
pub(crate) struct BoxKey(Zeroizing<[u8; 32]>);

/// The box was not sealed under this key, or is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotOpened;

impl BoxKey {
    /// Derives the key from `secret` and the box's place among those of the same `context`.
    pub(crate) fn derive(context: &str, secret: &[u8; 32], place: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(context);
        hasher.update(secret).update(place);
        Self(Zeroizing::new(*hasher.finalize().as_bytes()))
    }

    /// Encrypts all but the last [`AEAD_TAG_LEN`] bytes of `sealed` in place and writes the tag there.
    ///
    /// # Panics
    /// When `sealed` has no room for a tag.
    pub(crate) fn seal(self, sealed: &mut [u8]) {
        let (text, tag_out) = split_tag(sealed).expect("a box has room for its tag");
        let tag = self.cipher().encrypt_inout_detached(&Nonce::default(), b"", text.into());
        tag_out.copy_from_slice(&tag.expect("a box is far shorter than the cipher's 256 GiB"));
    }

    /// Decrypts `sealed` in place and hands out the plaintext, without the tag.
    pub(crate) fn open(self, sealed: &mut [u8]) -> Result<&mut [u8], NotOpened> {
        let (text, tag) = split_tag(sealed).ok_or(NotOpened)?;
        let tag = Tag::try_from(&*tag).map_err(|_| NotOpened)?;
        let opened = self.cipher().decrypt_inout_detached(&Nonce::default(), b"", (&mut *text).into(), &tag);
        opened.map(|()| text).map_err(|_| NotOpened)
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new((&*self.0).into())
    }
}

fn split_tag(sealed: &mut [u8]) -> Option<(&mut [u8], &mut [u8])> {
    sealed.len().checked_sub(AEAD_TAG_LEN).map(|len| sealed.split_at_mut(len))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(context: &str, place: u8) -> BoxKey {
        BoxKey::derive(context, &[7; 32], &[place])
    }

    #[test]
    fn a_box_opens_only_under_its_own_key_and_untouched() {
        let mut sealed = *b"bread and roses________________";
        key("test", 0).seal(&mut sealed);
        assert_eq!(key("test", 0).open(&mut sealed.clone()).unwrap(), b"bread and roses");
        assert_eq!(key("test", 1).open(&mut sealed.clone()), Err(NotOpened));
        assert_eq!(key("tests", 0).open(&mut sealed.clone()), Err(NotOpened));
        for position in 0..sealed.len() {
            let mut flipped = sealed;
            flipped[position] ^= 1;
            assert_eq!(key("test", 0).open(&mut flipped), Err(NotOpened), "bit flipped in byte {position}");
        }
        assert_eq!(key("test", 0).open(&mut [0; AEAD_TAG_LEN - 1]), Err(NotOpened));
    }
}
