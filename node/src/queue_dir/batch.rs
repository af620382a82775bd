//! The records of a journal, as far as they need no key: where one ends, and which entries it holds.
//!
//! ```text
//! record: length 4 | sealed piece of that length
//! piece's text: entries 2 | each: length 2 | bytes
//! ```

/// Bytes of one entry at most.
pub const MAX_ENTRY_LEN: usize = 16 << 10;
/// Bytes of text in one record at most. Entries that do not fit together make several records.
pub const MAX_BATCH_LEN: usize = 256 << 10;
/// Bytes of a record's length.
pub const LENGTH_LEN: usize = 4;

const COUNT_LEN: usize = 2;
const ENTRY_LENGTH_LEN: usize = 2;

/// What comes next in a journal.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<'a> {
    /// A record: its sealed piece, and what follows it.
    Record(&'a [u8], &'a [u8]),
    /// The end.
    End,
    /// A record that was not written to its end.
    Torn,
    /// Nothing that was ever written here.
    Damaged,
}

/// The next record of `rest`, where a seal adds `seal_len` bytes.
#[must_use]
pub fn next(rest: &[u8], seal_len: usize) -> Next<'_> {
    let Some((length, after)) = rest.split_first_chunk::<LENGTH_LEN>() else {
        return if rest.is_empty() { Next::End } else { Next::Torn };
    };
    let length = u32::from_le_bytes(*length) as usize;
    if (seal_len + COUNT_LEN..=seal_len + MAX_BATCH_LEN).contains(&length) {
        return after.split_at_checked(length).map_or(Next::Torn, |(piece, rest)| Next::Record(piece, rest));
    }
    // A file that grew before its bytes arrived reads as zeros.
    if rest.iter().all(|&byte| byte == 0) { Next::Torn } else { Next::Damaged }
}

/// The texts of the records that hold `entries`, in order. No entry is longer than [`MAX_ENTRY_LEN`].
#[must_use]
pub fn encode(entries: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut batches = Vec::new();
    let mut rest = entries;
    while !rest.is_empty() {
        let mut text = vec![0; COUNT_LEN];
        let mut count: u16 = 0;
        while let Some((entry, after)) = rest.split_first() {
            debug_assert!(entry.len() <= MAX_ENTRY_LEN, "checked before");
            if text.len() + ENTRY_LENGTH_LEN + entry.len() > MAX_BATCH_LEN || count == u16::MAX {
                break;
            }
            text.extend((entry.len() as u16).to_le_bytes());
            text.extend(entry);
            count += 1;
            rest = after;
        }
        text[..COUNT_LEN].copy_from_slice(&count.to_le_bytes());
        batches.push(text);
    }
    batches
}

/// The entries of a record's text; `None` for what [`encode`] never gives.
#[must_use]
pub fn decode(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let (count, mut rest) = text.split_first_chunk::<COUNT_LEN>()?;
    let count = usize::from(u16::from_le_bytes(*count));
    let mut entries = Vec::with_capacity(count.min(rest.len() / ENTRY_LENGTH_LEN));
    for _ in 0..count {
        let (length, after) = rest.split_first_chunk::<ENTRY_LENGTH_LEN>()?;
        let length = usize::from(u16::from_le_bytes(*length));
        let (entry, after) = after.split_at_checked(length)?;
        if length > MAX_ENTRY_LEN {
            return None;
        }
        entries.push(entry.to_vec());
        rest = after;
    }
    rest.is_empty().then_some(entries)
}
