//! What the sealed files of a profile say once they are opened.
#![no_main]

use libfuzzer_sys::fuzz_target;

// The file alone: the node around it is not worth building for a fuzzer.
#[path = "../../node/src/profile/stored.rs"]
#[allow(dead_code, reason = "what changes a file is the node's")]
mod stored;

fuzz_target!(|bytes: &[u8]| {
    reads_back::<stored::Bookmarks>(bytes);
    reads_back::<stored::Recents>(bytes);
    reads_back::<stored::Sites>(bytes);
    reads_back::<stored::Social>(bytes);
    reads_back::<stored::Boards>(bytes);
});

fn reads_back<T: stored::Stored + PartialEq>(bytes: &[u8]) {
    if let Some(value) = stored::decode::<T>(bytes) {
        assert!(value.is_sound() && !T::NAME.is_empty());
        // A text that only just fits may not leave room for its filling.
        if let Some(text) = stored::encode(&value) {
            assert_eq!(text.len() % stored::PAD_TO, 0);
            assert!(stored::decode::<T>(&text).is_some_and(|again| again == value));
        }
    }
}
