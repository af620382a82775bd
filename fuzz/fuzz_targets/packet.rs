#![no_main]
//! No bytes stop a hop, and no change of a good packet's header passes it.

use libfuzzer_sys::fuzz_target;
use roneo_packet::{HEADER_LEN, Packet, PacketSecret, unwrap};

const GOOD: &[u8] = include_bytes!("../../crates/packet/vectors/request-small");

fuzz_target!(|data: &[u8]| {
    let first_hop = PacketSecret::from_bytes([0x10; 32]);
    if let Ok(packet) = Packet::from_bytes(data.to_vec()) {
        let _ = unwrap(&first_hop, packet);
    }
    let mut bytes = GOOD.to_vec();
    bytes.iter_mut().zip(data).for_each(|(byte, change)| *byte ^= change);
    let header_changed = bytes[..HEADER_LEN] != GOOD[..HEADER_LEN];
    let packet = Packet::from_bytes(bytes).expect("the length is the same");
    assert_eq!(unwrap(&first_hop, packet).is_err(), header_changed);
});
