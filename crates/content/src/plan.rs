use std::ops::Range;

use roneo_keys::{AEAD_TAG_LEN, Locator, SizeClass};

use crate::index::index_blocks;
use crate::redundancy;
use crate::root::{KEEP_HEADER_LEN, READ_HEADER_LEN};

/// Bytes of content in one data block: a block less its tag.
pub const DATA_LEN: usize = SizeClass::Block.content_len();
/// Most data shards in one segment.
pub const MAX_DATA_SHARDS: u8 = 63;
/// Most shards in one segment, data and parity together: as many as a keep list can name.
pub const MAX_SHARDS: u8 = 126;
/// Longest content that stays in a leaf-sized root: 3,520 bytes.
pub const INLINE_LEAF_LIMIT: usize = inline_room(SizeClass::Leaf);
/// Longest content that stays in a block-sized root: 32,192 bytes.
pub const INLINE_BLOCK_LIMIT: usize = inline_room(SizeClass::Block);
/// Longest content, in bytes: 1 TiB. Its keep lists are half of what a root over index blocks can hold.
pub const MAX_CONTENT_LEN: u64 = 1 << 40;

const fn inline_room(class: SizeClass) -> usize {
    class.byte_len() - KEEP_HEADER_LEN - READ_HEADER_LEN - AEAD_TAG_LEN
}

/// Most locators that a root of `class` can list.
pub(crate) const fn listing_room(class: SizeClass) -> usize {
    (inline_room(class) - AEAD_TAG_LEN) / Locator::LEN
}

/// Content longer than [`MAX_CONTENT_LEN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} bytes are more than one insert can hold (1 TiB): split the content")]
pub struct TooLong(pub u64);

/// Where content of some length goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Into the root itself.
    Inline,
    /// Into one data block, stored uncoded and listed in the root.
    Single,
    /// Into segments whose keep lists are listed in the root.
    Segments,
    /// Into segments whose keep lists are listed in index blocks, and those in the root.
    Indexed,
}

/// How content is laid out. It follows from the length alone, so a root cannot lie about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    length: u64,
}

/// One segment of a [`Plan`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentPlan {
    /// Index over the whole content of the first data block in this segment.
    pub first_block: u64,
    /// Data shards, 2 to [`MAX_DATA_SHARDS`].
    pub k: u8,
    /// Shards that a writer makes, data and parity together, `k` to [`MAX_SHARDS`].
    pub n: u8,
    /// Where in the content the segment begins, in bytes.
    pub content_offset: u64,
    /// Bytes of content in the segment: `k` blocks of [`DATA_LEN`], the last of all shorter.
    pub content_len: usize,
}

impl Plan {
    /// The layout of `length` bytes.
    ///
    /// # Errors
    /// [`TooLong`] above [`MAX_CONTENT_LEN`].
    pub const fn new(length: u64) -> Result<Self, TooLong> {
        if length > MAX_CONTENT_LEN { Err(TooLong(length)) } else { Ok(Self { length }) }
    }

    /// Bytes of content.
    #[must_use]
    pub const fn length(&self) -> u64 {
        self.length
    }

    /// Where the content goes.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        if self.length <= INLINE_BLOCK_LIMIT as u64 {
            Layout::Inline
        } else if self.length <= DATA_LEN as u64 {
            Layout::Single
        } else if self.segments() as usize <= listing_room(SizeClass::Block) {
            Layout::Segments
        } else {
            Layout::Indexed
        }
    }

    /// Data blocks, numbered from 0 over the whole content. None where the content is inline.
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        if self.length <= INLINE_BLOCK_LIMIT as u64 { 0 } else { self.length.div_ceil(DATA_LEN as u64) }
    }

    /// Coded segments, in the order of the content. None where the content is inline or one block.
    #[must_use]
    pub const fn segments(&self) -> u32 {
        match self.blocks() {
            0 | 1 => 0,
            // At most 532,871, by MAX_CONTENT_LEN.
            blocks => blocks.div_ceil(MAX_DATA_SHARDS as u64) as u32,
        }
    }

    /// Segment `index`, from 0. Sizes differ by at most one block, larger ones first.
    #[must_use]
    pub fn segment(&self, index: u32) -> Option<SegmentPlan> {
        if index >= self.segments() {
            return None;
        }
        let (index, segments) = (u64::from(index), u64::from(self.segments()));
        let (smaller, larger_ones) = (self.blocks() / segments, self.blocks() % segments);
        let first_block = index * smaller + index.min(larger_ones);
        let blocks = smaller + u64::from(index < larger_ones);
        let content_offset = first_block * DATA_LEN as u64;
        let content_len = (self.length - content_offset).min(blocks * DATA_LEN as u64);
        let k = u8::try_from(blocks).expect("a segment has at most 63 data blocks");
        let n = redundancy::shards(k).expect("a segment has at least 2 data blocks");
        Some(SegmentPlan { first_block, k, n, content_offset, content_len: content_len as usize })
    }

    /// Locators that the root lists: of the single block, of keep lists, or of index blocks.
    #[must_use]
    pub const fn listed_in_root(&self) -> usize {
        match self.layout() {
            Layout::Inline => 0,
            Layout::Single => 1,
            Layout::Segments => self.segments() as usize,
            Layout::Indexed => index_blocks(self.segments()),
        }
    }

    /// The size class of the root: a leaf where everything fits.
    #[must_use]
    pub const fn root_class(&self) -> SizeClass {
        let fits_leaf = match self.layout() {
            Layout::Inline => self.length <= INLINE_LEAF_LIMIT as u64,
            Layout::Single | Layout::Segments | Layout::Indexed => {
                self.listed_in_root() <= listing_room(SizeClass::Leaf)
            }
        };
        if fits_leaf { SizeClass::Leaf } else { SizeClass::Block }
    }

    /// Different blocks and leaves that an insert stores, before copies: for progress and estimates.
    #[must_use]
    pub fn stored_blocks(&self) -> u64 {
        let root = 1;
        match self.layout() {
            Layout::Inline => root,
            Layout::Single => root + 1,
            Layout::Segments | Layout::Indexed => {
                let segments = u64::from(self.segments());
                let larger_ones = self.blocks() % segments;
                // The last segment is never larger than the first, and there are only these two sizes.
                let shards = |index| self.segment(index).map_or(0, |segment| u64::from(segment.n));
                let (large, small) = (shards(0), shards(self.segments() - 1));
                let index_blocks = if self.layout() == Layout::Indexed { self.listed_in_root() as u64 } else { 0 };
                root + index_blocks + segments + larger_ones * large + (segments - larger_ones) * small
            }
        }
    }
}

impl SegmentPlan {
    /// The segment's place in the content, in bytes.
    #[must_use]
    pub fn content_range(&self) -> Range<u64> {
        self.content_offset..self.content_offset + self.content_len as u64
    }

    /// Bytes of content in data block `position` of this segment, [`DATA_LEN`] except at the end.
    pub(crate) fn block_content_len(&self, position: usize) -> usize {
        self.content_len.saturating_sub(position * DATA_LEN).min(DATA_LEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plan(length: u64) -> Plan {
        Plan::new(length).unwrap()
    }

    #[test]
    fn limits_are_those_of_the_format_page() {
        assert_eq!((INLINE_LEAF_LIMIT, INLINE_BLOCK_LIMIT, DATA_LEN), (3_520, 32_192, 32_752));
        assert_eq!((listing_room(SizeClass::Leaf), listing_room(SizeClass::Block)), (109, 1_005));
    }

    #[test]
    fn layout_follows_from_length() {
        use Layout::{Indexed, Inline, Segments, Single};
        use SizeClass::{Block, Leaf};
        let segment = 63 * DATA_LEN as u64;
        // length, layout, root, data blocks, segments, listed in the root
        let table = [
            (0, Inline, Leaf, 0, 0, 0),
            (3_520, Inline, Leaf, 0, 0, 0),
            (3_521, Inline, Block, 0, 0, 0),
            (32_192, Inline, Block, 0, 0, 0),
            (32_193, Single, Leaf, 1, 0, 1),
            (32_752, Single, Leaf, 1, 0, 1),
            (32_753, Segments, Leaf, 2, 1, 1),
            (segment, Segments, Leaf, 63, 1, 1),
            (segment + 1, Segments, Leaf, 64, 2, 2),
            (109 * segment, Segments, Leaf, 6_867, 109, 109),
            (109 * segment + 1, Segments, Block, 6_868, 110, 110),
            (1_005 * segment, Segments, Block, 63_315, 1_005, 1_005),
            (1_005 * segment + 1, Indexed, Leaf, 63_316, 1_006, 1),
            (MAX_CONTENT_LEN, Indexed, Block, 33_570_825, 532_871, 521),
        ];
        for (length, layout, root, blocks, segments, listed) in table {
            let plan = plan(length);
            let found = (plan.layout(), plan.root_class(), plan.blocks(), plan.segments(), plan.listed_in_root());
            assert_eq!(found, (layout, root, blocks, segments, listed), "{length} bytes");
        }
        assert_eq!(Plan::new(MAX_CONTENT_LEN + 1), Err(TooLong(MAX_CONTENT_LEN + 1)));
        assert_eq!(Plan::new(1 << 60), Err(TooLong(1 << 60)));
    }

    #[test]
    fn sizes_differ_by_one_block_and_larger_ones_come_first() {
        let sizes = |length| (0..).map_while(|index| plan(length).segment(index)).map(|s| s.k).collect::<Vec<_>>();
        assert_eq!(sizes(64 * DATA_LEN as u64), [32, 32]);
        assert_eq!(sizes(65 * DATA_LEN as u64), [33, 32]);
        assert_eq!(sizes(5 << 20), [54, 54, 53]);
        assert_eq!(plan(64 * DATA_LEN as u64).stored_blocks(), 1 + 2 + 2 * 75);
        assert_eq!(plan(5 << 20).stored_blocks(), 1 + 3 + 111 + 111 + 109);
        assert_eq!(plan(20_000).stored_blocks(), 1);
        assert_eq!(plan(32_752).stored_blocks(), 2);
    }

    proptest! {
        #[test]
        fn segments_tile_the_content(length in prop_oneof![0..10_000_000u64, 0..=MAX_CONTENT_LEN], pick: u32) {
            let plan = plan(length);
            let segments = plan.segments();
            prop_assert!(plan.segment(segments).is_none());
            if segments > 0 {
                // The last segment ends with the content, and any two neighbours meet.
                let last = plan.segment(segments - 1).unwrap();
                prop_assert_eq!(last.content_range().end, length);
                prop_assert_eq!(last.first_block + u64::from(last.k), plan.blocks());
                prop_assert_eq!(plan.segment(0).unwrap().content_offset, 0);
                let left = plan.segment(pick % segments).unwrap();
                prop_assert!((2..=63).contains(&left.k) && left.n >= 2 * left.k && left.content_len > 0);
                if let Some(right) = plan.segment(pick % segments + 1) {
                    prop_assert_eq!(left.content_range().end, right.content_offset);
                    prop_assert_eq!(left.first_block + u64::from(left.k), right.first_block);
                    prop_assert!(left.k == right.k || left.k == right.k + 1);
                    prop_assert_eq!(left.content_len, usize::from(left.k) * DATA_LEN);
                }
            }
        }
    }
}
