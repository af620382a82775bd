#![no_main]
//! No bytes stop a reader of board descriptors, and what is read is what would be written.

use libfuzzer_sys::fuzz_target;
use roneo_social::{Board, Descriptor};

fuzz_target!(|data: &[u8]| {
    if let Ok(descriptor) = Descriptor::parse(data) {
        assert_eq!(descriptor.to_bytes(), data);
        let _ = Board::found(descriptor);
    }
});
