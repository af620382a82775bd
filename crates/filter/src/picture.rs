//! Pictures: decoded within limits to bare pixels, and encoded again.
//!
//! What a browser gets has been written by the encoders here, so nothing of the maker's bytes reaches its decoder, and
//! nothing that is not a pixel survives: no place, date or device, no profile, no comment, no second file behind the end.
//! The orientation that a camera notes is applied to the pixels first.
//!
//! | in | out |
//! | --- | --- |
//! | PNG | PNG, first picture of an animation |
//! | JPEG | JPEG of quality [`QUALITY`], grey or colour |
//! | GIF | GIF with its frames, up to the limits |
//! | WebP | JPEG if it is lossy and has no alpha, else PNG; first picture of an animation |
//!
//! Sizes are read and bounded before anything is allocated for pixels. The decoders are crates of others, and checks
//! for overflow are on in every build: a panic in one of them is a broken picture and no more.

mod gif;
mod jpeg;
mod orientation;
mod png;
mod strip;
mod webp;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::report::Report;

pub use strip::{CannotStrip, Stripped, strip};

/// Longest picture that is looked at, in bytes.
pub const MAX_PICTURE_LEN: usize = 32 << 20;

/// Most pixels of a picture, or of all frames of an animation together: what a telephone of 16 megapixels takes. A
/// progressive JPEG of this size needs about 200 MiB while it is decoded, so one is decoded at a time.
pub const MAX_PIXELS: usize = 16 << 20;

/// Longest side, in pixels.
pub const MAX_SIDE: u32 = 16_384;

/// Most frames of an animation.
pub const MAX_FRAMES: usize = 500;

/// Quality of JPEG that is written, of 100.
pub const QUALITY: u8 = 88;

/// A format of pictures that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    WebP,
}

impl Format {
    /// The format whose signature the bytes begin with.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some(Self::Png),
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Self::WebP),
            _ => None,
        }
    }

    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::WebP => "image/webp",
        }
    }
}

/// A picture as a browser may have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// In which format it has been written.
    pub format: Format,
    /// The file.
    pub bytes: Vec<u8>,
    /// What was removed.
    pub report: Report,
}

/// Why a picture is not shown. Each message says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// No signature of a format that is shown.
    #[error("this is not a picture of a kind that is shown here: save it instead")]
    Unknown,
    /// Above [`MAX_PICTURE_LEN`], [`MAX_PIXELS`] or [`MAX_SIDE`].
    #[error("this picture is too large to be shown here: save it instead")]
    TooLarge,
    /// It cannot be decoded.
    #[error("this picture is damaged and cannot be shown: save it, or ask its maker for another copy")]
    Broken,
}

/// Decodes and encodes a picture again. Takes up to seconds for the largest, so not on a thread that others wait for.
///
/// # Errors
/// [`PictureError`], for what cannot be shown.
pub fn picture(bytes: &[u8]) -> Result<Picture, PictureError> {
    let format = Format::of(bytes).ok_or(PictureError::Unknown)?;
    if bytes.len() > MAX_PICTURE_LEN {
        return Err(PictureError::TooLarge);
    }
    let mut report = Report::default();
    strip::note(format, bytes, &mut report);
    let made = catch_unwind(AssertUnwindSafe(|| match format {
        Format::Png => png::again(bytes, &mut report).map(|bytes| (Format::Png, bytes)),
        Format::Jpeg => jpeg::again(bytes).map(|bytes| (Format::Jpeg, bytes)),
        Format::Gif => gif::again(bytes, &mut report).map(|bytes| (Format::Gif, bytes)),
        Format::WebP => webp::again(bytes, &mut report),
    }));
    let (format, bytes) = made.unwrap_or(Err(PictureError::Broken))?;
    Ok(Picture { format, bytes, report })
}

/// Pixels of one byte per channel: 1 (grey), 3 (RGB) or 4 (RGB and alpha) channels.
struct Pixels {
    width: usize,
    height: usize,
    channels: usize,
    samples: Vec<u8>,
}

/// Whether a picture of this size may be decoded.
fn check_size(width: u32, height: u32) -> Result<(), PictureError> {
    let sides = (1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height);
    match u64::from(width) * u64::from(height) {
        0 => Err(PictureError::Broken),
        pixels if sides && pixels <= MAX_PIXELS as u64 => Ok(()),
        _ => Err(PictureError::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Kind;

    /// A place and a name that must not survive.
    const CANARY: &[u8] = b"GPS 48.8566 N 2.3522 E Zola";

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(::png::ColorType::Rgb);
        encoder
            .add_text_chunk("Comment".to_owned(), String::from_utf8_lossy(CANARY).into_owned())
            .expect("a text chunk");
        let samples: Vec<u8> = (0..width * height * 3).map(|sample| (sample * 7 % 251) as u8).collect();
        encoder.write_header().and_then(|mut writer| writer.write_image_data(&samples)).expect("a small picture");
        bytes
    }

    /// A JPEG, half of it red and half of it blue, with an orientation and canaries in Exif, a comment, and behind the end.
    fn jpeg(orientation: u8) -> Vec<u8> {
        let mut samples = Vec::new();
        for place in 0..32 * 16 {
            samples.extend(if place % 32 < 16 { [250, 0, 0] } else { [0, 0, 250] });
        }
        let mut bytes = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, 95);
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        exif.extend(CANARY);
        encoder.add_app_segment(1, exif).expect("a segment");
        encoder.add_app_segment(13, CANARY.to_vec()).expect("a segment");
        encoder.encode(&samples, 32, 16, jpeg_encoder::ColorType::Rgb).expect("a small picture");
        bytes.extend(CANARY);
        bytes
    }

    fn gif(frames: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = ::gif::Encoder::new(&mut bytes, 4, 4, &[255, 0, 0, 0, 0, 255]).expect("a small picture");
        encoder.set_repeat(::gif::Repeat::Infinite).expect("a repetition");
        encoder.write_raw_extension(::gif::AnyExtension(0xFE), &[CANARY]).expect("a comment");
        for number in 0..frames {
            let buffer = vec![(number % 2) as u8; 16].into();
            let frame = ::gif::Frame { width: 4, height: 4, delay: 10, buffer, ..Default::default() };
            encoder.write_frame(&frame).expect("a frame");
        }
        drop(encoder);
        bytes
    }

    fn webp() -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = image_webp::WebPEncoder::new(&mut bytes);
        encoder.set_exif_metadata(CANARY.to_vec());
        encoder.encode(&[9; 8 * 8 * 4], 8, 8, image_webp::ColorType::Rgba8).expect("a small picture");
        bytes
    }

    fn contains(bytes: &[u8], part: &[u8]) -> bool {
        bytes.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn nothing_but_pixels_survives() {
        for (name, bytes, format) in [
            ("PNG", png(9, 5), Format::Png),
            ("JPEG", jpeg(1), Format::Jpeg),
            ("GIF", gif(3), Format::Gif),
            ("WebP", webp(), Format::Png),
        ] {
            assert!(contains(&bytes, CANARY), "{name}");
            let made = picture(&bytes).expect(name);
            assert_eq!(made.format, format, "{name}");
            assert!(!contains(&made.bytes, &CANARY[..8]), "{name}");
            assert!(made.report.of(Kind::Metadata).count > 0, "{name}");
            let again = picture(&made.bytes).expect(name);
            assert!(again.report.is_empty(), "{name}: {:?}", again.report);
            if format != Format::Jpeg {
                assert_eq!(again.bytes, made.bytes, "{name}: filtering twice is not filtering once");
            }
        }
    }

    #[test]
    fn what_hides_behind_the_end_goes_and_is_told() {
        for mut bytes in [png(3, 3), jpeg(1), gif(1)] {
            bytes.extend(b"PK\x03\x04<script>alert(1)</script>");
            let made = picture(&bytes).expect("the picture is good");
            assert!(!contains(&made.bytes, b"<script>"));
            assert!(made.report.of(Kind::Hidden).count > 0, "{:?}", made.format);
        }
    }

    #[test]
    fn the_orientation_is_applied() {
        // Where red, which was on the left, is afterwards: whether there are more rows than columns, and the first pixel.
        for (orientation, portrait, red_first) in [
            (1, false, true),
            (2, false, false),
            (3, false, false),
            (4, false, true),
            (5, true, true),
            (6, true, true),
            (7, true, false),
            (8, true, false),
            (9, false, true),
        ] {
            let made = picture(&jpeg(orientation)).expect("a good picture");
            let mut decoder = zune_jpeg::JpegDecoder::new(zune_jpeg::zune_core::bytestream::ZCursor::new(&made.bytes));
            let samples = decoder.decode().expect("what we wrote");
            let info = decoder.info().expect("what we wrote");
            assert_eq!(info.height > info.width, portrait, "{orientation}");
            assert_eq!(samples[0] > 128, red_first, "{orientation}");
        }
    }

    #[test]
    fn frames_stay_up_to_a_limit() {
        let frames = |bytes: &[u8]| {
            let mut decoder = ::gif::DecodeOptions::new().read_info(bytes).expect("what we wrote");
            let mut frames = 0;
            while decoder.read_next_frame().expect("what we wrote").is_some() {
                frames += 1;
            }
            frames
        };
        let made = picture(&gif(7)).expect("a good picture");
        assert_eq!(frames(&made.bytes), 7);
        // A frame of no height, found by fuzzing.
        let empty = b"GIF89a\x01\0\x01\0\x80\0\0\xff\0\0\xff\xff\xdf,\0\0\0\0\x01\0\0\0\x4b\x02\x01\x54\0\x3b";
        assert_eq!(picture(empty), Err(PictureError::Broken));
        let made = picture(&gif(MAX_FRAMES + 10)).expect("a good picture");
        assert_eq!(frames(&made.bytes), MAX_FRAMES);
        assert_eq!(made.report.of(Kind::Bounds).count, 1);
    }

    /// Headers that promise what a decoder would reserve gigabytes for.
    #[test]
    fn sizes_are_bounded_before_anything_is_reserved() {
        let mut large = png(3, 3);
        large[16..24].copy_from_slice(&[0, 0, 0x40, 0, 0, 0, 0x40, 0]);
        let checksum = crc(&large[12..29]);
        large[29..33].copy_from_slice(&checksum.to_be_bytes());
        assert_eq!(picture(&large), Err(PictureError::TooLarge));

        let mut large = jpeg(1);
        let frame = large.windows(2).position(|pair| pair == [0xFF, 0xC0]).expect("a frame header");
        large[frame + 5..frame + 9].copy_from_slice(&[0x40, 0, 0x40, 0]);
        assert_eq!(picture(&large), Err(PictureError::TooLarge));

        let mut large = gif(1);
        large[6..10].copy_from_slice(&[0xFF; 4]);
        assert_eq!(picture(&large), Err(PictureError::TooLarge));

        // A canvas of one pixel around a picture of 16,383 by 16,383.
        let mut large =
            b"RIFF\x26\0\0\0WEBPVP8X\x0A\0\0\0\0\0\0\0\0\0\0\0\0\0VP8 \x0A\0\0\0\0\0\0\x9d\x01\x2a\xff\x3f\xff\x3f"
                .to_vec();
        assert_eq!(picture(&large), Err(PictureError::TooLarge));
        large.truncate(40);
        assert_eq!(picture(&large), Err(PictureError::Broken));
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
        })
    }

    #[test]
    fn no_damage_stops_the_filter() {
        for bytes in [png(5, 4), jpeg(6), gif(2), webp()] {
            for length in 0..bytes.len() {
                let _ = picture(&bytes[..length]);
            }
            for place in 0..bytes.len() {
                for flip in [0x01, 0x80, 0xFF] {
                    let mut bytes = bytes.clone();
                    bytes[place] ^= flip;
                    if let Ok(made) = picture(&bytes) {
                        assert!(!contains(&made.bytes, CANARY));
                    }
                }
            }
        }
        assert_eq!(picture(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), Err(PictureError::Unknown));
        assert_eq!(picture(b""), Err(PictureError::Unknown));
    }

    #[test]
    fn metadata_is_stripped_without_touching_a_pixel() {
        for (bytes, kept) in [(png(9, 5), b"IDAT".as_slice()), (jpeg(6), &[0xFF, 0xDA])] {
            let stripped = strip(&bytes).expect("a format that can be stripped");
            assert!(!contains(&stripped.bytes, &CANARY[..8]) && contains(&stripped.bytes, kept));
            assert!(stripped.report.of(Kind::Metadata).count > 0);
            let again = strip(&stripped.bytes).expect("what we wrote");
            assert_eq!(again.bytes, stripped.bytes);
            assert_eq!(picture(&bytes).map(|made| made.bytes), picture(&stripped.bytes).map(|made| made.bytes));
        }
        for (bytes, error) in [
            (b"%PDF-1.7".as_slice(), CannotStrip::Document),
            (b"PK\x03\x04", CannotStrip::Archive),
            (b"RIFF\0\0\0\0WEBPVP8L", CannotStrip::Picture),
            (b"\x89PNG\r\n\x1a\n\0\0", CannotStrip::Damaged),
            (b"ID3", CannotStrip::Other),
        ] {
            assert_eq!(strip(bytes).map(|stripped| stripped.bytes), Err(error));
        }
    }
}
