#![no_main]
//! No fields stop a reader of any type, signed or not: the first byte chooses the type.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| roneo_social::fuzzing::body(data));
