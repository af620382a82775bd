//! How fetched bytes are shown: inline for a few harmless types, else as a download.
//!
//! The type stands in the content's root, so a stranger chose it. Types that a browser would
//! interpret (HTML, SVG, PDF, …) are never handed on under their name.

use crate::link::push_encoded;

/// Types that a browser may show by itself, and what it is told they are.
const INLINE: [(&str, &str); 5] = [
    ("text/plain", "text/plain;charset=utf-8"),
    ("image/png", "image/png"),
    ("image/jpeg", "image/jpeg"),
    ("image/gif", "image/gif"),
    ("image/webp", "image/webp"),
];

/// Longest file name offered for a download, in characters.
const NAME_LEN: usize = 100;

/// What two headers say about fetched bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Presentation {
    /// For Content-Type.
    pub(crate) content_type: &'static str,
    /// For Content-Disposition, in visible ASCII.
    pub(crate) disposition: String,
}

/// How content of this media type and name, both in a stranger's words, is shown.
pub(crate) fn presentation(media_type: &str, name: &str) -> Presentation {
    let (kind, content_type) =
        inline(media_type).map_or(("attachment", "application/octet-stream"), |&(_, shown_as)| ("inline", shown_as));
    let name = clean(name);
    if name.is_empty() {
        return Presentation { content_type, disposition: kind.to_owned() };
    }
    // RFC 6266: a plain form for old clients, then the real name.
    let plain: String = name.chars().map(|c| if c.is_ascii() && !"\"\\%".contains(c) { c } else { '_' }).collect();
    let mut disposition = format!("{kind}; filename=\"{plain}\"; filename*=UTF-8''");
    push_encoded(&mut disposition, &name, b"-._~");
    Presentation { content_type, disposition }
}

fn inline(media_type: &str) -> Option<&'static (&'static str, &'static str)> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    INLINE.iter().find(|(known, _)| known.eq_ignore_ascii_case(essence))
}

/// A file name without directories, characters that turn or hide text, and leading dots.
pub(crate) fn clean(name: &str) -> String {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown = base.chars().filter(|c| !c.is_control() && !turns_text(*c));
    let shown: String = shown.collect();
    shown.trim().trim_start_matches('.').chars().take(NAME_LEN).collect()
}

/// Unicode's direction and zero-width marks: `photo`, a mark and `gnp.exe` are shown as `photoexe.png`.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(media_type: &str, name: &str, content_type: &str, disposition: &str) {
        let found = presentation(media_type, name);
        assert_eq!((found.content_type, found.disposition.as_str()), (content_type, disposition));
        assert!(axum::http::HeaderValue::from_str(disposition).is_ok());
    }

    #[test]
    fn few_types_are_shown_and_the_rest_downloaded() {
        check("text/plain", "", "text/plain;charset=utf-8", "inline");
        check("Text/Plain; charset=utf-16", "", "text/plain;charset=utf-8", "inline");
        check("image/webp", "", "image/webp", "inline");
        for other in ["", "text/html", "image/svg+xml", "application/pdf", "text/plain2", "image/png,text/html"] {
            check(other, "", "application/octet-stream", "attachment");
        }
    }

    #[test]
    fn names_neither_climb_nor_lie_nor_split_the_header() {
        let bytes = "application/octet-stream";
        check("", "tract.txt", bytes, "attachment; filename=\"tract.txt\"; filename*=UTF-8''tract.txt");
        check("", "../../.bashrc", bytes, "attachment; filename=\"bashrc\"; filename*=UTF-8''bashrc");
        check("", "C:\\a.exe", bytes, "attachment; filename=\"a.exe\"; filename*=UTF-8''a.exe");
        check("", "été.txt", bytes, "attachment; filename=\"_t_.txt\"; filename*=UTF-8''%C3%A9t%C3%A9.txt");
        check("", "a\"b\r\nX: y", bytes, "attachment; filename=\"a_bX: y\"; filename*=UTF-8''a%22bX%3A%20y");
        check(
            "",
            "photo\u{202e}gnp.exe",
            bytes,
            "attachment; filename=\"photognp.exe\"; filename*=UTF-8''photognp.exe",
        );
        check("", "..", bytes, "attachment");
        assert!(presentation("", &"é".repeat(400)).disposition.len() < 1_000);
    }
}
