//! Invitations as QR codes: drawn into a file or the terminal, read from a picture.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use roneo_node::platform;
use roneo_qr::{Code, MAX_PICTURE_LEN, QrError};

use super::failure::Failure;

/// Pixels of a module in a file: large enough to be printed.
const MODULE: usize = 8;

/// Draws `text` into a PNG file, which is not overwritten, or gives the lines for a terminal.
///
/// # Errors
/// A file that exists or cannot be written.
pub(crate) fn draw(text: &str, file: &Path) -> Result<String, Failure> {
    let code = Code::of(text)?;
    if file == Path::new("-") {
        return Ok(code.to_terminal());
    }
    if file.exists() {
        return Err(Failure::refused(format!("{} exists: choose another name", file.display())));
    }
    // It names addresses, and is for those who are invited.
    let written = platform::create_private_file(file).and_then(|mut opened| {
        opened.write_all(&code.to_png(MODULE))?;
        opened.sync_all()
    });
    written.map_err(|error| Failure::failed(format!("cannot write {}: {error}", file.display())))?;
    Ok(String::new())
}

/// The text of the QR code in a picture; - is standard input.
///
/// # Errors
/// A file that cannot be read, or a picture without one code that can.
pub(crate) fn read(file: &Path) -> Result<String, Failure> {
    let limit = MAX_PICTURE_LEN as u64 + 1;
    let mut picture = Vec::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(limit).read_to_end(&mut picture)
    } else {
        File::open(file).and_then(|opened| opened.take(limit).read_to_end(&mut picture))
    };
    read.map_err(|error| Failure::failed(format!("cannot read {}: {error}", file.display())))?;
    Ok(roneo_qr::read(&picture)?)
}

impl From<QrError> for Failure {
    fn from(error: QrError) -> Self {
        Self::usage(error.to_string())
    }
}
