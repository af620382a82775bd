//! Packets that were made once and must open for ever, or until the format's version changes:
//! `docs/formats/packet.md` lists them.
//!
//! To replace them after a change of format: `WRITE_PACKET_VECTORS=1 cargo test -p roneo-packet vectors`.

use std::fs;
use std::path::PathBuf;

use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use roneo_keys::NodeId;
use sha2::{Digest, Sha256};
use sphinx_packet::SurbReplyRecovery;

use crate::{
    Class, Dropped, Hop, Packet, PacketSecret, ReplyKey, Route, Surb, SurbId, Unwrapped, make_surb, unwrap, wrap,
};

const REQUEST: &[u8] = b"Have you got this leaf?";
const REPLY: &[u8] = b"Here it is.";

/// Node `n` of 1 to 4 has an id of 32 bytes `n` and a packet secret of 32 bytes `0x10 * n`.
fn secret(node: u8) -> PacketSecret {
    PacketSecret::from_bytes([node * 0x10; 32])
}

fn route() -> Route {
    let hop = |node| Hop { node: NodeId::from_bytes([node; 32]), key: secret(node).public() };
    Route::new([hop(1), hop(2), hop(3), hop(4)]).unwrap()
}

fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "vectors", name].iter().collect()
}

fn read(name: &str) -> Vec<u8> {
    if std::env::var_os("WRITE_PACKET_VECTORS").is_some() {
        write_all();
    }
    fs::read(path(name)).unwrap()
}

/// Every vector by its name, made anew.
fn make_all() -> [(&'static str, Vec<u8>); 5] {
    let mut rng = ChaCha20Rng::seed_from_u64(260);
    let mut request = |class| wrap(class, &route(), REQUEST, &mut rng).unwrap().into_bytes();
    let (small, block) = (request(Class::Small), request(Class::Block));
    let (surb, key) = make_surb(Class::Small, &route(), SurbId::from_bytes([0x77; 16]).unwrap(), &mut rng);
    let (surb_bytes, key) = (surb.to_bytes().to_vec(), key.recovery.to_bytes());
    let reply = surb.reply(Class::Small, REPLY).unwrap().1.into_bytes();
    [
        ("request-small", small),
        ("request-block", block),
        ("surb", surb_bytes),
        ("reply-key", key),
        ("reply-small", reply),
    ]
}

fn write_all() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| make_all().iter().for_each(|(name, bytes)| fs::write(path(name), bytes).unwrap()));
}

fn packet(name: &str) -> Packet {
    Packet::from_bytes(read(name)).unwrap()
}

fn deliver(mut packet: Packet) -> Result<Unwrapped, Dropped> {
    for node in 1..4 {
        match unwrap(&secret(node), packet)? {
            Unwrapped::Forward { next, packet: inner, .. } => {
                assert_eq!(next, NodeId::from_bytes([node + 1; 32]));
                packet = inner;
            }
            other => return Ok(other),
        }
    }
    unwrap(&secret(4), packet)
}

#[test]
fn the_same_seed_makes_them_again() {
    for (name, bytes) in make_all() {
        assert!(read(name) == bytes, "{name}");
    }
}

#[test]
fn the_page_quotes_these_files() {
    let page = include_str!("../../../docs/formats/packet.md");
    for name in ["request-small", "request-block", "surb", "reply-key", "reply-small"] {
        let digits: String = Sha256::digest(read(name)).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(page.contains(&format!("`{name}` |")) && page.contains(&digits), "{name}: {digits}");
    }
}

#[test]
fn requests_open() {
    for (expected, name) in [(Class::Small, "request-small"), (Class::Block, "request-block")] {
        match deliver(packet(name)).unwrap() {
            Unwrapped::Request { payload, class } => assert_eq!((payload.as_slice(), class), (REQUEST, expected)),
            other => panic!("{name} is a request, not {other:?}"),
        }
    }
}

#[test]
fn the_reply_opens_and_so_does_a_new_one() {
    let bytes = read("surb");
    let surb = Surb::from_bytes(&bytes).unwrap();
    assert_eq!(surb.to_bytes().as_slice(), bytes);
    assert_eq!(surb.first_hop(), NodeId::from_bytes([1; 32]));
    let recovery = SurbReplyRecovery::from_bytes(&read("reply-key")).unwrap();
    let key = ReplyKey { class: Class::Small, recovery };
    let new = surb.reply(Class::Small, REPLY).unwrap().1;
    assert_eq!(new, packet("reply-small"), "a reply is made of nothing but the block and what it says");
    match deliver(new).unwrap() {
        Unwrapped::Reply { id, sealed, .. } => {
            assert_eq!(id.as_bytes(), &[0x77; 16]);
            assert_eq!(key.open(sealed).as_deref(), Ok(REPLY));
        }
        other => panic!("a reply, not {other:?}"),
    }
}

#[test]
fn the_same_cut_changed_and_in_the_wrong_hands_is_dropped() {
    let good = read("request-small");
    let check = |node, bytes: Vec<u8>, expected| {
        let dropped = Packet::from_bytes(bytes).and_then(|packet| unwrap(&secret(node), packet));
        assert_eq!(dropped.err(), Some(expected));
    };
    check(1, good[..good.len() - 1].to_vec(), Dropped::WrongLength);
    check(2, good.clone(), Dropped::Unreadable);
    for byte in [0, 31, 32, 47, 48, 347] {
        let mut changed = good.clone();
        changed[byte] ^= 0x80;
        check(1, changed, Dropped::Unreadable);
    }
    let mut longer = good;
    longer.resize(Class::Block.packet_len(), 0);
    check(1, longer, Dropped::WrongClass);
}
