//! QR codes: a text drawn as a picture or in a terminal, and the text read from a photograph again.
//!
//! [`Code`] draws; [`read`] reads a PNG or JPEG. Pictures come from strangers, so their size is checked
//! before they are decoded, and everything after that is bounded.
//!
//! Not for: what the text means. An invitation is checked by whoever follows it.
//!
//! ```
//! let code = roneo_qr::Code::of("roneo-join:abc").expect("this is short");
//! assert_eq!(roneo_qr::read(&code.to_png(4)).as_deref(), Ok("roneo-join:abc"));
//! ```

mod draw;
mod read;

pub use draw::Code;
pub use read::read;

/// Bytes of a text at most: what fits into a code that a phone still reads off a screen.
pub const MAX_TEXT_LEN: usize = 1_024;
/// Bytes of a picture file at most.
pub const MAX_PICTURE_LEN: usize = 16 << 20;
/// Pixels of a picture on a side at most.
pub const MAX_SIDE: usize = 12_000;
/// Pixels of a picture in all at most; decoding takes up to four bytes for each.
pub const MAX_PIXELS: usize = 25_000_000;

/// Why there is no code, or no text. Each message says what to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QrError {
    /// The text does not fit.
    #[error("this is too long for a QR code: send it as text")]
    TooLong,
    /// The file is neither PNG nor JPEG.
    #[error("this is no picture that can be read here: give a PNG or JPEG file")]
    NotAPicture,
    /// The file or its picture is too large.
    #[error("this picture is too large: cut it to the QR code and save it smaller")]
    TooLarge,
    /// The picture does not decode.
    #[error("this picture is damaged: save or send it again")]
    Damaged,
    /// No code is in it.
    #[error("no QR code was found in this picture: take it again, straight, sharp and with white around the code")]
    NoCode,
    /// A code is there and does not read.
    #[error("the QR code in this picture cannot be read: take it again from nearer, without reflections")]
    Unreadable,
    /// Several codes are in it.
    #[error("there are several QR codes in this picture: cut it to the one that is meant")]
    Several,
}
