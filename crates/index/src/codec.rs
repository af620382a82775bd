//! Numbers, ids and texts as they lie in a record: little-endian, a length before everything that has one.

use std::fmt;

/// A record is not laid out as it should be: another program wrote it, or there is a mistake in this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no record")
    }
}

/// A value that lies in a record.
pub(crate) trait Lies: Sized {
    fn put(&self, out: &mut Vec<u8>);
    fn take(bytes: &mut &[u8]) -> Result<Self, Malformed>;
}

/// Takes what stands first.
pub(crate) fn take<T: Lies>(bytes: &mut &[u8]) -> Result<T, Malformed> {
    T::take(bytes)
}

/// Takes `len` bytes.
pub(crate) fn take_slice<'a>(bytes: &mut &'a [u8], len: usize) -> Result<&'a [u8], Malformed> {
    let (taken, rest) = bytes.split_at_checked(len).ok_or(Malformed)?;
    *bytes = rest;
    Ok(taken)
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Lies for $number {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }

            fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
                let (number, rest) = bytes.split_first_chunk().ok_or(Malformed)?;
                *bytes = rest;
                Ok(Self::from_le_bytes(*number))
            }
        }
    )*};
}
numbers!(u8, u32, u64);

macro_rules! ids {
    ($($id:ty),*) => {$(
        impl Lies for $id {
            fn put(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(self.as_bytes());
            }

            fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
                let (id, rest) = bytes.split_first_chunk().ok_or(Malformed)?;
                *bytes = rest;
                Ok(Self::from_bytes(*id))
            }
        }
    )*};
}
ids!(roneo_social::EnvelopeId, roneo_social::PersonId, roneo_social::BoardId);

impl Lies for bool {
    fn put(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        match take::<u8>(bytes)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }
}

impl<T: Lies> Lies for Option<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.is_some().put(out);
        if let Some(value) = self {
            value.put(out);
        }
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        if take(bytes)? { take(bytes).map(Some) } else { Ok(None) }
    }
}

impl<T: Lies> Lies for Vec<T> {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        for value in self {
            value.put(out);
        }
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let len: u32 = take(bytes)?;
        // Every value has a byte at least, so that a length cannot ask for more memory than the record has bytes.
        if len as usize > bytes.len() {
            return Err(Malformed);
        }
        (0..len).map(|_| take(bytes)).collect()
    }
}

impl<A: Lies, B: Lies> Lies for (A, B) {
    fn put(&self, out: &mut Vec<u8>) {
        self.0.put(out);
        self.1.put(out);
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        Ok((take(bytes)?, take(bytes)?))
    }
}

impl Lies for String {
    fn put(&self, out: &mut Vec<u8>) {
        (self.len() as u32).put(out);
        out.extend_from_slice(self.as_bytes());
    }

    fn take(bytes: &mut &[u8]) -> Result<Self, Malformed> {
        let len: u32 = take(bytes)?;
        let text = take_slice(bytes, len as usize)?;
        std::str::from_utf8(text).map(str::to_owned).map_err(|_| Malformed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_asks_for_no_more_than_there_is() {
        let mut bytes = Vec::new();
        u32::MAX.put(&mut bytes);
        assert_eq!(take::<Vec<u64>>(&mut &*bytes), Err(Malformed));
        assert_eq!(take::<String>(&mut &*bytes), Err(Malformed));
        assert_eq!(take::<bool>(&mut &[2][..]), Err(Malformed));
    }

    #[test]
    fn what_was_put_is_taken() {
        let value = (vec![Some(7_u64), None], ("étoile".to_owned(), true));
        let mut bytes = Vec::new();
        value.put(&mut bytes);
        let mut rest = &*bytes;
        assert_eq!(take(&mut rest), Ok(value));
        assert!(rest.is_empty());
    }
}
