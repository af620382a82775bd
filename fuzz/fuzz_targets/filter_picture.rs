//! A picture of anybody is refused, or made anew as one that is accepted; and so is what is taken out of it.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(made) = roneo_filter::picture(data) {
        assert!(roneo_filter::picture(&made.bytes).is_ok(), "what was written here is refused here");
    }
    if let Ok(stripped) = roneo_filter::strip(data) {
        let again = roneo_filter::strip(&stripped.bytes).map(|stripped| stripped.bytes);
        assert!(again == Ok(stripped.bytes), "stripping twice is not stripping once");
    }
});
