use std::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use rand::CryptoRng;

use crate::base64;

/// Bytes of a [`Signature`].
pub const SIGNATURE_LEN: usize = 64;

/// An ed25519 signature as it stands in every format.
pub type Signature = [u8; SIGNATURE_LEN];

/// A signature that the named key did not make over these bytes, or a key that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not match")]
pub struct BadSignature;

/// A node's public key, by which the network knows it. Ordered by its bytes.
///
/// `Debug` and `Display` show 8 characters: enough to follow one node through a log of many, too
/// few to look it up in a view of thousands by accident of a paste.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId([u8; 32]);

impl NodeId {
    /// Bytes of an id.
    pub const LEN: usize = 32;

    /// An id read from a format. Whether it is a valid key shows at the first verification.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The public key's bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Where the node stands among locators: BLAKE3 of its key.
    #[must_use]
    pub fn location(&self) -> [u8; 32] {
        *blake3::hash(&self.0).as_bytes()
    }

    /// The whole id in Freenet base64, 43 characters, for people and the API.
    #[must_use]
    pub fn to_text(&self) -> String {
        base64::encode(&self.0)
    }

    /// Checks a signature with `verify_strict`: small-order keys and malleable forms fail.
    ///
    /// # Errors
    /// [`BadSignature`].
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), BadSignature> {
        let key = VerifyingKey::from_bytes(&self.0).map_err(|_| BadSignature)?;
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        key.verify_strict(message, &signature).map_err(|_| BadSignature)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NodeId({self})")
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_text()[..8])
    }
}

/// A node's signing key: what `node.key` holds. Zeroized on drop, never printed.
#[derive(Clone)]
pub struct NodeSecret(SigningKey);

impl NodeSecret {
    /// A fresh key.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self::from_seed(seed)
    }

    /// The key of a 32-byte seed (RFC 8032, section 5.1.5).
    #[must_use]
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(SigningKey::from_bytes(&seed))
    }

    /// The secret seed. Whoever calls this keeps it out of every log.
    #[must_use]
    pub fn expose_seed(&self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// The public half.
    #[must_use]
    pub fn id(&self) -> NodeId {
        NodeId(self.0.verifying_key().to_bytes())
    }

    /// Signs a message. Each caller's message begins with a domain string of its own.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        self.0.sign(message).to_bytes()
    }
}

impl fmt::Debug for NodeSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("NodeSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_what_rfc_8032_signs() {
        // RFC 8032, section 7.1, test 2.
        let seed = [
            0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f, 0x5b, 0x8a,
            0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb,
        ];
        let secret = NodeSecret::from_seed(seed);
        assert_eq!(secret.id().as_bytes()[..4], [0x3d, 0x40, 0x17, 0xc3]);
        let signature = secret.sign(&[0x72]);
        assert_eq!(signature[..4], [0x92, 0xa0, 0x09, 0xa9]);
        assert_eq!(secret.id().verify(&[0x72], &signature), Ok(()));
        assert_eq!(secret.id().verify(&[0x73], &signature), Err(BadSignature));
    }

    #[test]
    fn a_small_order_key_verifies_nothing() {
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert_eq!(NodeId::from_bytes(identity).verify(b"anything", &signature), Err(BadSignature));
    }

    #[test]
    fn secrets_are_not_printed() {
        assert_eq!(format!("{:?}", NodeSecret::from_seed([9; 32])), "NodeSecret(…)");
    }
}
