//! A page of anybody becomes one that filtering does not change again, and never much longer.

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
    let Ok(page) = roneo_filter::html(data, None, &CONTEXT) else { return };
    let document = page.document(None);
    assert!(document.len() <= 32 * data.len() + 16_384, "{} bytes became {}", data.len(), document.len());
    let again = roneo_filter::html(document.as_bytes(), None, &CONTEXT).map(|page| page.document(None));
    assert!(
        again.as_ref() == Ok(&document) || document.len() > roneo_filter::MAX_TEXT_LEN,
        "filtering twice is not filtering once"
    );
    let _ = roneo_filter::markdown(data, None, &CONTEXT);
});
