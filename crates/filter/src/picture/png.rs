//! PNG, to and from its own samples: palettes and depths stay as they are, so that nothing grows.

use std::io::Cursor;

use png::{ColorType, Decoder, DecodingError, Encoder, Limits};

use super::{PictureError, Pixels, check_size};
use crate::report::{Kind, Report};

/// What the decoder may reserve for anything but pixels, in bytes.
const MAX_CHUNKS: usize = 8 << 20;

/// Bytes of a full palette.
const PALETTE_LEN: usize = 256 * 3;

pub(super) fn again(bytes: &[u8], report: &mut Report) -> Result<Vec<u8>, PictureError> {
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MAX_CHUNKS });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(broken)?;
    check_size(header.width, header.height)?;
    let mut reader = decoder.read_info().map_err(broken)?;
    let mut samples = vec![0; reader.output_buffer_size().ok_or(PictureError::TooLarge)?];
    reader.next_frame(&mut samples).map_err(broken)?;
    let info = reader.info();
    if info.animation_control.is_some() {
        report.add(Kind::Bounds, "APNG");
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut encoder = Encoder::new(&mut out, info.width, info.height);
    encoder.set_color(info.color_type);
    encoder.set_depth(info.bit_depth);
    if info.color_type == ColorType::Indexed {
        // Full, so that every index names a colour.
        let mut palette = info.palette.as_deref().ok_or(PictureError::Broken)?.to_vec();
        palette.resize(PALETTE_LEN.min(3 << info.bit_depth as usize), 0);
        encoder.set_palette(palette);
    }
    let takes_transparency = matches!(info.color_type, ColorType::Indexed | ColorType::Grayscale | ColorType::Rgb);
    if let Some(transparency) = info.trns.as_deref().filter(|_| takes_transparency) {
        encoder.set_trns(transparency.to_vec());
    }
    finish(encoder, &samples)?;
    Ok(out)
}

pub(super) fn write(pixels: &Pixels) -> Result<Vec<u8>, PictureError> {
    let side = |side: usize| u32::try_from(side).map_err(|_| PictureError::TooLarge);
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, side(pixels.width)?, side(pixels.height)?);
    encoder.set_color(match pixels.channels {
        1 => ColorType::Grayscale,
        3 => ColorType::Rgb,
        _ => ColorType::Rgba,
    });
    finish(encoder, &pixels.samples)?;
    Ok(out)
}

fn finish(encoder: Encoder<'_, &mut Vec<u8>>, samples: &[u8]) -> Result<(), PictureError> {
    let mut writer = encoder.write_header().map_err(|_| PictureError::Broken)?;
    writer.write_image_data(samples).map_err(|_| PictureError::Broken)?;
    writer.finish().map_err(|_| PictureError::Broken)
}

fn broken(error: DecodingError) -> PictureError {
    match error {
        DecodingError::LimitsExceeded => PictureError::TooLarge,
        _ => PictureError::Broken,
    }
}
