#![no_main]
//! No bytes of a segment stop an index, and what it reads is what it would write.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| roneo_index::fuzzing::read_frames(data));
