#![no_main]
//! No bytes stop a reader of envelopes, and what is read is what would be written, in CBOR and in JSON.

use libfuzzer_sys::fuzz_target;
use roneo_social::Envelope;

fuzz_target!(|data: &[u8]| {
    if let Ok(envelope) = Envelope::open(data) {
        assert_eq!(envelope.to_bytes(), data);
    }
    if let Ok(envelope) = Envelope::from_json(&mut serde_json::Deserializer::from_slice(data)) {
        assert_eq!(Envelope::open(&envelope.to_bytes()), Ok(envelope));
    }
});
