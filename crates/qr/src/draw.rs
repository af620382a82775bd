//! [`Code`]: a text as black and white squares.

use std::fmt;

use qrcode::{Color, EcLevel, QrCode};

use crate::{MAX_TEXT_LEN, QrError};

/// Light modules around a code, as ISO/IEC 18004 asks for.
const QUIET: usize = 4;
/// Pixels of a module at most.
const MAX_MODULE: usize = 32;

/// A drawn code. `Debug` does not show it: an invitation names addresses.
pub struct Code {
    side: usize,
    dark: Vec<bool>,
}

impl Code {
    /// The code of a text, readable with 15 % of it hidden.
    ///
    /// # Errors
    /// [`QrError::TooLong`].
    pub fn of(text: &str) -> Result<Self, QrError> {
        if text.len() > MAX_TEXT_LEN {
            return Err(QrError::TooLong);
        }
        let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| QrError::TooLong)?;
        let dark = code.to_colors().into_iter().map(|color| color == Color::Dark).collect();
        Ok(Self { side: code.width(), dark })
    }

    /// Modules on a side, the light ones around it included.
    #[must_use]
    pub fn side(&self) -> usize {
        self.side + 2 * QUIET
    }

    /// Whether the module in that column and row is dark; those outside are light.
    #[must_use]
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        match (x.checked_sub(QUIET), y.checked_sub(QUIET)) {
            (Some(x), Some(y)) if x < self.side && y < self.side => self.dark[y * self.side + x],
            _ => false,
        }
    }

    /// A PNG of one bit per pixel; a module has `module` pixels on a side, 1 to 32.
    #[must_use]
    pub fn to_png(&self, module: usize) -> Vec<u8> {
        let module = module.clamp(1, MAX_MODULE);
        let side = self.side() * module;
        let mut rows = Vec::with_capacity(side * side.div_ceil(8));
        for y in 0..side {
            for byte in 0..side.div_ceil(8) {
                let light = (0..8).filter(|bit| !self.is_dark((byte * 8 + bit) / module, y / module));
                rows.push(light.fold(0_u8, |bits, bit| bits | 0x80 >> bit));
            }
        }
        let mut file = Vec::new();
        // A code has at most 185 modules with its margin, so the side fits.
        let mut encoder = png::Encoder::new(&mut file, side as u32, side as u32);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::One);
        let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&rows));
        written.expect("writing to memory does not fail, and the rows have the length of the header");
        file
    }

    /// Lines of half blocks for a terminal: two rows of modules a line, dark on light whatever the
    /// terminal's own colours are.
    #[must_use]
    pub fn to_terminal(&self) -> String {
        let mut text = String::new();
        for y in (0..self.side()).step_by(2) {
            // Black letters on white.
            text.push_str("\x1b[30;107m");
            for x in 0..self.side() {
                text.push(match (self.is_dark(x, y), self.is_dark(x, y + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push_str("\x1b[0m\n");
        }
        text
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Code {{ side: {}, … }}", self.side)
    }
}
