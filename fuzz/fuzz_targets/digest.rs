#![no_main]
//! No digest within its bounds stops its digester or a reader.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| roneo_social::fuzzing::digest(data));
