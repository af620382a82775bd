//! What a file is: decided by its bytes, never by what it is declared to be.
//!
//! A declaration chooses only between readings that the bytes allow: text may be a page, a style sheet or plain text. If the bytes
//! are plainly something else than declared, the file is a download: that is how polyglots, which are a picture to one
//! reader and a page to another, got past those who believed either.

use crate::charset;
use crate::picture::Format;
use Refusal as Why;

/// How many bytes of a file [`treatment`] wants to see: all, or this many from the beginning.
pub const HEAD_LEN: usize = 64 << 10;

/// What is done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Treatment {
    /// Rebuilt by [`html`](crate::html()).
    Page,
    /// Rebuilt by [`css`](crate::css()).
    Sheet,
    /// Rebuilt by [`markdown`](crate::markdown()).
    Markdown,
    /// Shown by [`text`](crate::text()) as plain text.
    Text,
    /// Made anew by [`picture`](crate::picture()).
    Picture(Format),
    /// Sent as it is, with exactly this type: sound or film in a container whose head has been checked.
    Recording(&'static str),
    /// Not shown: saved, after a warning.
    Download(Refusal),
}

/// Why a file is not shown. Each has a warning of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The bytes are not what they are declared to be.
    Mismatch,
    /// A drawing that can hold programs: SVG and other XML.
    Drawing,
    /// A document of another program, which may load from elsewhere or hold programs: PDF, office formats.
    Document,
    /// A container of other files.
    Archive,
    /// A program.
    Program,
    /// None of what is known.
    Unknown,
}

/// Decides what to do with a file, from its first [`HEAD_LEN`] bytes (or all of a shorter one) and the media type that
/// came with it.
#[must_use]
pub fn treatment(head: &[u8], declared: &str) -> Treatment {
    let head = &head[..head.len().min(HEAD_LEN)];
    let declared = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (family, _) = declared.split_once('/').unwrap_or_default();
    let untold = declared.is_empty() || declared == "application/octet-stream";
    if let Some(format) = Format::of(head) {
        let agreed = untold || family == "image" && declared != "image/svg+xml";
        return if agreed { Treatment::Picture(format) } else { Treatment::Download(Why::Mismatch) };
    }
    if let Some(media_type) = recording(head) {
        let agreed = untold || matches!(family, "audio" | "video") || declared == "application/ogg";
        return if agreed { Treatment::Recording(media_type) } else { Treatment::Download(Why::Mismatch) };
    }
    if let Some(why) = refused(head) {
        return Treatment::Download(why);
    }
    match declared.as_str() {
        "text/html" | "application/xhtml+xml" if is_text(head) => Treatment::Page,
        "text/css" if is_text(head) => Treatment::Sheet,
        "text/markdown" | "text/x-markdown" if is_text(head) => Treatment::Markdown,
        "image/svg+xml" | "text/xml" | "application/xml" | "text/xsl" => Treatment::Download(Why::Drawing),
        _ if declared.ends_with("+xml") => Treatment::Download(Why::Drawing),
        "application/json" if is_text(head) => Treatment::Text,
        "text/html" | "application/xhtml+xml" | "text/css" | "text/markdown" | "text/x-markdown" => {
            Treatment::Download(Why::Mismatch)
        }
        _ if family == "text" && is_text(head) => Treatment::Text,
        _ if matches!(family, "text" | "image" | "audio" | "video") => Treatment::Download(Why::Mismatch),
        _ => Treatment::Download(Why::Unknown),
    }
}

/// Whether bytes can be text: UTF-16 by its mark, or nothing that no text has.
fn is_text(head: &[u8]) -> bool {
    let marked = head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]);
    marked || !head.iter().any(|&byte| byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B))
}

/// Signatures of what is never shown.
fn refused(head: &[u8]) -> Option<Refusal> {
    const SIGNATURES: [(&[u8], Refusal); 16] = [
        (b"%PDF", Why::Document),
        (b"\xD0\xCF\x11\xE0", Why::Document),
        (b"{\\rtf", Why::Document),
        (b"PK\x03\x04", Why::Archive),
        (b"PK\x05\x06", Why::Archive),
        (b"\x1F\x8B", Why::Archive),
        (b"BZh", Why::Archive),
        (b"\xFD7zXZ\0", Why::Archive),
        (b"7z\xBC\xAF\x27\x1C", Why::Archive),
        (b"Rar!\x1A\x07", Why::Archive),
        (b"\x28\xB5\x2F\xFD", Why::Archive),
        (b"MZ", Why::Program),
        (b"\x7FELF", Why::Program),
        (b"\xCA\xFE\xBA\xBE", Why::Program),
        (b"\xCF\xFA\xED\xFE", Why::Program),
        (b"\0asm", Why::Program),
    ];
    // Two letters are too little to tell a program from a text that begins so.
    let found = SIGNATURES.into_iter().find(|(signature, _)| head.starts_with(signature));
    found.filter(|(signature, _)| signature.len() > 2 || !is_text(head)).map(|(_, why)| why)
}

/// The exact type of a recording whose head holds together as one.
fn recording(head: &[u8]) -> Option<&'static str> {
    ogg(head)
        .or_else(|| webm(head))
        .or_else(|| mp4(head))
        .or_else(|| flac(head))
        .or_else(|| wav(head))
        .or_else(|| mp3(head))
}

/// Ogg (RFC 3533): a first page of version 0 with one packet, the head of a codec that is known.
fn ogg(head: &[u8]) -> Option<&'static str> {
    let page = head.strip_prefix(b"OggS\0\x02")?;
    let segments = usize::from(*page.get(20)?);
    let packet = page.get(21 + segments..)?;
    const CODECS: [(&[u8], &str); 5] = [
        (b"OpusHead", "audio/ogg"),
        (b"\x01vorbis", "audio/ogg"),
        (b"\x7FFLAC", "audio/ogg"),
        (b"Speex   ", "audio/ogg"),
        (b"\x80theora", "video/ogg"),
    ];
    CODECS.into_iter().find(|(codec, _)| packet.starts_with(codec)).map(|(_, media_type)| media_type)
}

/// WebM: an EBML header (RFC 8794) that names `webm`, and a segment behind it.
fn webm(head: &[u8]) -> Option<&'static str> {
    let (header, behind) = ebml_element(head.strip_prefix(b"\x1A\x45\xDF\xA3")?)?;
    let mut rest = header;
    let mut found = false;
    while !rest.is_empty() {
        let id_length = match rest[0] {
            0x80.. => 1,
            0x40.. => 2,
            _ => return None,
        };
        let (id, data) = rest.split_at_checked(id_length)?;
        let (value, next) = ebml_element(data)?;
        found |= id == b"\x42\x82" && value == b"webm";
        rest = next;
    }
    (found && behind.starts_with(b"\x18\x53\x80\x67")).then_some("video/webm")
}

/// The data of an element whose length begins the bytes, and what is behind it.
fn ebml_element(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let first = *bytes.first()?;
    let width = first.leading_zeros() as usize + 1;
    let rest = bytes.get(1..width.min(8))?;
    let mark = u64::from(first) & ((0x80_u64 >> (width - 1)).checked_sub(1)?);
    let length = rest.iter().fold(mark, |length, &byte| length << 8 | u64::from(byte));
    bytes.get(width..)?.split_at_checked(usize::try_from(length).ok()?)
}

/// MP4 (ISO 14496-12): a type box that names a known brand, and a box behind it.
fn mp4(head: &[u8]) -> Option<&'static str> {
    const BOXES: [&[u8]; 7] = [b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"styp"];
    let size = u32::from_be_bytes(head.get(..4)?.try_into().ok()?) as usize;
    let brand = head.get(8..12).filter(|_| &head[4..8] == b"ftyp" && (16..=512).contains(&size))?;
    let next = head.get(size + 4..size + 8)?;
    if !BOXES.contains(&next) {
        return None;
    }
    match brand {
        b"M4A " | b"M4B " => Some("audio/mp4"),
        b"isom" | b"iso2" | b"iso4" | b"iso5" | b"iso6" | b"mp41" | b"mp42" | b"avc1" | b"M4V " | b"dash" => {
            Some("video/mp4")
        }
        _ => None,
    }
}

/// FLAC (RFC 9639): the stream information, 34 bytes, comes first.
fn flac(head: &[u8]) -> Option<&'static str> {
    let block = head.strip_prefix(b"fLaC")?;
    (matches!(block, [0x00 | 0x80, 0, 0, 34, ..]) && block.len() >= 38).then_some("audio/flac")
}

/// WAVE: a format chunk of plausible length comes first.
fn wav(head: &[u8]) -> Option<&'static str> {
    let good = head.starts_with(b"RIFF") && head.get(8..16) == Some(b"WAVEfmt ");
    let length = u32::from_le_bytes(head.get(16..20)?.try_into().ok()?);
    (good && (16..=64).contains(&length)).then_some("audio/wav")
}

/// MP3: behind an ID3 tag, if there is one, two frames follow each other.
fn mp3(head: &[u8]) -> Option<&'static str> {
    let start = match head {
        [b'I', b'D', b'3', 2..=4, _, flags, a, b, c, d, ..] if [a, b, c, d].iter().all(|&&byte| byte < 0x80) => {
            let size = [a, b, c, d].iter().fold(0_usize, |size, &&byte| size << 7 | usize::from(byte));
            size + if flags & 0x10 == 0 { 10 } else { 20 }
        }
        _ => 0,
    };
    let next = start.checked_add(mp3_frame(head.get(start..)?)?)?;
    mp3_frame(head.get(next..)?).map(|_| "audio/mpeg")
}

/// The length of a frame of MPEG layer III (ISO 11172-3, section 2.4.2.3), whose head begins the bytes.
fn mp3_frame(bytes: &[u8]) -> Option<usize> {
    const RATES_1: [usize; 14] = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
    const RATES_2: [usize; 14] = [8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
    let &[0xFF, version, rate, _, ..] = bytes else { return None };
    let (first, divisor) = match version & 0xFE {
        0xFA => (true, 1),
        0xF2 => (false, 2),
        0xE2 => (false, 4),
        _ => return None,
    };
    let samples_per_second = [44_100, 48_000, 32_000].get(usize::from(rate >> 2 & 3))? / divisor;
    let kilobits = *(if first { RATES_1 } else { RATES_2 }).get(usize::from(rate >> 4).checked_sub(1)?)?;
    let padding = usize::from(rate >> 1 & 1);
    Some(if first { 144_000 } else { 72_000 } * kilobits / samples_per_second + padding)
}

/// Text as it is shown, to be served as `text/plain; charset=utf-8`: see [`charset`] for how it is read.
///
/// # Errors
/// [`TooLong`](crate::TooLong) above [`MAX_TEXT_LEN`](crate::MAX_TEXT_LEN).
pub fn text(bytes: &[u8], declared: Option<&str>) -> Result<String, crate::TooLong> {
    if bytes.len() > crate::MAX_TEXT_LEN {
        return Err(crate::TooLong);
    }
    Ok(charset::decode(bytes, declared))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The beginnings of good recordings, as their specifications have them.
    fn recordings() -> Vec<(&'static str, Vec<u8>)> {
        let ogg = |codec: &[u8]| [b"OggS\0\x02", &[0; 20][..], &[1, 19], codec, &[0; 16]].concat();
        let webm = b"\x1A\x45\xDF\xA3\x8B\x42\x86\x81\x01\x42\x82\x84webm\x18\x53\x80\x67\x01".to_vec();
        let mp4 = |brand: &[u8]| [b"\0\0\0\x14ftyp", brand, &[0; 4], b"isom\0\0\0\x08moov"].concat();
        let mut mp3 = vec![0; 417 * 2];
        for start in [0, 417] {
            mp3[start..start + 4].copy_from_slice(&[0xFF, 0xFB, 0x90, 0x00]);
        }
        let tagged = [b"ID3\x04\0\0\0\0\0\x05title", mp3.as_slice()].concat();
        vec![
            ("audio/ogg", ogg(b"OpusHead")),
            ("audio/ogg", ogg(b"\x01vorbis")),
            ("video/ogg", ogg(b"\x80theora")),
            ("video/webm", webm),
            ("video/mp4", mp4(b"isom")),
            ("audio/mp4", mp4(b"M4A ")),
            ("audio/mpeg", mp3),
            ("audio/mpeg", tagged),
            ("audio/flac", [b"fLaC\0\0\0\x22", &[0; 40][..]].concat()),
            ("audio/wav", b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0".to_vec()),
        ]
    }

    #[test]
    fn recordings_are_known_by_their_heads() {
        for (media_type, head) in recordings() {
            for declared in ["", "audio/x", "video/x", "application/octet-stream"] {
                assert_eq!(treatment(&head, declared), Treatment::Recording(media_type));
            }
            for declared in ["text/html", "image/png", "text/plain", "application/pdf"] {
                assert_eq!(treatment(&head, declared), Treatment::Download(Refusal::Mismatch), "{media_type}");
            }
            // Cut short it is none.
            assert!(!matches!(treatment(&head[..8], "audio/ogg"), Treatment::Recording(_)), "{media_type}");
        }
        for head in [
            b"OggS\0\x02<script>".to_vec(),
            b"\x1A\x45\xDF\xA3\x8B\x42\x86\x81\x01\x42\x82\x84mkv \x18\x53\x80\x67".to_vec(),
            b"\0\0\0\x14ftypqt  \0\0\0\0isom\0\0\0\x08moov".to_vec(),
            b"\0\0\0\x14ftypisom\0\0\0\0isom<script>".to_vec(),
            b"\xFF\xFB\x90\x00<script>".to_vec(),
            b"ID3\x04\0\0\0\0\0\x05title<script>".to_vec(),
        ] {
            assert_eq!(treatment(&head, "video/mp4"), Treatment::Download(Refusal::Mismatch), "{head:?}");
        }
    }

    #[test]
    fn the_bytes_decide_and_a_declaration_only_chooses() {
        use Treatment::{Download, Markdown, Page, Picture, Sheet, Text};
        let png = b"\x89PNG\r\n\x1a\n".as_slice();
        for (head, declared, expected) in [
            (b"<p>x".as_slice(), "text/html; charset=utf-8", Page),
            (b"<p>x", "application/xhtml+xml", Page),
            (b"\xFF\xFE<\0p\0", "Text/HTML", Page),
            (b"p{}", "text/css", Sheet),
            (b"# x", "text/markdown", Markdown),
            (b"<p>x", "text/plain", Text),
            (b"<script>", "text/javascript", Text),
            (b"{}", "application/json", Text),
            (b"caf\xe9", "text/plain", Text),
            (b"", "text/plain", Text),
            (b"MZ is how it begins", "text/plain", Text),
            (b"BZh", "text/plain", Download(Refusal::Archive)),
            (b"a\0b", "text/plain", Download(Refusal::Mismatch)),
            (b"a\0b", "text/html", Download(Refusal::Mismatch)),
            (png, "image/png", Picture(Format::Png)),
            (png, "image/jpeg", Picture(Format::Png)),
            (png, "", Picture(Format::Png)),
            (png, "text/html", Download(Refusal::Mismatch)),
            (png, "image/svg+xml", Download(Refusal::Mismatch)),
            (b"GIF89a/*<script>*/=1", "text/html", Download(Refusal::Mismatch)),
            (b"<svg>", "image/svg+xml", Download(Refusal::Drawing)),
            (b"<?xml version='1.0'?>", "application/rss+xml", Download(Refusal::Drawing)),
            (b"<html>", "image/png", Download(Refusal::Mismatch)),
            (b"%PDF-1.7", "text/html", Download(Refusal::Document)),
            (b"PK\x03\x04", "application/vnd.oasis.opendocument.text", Download(Refusal::Archive)),
            (b"MZ\x90\0", "", Download(Refusal::Program)),
            (b"\x7FELF", "text/plain", Download(Refusal::Program)),
            (b"<p>x", "", Download(Refusal::Unknown)),
            (b"<p>x", "application/octet-stream", Download(Refusal::Unknown)),
            (b"<p>x", "no type", Download(Refusal::Unknown)),
        ] {
            assert_eq!(treatment(head, declared), expected, "{:?} as {declared}", String::from_utf8_lossy(head));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_stop_it(
            start in prop::sample::select(recordings().into_iter().map(|(_, head)| head).chain([vec![]]).collect::<Vec<_>>()),
            cut in 0_usize..64,
            more in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let mut head = start;
            head.truncate(cut);
            head.extend(more);
            for declared in ["", "text/html", "audio/ogg", "image/png"] {
                let _ = treatment(&head, declared);
            }
        }
    }
}
