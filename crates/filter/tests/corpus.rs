//! The hostile corpus goes through the filter, and the judges look at what is left.

mod judge;

use roneo_filter::corpus;

#[test]
fn no_hostile_page_or_sheet_gets_anything_through() {
    let vectors = corpus::texts();
    assert!(vectors.len() >= 500);
    for vector in &vectors {
        let written = match vector.media_type {
            "text/css" => judge::sheet(&vector.bytes, None) + &judge::sheet(&vector.bytes, Some("roneo-page")),
            _ => judge::page(&vector.bytes),
        };
        let lower = written.to_ascii_lowercase();
        assert!(!lower.contains("<script"), "{} became {written}", vector.name);
        // Apart from the judges' own reading of addresses: as text these may be there, as the beginning of an address not.
        for place in ["href=\"", "src=\"", "srcset=\"", "poster=\"", "url(\"", "url(&quot;"] {
            for start in [
                "http://w.test",
                "https://w.test",
                "//w.test",
                "http://127.",
                "http://localhost",
                "javascript:",
                "data:",
            ] {
                assert!(!lower.contains(&format!("{place}{start}")), "{} became {written}", vector.name);
            }
        }
    }
}

/// The judges can say no: without the filter, most of the corpus does not pass them.
#[test]
fn the_judges_refuse_what_was_not_filtered() {
    let vectors = corpus::texts();
    let pages = vectors.iter().filter(|vector| vector.name.starts_with("html/") && vector.media_type == "text/html");
    let (mut refused, mut all) = (0, 0);
    for vector in pages {
        let page = format!("<!DOCTYPE html>{}", String::from_utf8_lossy(&vector.bytes));
        refused += usize::from(judge::Tree::parse(&page).check().is_err());
        all += 1;
    }
    assert!(refused * 10 > all * 6, "{refused} of {all}");
}
