//! Index blocks: lists of keep lists, for content whose root cannot list them all itself.

use std::ops::Range;

use roneo_keys::{BLOCK_LEN, Block, KeepKey, Locator, SizeClass};

use crate::keep_list::{all_distinct, parse_locators, write_locators};
use crate::seal::BoxKey;

/// Keep lists that one index block names.
pub const INDEX_CAPACITY: usize = SizeClass::Block.content_len() / Locator::LEN;
const INDEX_CONTEXT: &str = "roneo index 1";

/// Why a block is not the index block that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IndexError {
    /// It was sealed under another key or in another place, or never sealed.
    #[error("part {0} of the content's list of segments does not open: whoever made it made it wrong")]
    Damaged(u64),
    /// It opens, and is not what a list of so many segments looks like.
    #[error("part {0} of the content's list of segments is not what the content's length asks for")]
    Malformed(u64),
}

/// Index blocks that name `segments` keep lists.
#[must_use]
pub const fn index_blocks(segments: u32) -> usize {
    (segments as usize).div_ceil(INDEX_CAPACITY)
}

/// Which keep lists, of `segments` in all, index block `index` names.
#[must_use]
pub fn listed_in(segments: u32, index: u64) -> Range<usize> {
    let (segments, capacity) = (u64::from(segments), INDEX_CAPACITY as u64);
    let place = |index: u64| index.saturating_mul(capacity).min(segments) as usize;
    place(index)..place(index.saturating_add(1))
}

/// Seals index block `index`, naming the keep lists [`listed_in`] it.
///
/// # Errors
/// [`IndexError::Malformed`], when they are none, more than [`INDEX_CAPACITY`], or not all different.
pub fn seal_index(keep: &KeepKey, index: u64, keep_lists: &[Locator]) -> Result<Block, IndexError> {
    if keep_lists.is_empty() || keep_lists.len() > INDEX_CAPACITY || !all_distinct(keep_lists) {
        return Err(IndexError::Malformed(index));
    }
    let mut bytes = vec![0; BLOCK_LEN];
    write_locators(keep_lists, &mut bytes);
    Ok(seal_bytes(keep, index, bytes))
}

/// Seals the [`BLOCK_LEN`] bytes of an index block, whose plaintext stands in its place.
pub(crate) fn seal_bytes(keep: &KeepKey, index: u64, mut bytes: Vec<u8>) -> Block {
    index_key(keep, index).seal(&mut bytes);
    Block::new(bytes).expect("a block's length")
}

/// The keep lists that index block `index` names, of content with `segments` in all.
///
/// # Errors
/// [`IndexError`].
pub fn open_index(keep: &KeepKey, index: u64, block: &Block, segments: u32) -> Result<Vec<Locator>, IndexError> {
    // A maker may seal a leaf in a block's place.
    if block.class() != SizeClass::Block {
        return Err(IndexError::Malformed(index));
    }
    let mut sealed = block.bytes().to_vec();
    let opened = index_key(keep, index).open(&mut sealed).map_err(|_| IndexError::Damaged(index))?;
    let used = listed_in(segments, index).len() * Locator::LEN;
    let (listed, padding) = opened.split_at_checked(used).ok_or(IndexError::Malformed(index))?;
    let keep_lists = parse_locators(listed);
    if keep_lists.is_empty() || padding.iter().any(|&byte| byte != 0) || !all_distinct(&keep_lists) {
        return Err(IndexError::Malformed(index));
    }
    Ok(keep_lists)
}

fn index_key(keep: &KeepKey, index: u64) -> BoxKey {
    BoxKey::derive(INDEX_CONTEXT, keep.expose(), &index.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locators(range: Range<usize>) -> Vec<Locator> {
        range.map(|index| Locator::of(&index.to_le_bytes())).collect()
    }

    fn key() -> KeepKey {
        KeepKey::from_bytes([3; 32])
    }

    #[test]
    fn index_blocks_tile_the_segments() {
        let table = [(1_006, 1), (1_023, 1), (1_024, 2), (532_871, 521), (u32::MAX, 4_198_405)];
        for (segments, blocks) in table {
            assert_eq!(index_blocks(segments), blocks);
            assert_eq!(listed_in(segments, 0).start, 0);
            assert_eq!(listed_in(segments, blocks as u64 - 1).end, segments as usize);
            assert!(listed_in(segments, blocks as u64).is_empty());
            assert!(listed_in(segments, u64::MAX).is_empty());
        }
    }

    #[test]
    fn lists_come_back_in_their_own_place_only() {
        let segments = 1_030;
        for index in 0..2 {
            let listed = locators(listed_in(segments, index));
            let block = seal_index(&key(), index, &listed).unwrap();
            assert_eq!(open_index(&key(), index, &block, segments).unwrap(), listed);
            assert_eq!(open_index(&key(), 1 - index, &block, segments), Err(IndexError::Damaged(1 - index)));
            assert_eq!(
                open_index(&KeepKey::from_bytes([4; 32]), index, &block, segments),
                Err(IndexError::Damaged(index))
            );
        }
    }

    #[test]
    fn lists_of_another_length_are_refused() {
        let block = seal_index(&key(), 1, &locators(0..7)).unwrap();
        for segments in [0, 1_023, 1_024, 1_029, 1_031, 5_000] {
            assert_eq!(open_index(&key(), 1, &block, segments), Err(IndexError::Malformed(1)), "{segments} segments");
        }
        assert!(open_index(&key(), 1, &block, 1_030).is_ok());
        assert!(seal_index(&key(), 0, &[]).is_err());
        assert!(seal_index(&key(), 0, &locators(0..1_024)).is_err());
        assert!(seal_index(&key(), 0, &[Locator::of(b"a"), Locator::of(b"a")]).is_err());
    }

    #[test]
    fn only_a_block_is_an_index_block() {
        // Sealed as it should be and listing what it should, in a leaf.
        let mut sealed = vec![0; 4_096];
        write_locators(&locators(0..1), &mut sealed);
        index_key(&key(), 0).seal(&mut sealed);
        let leaf = Block::new(sealed).unwrap();
        assert_eq!(open_index(&key(), 0, &leaf, 1), Err(IndexError::Malformed(0)));
    }
}
