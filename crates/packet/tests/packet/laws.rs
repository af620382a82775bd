use proptest::collection::vec;
use proptest::prelude::*;
use roneo_keys::NodeId;
use roneo_packet::{
    Class, HEADER_LEN, Hop, Packet, PacketPublic, PacketSecret, Route, SURB_LEN, Surb, SurbId, Unwrapped, make_surb,
    unwrap,
};

use crate::path::{BACK, GUARD, Nodes, OUT, requested};

fn class() -> impl Strategy<Value = Class> {
    prop_oneof![4 => Just(Class::Small), 1 => Just(Class::Block)]
}

/// A payload that fits its class; its last bytes are often those that padding is made of.
fn class_and_payload() -> impl Strategy<Value = (Class, Vec<u8>)> {
    class().prop_flat_map(|class| {
        let filled = vec(prop_oneof![Just(0), Just(1), any::<u8>()], 0..=256);
        (Just(class), 0..=class.payload_len(), filled).prop_map(|(class, len, tail)| {
            let mut payload = vec![0x33; len.saturating_sub(tail.len())];
            payload.extend(tail.into_iter().take(len));
            (class, payload)
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_wrapped_is_what_the_storer_reads((class, payload) in class_and_payload(), seed: u64) {
        let mut nodes = Nodes::new(seed);
        let packet = nodes.wrap(class, &payload);
        prop_assert_eq!(packet.bytes().len(), class.packet_len());
        prop_assert_eq!(requested(nodes.deliver(OUT, packet)), payload);
    }

    #[test]
    fn what_is_answered_is_what_the_asker_reads((class, payload) in class_and_payload(), seed: u64) {
        let mut nodes = Nodes::new(seed);
        let (surb, key) = make_surb(class, &nodes.route(BACK), SurbId::random(&mut nodes.rng), &mut nodes.rng);
        let surb = Surb::from_bytes(&surb.to_bytes()).unwrap();
        let (_, packet) = surb.reply(class, &payload).unwrap();
        match nodes.deliver(BACK, packet).unwrap() {
            Unwrapped::Reply { sealed, .. } => prop_assert_eq!(key.open(sealed), Ok(payload)),
            other => prop_assert!(false, "{:?}", other),
        }
    }

    #[test]
    fn arbitrary_bytes_are_no_packet(class in class(), seed in vec(any::<u8>(), 1..600)) {
        let mut nodes = Nodes::new(1);
        let bytes: Vec<_> = seed.iter().copied().cycle().take(class.packet_len()).collect();
        let packet = Packet::from_bytes(bytes).unwrap();
        prop_assert!(nodes.unwrap(GUARD, packet.clone()).is_err());
        prop_assert!(unwrap(&PacketSecret::from_bytes([7; 32]), packet).is_err());
    }

    #[test]
    fn arbitrary_bytes_as_a_reply_block_lead_nowhere(bytes in vec(any::<u8>(), SURB_LEN), class in class()) {
        let surb = Surb::from_bytes(&bytes).unwrap();
        prop_assert_eq!(surb.to_bytes().to_vec(), bytes.clone());
        prop_assert_eq!(surb.first_hop().as_bytes().to_vec(), bytes[HEADER_LEN..HEADER_LEN + 32].to_vec());
        let (_, packet) = surb.reply(class, b"").unwrap();
        prop_assert!(Nodes::new(2).unwrap(GUARD, packet).is_err());
    }

    #[test]
    fn whatever_key_a_peer_announces_packets_can_be_made(bytes: [u8; 32]) {
        if let Ok(key) = PacketPublic::from_bytes(bytes) {
            let mut nodes = Nodes::new(3);
            let mut hops = *nodes.route(OUT).hops();
            hops[1] = Hop { node: NodeId::from_bytes([0xee; 32]), key };
            let route = Route::new(hops).unwrap();
            prop_assert!(roneo_packet::wrap(Class::Small, &route, b"", &mut nodes.rng).is_ok());
        }
    }
}
