//! What a simulated node keeps for others: a map, with the capacity and the answers of a disk.

use std::collections::BTreeMap;

use roneo_keys::{Block, Locator};
use roneo_overlay::Stored;

/// The blocks of one node.
///
/// Not `roneo-datastore` over its disk in RAM, which is preallocated, sealed and scanned: hundreds
/// of nodes would need gigabytes to hold megabytes, and what that crate promises has its own tests.
/// Survives everything but the loss of its disk.
#[derive(Debug)]
pub struct Shelf {
    capacity: u64,
    bytes: u64,
    blocks: BTreeMap<Locator, Block>,
}

impl Shelf {
    pub(crate) fn new(capacity: u64) -> Self {
        Self { capacity, bytes: 0, blocks: BTreeMap::new() }
    }

    pub(crate) fn put(&mut self, locator: Locator, block: Block) -> Stored {
        let bytes = self.bytes - self.blocks.get(&locator).map_or(0, len) + len(&block);
        if bytes > self.capacity {
            return Stored::Full;
        }
        self.bytes = bytes;
        // Under one locator there is one block, or a record that a newer one takes the place of.
        self.blocks.insert(locator, block);
        Stored::Kept
    }

    pub(crate) fn clear(&mut self) {
        self.bytes = 0;
        self.blocks.clear();
    }

    /// The block under a locator.
    #[must_use]
    pub fn get(&self, locator: &Locator) -> Option<&Block> {
        self.blocks.get(locator)
    }

    /// Bytes of all blocks.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What is kept, in order.
    pub fn locators(&self) -> impl Iterator<Item = &Locator> {
        self.blocks.keys()
    }
}

fn len(block: &Block) -> u64 {
    block.bytes().len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use roneo_keys::LEAF_LEN;

    #[test]
    fn a_full_shelf_says_so_and_a_known_block_takes_no_room() {
        let leaf = |byte| Block::new(vec![byte; LEAF_LEN]).unwrap();
        let mut shelf = Shelf::new(2 * LEAF_LEN as u64);
        for (byte, expected) in [(1, Stored::Kept), (1, Stored::Kept), (2, Stored::Kept), (3, Stored::Full)] {
            assert_eq!(shelf.put(leaf(byte).locator(), leaf(byte)), expected, "{byte}");
        }
        assert_eq!(shelf.bytes(), 2 * LEAF_LEN as u64);
        assert_eq!(shelf.get(&leaf(2).locator()), Some(&leaf(2)));
        // A record that changed.
        assert_eq!(shelf.put(leaf(2).locator(), leaf(4)), Stored::Kept);
        assert_eq!(shelf.get(&leaf(2).locator()), Some(&leaf(4)));
        assert_eq!(shelf.bytes(), 2 * LEAF_LEN as u64);
        shelf.clear();
        assert_eq!((shelf.bytes(), shelf.locators().count()), (0, 0));
    }
}
