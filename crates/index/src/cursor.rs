//! From where a list goes on: where its last entry stands, and up to what was heard when the list was begun.

use roneo_keys::base64;

use crate::bounds::{DEFAULT_PAGE, MAX_PAGE};
use crate::codec::{Lies, take};
use crate::error::IndexError;
use crate::view::Paging;

/// A list, and the place in it.
pub(crate) struct Cursor<K> {
    /// What came later than this is not in the list.
    pub(crate) heard: u32,
    /// Where the last entry stands.
    pub(crate) last: K,
}

impl<K: Lies> Cursor<K> {
    /// As text, for the list named by `list`.
    pub(crate) fn to_text(&self, list: u8) -> String {
        let mut bytes = vec![list];
        self.heard.put(&mut bytes);
        self.last.put(&mut bytes);
        base64::encode(&bytes)
    }

    /// Reads what [`to_text`](Self::to_text) wrote for the same list.
    ///
    /// # Errors
    /// [`IndexError::Cursor`].
    pub(crate) fn of(paging: &Paging, list: u8) -> Result<Option<Self>, IndexError> {
        let Some(text) = &paging.cursor else { return Ok(None) };
        let bytes = base64::decode_vec(text).map_err(|_| IndexError::Cursor)?;
        let mut rest = &*bytes;
        let read = |rest: &mut &[u8]| {
            let named: u8 = take(rest)?;
            Ok::<_, crate::codec::Malformed>((named, Self { heard: take(rest)?, last: take(rest)? }))
        };
        match read(&mut rest) {
            Ok((named, cursor)) if named == list && rest.is_empty() => Ok(Some(cursor)),
            _ => Err(IndexError::Cursor),
        }
    }
}

impl Paging {
    /// How many entries, within the bounds.
    pub(crate) fn entries(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_PAGE).clamp(1, MAX_PAGE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_of_its_list_alone() {
        let cursor = Cursor { heard: 7, last: (9_u64, 3_u32) };
        let paging = Paging { cursor: Some(cursor.to_text(2)), limit: None };
        let read = Cursor::<(u64, u32)>::of(&paging, 2).unwrap().unwrap();
        assert_eq!((read.heard, read.last), (7, (9, 3)));
        for refused in [Cursor::<(u64, u32)>::of(&paging, 1).is_err(), Cursor::<(u64, u64)>::of(&paging, 2).is_err()] {
            assert!(refused);
        }
        let none = Paging { cursor: Some("?".to_owned()), limit: None };
        assert!(Cursor::<u32>::of(&none, 2).is_err());
    }

    #[test]
    fn pages_are_bounded() {
        for (limit, entries) in [(None, DEFAULT_PAGE), (Some(0), 1), (Some(7), 7), (Some(9_999), MAX_PAGE)] {
            assert_eq!(Paging { cursor: None, limit }.entries(), entries);
        }
    }
}
