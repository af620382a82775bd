#![no_main]
//! No text stops a reader of 24 words or of names, and what is read is written back the same.

use libfuzzer_sys::fuzz_target;
use roneo_social::{WordLanguage, Words, clean_name, skeleton};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(words) = Words::parse(text) {
        for language in [WordLanguage::English, WordLanguage::French] {
            let again = Words::parse(&words.to_text(language)).expect("what was written");
            assert_eq!(again.expose(), words.expose());
        }
    }
    if let Ok(name) = clean_name(text) {
        assert_eq!(clean_name(&name).as_ref(), Ok(&name));
    }
    assert_eq!(skeleton(&skeleton(text)), skeleton(text));
});
