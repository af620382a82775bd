#![no_main]
//! No bytes stop a storer or a reader of records that have a roster, and what a record keeps is what it writes.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| roneo_social::fuzzing::rostered(data));
