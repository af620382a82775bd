//! The orientation that a camera notes in Exif (tag 0x0112): 1 to 8, how rows and columns have to be turned.

use super::{PictureError, Pixels};

/// Most entries of the first directory that are looked at.
const MAX_ENTRIES: usize = 256;

/// The orientation in Exif data, with or without `Exif\0\0` before it; 1, as it is, if there is none.
pub(super) fn of(exif: &[u8]) -> u8 {
    read(exif.strip_prefix(b"Exif\0\0").unwrap_or(exif)).filter(|turn| (1..=8).contains(turn)).unwrap_or(1)
}

/// Reads a TIFF file: byte order, 42, the place of the first directory; there entries of 12 bytes.
fn read(tiff: &[u8]) -> Option<u8> {
    let little = match tiff.get(..2)? {
        b"II" => true,
        b"MM" => false,
        _ => return None,
    };
    let short = |place: usize| -> Option<u16> {
        let bytes = tiff.get(place..place.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    };
    let long = |place: usize| -> Option<usize> {
        let bytes = tiff.get(place..place.checked_add(4)?)?.try_into().ok()?;
        usize::try_from(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }).ok()
    };
    let directory = long(4)?;
    let entries = usize::from(short(directory)?).min(MAX_ENTRIES);
    let places = (0..entries).map(|entry| directory + 2 + entry * 12);
    let place = places.into_iter().find(|&place| short(place) == Some(0x0112))?;
    u8::try_from(short(place + 8)?).ok()
}

/// Turns pixels so that they are seen as the camera meant.
pub(super) fn apply(orientation: u8, pixels: Pixels) -> Result<Pixels, PictureError> {
    if orientation == 1 {
        return Ok(pixels);
    }
    let Pixels { width, height, channels, samples } = pixels;
    if samples.len() != width * height * channels {
        return Err(PictureError::Broken);
    }
    let swapped = orientation >= 5;
    let (new_width, new_height) = if swapped { (height, width) } else { (width, height) };
    let mut turned = Vec::with_capacity(samples.len());
    for row in 0..new_height {
        for column in 0..new_width {
            // Where the pixel was that is now here (Exif 2.32, section 4.6.4, Orientation).
            let (x, y) = if swapped { (row, column) } else { (column, row) };
            let x = if matches!(orientation, 2 | 3 | 7 | 8) { width - 1 - x } else { x };
            let y = if matches!(orientation, 3 | 4 | 6 | 7) { height - 1 - y } else { y };
            let place = (y * width + x) * channels;
            turned.extend_from_slice(&samples[place..place + channels]);
        }
    }
    Ok(Pixels { width: new_width, height: new_height, channels, samples: turned })
}
