//! The header of an onion packet, as its sender makes it (Danezis and Goldberg, "Sphinx: A Compact and
//! Provably Secure Mix Format", IEEE S&P 2009, §3.2, in the version 260 of `sphinx-packet`).
//!
//! `sphinx-packet` opens packets, and the tests hold what is made here against its keys and its hops.
//! Headers are made here for two reasons. Their padding comes from the caller's randomness, so that a
//! packet follows from what it is made of. And the secrets of four hops cost four multiplications on the
//! curve, where multiplying in every factor by itself takes ten: a reply block is made in 0.43 ms, not in
//! 1.0 (`cargo xtask bench packet`).

use aes::Aes128;
use ctr::Ctr64BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::scalar::{Scalar, clamp_integer};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use rand::CryptoRng;
use sha2::Sha256;
use sphinx_packet::constants::{
    BLINDING_FACTOR_SIZE, EXPANDED_SHARED_SECRET_HKDF_INFO, EXPANDED_SHARED_SECRET_LENGTH, FINAL_NODE_META_INFO_LENGTH,
    HEADER_INTEGRITY_MAC_SIZE, INTEGRITY_MAC_KEY_SIZE, MAX_PATH_LENGTH, NODE_META_INFO_SIZE, PAYLOAD_KEY_SEED_SIZE,
    PAYLOAD_KEY_SIZE,
};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::class::{DelayStep, FinalRules, HEADER_LEN, HopRules};
use crate::packet::SPHINX_VERSION;
use crate::route::{PATH_LEN, Route};
use crate::surb::SurbId;

/// Bytes that one hop takes off: what it reads, and the MAC for the next.
const LAYER_LEN: usize = NODE_META_INFO_SIZE + HEADER_INTEGRITY_MAC_SIZE;
/// Room for the longest path that Sphinx was cut for; ours is one shorter.
const ROUTING_LEN: usize = LAYER_LEN * MAX_PATH_LENGTH;
/// Bytes of its stream that a hop uses: it decrypts one layer more than it was sent, of zeros.
const STREAM_LEN: usize = ROUTING_LEN + LAYER_LEN;
/// What the hops before the last leave of their streams at the end of what the last one sees.
const FILLER_LEN: usize = LAYER_LEN * (PATH_LEN - 1);
const STREAM_KEY_LEN: usize = 16;
const POINT_LEN: usize = 32;

const FLAG_FORWARD: u8 = 1;
const FLAG_FINAL: u8 = 2;

const _: () = assert!(POINT_LEN + HEADER_INTEGRITY_MAC_SIZE + ROUTING_LEN == HEADER_LEN);

/// What the key of one hop's layer of the payload follows from.
pub(crate) type PayloadSeed = [u8; PAYLOAD_KEY_SEED_SIZE];

/// A header, and what its maker keeps of it.
pub(crate) struct Header {
    pub(crate) bytes: [u8; HEADER_LEN],
    /// In the order of the path.
    pub(crate) payload_seeds: Zeroizing<[PayloadSeed; PATH_LEN]>,
}

impl Header {
    /// A header that leads a packet over `route` and says `rules` and `id` to its end.
    pub(crate) fn new(route: &Route, rules: FinalRules, id: SurbId, rng: &mut impl CryptoRng) -> Self {
        let mut initial = Zeroizing::new([0; 32]);
        rng.fill_bytes(initial.as_mut());
        let (element, secrets) = derive(route, &initial);
        let (mac, routing) = wrap_routing(route, rules, id, &secrets, rng);
        let mut bytes = [0; HEADER_LEN];
        bytes[..POINT_LEN].copy_from_slice(&element);
        bytes[POINT_LEN..][..HEADER_INTEGRITY_MAC_SIZE].copy_from_slice(&mac);
        bytes[POINT_LEN + HEADER_INTEGRITY_MAC_SIZE..].copy_from_slice(&routing);
        Self { bytes, payload_seeds: Zeroizing::new(std::array::from_fn(|hop| secrets[hop].payload_seed)) }
    }
}

/// What the sender shares with one hop.
#[derive(Zeroize, ZeroizeOnDrop)]
struct HopSecret {
    stream_key: [u8; STREAM_KEY_LEN],
    mac_key: [u8; INTEGRITY_MAC_KEY_SIZE],
    payload_seed: PayloadSeed,
    /// By which the hop multiplies the group element before it passes the packet on.
    blinding: [u8; BLINDING_FACTOR_SIZE],
}

impl HopSecret {
    fn expand(shared: &[u8; POINT_LEN]) -> Self {
        let mut output = Zeroizing::new([0; EXPANDED_SHARED_SECRET_LENGTH]);
        Hkdf::<Sha256>::new(None, shared)
            .expand(EXPANDED_SHARED_SECRET_HKDF_INFO, output.as_mut())
            .expect("under 255 blocks of SHA-256");
        let mut rest = output.as_slice();
        Self {
            stream_key: take(&mut rest),
            mac_key: take(&mut rest),
            payload_seed: {
                // Sphinx sets aside a whole payload key here, of which version 260 uses the beginning.
                let key: [u8; PAYLOAD_KEY_SIZE] = take(&mut rest);
                take(&mut key.as_slice())
            },
            blinding: take(&mut rest),
        }
    }

    /// Encrypts what begins at the `start` of this hop's stream.
    fn apply_stream(&self, start: usize, data: &mut [u8]) {
        let mut stream = [0; STREAM_LEN];
        Ctr64BE::<Aes128>::new(&self.stream_key.into(), &[0; 16].into()).apply_keystream(&mut stream);
        data.iter_mut().zip(&stream[start..]).for_each(|(byte, key)| *byte ^= key);
    }

    fn mac(&self, routing: &[u8; ROUTING_LEN]) -> [u8; HEADER_INTEGRITY_MAC_SIZE] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.mac_key).expect("HMAC takes keys of any length");
        mac.update(routing);
        take(&mut mac.finalize().into_bytes().as_slice())
    }
}

/// The first `N` bytes, which `bytes` then no longer has.
fn take<const N: usize>(bytes: &mut &[u8]) -> [u8; N] {
    let (taken, rest) = bytes.split_first_chunk().expect("lengths that the constants above add up to");
    *bytes = rest;
    *taken
}

/// The group element of a header, and what each hop will compute from it and its key.
///
/// A hop sees the key that the sender drew times the blinding factors of all hops before it. Clamped
/// integers (RFC 7748 §5) are multiples of 8, so that none of them lets the small part of a hop's key
/// through; on the rest, which has prime order, their product may be reduced. The first factor is divided by 8
/// before the reductions, and what is left is multiplied by 8 behind them, as three doublings.
fn derive(route: &Route, initial: &[u8; 32]) -> ([u8; POINT_LEN], [HopSecret; PATH_LEN]) {
    let element = MontgomeryPoint::mul_base_clamped(*initial).to_bytes();
    let mut eighth = Zeroizing::new(eighth_of(clamp_integer(*initial)));
    let secrets = route.hops().map(|hop| {
        let shared = Zeroizing::new(eight_times(&eighth, MontgomeryPoint(*hop.key.as_bytes())).to_bytes());
        let secret = HopSecret::expand(&shared);
        *eighth *= Scalar::from_bytes_mod_order(clamp_integer(secret.blinding));
        secret
    });
    (element, secrets)
}

fn eighth_of(clamped: [u8; 32]) -> Scalar {
    let mut shifted = Zeroizing::new([0; 32]);
    for (index, byte) in shifted.iter_mut().enumerate() {
        let above = clamped.get(index + 1).copied().unwrap_or(0);
        *byte = clamped[index] >> 3 | above << 5;
    }
    Scalar::from_bytes_mod_order(*shifted)
}

fn eight_times(scalar: &Scalar, point: MontgomeryPoint) -> MontgomeryPoint {
    // The order of the group has 253 bits.
    let bits = (0..253).rev().map(|bit: usize| scalar.as_bytes()[bit / 8] >> (bit % 8) & 1 == 1);
    point.mul_bits_be(bits.chain([false; 3]))
}

/// The routing information of the first hop and its MAC, made from the inside out.
fn wrap_routing(
    route: &Route,
    rules: FinalRules,
    id: SurbId,
    secrets: &[HopSecret; PATH_LEN],
    rng: &mut impl CryptoRng,
) -> ([u8; HEADER_INTEGRITY_MAC_SIZE], [u8; ROUTING_LEN]) {
    let [before @ .., last] = secrets;
    let mut routing = [0; ROUTING_LEN];
    let (own, filler) = routing.split_at_mut(ROUTING_LEN - FILLER_LEN);
    let (said, padding) = own.split_at_mut(FINAL_NODE_META_INFO_LENGTH);
    write(said, [&[FLAG_FINAL][..], &SPHINX_VERSION.to_bytes(), &rules.to_bytes(), id.as_bytes()]);
    // Zeros would tell the last hop how long the path is (Kuhn et al., IEEE S&P 2020, §IV).
    rng.fill_bytes(padding);
    last.apply_stream(0, own);
    fill(filler, before);
    let mut mac = last.mac(&routing);

    let hop_rules = HopRules { class: rules.class, delay: DelayStep::NONE }.to_bytes();
    for (secret, next) in before.iter().zip(&route.hops()[1..]).rev() {
        // What falls off the end is filler, which the hop makes again from its stream.
        routing.copy_within(..ROUTING_LEN - LAYER_LEN, LAYER_LEN);
        let layer = [&[FLAG_FORWARD][..], &SPHINX_VERSION.to_bytes(), next.node.as_bytes(), &hop_rules, &mac];
        write(&mut routing[..LAYER_LEN], layer);
        secret.apply_stream(0, &mut routing);
        mac = secret.mac(&routing);
    }
    (mac, routing)
}

/// Writes what the hops before the last turn the zeros into that each of them decrypts behind the header.
fn fill(filler: &mut [u8], before: &[HopSecret]) {
    for (index, secret) in before.iter().enumerate() {
        let len = LAYER_LEN * (index + 1);
        secret.apply_stream(STREAM_LEN - len, &mut filler[..len]);
    }
}

/// Writes the fields one behind the other. Together they have the length of `to`.
fn write<const FIELDS: usize>(mut to: &mut [u8], fields: [&[u8]; FIELDS]) {
    for field in fields {
        let (place, rest) = to.split_at_mut(field.len());
        place.copy_from_slice(field);
        to = rest;
    }
    debug_assert!(to.is_empty());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;
    use roneo_keys::NodeId;
    use sphinx_packet::header::keys::KeyMaterial;
    use x25519_dalek::StaticSecret;

    use super::*;
    use crate::class::{Class, Kind};
    use crate::{Hop, PacketSecret};

    fn route(keys: [[u8; 32]; PATH_LEN]) -> Route {
        let mut number = 0;
        Route::new(keys.map(|key| {
            number += 1;
            Hop { node: NodeId::from_bytes([number; 32]), key: PacketSecret::from_bytes(key).public() }
        }))
        .unwrap()
    }

    proptest! {
        #[test]
        fn the_secrets_are_those_that_are_multiplied_one_by_one(keys: [[u8; 32]; PATH_LEN], initial: [u8; 32]) {
            let route = route(keys);
            let (element, secrets) = derive(&route, &initial);
            let judge = KeyMaterial::derive(&route.to_sphinx(), &StaticSecret::from(initial));
            prop_assert_eq!(&element, judge.initial_shared_secret.as_bytes());
            for (secret, judge) in secrets.iter().zip(&judge.expanded_shared_secrets) {
                prop_assert_eq!(&secret.payload_seed, judge.payload_key_seed());
            }
        }
    }

    #[test]
    fn the_smallest_and_the_largest_integers_are_no_exception() {
        for initial in [[0; 32], [0xff; 32]] {
            let route = route([[1; 32], [0; 32], [0xff; 32], [0x80; 32]]);
            let judge = KeyMaterial::derive(&route.to_sphinx(), &StaticSecret::from(initial));
            for (secret, judge) in derive(&route, &initial).1.iter().zip(&judge.expanded_shared_secrets) {
                assert_eq!(&secret.payload_seed, judge.payload_key_seed());
            }
        }
    }

    #[test]
    fn a_header_follows_from_its_randomness_and_from_nothing_else() {
        let make = |seed| {
            let rules = FinalRules { class: Class::Small, kind: Kind::Request };
            let id = SurbId::from_bytes([7; 16]).unwrap();
            Header::new(&route([[1; 32], [2; 32], [3; 32], [4; 32]]), rules, id, &mut ChaCha20Rng::seed_from_u64(seed))
                .bytes
        };
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
    }
}
