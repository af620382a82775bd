#![no_main]
//! No bytes stop a reader of stewards' seats and of chain links, and what is read is what would be written.

use libfuzzer_sys::fuzz_target;
use roneo_social::{ChainLink, Seat};

fuzz_target!(|data: &[u8]| {
    if let Ok(seat) = Seat::parse(data) {
        assert_eq!(seat.to_bytes(), data);
    }
    if let Ok(link) = ChainLink::parse(data) {
        assert_eq!(link.to_bytes(), data);
    }
});
