//! GIF, frame by frame and without loss.

use gif::{DecodeOptions, Encoder, MemoryLimit, Repeat};

use super::{MAX_FRAMES, MAX_PIXELS, PictureError, check_size};
use crate::report::{Kind, Report};

/// Bytes of a full palette.
const PALETTE_LEN: usize = 256 * 3;

pub(super) fn again(bytes: &[u8], report: &mut Report) -> Result<Vec<u8>, PictureError> {
    let mut options = DecodeOptions::new();
    options.check_frame_consistency(true);
    options.set_memory_limit(MemoryLimit::Bytes((MAX_PIXELS as u64).try_into().map_err(|_| PictureError::TooLarge)?));
    let mut decoder = options.read_info(bytes).map_err(|_| PictureError::Broken)?;
    let (width, height) = (decoder.width(), decoder.height());
    check_size(width.into(), height.into())?;
    let global = decoder.global_palette().map(<[u8]>::to_vec).unwrap_or_default();
    let mut out = Vec::with_capacity(bytes.len());
    let mut encoder = Encoder::new(&mut out, width, height, &global).map_err(|_| PictureError::Broken)?;
    let (mut frames, mut pixels) = (0, 0);
    loop {
        let frame = match decoder.read_next_frame() {
            Ok(Some(frame)) => frame,
            Ok(None) => break,
            // What came before the damage is shown, as browsers do.
            Err(_) if frames > 0 => break,
            Err(_) => return Err(PictureError::Broken),
        };
        if frame.buffer.is_empty() {
            // A frame without a pixel shows nothing, and no decoder agrees with another on what it is.
            continue;
        }
        pixels += usize::from(frame.width) * usize::from(frame.height);
        if frames == MAX_FRAMES || pixels > MAX_PIXELS {
            report.add(Kind::Bounds, "GIF");
            break;
        }
        let mut frame = frame.clone();
        // The rows come in their order, whatever order they were in.
        frame.interlaced = false;
        frame.needs_user_input = false;
        let colours = frame.palette.as_deref().unwrap_or(&global);
        let highest = frame.buffer.iter().copied().max().map_or(0, usize::from);
        if highest * 3 + 3 > colours.len() {
            // Full, so that every index names a colour.
            let mut palette = colours.to_vec();
            palette.resize(PALETTE_LEN, 0);
            frame.palette = Some(palette);
        }
        if frames == 1 {
            encoder.set_repeat(Repeat::Infinite).map_err(|_| PictureError::Broken)?;
        }
        encoder.write_frame(&frame).map_err(|_| PictureError::Broken)?;
        frames += 1;
    }
    drop(encoder);
    if frames == 0 { Err(PictureError::Broken) } else { Ok(out) }
}
