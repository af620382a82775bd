#![no_main]
//! No bytes stop whoever reads a directory, and what is read is what would be written.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| roneo_content::fuzzing::directory(data));
