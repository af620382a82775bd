//! WebP, by way of RGB pixels with or without alpha.

use std::io::Cursor;

use image_webp::{DecodingError, WebPDecoder};

use super::{Format, MAX_PIXELS, PictureError, Pixels, check_size, jpeg, orientation, png};
use crate::report::{Kind, Report};

pub(super) fn again(bytes: &[u8], report: &mut Report) -> Result<(Format, Vec<u8>), PictureError> {
    check_sizes(bytes)?;
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(broken)?;
    decoder.set_memory_limit(MAX_PIXELS * 4);
    let (width, height) = decoder.dimensions();
    check_size(width, height)?;
    if decoder.is_animated() {
        report.add(Kind::Bounds, "WebP");
    }
    let lossy = decoder.is_lossy();
    let channels = if decoder.has_alpha() { 4 } else { 3 };
    let mut samples = vec![0; decoder.output_buffer_size().ok_or(PictureError::TooLarge)?];
    decoder.read_image(&mut samples).map_err(broken)?;
    let exif = decoder.exif_metadata().ok().flatten().unwrap_or_default();
    let pixels = Pixels { width: width as usize, height: height as usize, channels, samples };
    let pixels = orientation::apply(orientation::of(&exif), pixels)?;
    if lossy && channels == 3 {
        jpeg::write(&pixels).map(|bytes| (Format::Jpeg, bytes))
    } else {
        png::write(&pixels).map(|bytes| (Format::Png, bytes))
    }
}

/// Looks at the size that each picture in the file names of itself: the decoder goes by the canvas when it checks, and
/// by the picture when it reserves.
fn check_sizes(bytes: &[u8]) -> Result<(), PictureError> {
    for (name, data) in chunks(bytes.get(12..).unwrap_or_default()) {
        // A frame of an animation has 16 bytes before its own chunks.
        let inner = if name == b"ANMF" { data.get(16..).unwrap_or_default() } else { &[] };
        for (name, data) in chunks(inner).chain([(name, data)]) {
            let (width, height) = match (name, data) {
                (b"VP8 ", &[_, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1, ..]) => {
                    (u16::from_le_bytes([w0, w1]) & 0x3FFF, u16::from_le_bytes([h0, h1]) & 0x3FFF)
                }
                (b"VP8L", &[0x2F, b0, b1, b2, b3, ..]) => {
                    let bits = u32::from_le_bytes([b0, b1, b2, b3]);
                    // Fourteen bits each, one less than the side.
                    (((bits & 0x3FFF) + 1) as u16, ((bits >> 14 & 0x3FFF) + 1) as u16)
                }
                (b"VP8 " | b"VP8L", _) => return Err(PictureError::Broken),
                _ => continue,
            };
            check_size(width.into(), height.into())?;
        }
    }
    Ok(())
}

/// The chunks of a RIFF file: four bytes of name, four of length, data, and a byte where the length is odd.
pub(super) fn chunks(bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (header, behind) = rest.split_at_checked(8)?;
        let length = u32::from_le_bytes(header[4..].try_into().ok()?) as usize;
        let (data, behind) = behind.split_at(length.min(behind.len()));
        rest = behind.get(length % 2..).unwrap_or_default();
        Some((&header[..4], data))
    })
}

fn broken(error: DecodingError) -> PictureError {
    match error {
        DecodingError::MemoryLimitExceeded | DecodingError::ImageTooLarge => PictureError::TooLarge,
        _ => PictureError::Broken,
    }
}
