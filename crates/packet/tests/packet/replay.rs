use curve25519_dalek::constants::EIGHT_TORSION;
use curve25519_dalek::montgomery::MontgomeryPoint;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use roneo_packet::{
    Class, Dropped, Hop, KeyRing, Packet, ReplayLimits, ReplayPolicy, Route, SurbId, Unwrapped, make_surb, wrap,
};

use crate::path::{BACK, DAY, GUARD, NEAR, Nodes, forwarded, id};

#[test]
fn a_recorded_packet_is_dropped_when_it_comes_again() {
    for class in Class::ALL {
        let mut nodes = Nodes::new(1);
        let recorded = nodes.wrap(class, b"once");
        forwarded(nodes.unwrap(GUARD, recorded.clone()), NEAR);
        for _ in 0..3 {
            assert_eq!(nodes.unwrap(GUARD, recorded.clone()).err(), Some(Dropped::Replayed));
        }
        assert_eq!(nodes.rings[GUARD].remembered(), 1);
    }
}

/// The control: it is the filter that drops it.
#[test]
fn without_the_filter_a_recorded_packet_passes() {
    let limits = ReplayLimits { policy: ReplayPolicy::Off, ..ReplayLimits::default() };
    let mut nodes = Nodes::new(2);
    nodes.rings[GUARD] = KeyRing::with_replay(DAY, limits, &mut nodes.rng);
    let recorded = nodes.wrap(Class::Small, b"again");
    let first = forwarded(nodes.unwrap(GUARD, recorded.clone()), NEAR);
    let second = forwarded(nodes.unwrap(GUARD, recorded), NEAR);
    assert_eq!(first, second, "which is what shows an observer where the first one went");
}

#[test]
fn a_reply_block_used_twice_stops_at_the_first_hop() {
    let mut nodes = Nodes::new(3);
    let (surb, _) = make_surb(Class::Small, &nodes.route(BACK), SurbId::random(&mut nodes.rng), &mut nodes.rng);
    let bytes = surb.to_bytes();
    let answer = |text: &[u8]| roneo_packet::Surb::from_bytes(&bytes).unwrap().reply(Class::Small, text).unwrap().1;
    forwarded(nodes.unwrap(BACK[0], answer(b"one answer")), BACK[1]);
    assert_eq!(nodes.unwrap(BACK[0], answer(b"another")).err(), Some(Dropped::Replayed));
}

/// A point of small order added to the header's group element changes its bytes and not the secret
/// that comes out of it. The tag is made of the secret.
#[test]
fn a_packet_under_another_spelling_is_still_the_same_packet() {
    let mut nodes = Nodes::new(4);
    let packet = nodes.wrap(Class::Small, b"once");
    forwarded(nodes.unwrap(GUARD, packet.clone()), NEAR);
    let element = MontgomeryPoint(packet.bytes()[..32].try_into().unwrap()).to_edwards(0).unwrap();
    for small in &EIGHT_TORSION[1..] {
        let mut bytes = packet.bytes().to_vec();
        bytes[..32].copy_from_slice((element + small).to_montgomery().as_bytes());
        assert_ne!(bytes, packet.bytes());
        let spelled = Packet::from_bytes(bytes).unwrap();
        assert_eq!(nodes.unwrap(GUARD, spelled.clone()).err(), Some(Dropped::Replayed));

        // Nor does the spelling mark the packet beyond the hop: what leaves is what would have left.
        let mut fresh = Nodes::new(4);
        let left = forwarded(fresh.unwrap(GUARD, spelled), NEAR);
        let mut fresh = Nodes::new(4);
        assert_eq!(left, forwarded(fresh.unwrap(GUARD, packet.clone()), NEAR));
    }
}

#[test]
fn a_full_filter_drops_what_it_cannot_remember() {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let limits = ReplayLimits { capacity: 3, policy: ReplayPolicy::Enforce };
    let mut ring = KeyRing::with_replay(DAY, limits, &mut rng);
    let others: Vec<_> = (1..4).map(|_| KeyRing::new(DAY, &mut rng)).collect();
    let hop = |at: usize, ring: &KeyRing| Hop { node: id(at), key: ring.publics().0 };
    let route = Route::new([hop(0, &ring), hop(1, &others[0]), hop(2, &others[1]), hop(3, &others[2])]).unwrap();
    let packets: Vec<_> = (0..4).map(|_| wrap(Class::Small, &route, b"", &mut rng).unwrap()).collect();
    for packet in &packets[..3] {
        assert!(matches!(ring.unwrap(DAY.start(), packet.clone()), Ok(Unwrapped::Forward { .. })));
    }
    assert_eq!(ring.unwrap(DAY.start(), packets[3].clone()).err(), Some(Dropped::ReplayFilterFull));
    assert_eq!(ring.unwrap(DAY.start(), packets[0].clone()).err(), Some(Dropped::Replayed));
}

#[test]
fn noise_takes_no_place_in_the_filter() {
    let mut nodes = Nodes::new(6);
    for fill in 0..=u8::MAX {
        let noise = Packet::from_bytes(vec![fill; Class::Small.packet_len()]).unwrap();
        assert_eq!(nodes.unwrap(GUARD, noise).err(), Some(Dropped::Unreadable), "{fill}");
    }
    let mut changed = nodes.wrap(Class::Small, b"").into_bytes();
    changed[47] ^= 1;
    assert_eq!(nodes.unwrap(GUARD, Packet::from_bytes(changed).unwrap()).err(), Some(Dropped::Unreadable));
    assert_eq!(nodes.rings[GUARD].remembered(), 0);
}

#[test]
fn after_a_restart_a_recorded_packet_is_unreadable() {
    let mut nodes = Nodes::new(7);
    let recorded = nodes.wrap(Class::Small, b"before");
    forwarded(nodes.unwrap(GUARD, recorded.clone()), NEAR);
    nodes.rings[GUARD] = KeyRing::new(DAY, &mut nodes.rng);
    assert_eq!(nodes.unwrap(GUARD, recorded).err(), Some(Dropped::Unreadable));
}
