use std::fmt;

use roneo_keys::{Block, CodecId, FORMAT_VERSION, LEAF_LEN, Locator, SizeClass};

use crate::plan::{MAX_DATA_SHARDS, MAX_SHARDS, SegmentPlan};
use crate::redundancy::MAX_COPIES;

/// Bytes before the locators: version, codec, k, n, copies, size class, zeros.
const HEADER_LEN: usize = 64;
const USED_HEADER_LEN: usize = 6;
const _: () = assert!(HEADER_LEN + MAX_SHARDS as usize * Locator::LEN == LEAF_LEN);

/// Which shards belong to one segment, for whoever repairs it. One leaf, not encrypted: it shows
/// that n ciphertexts belong together, and nothing of which content.
///
/// Valid by construction: 2 <= k <= 63, k <= n <= 126, 1 to 30 copies, no locator twice.
#[derive(Clone, PartialEq, Eq)]
pub struct KeepList {
    k: u8,
    copies: u8,
    shards: Vec<Locator>,
}

/// Why bytes are not a keep list, or not the one that a segment needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeepListError {
    /// A version, codec, size class or field of the future.
    #[error("this segment was made by a newer Roneo: update to open it")]
    Newer,
    /// No version of Roneo writes this. Whoever made the content made it wrong.
    #[error("the list of a segment's blocks is not one: {0}")]
    Malformed(&'static str),
    /// Two equal locators, so that one lost block would be two lost shards, or an empty place.
    #[error("the list of a segment's blocks names a block twice or leaves a place empty")]
    Duplicate,
    /// A good keep list, of another segment.
    #[error("the list of a segment's blocks is for {found} blocks of content where the segment has {expected}")]
    OtherSegment {
        /// Data shards that the content's length asks for.
        expected: u8,
        /// Data shards that the list says.
        found: u8,
    },
}

impl KeepList {
    /// A keep list over `shards`, data before parity, with `k` data shards and `copies` of each.
    ///
    /// # Errors
    /// [`KeepListError::Malformed`] and [`KeepListError::Duplicate`], when it would not be valid.
    pub fn new(k: u8, copies: u8, shards: Vec<Locator>) -> Result<Self, KeepListError> {
        if !(2..=MAX_DATA_SHARDS).contains(&k) {
            return Err(KeepListError::Malformed("it has an impossible number of data blocks"));
        }
        if shards.len() < usize::from(k) || shards.len() > usize::from(MAX_SHARDS) {
            return Err(KeepListError::Malformed("it has an impossible number of blocks"));
        }
        if !(1..=MAX_COPIES).contains(&copies) {
            return Err(KeepListError::Malformed("it asks for an impossible number of copies"));
        }
        if !all_distinct(&shards) {
            return Err(KeepListError::Duplicate);
        }
        Ok(Self { k, copies, shards })
    }

    /// Reads a keep list from a fetched leaf.
    ///
    /// # Errors
    /// [`KeepListError`], when the bytes are not exactly what [`KeepList::to_block`] writes.
    pub fn parse(leaf: &Block) -> Result<Self, KeepListError> {
        if leaf.class() != SizeClass::Leaf {
            return Err(KeepListError::Malformed("it is not a leaf"));
        }
        let (header, listed) = leaf.bytes().split_at(HEADER_LEN);
        let &[version, codec, k, n, copies, class, ref unused @ ..] = header else {
            return Err(KeepListError::Malformed("it has no header"));
        };
        if version != FORMAT_VERSION || unused.iter().any(|&byte| byte != 0) {
            return Err(KeepListError::Newer);
        }
        match CodecId::from_code(codec) {
            Some(CodecId::ReedSolomon) => {}
            Some(CodecId::None) => return Err(KeepListError::Malformed("it names no erasure code")),
            None => return Err(KeepListError::Newer),
        }
        // Segments of leaves may come one day; an unknown size is not a lie.
        if SizeClass::from_code(class) != Some(SizeClass::Block) {
            return Err(KeepListError::Newer);
        }
        let used = usize::from(n) * Locator::LEN;
        let (listed, padding) =
            listed.split_at_checked(used).ok_or(KeepListError::Malformed("it has an impossible number of blocks"))?;
        if padding.iter().any(|&byte| byte != 0) {
            return Err(KeepListError::Malformed("something stands behind its last block"));
        }
        Self::new(k, copies, parse_locators(listed))
    }

    /// The leaf to store, [`LEAF_LEN`] bytes.
    #[must_use]
    pub fn to_block(&self) -> Block {
        let mut bytes = vec![0; LEAF_LEN];
        bytes[..USED_HEADER_LEN].copy_from_slice(&[
            FORMAT_VERSION,
            CodecId::ReedSolomon.code(),
            self.k,
            self.n(),
            self.copies,
            SizeClass::Block.code(),
        ]);
        write_locators(&self.shards, &mut bytes[HEADER_LEN..]);
        Block::new(bytes).expect("a leaf's length")
    }

    /// Data shards: any so many of the shards restore the segment.
    #[must_use]
    pub fn k(&self) -> u8 {
        self.k
    }

    /// All shards.
    #[must_use]
    pub fn n(&self) -> u8 {
        u8::try_from(self.shards.len()).expect("at most 126 shards")
    }

    /// Copies that the writer wished for each shard.
    #[must_use]
    pub fn copies(&self) -> u8 {
        self.copies
    }

    /// Where the shards live: [`KeepList::k`] data shards in the order of the content, then parity.
    #[must_use]
    pub fn shards(&self) -> &[Locator] {
        &self.shards
    }

    /// Checks that this is a list for a segment of this plan, before anything is fetched by it.
    ///
    /// n is the writer's choice and not compared.
    ///
    /// # Errors
    /// [`KeepListError::OtherSegment`], when the list has more or fewer data shards.
    pub fn check(&self, plan: &SegmentPlan) -> Result<(), KeepListError> {
        if self.k == plan.k { Ok(()) } else { Err(KeepListError::OtherSegment { expected: plan.k, found: self.k }) }
    }
}

impl fmt::Debug for KeepList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "KeepList({} of {}, {} copies)", self.k, self.shards.len(), self.copies)
    }
}

/// Whole locators from the front of `bytes`.
pub(crate) fn parse_locators(bytes: &[u8]) -> Vec<Locator> {
    let (locators, _) = bytes.as_chunks::<{ Locator::LEN }>();
    locators.iter().map(|&locator| Locator::from_bytes(locator)).collect()
}

/// Writes `locators` to the front of `bytes`.
///
/// # Panics
/// When they do not fit.
pub(crate) fn write_locators(locators: &[Locator], bytes: &mut [u8]) {
    let (places, _) = bytes.as_chunks_mut::<{ Locator::LEN }>();
    for (locator, place) in locators.iter().zip(&mut places[..locators.len()]) {
        *place = *locator.as_bytes();
    }
}

/// Whether each locator is another one, and none is zero: that is an empty place, no block's hash.
pub(crate) fn all_distinct(locators: &[Locator]) -> bool {
    let mut sorted = locators.to_vec();
    sorted.sort_unstable();
    let empty = sorted.first().is_some_and(|first| first.as_bytes() == &[0; Locator::LEN]);
    !empty && sorted.windows(2).all(|pair| pair[0] != pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn locators(count: u8) -> Vec<Locator> {
        (0..count).map(|index| Locator::of(&[index])).collect()
    }

    /// The leaf of a good list of 2 of 18, changed.
    fn changed(change: impl FnOnce(&mut [u8])) -> Block {
        let mut bytes = KeepList::new(2, 3, locators(18)).unwrap().to_block().bytes().to_vec();
        change(&mut bytes);
        Block::new(bytes).unwrap()
    }

    #[test]
    fn full_and_small_lists_come_back() {
        for (k, n, copies) in [(2, 18, 3), (63, 126, 2), (2, 2, 1), (63, 63, 30)] {
            let list = KeepList::new(k, copies, locators(n)).unwrap();
            assert_eq!(KeepList::parse(&list.to_block()), Ok(list));
        }
    }

    #[test]
    fn lists_that_nobody_writes_are_refused() {
        use KeepListError::{Duplicate, Malformed, Newer};
        let data_blocks = Malformed("it has an impossible number of data blocks");
        let blocks = Malformed("it has an impossible number of blocks");
        let copies = Malformed("it asks for an impossible number of copies");
        let behind = Malformed("something stands behind its last block");
        let table = [
            (changed(|bytes| bytes[0] = 1), Newer),
            (changed(|bytes| bytes[1] = 2), Newer),
            (changed(|bytes| bytes[1] = 0), Malformed("it names no erasure code")),
            (changed(|bytes| bytes[5] = 0), Newer),
            (changed(|bytes| bytes[5] = 9), Newer),
            (changed(|bytes| bytes[6] = 1), Newer),
            (changed(|bytes| bytes[63] = 1), Newer),
            (changed(|bytes| bytes[2] = 0), data_blocks),
            (changed(|bytes| bytes[2] = 1), data_blocks),
            (changed(|bytes| bytes[2] = 64), data_blocks),
            (changed(|bytes| bytes[2] = 19), blocks),
            (changed(|bytes| bytes[3] = 17), behind),
            (changed(|bytes| bytes[3] = 127), blocks),
            (changed(|bytes| bytes[3] = 255), blocks),
            (changed(|bytes| bytes[3] = 19), Duplicate),
            (changed(|bytes| bytes[3] = 20), Duplicate),
            (changed(|bytes| bytes[4] = 0), copies),
            (changed(|bytes| bytes[4] = 31), copies),
            (changed(|bytes| bytes.copy_within(64..96, 96)), Duplicate),
            (changed(|bytes| bytes[4_095] = 1), behind),
            (Block::new(vec![0; 4_096]).unwrap(), Malformed("it names no erasure code")),
            (Block::new(vec![0; 32_768]).unwrap(), Malformed("it is not a leaf")),
        ];
        for (leaf, expected) in table {
            assert_eq!(KeepList::parse(&leaf), Err(expected), "{:?}", &leaf.bytes()[..7]);
        }
        assert_eq!(KeepList::new(2, 2, vec![Locator::of(b"same"); 2]), Err(Duplicate));
    }

    #[test]
    fn a_list_of_another_segment_is_told_apart() {
        let plan = crate::Plan::new(40_000).unwrap().segment(0).unwrap();
        assert_eq!(KeepList::new(2, 3, locators(18)).unwrap().check(&plan), Ok(()));
        let other = KeepListError::OtherSegment { expected: 2, found: 3 };
        assert_eq!(KeepList::new(3, 3, locators(21)).unwrap().check(&plan), Err(other));
    }

    #[test]
    fn debug_shows_no_locator() {
        assert_eq!(format!("{:?}", KeepList::new(2, 3, locators(18)).unwrap()), "KeepList(2 of 18, 3 copies)");
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_would_be_written(
            header in proptest::collection::vec(0u8..130, 8),
            rest in proptest::collection::vec(any::<u8>(), LEAF_LEN - 8),
            zero_from in 6usize..LEAF_LEN,
        ) {
            let mut bytes = [header, rest].concat();
            bytes[0] %= 2;
            bytes[1] %= 3;
            bytes[5] %= 3;
            bytes[6..64].fill(0);
            bytes[zero_from..].fill(0);
            let leaf = Block::new(bytes).unwrap();
            if let Ok(list) = KeepList::parse(&leaf) {
                prop_assert_eq!(list.to_block(), leaf);
            }
        }
    }
}
