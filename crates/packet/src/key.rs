use std::fmt;

use rand::CryptoRng;
use x25519_dalek::{PublicKey, StaticSecret};

/// Bytes that are no packet key: an element of small order, with which every exchange gives the
/// same secret that everybody knows, or the second spelling of another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these bytes are not a packet key; its owner must announce another")]
pub struct WeakKey;

/// The key to which a sender seals one layer: X25519, announced for one day in a descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PacketPublic(PublicKey);

impl PacketPublic {
    /// Bytes of a key.
    pub const LEN: usize = 32;

    /// A key read from a format.
    ///
    /// # Errors
    /// [`WeakKey`] for the elements of small order, and where the top bit is set, which X25519
    /// ignores: a key has one spelling.
    pub fn from_bytes(bytes: [u8; Self::LEN]) -> Result<Self, WeakKey> {
        if is_weak(&bytes) { Err(WeakKey) } else { Ok(Self(PublicKey::from(bytes))) }
    }

    /// The key's bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; Self::LEN] {
        self.0.as_bytes()
    }

    #[cfg(test)]
    pub(crate) const fn inner(&self) -> PublicKey {
        self.0
    }
}

impl fmt::Debug for PacketPublic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PacketPublic(…)")
    }
}

/// The key with which a node opens its layer of a packet. Zeroized on drop, never printed, never
/// written to a disk.
#[derive(Clone)]
pub struct PacketSecret(StaticSecret);

impl PacketSecret {
    /// A fresh key.
    #[must_use]
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        Self(StaticSecret::random_from_rng(rng))
    }

    /// A key of fixed bytes, for vectors and simulated nodes. A real node draws its keys.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(StaticSecret::from(bytes))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> PacketPublic {
        PacketPublic(PublicKey::from(&self.0))
    }

    pub(crate) const fn inner(&self) -> &StaticSecret {
        &self.0
    }
}

impl fmt::Debug for PacketSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PacketSecret(…)")
    }
}

/// Whether a group element must not be used: of small order, or spelled with the top bit set.
///
/// A packet whose element has small order opens under every key of every node, all of them with
/// one secret that the whole world can compute.
pub(crate) fn is_weak(element: &[u8; 32]) -> bool {
    element[31] & 0x80 != 0 || SMALL_ORDER.contains(element)
}

/// The u coordinates of small order on Curve25519 and its twist: 0, 1, the two of order 8, and
/// -1, 0 and 1 again as p - 1, p and p + 1. After D. J. Bernstein's list.
const SMALL_ORDER: [[u8; 32]; 7] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09,
        0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44,
        0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57,
    ],
    near_p(0xec),
    near_p(0xed),
    near_p(0xee),
];

/// The 32 bytes, least first, of 2^255 - 256 + `low`; p itself ends in 0xed.
const fn near_p(low: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    bytes[0] = low;
    bytes[31] = 0x7f;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_small_order_are_no_keys() {
        let secret = StaticSecret::from([7; 32]);
        for mut bytes in SMALL_ORDER {
            assert!(!secret.diffie_hellman(&PublicKey::from(bytes)).was_contributory(), "{bytes:?}");
            assert_eq!(PacketPublic::from_bytes(bytes), Err(WeakKey));
            bytes[31] |= 0x80;
            assert_eq!(PacketPublic::from_bytes(bytes), Err(WeakKey));
        }
    }

    #[test]
    fn the_list_has_every_element_that_the_curve_calls_small() {
        // The 19 spellings above p are those of 0 to 18; of these only 0 and 1 are small.
        let secret = StaticSecret::from([7; 32]);
        for low in 0xec..=0xff {
            let bytes = near_p(low);
            let contributory = secret.diffie_hellman(&PublicKey::from(bytes)).was_contributory();
            assert_eq!(contributory, !SMALL_ORDER.contains(&bytes), "{low:#x}");
        }
    }

    #[test]
    fn a_key_has_one_spelling() {
        let public = PacketSecret::from_bytes([3; 32]).public();
        assert_eq!(PacketPublic::from_bytes(*public.as_bytes()), Ok(public));
        let mut other = *public.as_bytes();
        other[31] |= 0x80;
        assert_eq!(PacketPublic::from_bytes(other), Err(WeakKey));
    }

    #[test]
    fn debug_shows_no_key() {
        let secret = PacketSecret::from_bytes([0x41; 32]);
        assert_eq!(format!("{secret:?} {:?}", secret.public()), "PacketSecret(…) PacketPublic(…)");
    }
}
