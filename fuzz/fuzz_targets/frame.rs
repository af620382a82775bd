#![no_main]

use libfuzzer_sys::fuzz_target;
use roneo_overlay::Frame;

fuzz_target!(|data: &[u8]| {
    if let Ok(frame) = Frame::from_bytes(data) {
        assert_eq!(frame.to_bytes(), data);
    }
});
