#![no_main]
//! Any bytes under a store's seals are refused or decode to what encodes to them again.

use libfuzzer_sys::fuzz_target;
use roneo_datastore::format::{Record, Superblock};

fuzz_target!(|data: &[u8]| {
    if let Ok(record) = Record::decode(data) {
        assert_eq!(record.encode()[..], *data);
    }
    if let Ok(superblock) = Superblock::decode(data) {
        assert_eq!(superblock.encode()[..], *data);
    }
});
