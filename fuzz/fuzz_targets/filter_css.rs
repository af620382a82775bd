//! A style sheet of anybody becomes one that filtering does not change again, and that cannot end its element.

#![no_main]

use libfuzzer_sys::fuzz_target;
use roneo_filter::{Context, Links, Usage};
use roneo_keys::Uri;

/// Nothing leads anywhere.
struct Nowhere;

impl Links for Nowhere {
    fn key(&self, _: &Uri, _: Option<&str>, _: Usage) -> Option<String> {
        None
    }

    fn web(&self, _: &str) -> Option<String> {
        None
    }
}

const CONTEXT: Context<'static> = Context { path: "folder/page.html", links: &Nowhere, scope: None };

fuzz_target!(|data: &[u8]| {
    for scope in [None, Some("roneo-page")] {
        let context = Context { scope, ..CONTEXT };
        let Ok(sheet) = roneo_filter::css(data, None, &context) else { return };
        assert!(!sheet.text.contains('<'));
        let again = roneo_filter::css(sheet.text.as_bytes(), None, &context).map(|sheet| sheet.text);
        assert!(
            again.as_ref() == Ok(&sheet.text) || sheet.text.len() > roneo_filter::MAX_TEXT_LEN,
            "filtering twice is not filtering once"
        );
    }
});
