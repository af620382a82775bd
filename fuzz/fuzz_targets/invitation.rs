#![no_main]
//! No text stops a node that is given an invitation, and what is read is written back the same.

use libfuzzer_sys::fuzz_target;
use roneo_overlay::invitation::{Invitation, PREFIX};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    for text in [text.to_owned(), format!("{PREFIX}{text}")] {
        if let Ok(invitation) = text.parse::<Invitation>() {
            let compact: String = text.split_whitespace().collect();
            assert_eq!(invitation.to_text(), compact);
        }
    }
});
