//! Freenet's base64: the alphabet ends in `~` and `-`, and there is no padding.
//!
//! The characters survive in URLs, file names and forms without escaping. Decoding is strict: a
//! value has exactly one spelling, so that two different texts never name the same key.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~-";

/// Why a text is not Freenet base64 for a value of the expected length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Base64Error {
    /// A character outside the alphabet, at this byte offset.
    #[error("a character that cannot stand in a key, at position {0}")]
    Character(usize),
    /// The text is not as long as the value needs.
    #[error("{found} characters instead of {expected}")]
    Length {
        /// Characters that the value needs.
        expected: usize,
        /// Characters found.
        found: usize,
    },
    /// The unused bits of the last character are not zero.
    #[error("its last character carries stray bits")]
    StrayBits,
}

/// Characters that `len` bytes encode to.
#[must_use]
pub const fn encoded_len(len: usize) -> usize {
    (len * 8).div_ceil(6)
}

/// Encodes `bytes` without padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(encoded_len(bytes.len()));
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0u32, |word, &byte| word << 8 | u32::from(byte));
        let word = word << (8 * (3 - chunk.len()));
        for position in 0..encoded_len(chunk.len()) {
            let index = (word >> (18 - 6 * position)) & 63;
            text.push(char::from(ALPHABET[index as usize]));
        }
    }
    text
}

/// Decodes exactly `N` bytes.
///
/// # Errors
/// [`Base64Error`], when `text` is not the one spelling of an `N`-byte value.
pub fn decode<const N: usize>(text: &str) -> Result<[u8; N], Base64Error> {
    let expected = encoded_len(N);
    if text.chars().count() != expected {
        return Err(Base64Error::Length { expected, found: text.chars().count() });
    }
    let mut value = [0; N];
    decode_into(text, &mut value)?;
    Ok(value)
}

/// Decodes a text of any length.
///
/// # Errors
/// [`Base64Error`], when `text` is not the one spelling of its value.
pub fn decode_vec(text: &str) -> Result<Vec<u8>, Base64Error> {
    let len = text.len() * 6 / 8;
    if text.is_ascii() && encoded_len(len) != text.len() {
        return Err(Base64Error::Length { expected: encoded_len(len), found: text.len() });
    }
    let mut value = vec![0; len];
    decode_into(text, &mut value)?;
    Ok(value)
}

fn decode_into(text: &str, value: &mut [u8]) -> Result<(), Base64Error> {
    let (mut bits, mut held, mut written) = (0u32, 0u32, 0);
    for (position, character) in text.bytes().enumerate() {
        let digit = ALPHABET.iter().position(|&known| known == character).ok_or(Base64Error::Character(position))?;
        bits = bits << 6 | digit as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            value[written] = (bits >> held) as u8;
            written += 1;
            bits &= (1 << held) - 1;
        }
    }
    if bits != 0 { Err(Base64Error::StrayBits) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn alphabet_ends_as_freenets_does() {
        assert_eq!(encode(&[0xfb, 0xff, 0xbf]), "~-~-");
        assert_eq!(encode(&[0xff; 3]), "----");
        assert_eq!(encode(b"roneo"), "cm9uZW8");
    }

    #[test]
    fn refuses_other_spellings() {
        assert_eq!(decode::<5>("cm9uZW9"), Err(Base64Error::StrayBits));
        assert_eq!(decode::<5>("cm9uZW"), Err(Base64Error::Length { expected: 7, found: 6 }));
        assert_eq!(decode::<5>("cm9uZW="), Err(Base64Error::Character(6)));
        assert_eq!(decode::<5>("cm9uZé8"), Err(Base64Error::Character(5)));
        assert!(decode_vec("A").is_err());
    }

    proptest! {
        #[test]
        fn decode_after_encode_is_identity(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(decode_vec(&encode(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn a_value_has_one_spelling(text in "[A-Za-z0-9~-]{0,50}") {
            if let Ok(bytes) = decode_vec(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }
    }
}
