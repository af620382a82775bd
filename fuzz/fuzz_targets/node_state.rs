#![no_main]
//! No saved state stops a node, and what is read is written back the same.

use libfuzzer_sys::fuzz_target;
use roneo_overlay::Saved;

fuzz_target!(|data: &[u8]| {
    // As it stands, and as one whose digest is right.
    let digest = blake3::hash(data);
    let whole = [data, &digest.as_bytes()[..4]].concat();
    for bytes in [data, &whole] {
        if let Some(saved) = Saved::from_bytes(bytes) {
            assert_eq!(saved.to_bytes(), bytes);
        }
    }
});
