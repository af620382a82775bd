//! What texts in a format may be. Foreign text is checked when it is read, once, and never again where it is shown.

use crate::cbor::FormatError;

/// Bytes of a language tag (BCP 47), at most.
const MAX_LANGUAGE_LEN: usize = 35;
/// Segments of a board's path, at most.
pub const MAX_PATH_SEGMENTS: usize = 6;
/// Bytes of a segment, at most.
pub const MAX_SEGMENT_LEN: usize = 24;

type Checked = Result<(), FormatError>;

/// A text of one line: at most `max` characters, no control characters, something besides spaces.
pub(crate) fn line(field: &'static str, text: &str, max: usize) -> Checked {
    optional_line(field, text, max)?;
    within(field, !text.trim().is_empty())
}

/// As [`line`], or empty.
pub(crate) fn optional_line(field: &'static str, text: &str, max: usize) -> Checked {
    within(field, text.chars().take(max + 1).count() <= max && !text.chars().any(is_control))
}

/// A text of many lines, at most `max` bytes of UTF-8.
pub(crate) fn lines(field: &'static str, text: &str, max: usize) -> Checked {
    within(field, text.len() <= max && !text.chars().any(|found| is_control(found) && found != '\n' && found != '\t'))
}

/// A list of at most `max`, each of which `check` lets pass.
pub(crate) fn list<T>(field: &'static str, items: &[T], max: usize, check: impl Fn(&T) -> Checked) -> Checked {
    within(field, items.len() <= max)?;
    items.iter().try_for_each(check)
}

/// A list of at most `max`, none of them twice.
pub(crate) fn set<T: Ord>(field: &'static str, items: &[T], max: usize) -> Checked {
    let all: std::collections::BTreeSet<&T> = items.iter().take(max + 1).collect();
    within(field, items.len() <= max && all.len() == items.len())
}

/// A language tag in its shape, known or not: `fr`, `pt-BR`.
pub(crate) fn language(field: &'static str, tag: &str) -> Checked {
    let mut parts = tag.split('-');
    let first = parts.next().unwrap_or_default();
    let fits = (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    within(field, fits && tag.len() <= MAX_LANGUAGE_LEN)
}

/// A board's path: `fr/31/toulouse/precaires`.
pub(crate) fn path(field: &'static str, path: &str) -> Checked {
    let segment = |segment: &str| {
        (1..=MAX_SEGMENT_LEN).contains(&segment.len())
            && segment.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
    };
    within(field, path.split('/').count() <= MAX_PATH_SEGMENTS && path.split('/').all(segment))
}

/// A place (ISO 3166): `FR`, `FR-31`, or nothing.
pub(crate) fn place(field: &'static str, code: &str) -> Checked {
    let mut parts = code.split('-');
    let country =
        parts.next().is_some_and(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_uppercase()));
    let region = parts.next().is_none_or(|part| {
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    });
    within(field, code.is_empty() || (country && region && parts.next().is_none()))
}

/// What holds, or the name of the field that is not within its bounds.
pub(crate) fn within(field: &'static str, holds: bool) -> Checked {
    if holds { Ok(()) } else { Err(FormatError::Field(field)) }
}

fn is_control(found: char) -> bool {
    found.is_control() || matches!(found, '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(checked: Checked) -> bool {
        checked.is_ok()
    }

    #[test]
    fn lines_are_lines() {
        assert!(fits(line("title", "Réquisition : qui vient ?", 140)));
        for wrong in ["", "  ", "a\nb", "a\u{7}", "a\u{2028}b", &"é".repeat(141)] {
            assert!(!fits(line("title", wrong, 140)), "{wrong:?}");
        }
        assert!(fits(line("title", &"é".repeat(140), 140)));
        assert!(
            fits(lines("text", "a\n\n\tb", 10)) && !fits(lines("text", "a\r\nb", 10)) && !fits(lines("text", "ééé", 5))
        );
    }

    #[test]
    fn tags_paths_and_places_have_their_shape() {
        for good in ["fr", "pt-BR", "zh-Hant-TW", "oci"] {
            assert!(fits(language("lang", good)), "{good}");
        }
        for wrong in ["", "FR", "f", "fr_FR", "fr-", "fr-abcdefghi", "français"] {
            assert!(!fits(language("lang", wrong)), "{wrong}");
        }
        for good in ["fr/31/toulouse/precaires", "int", "a-b/c"] {
            assert!(fits(path("path", good)), "{good}");
        }
        for wrong in ["", "/fr", "fr/", "fr//31", "Fr", "fr/é", "a/b/c/d/e/f/g", "a/../b", &"a".repeat(25)] {
            assert!(!fits(path("path", wrong)), "{wrong}");
        }
        for good in ["", "FR", "FR-31", "FR-2A", "GB-ENG"] {
            assert!(fits(place("place", good)), "{good}");
        }
        for wrong in ["fr", "F", "FR-", "FR-3131", "FR-31-1", "FRA"] {
            assert!(!fits(place("place", wrong)), "{wrong}");
        }
    }

    #[test]
    fn sets_have_nothing_twice() {
        assert!(
            fits(set("keys", &[1, 2, 3], 3)) && !fits(set("keys", &[1, 2, 1], 3)) && !fits(set("keys", &[1, 2, 3], 2))
        );
    }
}
