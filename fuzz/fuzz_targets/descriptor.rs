#![no_main]
//! No bytes stop a node that reads descriptors, and what is read is written back as it was.

use libfuzzer_sys::fuzz_target;
use roneo_keys::NetworkId;
use roneo_keys::time::Wall;
use roneo_overlay::descriptor::Descriptor;
use roneo_overlay::rules::Rules;

fuzz_target!(|data: &[u8]| {
    if let Ok(descriptor) = Descriptor::parse(data) {
        assert_eq!(descriptor.bytes(), data);
        let _ = descriptor.check(&Rules::PUBLIC, NetworkId::MAIN, Wall(1_800_000_000));
        let again = descriptor.with_witnesses(descriptor.witnesses().to_vec());
        assert_eq!(again.id(), descriptor.id());
    }
});
