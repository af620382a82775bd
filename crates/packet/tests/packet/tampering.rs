use roneo_packet::{Class, Dropped, HEADER_LEN, Packet, Surb, SurbId, Unwrapped, make_surb};

use crate::path::{BACK, GUARD, Nodes, OUT};

const SEED: u64 = 11;

fn flipped(packet: &Packet, byte: usize, bit: usize) -> Packet {
    let mut bytes = packet.bytes().to_vec();
    bytes[byte] ^= 1 << bit;
    Packet::from_bytes(bytes).expect("the length is the same")
}

#[test]
fn a_flipped_bit_anywhere_in_the_header_is_noticed_by_the_next_hop() {
    let mut nodes = Nodes::new(SEED);
    let packet = nodes.wrap(Class::Small, b"");
    for byte in 0..HEADER_LEN {
        // Every bit of the group element and the MAC; of what the MAC covers, one in each byte.
        let bits = if byte < 48 { 0..8 } else { byte % 8..byte % 8 + 1 };
        for bit in bits {
            let unwrapped = nodes.unwrap(GUARD, flipped(&packet, byte, bit));
            assert_eq!(unwrapped.err(), Some(Dropped::Unreadable), "bit {bit} of byte {byte}");
        }
    }
    assert!(nodes.unwrap(GUARD, packet).is_ok(), "the packet itself was good, and none of the others stands for it");
}

#[test]
fn a_flipped_bit_in_the_payload_passes_relays_and_ends_at_the_storer() {
    for class in Class::ALL {
        let mut nodes = Nodes::new(SEED);
        let packet = nodes.wrap(class, b"a request");
        let tail = class.packet_len() - HEADER_LEN;
        for offset in [0, 1, 15, 16, 17, 31, 32, 33, 100, tail / 2, tail - 33, tail - 32, tail - 2, tail - 1] {
            for hops in 0..4 {
                let mut nodes = Nodes::new(SEED);
                let on_the_way = nodes.carry(OUT, 0..hops, packet.clone());
                let changed = flipped(&on_the_way, HEADER_LEN + offset, offset % 8);
                let changed = nodes.carry(OUT, hops..3, changed);
                let last = nodes.unwrap(OUT[3], changed);
                assert_eq!(last.err(), Some(Dropped::Corrupt), "byte {offset} after {hops} hops");
            }
        }
    }
}

#[test]
fn a_flipped_bit_in_a_reply_is_noticed_by_its_asker() {
    for class in Class::ALL {
        let mut nodes = Nodes::new(SEED);
        let (surb, reply_key) = make_surb(class, &nodes.route(BACK), SurbId::random(&mut nodes.rng), &mut nodes.rng);
        let surb = surb.to_bytes();
        for hops in 0..4 {
            let (_, packet) = Surb::from_bytes(&surb).unwrap().reply(class, b"an answer").unwrap();
            let mut nodes = Nodes::new(SEED);
            let on_the_way = nodes.carry(BACK, 0..hops, packet);
            let changed = flipped(&on_the_way, class.packet_len() - 1, 0);
            let changed = nodes.carry(BACK, hops..3, changed);
            match nodes.unwrap(BACK[3], changed) {
                Ok(Unwrapped::Reply { sealed, .. }) => assert_eq!(reply_key.open(sealed), Err(Dropped::Corrupt)),
                other => panic!("expected a reply, got {other:?}"),
            }
        }
    }
}

#[test]
fn header_and_payload_of_two_packets_make_none() {
    let mut nodes = Nodes::new(SEED);
    let [one, other] = [b"one", b"two"].map(|payload| nodes.wrap(Class::Small, payload));
    let mut bytes = one.into_bytes();
    bytes[HEADER_LEN..].copy_from_slice(&other.bytes()[HEADER_LEN..]);
    let spliced = Packet::from_bytes(bytes).unwrap();
    assert_eq!(nodes.deliver(OUT, spliced).err(), Some(Dropped::Corrupt));
}

#[test]
fn a_packet_for_another_node_is_unreadable() {
    let mut nodes = Nodes::new(SEED);
    let packet = nodes.wrap(Class::Small, b"");
    for at in [0, 2, 3, 4] {
        assert_eq!(nodes.unwrap(at, packet.clone()).err(), Some(Dropped::Unreadable), "node {at}");
    }
}

#[test]
fn only_two_lengths_are_packets() {
    for len in [0, 1, 347, 348, 396, 5_119, 5_121, 34_303, 34_305, 1 << 20] {
        assert_eq!(Packet::from_bytes(vec![0; len]).err(), Some(Dropped::WrongLength), "{len} bytes");
    }
}

#[test]
fn only_one_length_is_a_reply_block() {
    for len in [0, 1, 380, 395, 397, 412, 460, 5_120] {
        assert!(Surb::from_bytes(&vec![0; len]).is_err(), "{len} bytes");
    }
}
