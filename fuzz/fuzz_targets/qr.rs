//! Pictures that may hold a QR code.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = roneo_qr::read(bytes) {
        assert!(text.len() <= roneo_qr::MAX_TEXT_LEN);
    }
});
