#![no_main]
//! No bytes stop whoever opens a root or an index block, and what opens is what would be written.
//! The bytes are sealed first, as a hostile maker would: unsealed ones end at the first tag.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    roneo_content::fuzzing::root(data);
    roneo_content::fuzzing::index(data);
});
