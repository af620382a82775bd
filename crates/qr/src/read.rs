//! [`read`]: the text of the one code in a photograph.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rqrr::PreparedImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::{MAX_PICTURE_LEN, MAX_PIXELS, MAX_SIDE, MAX_TEXT_LEN, QrError};

/// A picture is made smaller until its longer side has at most so many pixels: enough for the largest
/// code, and the search takes time with their number.
const SEARCH_SIDE: usize = 1_280;
/// Places that look like a corner of a code, at most. A code has 3, and chance finds some more; the
/// search compares each with each, so a picture made of corners would keep it busy for hours.
const MAX_CORNERS: usize = 200;
/// Bytes that decoding a PNG may take besides the picture itself.
const PNG_SCRATCH: usize = 64 << 20;

/// The text of the QR code in a PNG or JPEG.
///
/// # Errors
/// [`QrError`], which says what to do about the picture.
pub fn read(file: &[u8]) -> Result<String, QrError> {
    if file.len() > MAX_PICTURE_LEN {
        return Err(QrError::TooLarge);
    }
    let picture = if file.starts_with(b"\x89PNG\r\n\x1a\n") {
        decode_png(file)?
    } else if file.starts_with(b"\xff\xd8\xff") {
        decode_jpeg(file)?
    } else {
        return Err(QrError::NotAPicture);
    };
    let picture = picture.shrunk();
    if picture.corners() > MAX_CORNERS {
        return Err(QrError::Several);
    }
    // The search calculates with what it measures, and ends with a panic where that makes no sense.
    catch_unwind(AssertUnwindSafe(|| picture.search())).unwrap_or(Err(QrError::Unreadable))
}

/// Shades of grey, row by row.
struct Grey {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

fn check_size(width: usize, height: usize) -> Result<(), QrError> {
    let fits = width <= MAX_SIDE && height <= MAX_SIDE && width * height <= MAX_PIXELS;
    match (fits, width > 0 && height > 0) {
        (true, true) => Ok(()),
        (true, false) => Err(QrError::Damaged),
        (false, _) => Err(QrError::TooLarge),
    }
}

fn decode_png(file: &[u8]) -> Result<Grey, QrError> {
    let limits = png::Limits { bytes: PNG_SCRATCH };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(file), limits);
    decoder.set_transformations(png::Transformations::normalize_to_color8());
    let header = decoder.read_header_info().map_err(|_| QrError::Damaged)?;
    let (width, height) = (header.width as usize, header.height as usize);
    check_size(width, height)?;
    let mut reader = decoder.read_info().map_err(|_| QrError::Damaged)?;
    let length = reader.output_buffer_size().ok_or(QrError::TooLarge)?;
    let mut bytes = vec![0; length];
    let frame = reader.next_frame(&mut bytes).map_err(|_| QrError::Damaged)?;
    let grey = |pixel: &[u8]| match *pixel {
        [grey] => grey,
        [grey, alpha] => over_white(grey, alpha),
        [red, green, blue] => luma(red, green, blue),
        [red, green, blue, alpha] => over_white(luma(red, green, blue), alpha),
        _ => 0xff,
    };
    let samples = frame.color_type.samples();
    let pixels: Vec<u8> = bytes[..frame.buffer_size()].chunks_exact(samples).map(grey).collect();
    Grey::new(width, height, pixels)
}

fn decode_jpeg(file: &[u8]) -> Result<Grey, QrError> {
    let options = DecoderOptions::new_safe()
        .set_max_width(MAX_SIDE)
        .set_max_height(MAX_SIDE)
        .jpeg_set_out_colorspace(ColorSpace::Luma);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(file), options);
    decoder.decode_headers().map_err(|_| QrError::Damaged)?;
    let info = decoder.info().ok_or(QrError::Damaged)?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    check_size(width, height)?;
    let pixels = decoder.decode().map_err(|_| QrError::Damaged)?;
    Grey::new(width, height, pixels)
}

/// Rec. 601, in integers.
fn luma(red: u8, green: u8, blue: u8) -> u8 {
    ((u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1_000) as u8
}

fn over_white(grey: u8, alpha: u8) -> u8 {
    let (grey, alpha) = (u32::from(grey), u32::from(alpha));
    ((grey * alpha + 255 * (255 - alpha)) / 255) as u8
}

impl Grey {
    fn new(width: usize, height: usize, pixels: Vec<u8>) -> Result<Self, QrError> {
        if pixels.len() == width * height { Ok(Self { width, height, pixels }) } else { Err(QrError::Damaged) }
    }

    /// The same with a longer side of at most [`SEARCH_SIDE`], every pixel the mean of a square.
    fn shrunk(self) -> Self {
        let by = self.width.max(self.height).div_ceil(SEARCH_SIDE);
        if by == 1 {
            return self;
        }
        let (width, height) = ((self.width / by).max(1), (self.height / by).max(1));
        let mut pixels = Vec::with_capacity(width * height);
        for y in 0..height {
            for x in 0..width {
                let rows = (y * by..(y * by + by).min(self.height)).map(|row| row * self.width);
                let square = rows.flat_map(|row| &self.pixels[row + x * by..row + (x * by + by).min(self.width)]);
                let (sum, count) = square.fold((0, 0), |(sum, count), pixel| (sum + u32::from(*pixel), count + 1));
                pixels.push((sum / count.max(1)) as u8);
            }
        }
        Self { width, height, pixels }
    }

    /// About how many places look like a corner of a code: dark and light as 1:1:3:1:1 along a row,
    /// rows that touch counted once.
    fn corners(&self) -> usize {
        let mean = self.pixels.iter().map(|pixel| u64::from(*pixel)).sum::<u64>() / self.pixels.len().max(1) as u64;
        let mut corners = 0;
        // Of the row before: where corners were met.
        let mut above: Vec<(usize, usize)> = Vec::new();
        for row in self.pixels.chunks_exact(self.width) {
            let mut here = Vec::new();
            let mut runs = [0_usize; 5];
            let mut start = 0;
            for x in 1..=row.len() {
                let dark = |x: usize| u64::from(row[x]) < mean;
                if x < row.len() && dark(x) == dark(x - 1) {
                    continue;
                }
                runs.rotate_left(1);
                runs[4] = x - start;
                start = x;
                if dark(x - 1) && looks_like_corner(&runs) {
                    let length: usize = runs.iter().sum();
                    here.push((x - length, x));
                }
            }
            let touches = |&(from, to): &(usize, usize)| above.iter().any(|&(left, right)| left < to && from < right);
            corners += here.iter().filter(|corner| !touches(corner)).count();
            above = here;
        }
        corners
    }

    fn search(&self) -> Result<String, QrError> {
        let pixel = |x: usize, y: usize| self.pixels[y * self.width + x];
        let mut prepared = PreparedImage::prepare_from_greyscale(self.width, self.height, pixel);
        let grids = prepared.detect_grids();
        let mut texts: Vec<String> = Vec::new();
        for grid in &grids {
            let mut bytes = Vec::new();
            if grid.decode_to(Limited(&mut bytes)).is_ok() {
                texts.extend(String::from_utf8(bytes).ok());
            }
        }
        texts.dedup();
        match (texts.len(), grids.len()) {
            (1, _) => texts.pop().ok_or(QrError::NoCode),
            (0, 0) => Err(QrError::NoCode),
            (0, _) => Err(QrError::Unreadable),
            _ => Err(QrError::Several),
        }
    }
}

/// Whether runs are about as 1:1:3:1:1, each within three quarters of a module.
fn looks_like_corner(runs: &[usize; 5]) -> bool {
    let whole: usize = runs.iter().sum();
    let near = |run: usize, modules: usize| (28 * run).abs_diff(4 * modules * whole) <= 3 * whole;
    runs[0] > 0 && near(runs[0], 1) && near(runs[1], 1) && near(runs[2], 3) && near(runs[3], 1) && near(runs[4], 1)
}

/// Takes a text of at most [`MAX_TEXT_LEN`] bytes.
struct Limited<'a>(&'a mut Vec<u8>);

impl std::io::Write for Limited<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEXT_LEN {
            return Err(std::io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;
    use proptest::prelude::*;

    fn invitation() -> String {
        format!("roneo-join:{}", "aB3-~x9".repeat(66))
    }

    fn png(width: u32, height: u32, color: png::ColorType, pixels: &[u8]) -> Vec<u8> {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(color);
        encoder.write_header().unwrap().write_image_data(pixels).unwrap();
        file
    }

    /// A code in a larger picture, every pixel as `shade` makes it of place and darkness.
    fn photograph(code: &Code, module: usize, shade: impl Fn(usize, usize, bool) -> [u8; 4]) -> Vec<u8> {
        let side = code.side() * module + 160;
        let dark = |x: usize, y: usize| x >= 80 && y >= 60 && code.is_dark((x - 80) / module, (y - 60) / module);
        let pixels: Vec<u8> =
            (0..side * side).flat_map(|at| shade(at % side, at / side, dark(at % side, at / side))).collect();
        png(side as u32, side as u32, png::ColorType::Rgba, &pixels)
    }

    #[test]
    fn the_longest_invitation_is_drawn_and_read_at_any_size() {
        let code = Code::of(&invitation()).unwrap();
        for module in [2, 3, 8, 32] {
            assert_eq!(read(&code.to_png(module)), Ok(invitation()), "{module}");
        }
    }

    #[test]
    fn a_photograph_has_light_that_fades_colour_and_dirt() {
        let code = Code::of(&invitation()).unwrap();
        let photograph = photograph(&code, 5, |x, y, dark| {
            let fade = (x + y) / 16;
            let noise = (x * 7 + y * 13) % 11;
            let light = if dark { 70 } else { 235 } - fade.min(60) + noise;
            [light as u8, light.saturating_sub(8) as u8, light.saturating_sub(20) as u8, 255]
        });
        assert_eq!(read(&photograph), Ok(invitation()));
    }

    #[test]
    fn a_code_on_nothing_is_read_as_on_white() {
        let code = Code::of("roneo-join:abc").unwrap();
        let photograph = photograph(&code, 6, |_, _, dark| if dark { [0, 0, 0, 255] } else { [0, 0, 0, 0] });
        assert_eq!(read(&photograph).as_deref(), Ok("roneo-join:abc"));
    }

    #[test]
    fn a_terminal_shows_the_same_modules() {
        let code = Code::of("roneo-join:abc").unwrap();
        let text = code.to_terminal();
        let lines: Vec<Vec<char>> = text
            .lines()
            .map(|line| line.trim_start_matches("\x1b[30;107m").trim_end_matches("\x1b[0m").chars().collect())
            .collect();
        assert_eq!(lines.len(), code.side().div_ceil(2));
        for (line, letters) in lines.iter().enumerate() {
            assert_eq!(letters.len(), code.side());
            for (x, letter) in letters.iter().enumerate() {
                let expected = match (code.is_dark(x, 2 * line), code.is_dark(x, 2 * line + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                };
                assert_eq!(*letter, expected, "{x} {line}");
            }
        }
    }

    #[test]
    fn bad_pictures_get_a_sentence() {
        let code = Code::of("roneo-join:abc").unwrap().to_png(4);
        assert_eq!(read(b""), Err(QrError::NotAPicture));
        assert_eq!(read(b"GIF89a"), Err(QrError::NotAPicture));
        assert_eq!(read(&code[..code.len() / 2]), Err(QrError::Damaged));
        assert_eq!(read(b"\xff\xd8\xff\xe0 and no more"), Err(QrError::Damaged));
        assert_eq!(read(&vec![0; MAX_PICTURE_LEN + 1]), Err(QrError::TooLarge));
        let white = png(200, 200, png::ColorType::Grayscale, &vec![255; 40_000]);
        assert_eq!(read(&white), Err(QrError::NoCode));
        assert_eq!(Code::of(&"x".repeat(MAX_TEXT_LEN + 1)).err(), Some(QrError::TooLong));
    }

    /// The header alone says it: nothing of such a size is allocated.
    #[test]
    fn a_picture_that_unpacks_to_too_much_is_refused_by_its_header() {
        for (width, height) in [(60_000_u32, 60_000_u32), (12_001, 1), (12_000, 12_000)] {
            let mut file = png(1, 1, png::ColorType::Grayscale, &[0]);
            file[16..20].copy_from_slice(&width.to_be_bytes());
            file[20..24].copy_from_slice(&height.to_be_bytes());
            let sum = crc(&file[12..29]);
            file[29..33].copy_from_slice(&sum.to_be_bytes());
            assert_eq!(read(&file), Err(QrError::TooLarge), "{width} by {height}");
        }
    }

    /// CRC-32 as in PNG, annex D of ISO/IEC 15948.
    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(!0, |sum: u32, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xedb8_8320 } else { sum >> 1 })
        })
    }

    #[test]
    fn a_picture_made_of_corners_is_not_searched() {
        let corner = |x: usize, y: usize| {
            let (x, y) = (x % 9, y % 9);
            let ring = x.max(y) == 6 || x.min(y) == 0;
            x < 7 && y < 7 && (ring || (2..5).contains(&x) && (2..5).contains(&y))
        };
        let side = 900;
        let pixels: Vec<u8> = (0..side * side).map(|at| if corner(at % side, at / side) { 0 } else { 255 }).collect();
        let file = png(side as u32, side as u32, png::ColorType::Grayscale, &pixels);
        assert_eq!(read(&file), Err(QrError::Several));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn what_is_drawn_is_read(text in "[ -~]{1,300}", module in 3_usize..8) {
            prop_assert_eq!(read(&Code::of(&text).unwrap().to_png(module)), Ok(text));
        }

        #[test]
        fn no_picture_panics(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), png: bool) {
            let head: &[u8] = if png { b"\x89PNG\r\n\x1a\n" } else { b"\xff\xd8\xff" };
            bytes.splice(0..0, head.iter().copied());
            let _ = read(&bytes);
        }
    }
}
