//! JPEG, by way of grey or RGB pixels.

use jpeg_encoder::{ColorType, Encoder};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::{MAX_SIDE, PictureError, Pixels, QUALITY, check_size, orientation};

/// Most scans of a progressive picture: each goes over all of it.
const MAX_SCANS: usize = 64;

pub(super) fn again(bytes: &[u8]) -> Result<Vec<u8>, PictureError> {
    let side = MAX_SIDE as usize;
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(side)
        .set_max_height(side)
        .jpeg_set_max_scans(MAX_SCANS);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(|_| size_in(bytes).and_then(|size| size).err().unwrap_or(PictureError::Broken))?;
    let info = decoder.info().ok_or(PictureError::Broken)?;
    check_size(info.width.into(), info.height.into())?;
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let space = if grey { ColorSpace::Luma } else { ColorSpace::RGB };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let samples = decoder.decode().map_err(|_| PictureError::Broken)?;
    let channels = if grey { 1 } else { 3 };
    let pixels = Pixels { width: info.width.into(), height: info.height.into(), channels, samples };
    let turn = decoder.exif().map_or(1, |exif| orientation::of(exif));
    write(&orientation::apply(turn, pixels)?)
}

/// Whether the first frame header names a size that is too large; nothing if there is none.
fn size_in(bytes: &[u8]) -> Result<Result<(), PictureError>, PictureError> {
    let frame = super::strip::segments(bytes).find(|(marker, _)| matches!(marker, 0xC0..=0xC2));
    let Some((_, &[_, h1, h0, w1, w0, ..])) = frame else { return Err(PictureError::Broken) };
    Ok(check_size(u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into()))
}

pub(super) fn write(pixels: &Pixels) -> Result<Vec<u8>, PictureError> {
    let side = |side: usize| u16::try_from(side).map_err(|_| PictureError::TooLarge);
    let colour = if pixels.channels == 1 { ColorType::Luma } else { ColorType::Rgb };
    let mut out = Vec::new();
    Encoder::new(&mut out, QUALITY)
        .encode(&pixels.samples, side(pixels.width)?, side(pixels.height)?, colour)
        .map_err(|_| PictureError::Broken)?;
    Ok(out)
}
