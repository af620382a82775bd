//! What a sender can write into a header that it seals correctly, and which of it a hop takes.
//!
//! A sender knows the secret it shares with each hop. Here that secret gives the MAC's key, so any
//! byte of a hop's instructions can be changed and the header sealed again.

use roneo_packet::{Class, DelayStep, Dropped, Packet, PacketSecret, SurbId, Unwrapped, make_surb, unwrap, wrap};
use roneo_packet::{Hop, Route};
use sha2::{Digest, Sha256};
use sphinx_packet::header::delays::Delay;
use sphinx_packet::packet::builder::SphinxPacketBuilder;
use sphinx_packet::route::{Destination, DestinationAddressBytes, Node, NodeAddressBytes};
use sphinx_packet::version::Version;
use x25519_dalek::{PublicKey, StaticSecret};

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use crate::path::id;

// Offsets in a header, and behind 48 in a hop's instructions.
const MAC: usize = 32;
const ROUTING: usize = 48;
const HEADER_END: usize = 348;
const FLAG: usize = 0;
const VERSION: usize = 1;
const NEXT_NODE: usize = 4;
const DELAY: usize = 36;
const DESTINATION: usize = 4;
const IDENTIFIER: usize = 36;

const GOOD: Option<Dropped> = None;
const RULES: Option<Dropped> = Some(Dropped::WrongRules);
const WRONG_CLASS: Option<Dropped> = Some(Dropped::WrongClass);
const WRONG_VERSION: Option<Dropped> = Some(Dropped::WrongVersion);

fn secret_bytes(at: usize) -> [u8; 32] {
    [u8::try_from(at).expect("four hops") + 0x61; 32]
}

fn route() -> Route {
    let hop = |at| Hop { node: id(at), key: PacketSecret::from_bytes(secret_bytes(at)).public() };
    Route::new([hop(0), hop(1), hop(2), hop(3)]).expect("four nodes")
}

/// `packet` as hop `at` of the route gets it.
fn at_hop(at: usize, mut packet: Packet) -> Packet {
    for before in 0..at {
        packet = match unwrap(&PacketSecret::from_bytes(secret_bytes(before)), packet) {
            Ok(Unwrapped::Forward { packet, .. }) => packet,
            other => panic!("expected a packet to pass on, got {other:?}"),
        };
    }
    packet
}

/// HMAC-SHA256 (RFC 2104) for keys of at most 64 bytes.
fn hmac(key: &[u8], message: &[&[u8]]) -> [u8; 32] {
    let pad = |byte: u8| {
        let mut block = [byte; 64];
        block.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
        block
    };
    let mut inner = Sha256::new_with_prefix(pad(0x36));
    message.iter().for_each(|part| inner.update(part));
    Sha256::new_with_prefix(pad(0x5c)).chain_update(inner.finalize()).finalize().into()
}

/// The key of the MAC that hop `at` checks: bytes 16 to 32 of HKDF-SHA256 over the shared secret.
fn mac_key(at: usize, packet: &Packet) -> [u8; 16] {
    let element: [u8; 32] = packet.bytes()[..MAC].try_into().expect("32 bytes");
    let shared = StaticSecret::from(secret_bytes(at)).diffie_hellman(&PublicKey::from(element));
    let extracted = hmac(&[], &[shared.as_bytes()]);
    let info = sphinx_packet::constants::EXPANDED_SHARED_SECRET_HKDF_INFO;
    hmac(&extracted, &[info, &[1]])[16..].try_into().expect("16 bytes")
}

/// `packet` with some bytes of hop `at`'s instructions changed, sealed as its sender would seal it.
fn resealed(at: usize, packet: &Packet, changes: &[(usize, u8)]) -> Packet {
    let key = mac_key(at, packet);
    let mut bytes = packet.bytes().to_vec();
    for (offset, xor) in changes {
        bytes[ROUTING + offset] ^= xor;
    }
    let mac = hmac(&key, &[&bytes[ROUTING..HEADER_END]]);
    bytes[MAC..ROUTING].copy_from_slice(&mac[..16]);
    Packet::from_bytes(bytes).expect("the length is the same")
}

/// What hop `at` makes of `packet` after such changes.
fn check(at: usize, packet: &Packet, changes: &[(usize, u8)], expected: Option<Dropped>) {
    let unwrapped = unwrap(&PacketSecret::from_bytes(secret_bytes(at)), resealed(at, packet, changes));
    assert_eq!(unwrapped.err(), expected, "changes {changes:?} for hop {at}");
}

#[test]
fn a_relay_takes_nothing_but_its_rules() {
    for class in Class::ALL {
        let packet = wrap(class, &route(), b"", &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
        for at in 0..3 {
            let packet = at_hop(at, packet.clone());
            let check = |changes: &[_], expected| check(at, &packet, changes, expected);
            check(&[], GOOD);
            check(&[(FLAG, 1 ^ 3)], RULES);
            check(&[(FLAG, 1)], RULES);
            // A relay told that it is the last finds a node's name where its rules should stand.
            check(&[(FLAG, 1 ^ 2)], RULES);
            for version in [0, 1, 257, 258, 259, 261, 0x0204, 0xffff] {
                let [high, low] = (260_u16 ^ version).to_be_bytes();
                check(&[(VERSION + 1, high), (VERSION + 2, low)], WRONG_VERSION);
            }
            check(&[(NEXT_NODE, 0xff)], GOOD);
            check(&[(DELAY, 1)], RULES);
            check(&[(DELAY, 3)], RULES);
            check(&[(DELAY + 1, 1)], WRONG_CLASS);
            check(&[(DELAY + 1, 2)], RULES);
            check(&[(DELAY + 2, 7)], GOOD);
            check(&[(DELAY + 2, 8)], RULES);
            check(&[(DELAY + 2, 0xff)], RULES);
            for reserved in 3..8 {
                check(&[(DELAY + reserved, 1)], RULES);
            }
        }
    }
}

#[test]
fn a_relay_reads_the_delay_it_is_told() {
    let packet = wrap(Class::Small, &route(), b"", &mut ChaCha20Rng::seed_from_u64(2)).unwrap();
    for step in 0..8 {
        let packet = resealed(0, &packet, &[(DELAY + 2, step)]);
        match unwrap(&PacketSecret::from_bytes(secret_bytes(0)), packet) {
            Ok(Unwrapped::Forward { delay_step, .. }) => assert_eq!(Some(delay_step), DelayStep::new(step)),
            other => panic!("expected a packet to pass on, got {other:?}"),
        }
    }
}

#[test]
fn a_storer_takes_nothing_but_its_rules() {
    for class in Class::ALL {
        let packet = at_hop(3, wrap(class, &route(), b"", &mut ChaCha20Rng::seed_from_u64(3)).unwrap());
        let check = |changes: &[_], expected| check(3, &packet, changes, expected);
        check(&[], GOOD);
        check(&[(FLAG, 2 ^ 3)], RULES);
        check(&[(FLAG, 2 ^ 1)], RULES);
        check(&[(VERSION + 2, 260_u16.to_le_bytes()[0] ^ 259_u16.to_le_bytes()[0])], WRONG_VERSION);
        check(&[(DESTINATION, 1)], RULES);
        check(&[(DESTINATION + 1, 1)], WRONG_CLASS);
        check(&[(DESTINATION + 1, 0x80)], RULES);
        check(&[(DESTINATION + 2, 2)], RULES);
        for reserved in 3..32 {
            check(&[(DESTINATION + reserved, 0x10)], RULES);
        }
        // A request has no use for its identifier.
        check(&[(IDENTIFIER, 0xff)], GOOD);
        // Turned into a reply it arrives as one, and is found under no id that this node gave out.
        check(&[(DESTINATION + 2, 1)], GOOD);
    }
}

#[test]
fn a_reply_has_an_id() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let surb_id = SurbId::random(&mut rng);
    let (surb, _) = make_surb(Class::Small, &route(), surb_id, &mut rng);
    let packet = at_hop(3, surb.reply(Class::Small, b"").unwrap().1);
    let erased: Vec<_> = surb_id.as_bytes().iter().enumerate().map(|(at, byte)| (IDENTIFIER + at, *byte)).collect();
    check(3, &packet, &[], GOOD);
    check(3, &packet, &erased, RULES);
}

/// The library reads three bytes of version and looks at two; over the third it has a debug
/// assertion, which the workspace's profiles turn off, since here a peer chooses that byte.
#[test]
fn no_byte_of_the_version_stops_a_node() {
    let packet = wrap(Class::Small, &route(), b"", &mut ChaCha20Rng::seed_from_u64(5)).unwrap();
    check(0, &packet, &[(VERSION, 0xff)], GOOD);
    check(3, &at_hop(3, packet), &[(VERSION, 0xff)], GOOD);
}

#[test]
fn packets_of_older_versions_are_dropped_at_every_hop() {
    let nodes: Vec<_> = (0..4)
        .map(|at| {
            let key = PublicKey::from(&StaticSecret::from(secret_bytes(at)));
            Node::new(NodeAddressBytes::from_bytes(*id(at).as_bytes()), key)
        })
        .collect();
    let hop_rules = Delay::from_bytes([1, Class::Small.code(), 0, 0, 0, 0, 0, 0]);
    let mut final_rules = [0; 32];
    final_rules[0] = 1;
    let destination = Destination::new(DestinationAddressBytes::from_bytes(final_rules), [7; 16]);
    for (version, expected) in
        [(1, WRONG_VERSION), (257, WRONG_VERSION), (258, WRONG_VERSION), (259, WRONG_VERSION), (260, GOOD)]
    {
        for first in 0..4 {
            let sphinx = SphinxPacketBuilder::new()
                .with_version(Version::new(version))
                .with_payload_size(Class::Small.packet_len() - HEADER_END)
                .build_packet(b"", &nodes[first..], &destination, &vec![hop_rules; 4 - first])
                .unwrap();
            let packet = Packet::from_bytes(sphinx.to_bytes()).unwrap();
            let unwrapped = unwrap(&PacketSecret::from_bytes(secret_bytes(first)), packet);
            assert_eq!(unwrapped.err(), expected, "version {version} at hop {first}");
        }
    }
}

#[test]
fn a_packet_that_opens_under_every_key_opens_under_none() {
    // Sealed with the secret that an element of small order shares with the whole world.
    let packet = wrap(Class::Small, &route(), b"", &mut ChaCha20Rng::seed_from_u64(6)).unwrap();
    for element in [[0; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }] {
        let mut bytes = packet.bytes().to_vec();
        bytes[..MAC].copy_from_slice(&element);
        let forged = resealed(0, &Packet::from_bytes(bytes).unwrap(), &[]);
        for at in 0..4 {
            assert_eq!(mac_key(0, &forged), mac_key(at, &forged), "the attack works on the arithmetic");
            let unwrapped = unwrap(&PacketSecret::from_bytes(secret_bytes(at)), forged.clone());
            assert_eq!(unwrapped.err(), Some(Dropped::Unreadable));
        }
    }
}
