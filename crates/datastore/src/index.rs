//! Where a locator's block lies: a table that can always be rebuilt from the slot records.

mod ram;
mod sled_index;

use roneo_keys::SizeClass;

pub use ram::RamIndex;
pub use sled_index::{INDEX_CACHE_LEN, SledIndex};

use crate::Part;

/// What stands for a locator in an index: a keyed hash of it, since an index's files may outlive
/// the store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IndexKey(pub(crate) [u8; 16]);

impl IndexKey {
    /// Bytes of a key.
    pub const LEN: usize = 16;
}

/// Where a block lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexEntry {
    /// Its size class.
    pub class: SizeClass,
    /// Whether this node is responsible for it.
    pub part: Part,
    /// Its slot among those of the class.
    pub slot: u32,
}

impl IndexEntry {
    /// Bytes of an entry: class, part, slot.
    pub const LEN: usize = 6;

    /// The entry as an index keeps it.
    #[must_use]
    pub fn encode(self) -> [u8; Self::LEN] {
        let mut bytes = [self.class.code(), self.part.code(), 0, 0, 0, 0];
        bytes[2..].copy_from_slice(&self.slot.to_le_bytes());
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote, and nothing else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let &[class, part, ref slot @ ..] = bytes else { return None };
        Some(Self {
            class: SizeClass::from_code(class)?,
            part: Part::from_code(part)?,
            slot: u32::from_le_bytes(slot.try_into().ok()?),
        })
    }
}

/// An index cannot be used any longer. The store then goes on with one in RAM, rebuilt from its
/// slots, and drops this one at the next open.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the index of the store is damaged: {0}")]
pub struct IndexError(pub String);

/// A table from keys to entries. Needs to survive nothing: after an unclean stop, or whenever what
/// it holds is not what the superblock says, the store clears it and scans its slots.
pub trait Index: Send + Sync {
    /// The entry under `key`.
    ///
    /// # Errors
    /// [`IndexError`], when the table cannot be used any longer; so for the other methods.
    fn find(&self, key: &IndexKey) -> Result<Option<IndexEntry>, IndexError>;

    /// Puts `entry` under `key`, or takes away what is there.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    fn set(&mut self, key: &IndexKey, entry: Option<IndexEntry>) -> Result<(), IndexError>;

    /// Shows every entry to `visitor`, in any order.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    fn visit(&self, visitor: &mut dyn FnMut(IndexKey, IndexEntry)) -> Result<(), IndexError>;

    /// Takes all entries away.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    fn clear(&mut self) -> Result<(), IndexError>;

    /// Returns once every change is durable, where the table is on a disk.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    fn flush(&mut self) -> Result<(), IndexError>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StoreKey;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    /// One suite, every implementation.
    fn behaves(index: &mut dyn Index) {
        let key = |number| IndexKey([number; IndexKey::LEN]);
        let entry = |slot| IndexEntry { class: SizeClass::Leaf, part: Part::Cache, slot };
        assert_eq!(index.find(&key(1)).unwrap(), None);
        for number in 0..100 {
            index.set(&key(number), Some(entry(u32::from(number)))).unwrap();
        }
        index.set(&key(1), Some(entry(1_000))).unwrap();
        index.set(&key(2), None).unwrap();
        assert_eq!(index.find(&key(1)).unwrap(), Some(entry(1_000)));
        assert_eq!(index.find(&key(2)).unwrap(), None);
        let mut slots = Vec::new();
        index.visit(&mut |key, entry| slots.push((key.0[0], entry.slot))).unwrap();
        slots.sort_unstable();
        assert_eq!((slots.len(), slots[1], slots[2]), (99, (1, 1_000), (3, 3)));
        index.flush().unwrap();
        index.clear().unwrap();
        index.visit(&mut |_, _| panic!("a cleared index is empty")).unwrap();
    }

    #[test]
    fn every_index_behaves() {
        behaves(&mut RamIndex::default());
        let directory = tempfile::tempdir().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        behaves(&mut SledIndex::open(directory.path(), &StoreKey::from_bytes([1; 32]), &mut rng).unwrap());
    }

    proptest! {
        #[test]
        fn entries_have_one_spelling(bytes in proptest::collection::vec(0u8..4, 0..9)) {
            if let Some(entry) = IndexEntry::decode(&bytes) {
                prop_assert_eq!(&entry.encode()[..], &bytes[..]);
            }
        }
    }
}
