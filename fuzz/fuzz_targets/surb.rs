#![no_main]
//! Whatever stands in a request as its reply block, a storer can answer with it.

use libfuzzer_sys::fuzz_target;
use roneo_packet::{Class, SURB_LEN, Surb};

fuzz_target!(|data: &[u8]| {
    assert_eq!(Surb::from_bytes(data).is_ok(), data.len() == SURB_LEN);
    for class in Class::ALL {
        if let Ok(surb) = Surb::from_bytes(data) {
            assert_eq!(surb.to_bytes()[..], *data);
            let (_, packet) = surb.reply(class, b"an answer").expect("it fits");
            assert_eq!(packet.bytes().len(), class.packet_len());
        }
    }
});
