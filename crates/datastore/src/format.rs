//! What lies under the seals: the plain form of a slot record and of the superblock.
//!
//! `docs/formats/slot-file.md` has the offsets. Both decoders take any bytes; a store hands them
//! only what its own key sealed.

use roneo_keys::{Locator, SizeClass};

use crate::Part;
use crate::seal::{NONCE_LEN, TAG_LEN};

/// The version that this program writes. 0 is a draft: it may change until version 1 is frozen.
pub const FORMAT_VERSION: u8 = 0;
/// Bytes of a sealed record in a `.records` file.
pub const RECORD_LEN: usize = 128;
/// Bytes of a record under its seal.
pub const PLAIN_RECORD_LEN: usize = RECORD_LEN - NONCE_LEN - TAG_LEN;
/// Bytes of one sealed superblock.
pub const SUPERBLOCK_LEN: usize = 4_096;
/// Bytes of a superblock under its seal.
pub const PLAIN_SUPERBLOCK_LEN: usize = SUPERBLOCK_LEN - NONCE_LEN - TAG_LEN;
/// Bytes of the file `super`: two superblocks, written in turn, so that one is always whole.
pub const SUPERBLOCKS_LEN: u64 = 2 * SUPERBLOCK_LEN as u64;

const MAGIC: [u8; 8] = *b"RONEOSLT";
/// Bytes of a superblock before its zeros.
const SUPERBLOCK_USED: usize = 88;

// A record never lies across two sectors, so that a torn write cannot tear one.
const _: () = assert!(crate::disk::SECTOR_LEN.is_multiple_of(RECORD_LEN));
const _: () = assert!(PLAIN_RECORD_LEN == 16 + Locator::LEN + NONCE_LEN + TAG_LEN);
const _: () = assert!(SUPERBLOCK_USED < PLAIN_SUPERBLOCK_LEN);

/// Why bytes are not what a seal of this program covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// Written by a program that knows a later format.
    #[error("made by a newer Roneo (store format {0}): update this one")]
    Newer(u8),
    /// Not something that any version writes.
    #[error("damaged")]
    Damaged,
}

/// What a slot says of itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Record {
    /// Size class, the same as that of the file it lies in.
    pub class: SizeClass,
    /// Whether this node is responsible for the block.
    pub part: Part,
    /// Grows with every record written: of two that name one locator, the later stands.
    pub generation: u64,
    /// Which block the slot holds.
    pub locator: Locator,
    /// Nonce under which the value is sealed.
    pub value_nonce: [u8; NONCE_LEN],
    /// Tag of the sealed value, whose ciphertext fills the slot to the last byte.
    pub value_tag: [u8; TAG_LEN],
}

impl Record {
    /// The record as its seal covers it.
    #[must_use]
    pub fn encode(&self) -> [u8; PLAIN_RECORD_LEN] {
        let mut bytes = [0; PLAIN_RECORD_LEN];
        bytes[0] = FORMAT_VERSION;
        bytes[1] = self.class.code();
        bytes[2] = self.part.code();
        bytes[8..16].copy_from_slice(&self.generation.to_le_bytes());
        bytes[16..48].copy_from_slice(self.locator.as_bytes());
        bytes[48..72].copy_from_slice(&self.value_nonce);
        bytes[72..88].copy_from_slice(&self.value_tag);
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// [`FormatError`], for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let bytes: &[u8; PLAIN_RECORD_LEN] = bytes.try_into().map_err(|_| FormatError::Damaged)?;
        check_version(bytes[0])?;
        if bytes[3..8] != [0; 5] {
            return Err(FormatError::Damaged);
        }
        Ok(Self {
            class: SizeClass::from_code(bytes[1]).ok_or(FormatError::Damaged)?,
            part: Part::from_code(bytes[2]).ok_or(FormatError::Damaged)?,
            generation: u64::from_le_bytes(field(bytes, 8)),
            locator: Locator::from_bytes(field(bytes, 16)),
            value_nonce: field(bytes, 48),
            value_tag: field(bytes, 72),
        })
    }
}

/// Whether the index can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closing {
    /// The store is in use, or was when its program ended: the index may lag behind the slots.
    Open,
    /// The store was closed: the index is what the superblock says.
    Clean,
}

/// What a store knows of itself beyond its slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Superblock {
    /// Grows with every superblock written: the later of the two stands.
    pub sequence: u64,
    /// Whether the index can be believed.
    pub closing: Closing,
    /// Share of each class for kept blocks, in percent.
    pub kept_percent: u8,
    /// A generation that no record has had. Meaningful when closed.
    pub generation: u64,
    /// Slots of each class, leaves first.
    pub slots: [u32; 2],
    /// Slots of each class, from the first on, that were filled with noise or are in use.
    pub filled: [u32; 2],
    /// Entries of the index. Meaningful when closed.
    pub entries: u64,
    /// Digest of the index. Meaningful when closed.
    pub digest: u128,
}

impl Superblock {
    /// The superblock as its seal covers it.
    #[must_use]
    pub fn encode(&self) -> [u8; PLAIN_SUPERBLOCK_LEN] {
        let mut bytes = [0; PLAIN_SUPERBLOCK_LEN];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8] = FORMAT_VERSION;
        bytes[9] = match self.closing {
            Closing::Open => 0,
            Closing::Clean => 1,
        };
        bytes[10] = self.kept_percent;
        let numbers = [self.slots[0], self.slots[1], self.filled[0], self.filled[1]].map(u64::from);
        let [leaf_slots, block_slots, leaf_filled, block_filled] = numbers;
        let numbers =
            [self.sequence, self.generation, leaf_slots, block_slots, leaf_filled, block_filled, self.entries];
        for (number, place) in numbers.into_iter().zip(bytes[16..].chunks_exact_mut(8)) {
            place.copy_from_slice(&number.to_le_bytes());
        }
        bytes[72..88].copy_from_slice(&self.digest.to_le_bytes());
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// [`FormatError`], for anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, FormatError> {
        let bytes: &[u8; PLAIN_SUPERBLOCK_LEN] = bytes.try_into().map_err(|_| FormatError::Damaged)?;
        if bytes[..8] != MAGIC {
            return Err(FormatError::Damaged);
        }
        check_version(bytes[8])?;
        let closing = match bytes[9] {
            0 => Closing::Open,
            1 => Closing::Clean,
            _ => return Err(FormatError::Damaged),
        };
        let number = |offset| u64::from_le_bytes(field(bytes, offset));
        let slots = |offset| u32::try_from(number(offset)).map_err(|_| FormatError::Damaged);
        let superblock = Self {
            sequence: number(16),
            closing,
            kept_percent: bytes[10],
            generation: number(24),
            slots: [slots(32)?, slots(40)?],
            filled: [slots(48)?, slots(56)?],
            entries: number(64),
            digest: u128::from_le_bytes(field(bytes, 72)),
        };
        superblock.is_sound(bytes).then_some(superblock).ok_or(FormatError::Damaged)
    }

    fn is_sound(&self, bytes: &[u8]) -> bool {
        let sizes = crate::sizing::MIN_SLOTS..=crate::sizing::MAX_SLOTS;
        let classes = self.slots.iter().zip(&self.filled);
        classes.into_iter().all(|(slots, filled)| sizes.contains(slots) && filled <= slots)
            && self.kept_percent <= 100
            && bytes[11..16].iter().chain(&bytes[SUPERBLOCK_USED..]).all(|&byte| byte == 0)
    }
}

fn check_version(version: u8) -> Result<(), FormatError> {
    if version > FORMAT_VERSION { Err(FormatError::Newer(version)) } else { Ok(()) }
}

/// The field of `N` bytes at `offset`, both constants of this file.
fn field<const N: usize>(bytes: &[u8], offset: usize) -> [u8; N] {
    let mut field = [0; N];
    field.copy_from_slice(&bytes[offset..offset + N]);
    field
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn record() -> Record {
        Record {
            class: SizeClass::Block,
            part: Part::Kept,
            generation: 0x0102_0304,
            locator: Locator::from_bytes([0xaa; 32]),
            value_nonce: [0xbb; NONCE_LEN],
            value_tag: [0xcc; TAG_LEN],
        }
    }

    fn superblock() -> Superblock {
        Superblock {
            sequence: 3,
            closing: Closing::Clean,
            kept_percent: 80,
            generation: 0x1122,
            slots: [64, 32],
            filled: [64, 5],
            entries: 7,
            digest: 0xdd,
        }
    }

    /// Draft vector: the same bytes stand in `docs/formats/slot-file.md`.
    #[test]
    fn record_vector() {
        let mut expected = vec![0, 1, 1, 0, 0, 0, 0, 0, 4, 3, 2, 1, 0, 0, 0, 0];
        expected.extend([0xaa; 32]);
        expected.extend([0xbb; 24]);
        expected.extend([0xcc; 16]);
        assert_eq!(record().encode()[..], expected);
        assert!(Record::decode(&expected) == Ok(record()));
    }

    /// Draft vector: the same bytes stand in `docs/formats/slot-file.md`.
    #[test]
    fn superblock_vector() {
        let mut expected = b"RONEOSLT\x00\x01\x50\0\0\0\0\0".to_vec();
        for number in [3u64, 0x1122, 64, 32, 64, 5, 7, 0xdd, 0] {
            expected.extend(number.to_le_bytes());
        }
        expected.resize(PLAIN_SUPERBLOCK_LEN, 0);
        assert_eq!(superblock().encode()[..], expected);
        assert_eq!(Superblock::decode(&expected), Ok(superblock()));
    }

    #[test]
    fn damaged_records_are_refused() {
        let table = [
            (0, FORMAT_VERSION + 1, FormatError::Newer(FORMAT_VERSION + 1)),
            (1, 2, FormatError::Damaged),
            (2, 2, FormatError::Damaged),
            (5, 1, FormatError::Damaged),
        ];
        for (offset, byte, expected) in table {
            let mut bytes = record().encode();
            bytes[offset] = byte;
            assert!(Record::decode(&bytes) == Err(expected), "byte {offset}");
        }
        assert!(Record::decode(&record().encode()[1..]) == Err(FormatError::Damaged));
    }

    #[test]
    fn damaged_superblocks_are_refused() {
        let table = [
            (0, b'r', FormatError::Damaged),
            (8, 9, FormatError::Newer(9)),
            (9, 2, FormatError::Damaged),
            (10, 101, FormatError::Damaged),
            (15, 1, FormatError::Damaged),
            (32, 1, FormatError::Damaged),
            (37, 1, FormatError::Damaged),
            (48, 65, FormatError::Damaged),
            (PLAIN_SUPERBLOCK_LEN - 1, 1, FormatError::Damaged),
        ];
        for (offset, byte, expected) in table {
            let mut bytes = superblock().encode();
            bytes[offset] = byte;
            assert_eq!(Superblock::decode(&bytes), Err(expected), "byte {offset}");
        }
    }

    proptest! {
        #[test]
        fn what_decodes_is_what_was_encoded(
            bytes in proptest::collection::vec(0u8..3, PLAIN_RECORD_LEN),
            any in proptest::collection::vec(any::<u8>(), 0..PLAIN_SUPERBLOCK_LEN + 9),
        ) {
            if let Ok(record) = Record::decode(&bytes) {
                prop_assert_eq!(&record.encode()[..], &bytes[..]);
            }
            let _ = Record::decode(&any);
            let _ = Superblock::decode(&any);
        }
    }
}
