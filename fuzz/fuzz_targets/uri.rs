//! Text that a person pastes: read or refused, and what is read is written in one way only.

#![no_main]

use libfuzzer_sys::fuzz_target;
use roneo_keys::{Extra, NetworkId, Uri, base64};

fuzz_target!(|data: &[u8]| {
    if let Ok(bytes) = <[u8; Extra::LEN]>::try_from(data)
        && let Ok(extra) = Extra::from_bytes(bytes)
    {
        assert_eq!(extra.to_bytes(), bytes);
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(bytes) = base64::decode_vec(text) {
        assert_eq!(base64::encode(&bytes), text);
    }
    if let Some(network) = NetworkId::parse(text) {
        assert_eq!(network.to_string(), text);
    }
    // Behind the kind of key too, where mutation seldom gets by itself.
    for text in [text, &format!("CHK@{text}")] {
        if let Ok(uri) = text.parse::<Uri>() {
            assert!(uri.to_text().parse::<Uri>() == Ok(uri), "a link changed by being written");
        }
    }
});
