//! Links as paths of this proxy, and back.

use roneo_keys::Uri;

/// Bytes that stand for themselves in a path: RFC 3986's unreserved ones and what a link is
/// punctuated with.
const PLAIN: &[u8] = b"-._~@,/";

/// The path under which the proxy opens a link: `/CHK@…`, percent-encoded. Whoever holds it can
/// read the content.
#[must_use]
pub fn page_path(uri: &Uri) -> String {
    let mut path = String::from("/");
    push_encoded(&mut path, &uri.to_text(), PLAIN);
    path
}

/// Percent-encodes all of `text` but letters, digits and the bytes in `plain`.
pub(crate) fn push_encoded(out: &mut String, text: &str, plain: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// What a path says once its percent signs are read, unless that is not UTF-8. A percent sign that
/// begins no escape stands for itself, as in browsers.
pub(crate) fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let escaped = match (first, after) {
            (b'%', [high, low, tail @ ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| (high << 4 | low, tail)),
            _ => None,
        };
        let (byte, tail) = escaped.unwrap_or((first, after));
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// Where a kept link is opened. It was read before it was kept.
pub(crate) fn page_of(link: &str) -> String {
    link.parse().map_or_else(|_| "/".to_owned(), |uri| page_path(&uri))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_survives_being_a_path() {
        let key = format!("CHK@{0},{0},AAAAAQA", "A".repeat(43));
        for name in ["", "/tract.txt", "/déclaration d'été?.txt", "/100 %/a#b&c", "/a\\b\"<>"] {
            let uri: Uri = format!("{key}{name}").parse().unwrap();
            let path = page_path(&uri);
            assert!(path.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\?#&".contains(&byte)), "{path}");
            assert_eq!(decode(&path).unwrap().trim_start_matches('/').parse::<Uri>().unwrap(), uri);
        }
    }

    #[test]
    fn escapes_are_read_once_and_loose_percent_signs_stay() {
        let table = [("%41%2f%2F", Some("A//")), ("%2541", Some("%41")), ("100%", Some("100%")), ("%zz", Some("%zz"))];
        for (path, expected) in table {
            assert_eq!(decode(path).as_deref(), expected, "{path}");
        }
        assert_eq!(decode("%ff"), None);
    }
}
