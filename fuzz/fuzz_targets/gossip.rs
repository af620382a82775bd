#![no_main]
//! No message stops a node or makes it answer with more than a message can hold.

use std::net::SocketAddr;

use libfuzzer_sys::fuzz_target;
use roneo_keys::time::{Mono, Now, Wall};
use roneo_keys::{NetworkId, NetworkKind, NodeId, NodeSecret};
use roneo_overlay::address::Address;
use roneo_overlay::descriptor::{Descriptor, DescriptorFields, Protocols, Reach};
use roneo_overlay::gossip::{Gossip, MAX_MESSAGE_LEN, Message};
use roneo_overlay::pulse::{PulseBudget, PulseCommitment};
use roneo_overlay::rules::Rules;
use roneo_overlay::view::View;
use roneo_packet::PacketSecret;

const NETWORK: NetworkId = NetworkId { kind: NetworkKind::Local, tag: *b"fuzzing!" };
const NOW: Now = Now { mono: Mono(1 << 40), wall: Wall(1_800_000_000) };

fn descriptor(number: u8) -> Descriptor {
    let key = |byte| PacketSecret::from_bytes([byte; 32]).public();
    let socket = SocketAddr::from(([127, 0, 0, number], 4_000));
    let fields = DescriptorFields {
        network: NETWORK,
        serial: 1,
        day: NOW.wall.day(),
        packet_keys: [key(number), key(number | 128)],
        pulse: PulseCommitment::new([number; 16], NOW.wall, 8_640).expect("a length within bounds"),
        protocols: Protocols::OWN,
        reach: Reach::reachable(&Vec::from_iter(Address::tcp(socket))),
    };
    Descriptor::sign(&NodeSecret::from_seed([number; 32]), fields)
}

fuzz_target!(|data: &[u8]| {
    let Ok(message) = Message::from_bytes(data) else { return };
    assert_eq!(message.to_bytes(), data);
    let (own, peer) = (descriptor(1), NodeId::from_bytes([9; 32]));
    let mut view = View::new(Rules::LOCAL, NETWORK, own.node());
    for number in 2..10 {
        let descriptor = descriptor(number);
        let node = descriptor.node();
        view.insert(NOW, descriptor).expect("a local descriptor of today");
        view.heard(NOW, &node);
    }
    let mut gossip = Gossip::default();
    // The first round of a node has the number 1: an answer to it is one that was asked for.
    gossip.start_round(&view, &own, peer, NOW);
    let handled = gossip.handle(&view, &own, NOW, peer, message);
    assert!(handled.replies.iter().all(|reply| reply.to_bytes().len() <= MAX_MESSAGE_LEN));
    let mut budget = PulseBudget::for_message();
    for pulse in handled.pulses {
        view.pulse(NOW, pulse, &mut budget);
    }
});
