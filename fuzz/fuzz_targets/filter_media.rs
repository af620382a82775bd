//! What a file is follows from its head, whatever it is declared to be.

#![no_main]

use libfuzzer_sys::fuzz_target;
use roneo_filter::Treatment;

fuzz_target!(|data: &[u8]| {
    let told = roneo_filter::treatment(data, "");
    for declared in ["text/html", "text/css", "image/png", "audio/ogg", "image/svg+xml"] {
        let treatment = roneo_filter::treatment(data, declared);
        // A declaration makes no picture or recording of what is none.
        if matches!(treatment, Treatment::Picture(_) | Treatment::Recording(_)) {
            assert_eq!(treatment, told);
        }
    }
});
