#![no_main]
//! No text stops a reader of invitations to a board, and what is read is what would be written.

use libfuzzer_sys::fuzz_target;
use roneo_social::BoardInvitation;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(invitation) = text.parse::<BoardInvitation>() {
        let written = text.split_whitespace().collect::<String>();
        assert_eq!(*invitation.to_text(), written);
    }
});
