//! Which media type the ending of a file name stands for.
//!
//! A guess that stands in a manifest or root for browsers and people to go by. It decides nothing
//! about safety: whoever shows content judges its type anew, since a stranger may have written it.
//! Types are those of IANA's registry where it has one.

/// Endings in lower case, by what they stand for.
const BY_ENDING: &[(&str, &[&str])] = &[
    ("text/plain", &["txt", "text", "log"]),
    ("text/markdown", &["md", "markdown"]),
    ("text/html", &["html", "htm"]),
    ("text/css", &["css"]),
    ("text/javascript", &["js", "mjs"]),
    ("text/csv", &["csv"]),
    ("text/calendar", &["ics"]),
    ("text/vcard", &["vcf"]),
    ("text/vtt", &["vtt"]),
    ("application/xhtml+xml", &["xhtml"]),
    ("application/xml", &["xml", "xsl"]),
    ("application/rss+xml", &["rss"]),
    ("application/atom+xml", &["atom"]),
    ("application/json", &["json", "map"]),
    ("application/ld+json", &["jsonld"]),
    ("application/manifest+json", &["webmanifest"]),
    ("application/wasm", &["wasm"]),
    ("application/pdf", &["pdf"]),
    ("application/rtf", &["rtf"]),
    ("application/epub+zip", &["epub"]),
    ("application/zip", &["zip"]),
    ("application/gzip", &["gz", "tgz"]),
    ("application/zstd", &["zst"]),
    ("application/x-bzip2", &["bz2"]),
    ("application/x-xz", &["xz"]),
    ("application/x-tar", &["tar"]),
    ("application/x-7z-compressed", &["7z"]),
    ("application/x-bittorrent", &["torrent"]),
    ("application/pgp-signature", &["sig", "asc"]),
    ("application/msword", &["doc"]),
    ("application/vnd.ms-excel", &["xls"]),
    ("application/vnd.ms-powerpoint", &["ppt"]),
    ("application/vnd.oasis.opendocument.text", &["odt"]),
    ("application/vnd.oasis.opendocument.spreadsheet", &["ods"]),
    ("application/vnd.oasis.opendocument.presentation", &["odp"]),
    ("application/vnd.oasis.opendocument.graphics", &["odg"]),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", &["docx"]),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", &["xlsx"]),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", &["pptx"]),
    ("image/png", &["png"]),
    ("image/apng", &["apng"]),
    ("image/jpeg", &["jpg", "jpeg"]),
    ("image/gif", &["gif"]),
    ("image/webp", &["webp"]),
    ("image/avif", &["avif"]),
    ("image/jxl", &["jxl"]),
    ("image/heic", &["heic"]),
    ("image/bmp", &["bmp"]),
    ("image/tiff", &["tif", "tiff"]),
    ("image/svg+xml", &["svg"]),
    ("image/vnd.microsoft.icon", &["ico"]),
    ("audio/ogg", &["ogg", "oga", "opus", "spx"]),
    ("audio/mpeg", &["mp3"]),
    ("audio/mp4", &["m4a"]),
    ("audio/aac", &["aac"]),
    ("audio/flac", &["flac"]),
    ("audio/wav", &["wav"]),
    ("audio/midi", &["mid", "midi"]),
    ("video/webm", &["webm"]),
    ("video/mp4", &["mp4", "m4v"]),
    ("video/ogg", &["ogv"]),
    ("video/mpeg", &["mpg", "mpeg"]),
    ("video/quicktime", &["mov"]),
    ("video/matroska", &["mkv"]),
    ("font/woff", &["woff"]),
    ("font/woff2", &["woff2"]),
    ("font/ttf", &["ttf"]),
    ("font/otf", &["otf"]),
];

/// The media type that a file name's ending stands for, in any case; empty where it stands for none.
#[must_use]
pub fn of_name(name: &str) -> &'static str {
    let Some((stem, ending)) = name.rsplit_once('.') else { return "" };
    if stem.is_empty() {
        // `.txt` is a hidden file without an ending.
        return "";
    }
    let known = |(_, endings): &&(&str, &[&str])| endings.iter().any(|known| known.eq_ignore_ascii_case(ending));
    BY_ENDING.iter().find(known).map_or("", |(media_type, _)| media_type)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Root;

    #[test]
    fn endings_stand_for_types() {
        let table = [
            ("a.txt", "text/plain"),
            ("A.PNG", "image/png"),
            ("a.b.jpg", "image/jpeg"),
            ("style.css", "text/css"),
            ("app.mjs", "text/javascript"),
            ("police.woff2", "font/woff2"),
            ("logo.svg", "image/svg+xml"),
            ("flux.atom", "application/atom+xml"),
            ("film.mp4", "video/mp4"),
            ("radio.opus", "audio/ogg"),
            ("archive.tar.gz", "application/gzip"),
        ];
        for (name, media_type) in table {
            assert_eq!(of_name(name), media_type, "{name}");
        }
        for name in ["", "txt", ".txt", "a.", "a.exe", "工会"] {
            assert_eq!(of_name(name), "", "{name}");
        }
    }

    #[test]
    fn every_ending_stands_once_and_every_type_fits_a_root() {
        let mut seen = BTreeSet::new();
        for (media_type, endings) in BY_ENDING {
            assert!(Root::is_media_type(media_type) && media_type.contains('/'), "{media_type}");
            for ending in *endings {
                assert!(seen.insert(ending), "{ending} twice");
                assert_eq!(*ending, ending.to_ascii_lowercase());
            }
        }
    }
}
