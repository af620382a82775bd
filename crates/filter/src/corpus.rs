//! Hostile content by class, for this crate's tests and for those that put it before a browser.
//!
//! The files in `corpus/` hold what was written by hand; families that combine are made here. Everything must come out
//! of the filter without a program, a request to outside, or a place in the page around it.

mod files;

pub use files::{CANARY, files, picture};

/// A hostile file.
#[derive(Debug, Clone)]
pub struct Vector {
    /// Class and number, such as `html/mutation/12`.
    pub name: String,
    /// The media type that it is declared to have.
    pub media_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

const HTML: &str = include_str!("../corpus/html.txt");
const CSS: &str = include_str!("../corpus/css.txt");
const URLS: &str = include_str!("../corpus/urls.txt");

/// Places of a page where an address can stand, `@` being the address.
const PLACES: [&str; 28] = [
    "<a href=\"@\">x</a>",
    "<a href='@'>x</a>",
    "<map name=m><area href=\"@\"></map>",
    "<img src=\"@\">",
    "<img srcset=\"@ 1x\">",
    "<img srcset=\"a.png 1x, @ 2x\">",
    "<picture><source srcset=\"@\"><img src=a.png></picture>",
    "<video src=\"@\" poster=\"@\"></video>",
    "<audio><source src=\"@\"></audio>",
    "<body background=\"@\">",
    "<p style=\"background:url(@)\">x",
    "<p style=\"background:url('@')\">x",
    "<style>p{background:url(@)}</style>",
    "<style>p{background:url(\"@\")}</style>",
    "<style>@import \"@\";</style>",
    "<link rel=stylesheet href=\"@\">",
    "<link rel=icon href=\"@\">",
    "<iframe src=\"@\"></iframe>",
    "<object data=\"@\"></object>",
    "<embed src=\"@\">",
    "<form action=\"@\"><button formaction=\"@\">x</button></form>",
    "<input type=image src=\"@\">",
    "<base href=\"@\"><a href=x>y</a>",
    "<meta http-equiv=refresh content=\"0;url=@\">",
    "<svg><a href=\"@\"><text>x</text></a><image href=\"@\"/><use href=\"@\"/></svg>",
    "<math><mi href=\"@\">x</mi></math>",
    "<script src=\"@\"></script>",
    "<q cite=\"@\" background=\"@\" ping=\"@\" longdesc=\"@\" data-src=\"@\">x</q>",
];

/// Pages and style sheets, all that is text.
#[must_use]
pub fn texts() -> Vec<Vector> {
    let mut vectors = Vec::new();
    for (class, number, bytes) in entries(HTML) {
        vectors.push(Vector { name: format!("html/{class}/{number}"), media_type: "text/html", bytes });
    }
    for (class, number, bytes) in entries(CSS) {
        let element = [b"<style>", &bytes[..], b"</style><p class=x>y"].concat();
        vectors.push(Vector { name: format!("css/{class}/{number}"), media_type: "text/css", bytes: bytes.clone() });
        vectors.push(Vector { name: format!("style/{class}/{number}"), media_type: "text/html", bytes: element });
        if let Some(attribute) = attribute(&bytes) {
            vectors.push(Vector {
                name: format!("attribute/{class}/{number}"),
                media_type: "text/html",
                bytes: attribute,
            });
        }
    }
    for (number, address) in lines(URLS).enumerate() {
        for (place, text) in PLACES.iter().enumerate() {
            let parts: Vec<Vec<u8>> = text.split("\"@\"").map(|part| replace(part, &unescape(address))).collect();
            let quoted = [b"\"", unescape(address).as_slice(), b"\""].concat();
            let name = format!("url/{number}/{place}");
            vectors.push(Vector { name, media_type: "text/html", bytes: parts.join(quoted.as_slice()) });
        }
    }
    vectors
}

/// Replaces `@`, but not that of `@import`.
fn replace(text: &str, address: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (place, byte) in text.bytes().enumerate() {
        if byte == b'@' && !text[place..].starts_with("@import") { out.extend(address) } else { out.push(byte) }
    }
    out
}

/// A page with a paragraph that has the first rule's declarations in its `style`, quoted.
fn attribute(sheet: &[u8]) -> Option<Vec<u8>> {
    let start = sheet.iter().position(|&byte| byte == b'{')? + 1;
    let end = sheet.iter().rposition(|&byte| byte == b'}').filter(|&end| end > start)?;
    let mut page = b"<p style=\"".to_vec();
    for &byte in &sheet[start..end] {
        if byte == b'"' { page.extend(b"&quot;") } else { page.push(byte) }
    }
    page.extend(b"\">x");
    Some(page)
}

/// Lines that are neither empty nor a remark.
fn lines(file: &'static str) -> impl Iterator<Item = &'static str> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with("# "))
}

/// Class, number within the file, and content of each line.
fn entries(file: &'static str) -> impl Iterator<Item = (&'static str, usize, Vec<u8>)> {
    let split = lines(file).filter_map(|line| line.split_once(": "));
    split.enumerate().map(|(number, (class, content))| (class, number, unescape(content)))
}

/// Bytes written in hexadecimal between `⟦` and `⟧` become these bytes.
fn unescape(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('⟦') {
        out.extend(before.bytes());
        let (hex, behind) = behind.split_once('⟧').unwrap_or((behind, ""));
        let digits: Vec<u32> = hex.chars().filter_map(|char| char.to_digit(16)).collect();
        out.extend(digits.chunks(2).filter_map(|pair| u8::try_from(pair[0] * 16 + pair.get(1)?).ok()));
        rest = behind;
    }
    out.extend(rest.bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_corpus_is_what_its_files_say() {
        let vectors = texts();
        let names: HashSet<_> = vectors.iter().map(|vector| &vector.name).collect();
        assert_eq!(names.len(), vectors.len());
        assert_eq!(unescape("a⟦003C⟧b⟦0a⟧"), b"a\0<b\n");
        for (file, least) in [(HTML, 270), (CSS, 170), (URLS, 80)] {
            assert!(lines(file).count() >= least, "{}", lines(file).count());
        }
        for line in lines(HTML).chain(lines(CSS)) {
            let class = line.split_once(": ").map(|(class, _)| class);
            assert!(class.is_some_and(|class| class.bytes().all(|byte| byte.is_ascii_lowercase())), "{line}");
        }
    }
}
