//! What a picture says besides its pixels: found, told, and taken out without decoding.
//!
//! [`strip`] is for what a user is about to insert and wants to keep to the last pixel. Where it does not know a
//! format it says so, since a file that looks stripped and is not is the worst of all.

use super::webp::chunks;
use super::{Format, MAX_PICTURE_LEN, orientation};
use crate::report::{Kind, Report};

/// A file without what it said besides its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stripped {
    /// The file.
    pub bytes: Vec<u8>,
    /// What was removed.
    pub report: Report,
}

/// Why nothing can be taken out of a file. Each message says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CannotStrip {
    /// A GIF, WebP or TIFF, or a picture above [`MAX_PICTURE_LEN`].
    #[error(
        "what this picture says of its maker can only be removed by making it anew: choose that, or insert a PNG or JPEG"
    )]
    Picture,
    /// PDF or the older office formats.
    #[error(
        "a document like this holds names, dates and earlier versions that cannot be removed here: export it as plain text or as pictures, or insert it knowing that"
    )]
    Document,
    /// ZIP, and the office formats that are made of it.
    #[error(
        "this is a document or archive whose files hold names and dates that cannot be removed here: insert its files one by one, or insert it knowing that"
    )]
    Archive,
    /// A PNG or JPEG that does not hold together.
    #[error(
        "this picture is damaged, so nothing can be removed from it safely: save it anew in the program that made it"
    )]
    Damaged,
    /// Anything else.
    #[error("whether this file names its maker cannot be told here: look at it in the program that made it")]
    Other,
}

/// Takes Exif, comments, profiles, thumbnails and whatever stands behind the end out of a PNG or JPEG. Pixels are not
/// touched; a note of the orientation stays, alone.
///
/// # Errors
/// [`CannotStrip`] for all other formats.
pub fn strip(bytes: &[u8]) -> Result<Stripped, CannotStrip> {
    let mut report = Report::default();
    let bytes = match (Format::of(bytes), bytes) {
        (Some(_), _) if bytes.len() > MAX_PICTURE_LEN => return Err(CannotStrip::Picture),
        (Some(Format::Png), _) => strip_png(bytes, &mut report).ok_or(CannotStrip::Damaged)?,
        (Some(Format::Jpeg), _) => strip_jpeg(bytes, &mut report).ok_or(CannotStrip::Damaged)?,
        (Some(_), _) | (None, [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..]) => {
            return Err(CannotStrip::Picture);
        }
        (None, [b'%', b'P', b'D', b'F', ..] | [0xD0, 0xCF, 0x11, 0xE0, ..]) => return Err(CannotStrip::Document),
        (None, [b'P', b'K', 3, 4, ..]) => return Err(CannotStrip::Archive),
        _ => return Err(CannotStrip::Other),
    };
    Ok(Stripped { bytes, report })
}

/// Notes what a picture says besides its pixels.
pub(super) fn note(format: Format, bytes: &[u8], report: &mut Report) {
    match format {
        Format::Png => {
            strip_png(bytes, report);
        }
        Format::Jpeg => {
            strip_jpeg(bytes, report);
        }
        Format::Gif => {
            for (start, name) in [(&[0x21, 0xFE][..], "comment"), (b"XMP DataXMP", "XMP")] {
                if bytes.windows(start.len()).any(|window| window == start) {
                    report.add(Kind::Metadata, name);
                }
            }
            // The last byte of a GIF, unless another follows by chance.
            if bytes.last() != Some(&0x3B) {
                report.add(Kind::Hidden, "");
            }
        }
        Format::WebP => {
            for (name, _) in chunks(bytes.get(12..).unwrap_or_default()) {
                if matches!(name, b"EXIF" | b"XMP " | b"ICCP") {
                    report.add(Kind::Metadata, &String::from_utf8_lossy(name));
                }
            }
        }
    }
}

/// Chunks of which pixels are made, or that say how they are to be seen.
const PNG_CHUNKS: [&[u8]; 13] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"bKGD", b"acTL", b"fcTL", b"fdAT",
];

fn strip_png(bytes: &[u8], report: &mut Report) -> Option<Vec<u8>> {
    let (signature, mut rest) = bytes.split_at_checked(8)?;
    let mut out = signature.to_vec();
    loop {
        let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
        let (chunk, behind) = rest.split_at_checked(length.checked_add(12)?)?;
        let name = &chunk[4..8];
        if PNG_CHUNKS.contains(&name) {
            out.extend(chunk);
        } else {
            report.add(Kind::Metadata, &String::from_utf8_lossy(name));
        }
        if name == b"IEND" {
            if !behind.is_empty() {
                report.add(Kind::Hidden, "");
            }
            return Some(out);
        }
        rest = behind;
    }
}

/// The segments before the first scan of a JPEG: marker and data without its length.
pub(super) fn segments(bytes: &[u8]) -> impl Iterator<Item = (u8, &[u8])> {
    let mut rest = bytes.get(2..).unwrap_or_default();
    std::iter::from_fn(move || {
        // A marker may have any number of FF before it.
        let start = rest.iter().position(|&byte| byte != 0xFF)?;
        let marker = *rest.get(start).filter(|_| start > 0)?;
        let behind = &rest[start + 1..];
        let length = usize::from(u16::from_be_bytes(behind.get(..2)?.try_into().ok()?));
        let data = behind.get(2..length)?;
        rest = &behind[length..];
        (marker != 0xDA).then_some((marker, data))
    })
}

fn strip_jpeg(bytes: &[u8], report: &mut Report) -> Option<Vec<u8>> {
    let mut out = vec![0xFF, 0xD8];
    let mut turn = 1;
    let mut kept = Vec::new();
    for (marker, data) in segments(bytes) {
        match marker {
            // Of JFIF all but its thumbnail, and the note of how Adobe's colours are stored.
            0xE0 if data.starts_with(b"JFIF\0") && data.len() >= 14 => {
                let mut head = data[..12].to_vec();
                head.extend([0, 0]);
                kept.push((marker, head));
                if data.len() > 14 {
                    report.add(Kind::Metadata, "thumbnail");
                }
            }
            0xEE if data.starts_with(b"Adobe") => kept.push((marker, data.get(..12)?.to_vec())),
            0xE0..=0xEF | 0xFE => {
                let note = minimal_exif(orientation::of(data));
                if data.starts_with(b"Exif\0\0") {
                    turn = orientation::of(data);
                    if data == note.as_slice() {
                        continue;
                    }
                }
                report.add(Kind::Metadata, if data.starts_with(b"Exif") { "Exif" } else { "comment" });
            }
            _ => kept.push((marker, data.to_vec())),
        }
    }
    if turn != 1 {
        out.extend([0xFF, 0xE1]);
        write_segment(&minimal_exif(turn), &mut out)?;
    }
    for (marker, data) in &kept {
        out.extend([0xFF, *marker]);
        write_segment(data, &mut out)?;
    }
    let scan = scan_start(bytes)?;
    let end = scans_end(&bytes[scan..])?;
    out.extend(&bytes[scan..scan + end]);
    if scan + end < bytes.len() {
        report.add(Kind::Hidden, "");
    }
    Some(out)
}

fn write_segment(data: &[u8], out: &mut Vec<u8>) -> Option<()> {
    out.extend(u16::try_from(data.len() + 2).ok()?.to_be_bytes());
    out.extend(data);
    Some(())
}

/// Exif data that says how the picture is turned, and nothing else.
fn minimal_exif(turn: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
    exif.extend([turn, 0, 0, 0, 0, 0, 0]);
    exif
}

/// Where the marker of the first scan stands.
fn scan_start(bytes: &[u8]) -> Option<usize> {
    let mut place = 2;
    loop {
        let start = place + bytes.get(place..)?.iter().position(|&byte| byte != 0xFF)?;
        if start == place {
            return None;
        }
        if bytes[start] == 0xDA {
            return Some(start - 1);
        }
        let length = usize::from(u16::from_be_bytes(bytes.get(start + 1..start + 3)?.try_into().ok()?));
        place = start + 1 + length.max(2);
    }
}

/// How long the scans are, with the end of the picture behind them; what lies between scans stays only if it is needed
/// to read them.
fn scans_end(bytes: &[u8]) -> Option<usize> {
    let mut place = 0;
    loop {
        place += bytes.get(place..)?.iter().position(|&byte| byte == 0xFF)?;
        match *bytes.get(place + 1)? {
            0xD9 => return Some(place + 2),
            // A stuffed FF, restarts, and fill bytes.
            0x00 | 0xD0..=0xD7 => place += 2,
            0xFF => place += 1,
            // Tables and scan headers.
            0xC4 | 0xDA | 0xDB | 0xDC | 0xDD => {
                place += 2 + usize::from(u16::from_be_bytes(bytes.get(place + 2..place + 4)?.try_into().ok()?));
            }
            // Notes between scans: no maker of pictures puts any there, so such a picture is not one to keep.
            _ => return None,
        }
    }
}
