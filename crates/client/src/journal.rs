//! What is kept of a queued insert or fetch, so that it goes on after a restart: a list of entries,
//! each one fact that will not change. `docs/formats/queue.md` is the specification of the bytes.
//!
//! The owner of [`Jobs`](crate::jobs::Jobs) keeps the entries of a job in the order in which
//! [`Action::Journal`](crate::jobs::Action::Journal) gives them, and hands them to
//! [`Jobs::resume`](crate::jobs::Jobs::resume). What is lost of the end costs work and no content: it
//! is done again. Entries carry keys: whoever keeps them seals them.

use std::fmt;

use roneo_content::Digest;
use roneo_keys::{Extra, InsertKey, Locator, ReadKey};

use crate::handle::{JobStatus, Priority};

/// Bytes of one entry at most: a status with its longest link and name has about 2,000.
pub const MAX_ENTRY_LEN: usize = 8_192;
/// Bytes of a link at most.
const MAX_TEXT_LEN: usize = 4_096;

/// One fact about a job.
#[derive(Clone, PartialEq)]
pub(crate) enum Entry {
    /// An insert whose content is complete at its owner.
    Insert(Box<InsertBegun>),
    /// A fetch.
    Fetch { created: u64, priority: Priority, link: String },
    /// A segment was coded: what the root or an index block needs to know of it.
    Coded { segment: u32, copies: u8, keep_list: Locator },
    /// So many storers in all have receipted a piece.
    Placed { part: PartId, piece: u8, receipts: u8 },
    /// All pieces of a part stand as they should.
    Done { part: PartId },
    /// The insert was readable once, and fails no more.
    Weak,
    /// Which content a fetch is of, after every name on the way was followed.
    Content { root: Locator, key: ReadKey, extra: Extra },
    /// The user's wish.
    Schedule { priority: Priority, paused: bool },
    /// The job is over, and this is all that is left of it.
    Ended(Box<JobStatus>),
}

/// See [`Entry::Insert`].
#[derive(Clone, PartialEq)]
pub(crate) struct InsertBegun {
    /// Seconds since 1970.
    pub(crate) created: u64,
    pub(crate) priority: Priority,
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) digest: Digest,
    pub(crate) read_key: ReadKey,
    pub(crate) insert_key: InsertKey,
    /// Whether the keys follow from the content.
    pub(crate) convergent: bool,
}

/// A part of an insert: what is placed together and judged together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PartId {
    /// A segment's shards and its keep list.
    Segment(u32),
    /// An index block.
    Index(u32),
    /// The one block that is all of the content.
    Single,
    /// The root.
    Root,
    /// A signed record; never journaled.
    Record(u32),
}

/// Why an entry cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// A later version wrote it.
    #[error("it was written by a newer Roneo: update to go on with it")]
    Newer,
    /// It is not what any version writes.
    #[error("it is damaged")]
    Damaged,
}

impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Insert(_) => "Insert(…)",
            Self::Fetch { .. } => "Fetch(…)",
            Self::Coded { .. } => "Coded(…)",
            Self::Placed { .. } => "Placed(…)",
            Self::Done { .. } => "Done(…)",
            Self::Weak => "Weak",
            Self::Content { .. } => "Content(…)",
            Self::Schedule { .. } => "Schedule(…)",
            Self::Ended(_) => "Ended(…)",
        })
    }
}

impl PartId {
    fn put(self, bytes: &mut Vec<u8>) {
        let (kind, index) = match self {
            Self::Segment(index) => (0, index),
            Self::Index(index) => (1, index),
            Self::Single => (2, 0),
            Self::Root => (3, 0),
            Self::Record(index) => (4, index),
        };
        bytes.push(kind);
        bytes.extend(index.to_le_bytes());
    }
}

impl Entry {
    /// The bytes to keep, at most [`MAX_ENTRY_LEN`].
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Self::Insert(begun) => {
                bytes.push(1);
                bytes.extend(begun.created.to_le_bytes());
                bytes.push(begun.priority.get());
                bytes.extend(begun.digest.length.to_le_bytes());
                bytes.extend(begun.digest.blake3);
                bytes.extend(begun.digest.sha256);
                bytes.extend(begun.read_key.expose());
                bytes.extend(begun.insert_key.expose());
                bytes.push(u8::from(begun.convergent));
                put_text(&mut bytes, &begun.name);
                put_text(&mut bytes, &begun.media_type);
            }
            Self::Fetch { created, priority, link } => {
                bytes.push(2);
                bytes.extend(created.to_le_bytes());
                bytes.push(priority.get());
                put_text(&mut bytes, link);
            }
            Self::Coded { segment, copies, keep_list } => {
                bytes.push(3);
                bytes.extend(segment.to_le_bytes());
                bytes.push(*copies);
                bytes.extend(keep_list.as_bytes());
            }
            Self::Placed { part, piece, receipts } => {
                bytes.push(4);
                part.put(&mut bytes);
                bytes.extend([*piece, *receipts]);
            }
            Self::Done { part } => {
                bytes.push(5);
                part.put(&mut bytes);
            }
            Self::Weak => bytes.push(6),
            Self::Content { root, key, extra } => {
                bytes.push(7);
                bytes.extend(root.as_bytes());
                bytes.extend(key.expose());
                bytes.extend(extra.to_bytes());
            }
            Self::Schedule { priority, paused } => bytes.extend([8, priority.get(), u8::from(*paused)]),
            Self::Ended(status) => {
                bytes.push(9);
                // A status is plain data: it has no map whose keys are not text, and no number that
                // JSON lacks.
                bytes.extend(serde_json::to_vec(status).unwrap_or_default());
            }
        }
        bytes
    }

    /// # Errors
    /// [`EntryError`], for whatever [`Entry::to_bytes`] never gives.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Self, EntryError> {
        if bytes.len() > MAX_ENTRY_LEN {
            return Err(EntryError::Damaged);
        }
        let (&kind, rest) = bytes.split_first().ok_or(EntryError::Damaged)?;
        if kind > 9 {
            return Err(EntryError::Newer);
        }
        let mut reader = Reader(rest);
        let entry = reader.entry(kind, rest)?;
        if kind != 9 && !reader.0.is_empty() {
            return Err(EntryError::Damaged);
        }
        Ok(entry)
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    // Names and media types are bounded by the root, links by their parser.
    bytes.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
    bytes.extend(text.as_bytes());
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn entry(&mut self, kind: u8, all: &[u8]) -> Result<Entry, EntryError> {
        Ok(match kind {
            1 => Entry::Insert(Box::new(InsertBegun {
                created: u64::from_le_bytes(self.array()?),
                priority: self.priority()?,
                digest: Digest {
                    length: u64::from_le_bytes(self.array()?),
                    blake3: self.array()?,
                    sha256: self.array()?,
                },
                read_key: ReadKey::from_bytes(self.array()?),
                insert_key: InsertKey::from_bytes(self.array()?),
                convergent: self.byte()? != 0,
                name: self.text()?,
                media_type: self.text()?,
            })),
            2 => Entry::Fetch {
                created: u64::from_le_bytes(self.array()?),
                priority: self.priority()?,
                link: self.text()?,
            },
            3 => Entry::Coded {
                segment: u32::from_le_bytes(self.array()?),
                copies: self.byte()?,
                keep_list: Locator::from_bytes(self.array()?),
            },
            4 => Entry::Placed { part: self.part()?, piece: self.byte()?, receipts: self.byte()? },
            5 => Entry::Done { part: self.part()? },
            6 => Entry::Weak,
            7 => Entry::Content {
                root: Locator::from_bytes(self.array()?),
                key: ReadKey::from_bytes(self.array()?),
                extra: Extra::from_bytes(self.array()?).map_err(|_| EntryError::Damaged)?,
            },
            8 => Entry::Schedule { priority: self.priority()?, paused: self.byte()? != 0 },
            _ => Entry::Ended(serde_json::from_slice(all).map_err(|_| EntryError::Damaged)?),
        })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], EntryError> {
        let (array, rest) = self.0.split_first_chunk().ok_or(EntryError::Damaged)?;
        self.0 = rest;
        Ok(*array)
    }

    fn byte(&mut self) -> Result<u8, EntryError> {
        self.array().map(|[byte]| byte)
    }

    fn priority(&mut self) -> Result<Priority, EntryError> {
        Priority::try_from(self.byte()?).map_err(|_| EntryError::Damaged)
    }

    fn part(&mut self) -> Result<PartId, EntryError> {
        let (kind, index) = (self.byte()?, u32::from_le_bytes(self.array()?));
        match kind {
            0 => Ok(PartId::Segment(index)),
            1 => Ok(PartId::Index(index)),
            2 => Ok(PartId::Single),
            3 => Ok(PartId::Root),
            _ => Err(EntryError::Damaged),
        }
    }

    fn text(&mut self) -> Result<String, EntryError> {
        let len = usize::from(u16::from_le_bytes(self.array()?));
        if len > MAX_TEXT_LEN {
            return Err(EntryError::Damaged);
        }
        let (text, rest) = self.0.split_at_checked(len).ok_or(EntryError::Damaged)?;
        self.0 = rest;
        String::from_utf8(text.to_vec()).map_err(|_| EntryError::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries() -> Vec<Entry> {
        let extra = Extra::PUBLIC;
        vec![
            Entry::Insert(Box::new(InsertBegun {
                created: 1_700_000_000,
                priority: Priority::FIRST,
                name: "tract.txt".to_owned(),
                media_type: "text/plain".to_owned(),
                digest: Digest { length: 5, blake3: [1; 32], sha256: [2; 32] },
                read_key: ReadKey::from_bytes([3; 32]),
                insert_key: InsertKey::from_bytes([4; 32]),
                convergent: true,
            })),
            Entry::Fetch { created: 1, priority: Priority::LAST, link: "KSK@pain".to_owned() },
            Entry::Coded { segment: 7, copies: 3, keep_list: Locator::of(b"list") },
            Entry::Placed { part: PartId::Segment(7), piece: 128, receipts: 2 },
            Entry::Placed { part: PartId::Single, piece: 0, receipts: 30 },
            Entry::Done { part: PartId::Index(1) },
            Entry::Done { part: PartId::Root },
            Entry::Weak,
            Entry::Content { root: Locator::of(b"root"), key: ReadKey::from_bytes([5; 32]), extra },
            Entry::Schedule { priority: Priority::default(), paused: true },
        ]
    }

    #[test]
    fn entries_read_back_and_show_nothing() {
        for entry in entries() {
            let bytes = entry.to_bytes();
            assert!(bytes.len() <= MAX_ENTRY_LEN);
            assert!(Entry::from_bytes(&bytes) == Ok(entry.clone()), "{entry:?}");
            assert!(!format!("{entry:?}").contains("tract") && !format!("{entry:?}").contains("pain"));
            assert_eq!(Entry::from_bytes(&[bytes.as_slice(), &[0]].concat()), Err(EntryError::Damaged), "{entry:?}");
            for cut in 0..bytes.len() {
                assert_eq!(Entry::from_bytes(&bytes[..cut]), Err(EntryError::Damaged), "{entry:?} cut to {cut}");
            }
        }
        assert_eq!(Entry::from_bytes(&[10]), Err(EntryError::Newer));
        assert_eq!(Entry::from_bytes(&vec![6; MAX_ENTRY_LEN + 1]), Err(EntryError::Damaged));
    }

    #[test]
    fn the_bytes_are_those_of_the_format() {
        let placed = Entry::Placed { part: PartId::Segment(258), piece: 9, receipts: 3 };
        assert_eq!(placed.to_bytes(), [4, 0, 2, 1, 0, 0, 9, 3]);
        assert_eq!(Entry::Done { part: PartId::Root }.to_bytes(), [5, 3, 0, 0, 0, 0]);
        assert_eq!(Entry::Schedule { priority: Priority::LAST, paused: true }.to_bytes(), [8, 6, 1]);
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(entry) = Entry::from_bytes(&bytes) {
                // Booleans and JSON have more than one spelling; everything else has one.
                prop_assert!(bytes[0] == 1 || bytes[0] >= 8 || entry.to_bytes() == bytes);
            }
        }
    }
}
