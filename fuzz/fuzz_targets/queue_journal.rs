//! The records of a queue journal, as far as they are read before a key is needed and after it was used.
#![no_main]

use libfuzzer_sys::fuzz_target;

// The file alone: the node around it is not worth building for a fuzzer.
#[path = "../../node/src/queue_dir/batch.rs"]
mod batch;

const SEAL_LEN: usize = 40;

fuzz_target!(|bytes: &[u8]| {
    let mut rest = bytes;
    while let batch::Next::Record(piece, after) = batch::next(rest, SEAL_LEN) {
        assert_eq!(rest.len(), batch::LENGTH_LEN + piece.len() + after.len());
        rest = after;
    }
    if let Some(entries) = batch::decode(bytes).filter(|entries| !entries.is_empty()) {
        assert!(entries.iter().all(|entry| entry.len() <= batch::MAX_ENTRY_LEN));
        let again = batch::encode(&entries);
        assert!(again.len() > 1 || again[0] == bytes);
    }
});
