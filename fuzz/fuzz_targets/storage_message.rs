#![no_main]

use libfuzzer_sys::fuzz_target;
use roneo_overlay::storage_message::{Answer, Request};

fuzz_target!(|data: &[u8]| {
    if let Ok(request) = Request::from_bytes(data) {
        assert_eq!(request.to_bytes(), data);
    }
    if let Ok(answer) = Answer::from_bytes(data) {
        assert_eq!(answer.to_bytes(), data);
    }
});
