//! From bytes to text: which encoding, and which characters stay.
//!
//! Whatever comes in, what goes out is UTF-8 and is labelled so, hence no browser ever guesses. Decided, in this
//! order:
//!
//! 1. a byte order mark of UTF-8 or UTF-16;
//! 2. bytes that are valid UTF-8 are UTF-8, whatever they are declared to be: other encodings hardly ever look so;
//! 3. what is declared to be UTF-8, or to be UTF-16 (little- or big-endian, by name), with U+FFFD for what does not fit;
//! 4. windows-1252, which every byte string can be.
//!
//! Encodings with states or escapes (UTF-7, ISO-2022-JP, HZ) and the rest of the Encoding Standard's list are not read:
//! the same bytes mean two things in them, which is how filters were passed by.

/// What each byte from 0x80 to 0x9F means in windows-1252 (Encoding Standard, index-windows-1252); those without a
/// meaning stay the control characters that they are, and are then dropped.
const WINDOWS_1252: [char; 32] = [
    '\u{20AC}', '\u{81}', '\u{201A}', '\u{192}', '\u{201E}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2C6}', '\u{2030}',
    '\u{160}', '\u{2039}', '\u{152}', '\u{8D}', '\u{17D}', '\u{8F}', '\u{90}', '\u{2018}', '\u{2019}', '\u{201C}',
    '\u{201D}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2DC}', '\u{2122}', '\u{161}', '\u{203A}', '\u{153}', '\u{9D}',
    '\u{17E}', '\u{178}',
];

/// Decodes foreign text: lines end in `\n`, and no character is left that [`is_kept`] refuses.
///
/// `declared` is a charset that came with it (from a media type or the text itself), or nothing.
#[must_use]
pub fn decode(bytes: &[u8], declared: Option<&str>) -> String {
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xFF, 0xFE, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => decode_declared(bytes, declared),
        },
    };
    clean(&text)
}

fn decode_declared(bytes: &[u8], declared: Option<&str>) -> String {
    let declared = declared.unwrap_or_default().trim().to_ascii_lowercase();
    match declared.as_str() {
        "utf-8" | "utf8" | "unicode-1-1-utf-8" => String::from_utf8_lossy(bytes).into_owned(),
        "utf-16" | "utf-16le" => utf_16(bytes, u16::from_le_bytes),
        "utf-16be" => utf_16(bytes, u16::from_be_bytes),
        _ => bytes.iter().map(|&byte| from_windows_1252(byte)).collect(),
    }
}

/// The character that a byte is in windows-1252; numeric references of HTML go by the same table.
pub(crate) fn from_windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks(2).map(|pair| match *pair {
        [first, second] => unit([first, second]),
        _ => 0xFFFD,
    });
    char::decode_utf16(units).map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Whether a character of foreign text is shown. Refused are controls other than tab and line feed, noncharacters, and
/// the byte order mark, which has no meaning inside of text.
#[must_use]
pub fn is_kept(char: char) -> bool {
    let code = u32::from(char);
    match code {
        0x09 | 0x0A => true,
        0xFEFF | 0xFDD0..=0xFDEF => false,
        _ => !char.is_control() && code & 0xFFFE != 0xFFFE,
    }
}

/// Normalises line ends, makes a space of a form feed, and drops what is not kept.
pub(crate) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' => cleaned.push('\n'),
            '\u{C}' => cleaned.push(' '),
            _ if is_kept(char) => cleaned.push(char),
            _ => {}
        }
    }
    cleaned
}

/// The charset parameter of a media type such as `text/html; charset="utf-8"`.
#[must_use]
pub fn of_media_type(media_type: &str) -> Option<&str> {
    media_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

/// The charset that a page names in its first 1,024 bytes, as the HTML Standard's prescan finds it: the first
/// `charset=` behind a `<meta`. Only consulted where the bytes themselves do not decide.
#[must_use]
pub fn of_html(bytes: &[u8]) -> Option<String> {
    let head: String = bytes.iter().take(1_024).map(|&byte| char::from(byte).to_ascii_lowercase()).collect();
    let meta = head.split("<meta").skip(1).find_map(|tag| {
        let (_, value) = tag.split('>').next()?.split_once("charset")?;
        value.trim_start().strip_prefix('=')
    })?;
    let value = meta.trim_start().trim_start_matches(['"', '\'']);
    let end = value.find(|char: char| !char.is_ascii_alphanumeric() && !"-_:".contains(char)).unwrap_or(value.len());
    Some(value[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_decide_before_declarations() {
        let table: [(&[u8], Option<&str>, &str); 14] = [
            (b"plain", None, "plain"),
            ("caf\u{e9}".as_bytes(), Some("iso-8859-1"), "caf\u{e9}"),
            (b"caf\xe9", None, "caf\u{e9}"),
            (b"caf\xe9", Some("shift_jis"), "caf\u{e9}"),
            (b"caf\xe9", Some(" UTF-8 "), "caf\u{fffd}"),
            (b"\x80\x9f\x93", None, "\u{20ac}\u{178}\u{201c}"),
            (b"\xef\xbb\xbfx\xff", None, "x\u{fffd}"),
            (b"\xff\xfea\0b\0", None, "ab"),
            (b"\xfe\xff\0a\0b", Some("utf-8"), "ab"),
            (b"\xff\xfea\0b", None, "a\u{fffd}"),
            (b"\xff\xfe\x00\xd8a\0", None, "\u{fffd}a"),
            (b"+ADw-script+AD4-", Some("utf-7"), "+ADw-script+AD4-"),
            (b"\x1b$B!\x1b(B", Some("iso-2022-jp"), "$B!(B"),
            (b"a\r\nb\rc\x0cd\0e\x7f\xef\xbf\xbe", None, "a\nb\nc de"),
        ];
        for (bytes, declared, expected) in table {
            assert_eq!(decode(bytes, declared), expected, "{bytes:?} declared as {declared:?}");
        }
    }

    #[test]
    fn a_charset_is_found_where_it_is_declared() {
        assert_eq!(of_media_type("text/html; Charset=\"utf-8\""), Some("utf-8"));
        assert_eq!(of_media_type("text/html"), None);
        assert_eq!(of_html(b"<META content='text/html; charset=koi8-r'>").as_deref(), Some("koi8-r"));
        assert_eq!(of_html(b"<meta charset = \"utf-8\">").as_deref(), Some("utf-8"));
        assert_eq!(of_html(b"<p charset=x><meta name=y>"), None);
        assert_eq!(of_html(&[b' '; 2_000]), None);
    }
}
