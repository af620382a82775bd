use std::fmt;

use roneo_keys::{BLOCK_LEN, Block, InsertKey, Locator, SizeClass};

use crate::codec::{Codec, CodecError};
use crate::keep_list::{KeepList, KeepListError};
use crate::plan::{DATA_LEN, SegmentPlan};
use crate::seal::BoxKey;

const DATA_CONTEXT: &str = "roneo data block 1";

/// Why content was not turned into blocks. Each is a mistake of the caller, except the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Content of another length than the plan says.
    #[error("{found} bytes of content where the plan has {expected}: the content changed while it was read; try again")]
    Length {
        /// What the plan says.
        expected: usize,
        /// What was given.
        found: usize,
    },
    /// A plan that no length leads to.
    #[error("the segment cannot be coded: {0}")]
    Codec(#[from] CodecError),
    /// Numbers that no keep list has, or two equal shards.
    #[error("the segment cannot be listed: {0}; try again with a new key")]
    KeepList(#[from] KeepListError),
}

/// Why fetched blocks do not give the content back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentError {
    /// Too few shards to restore the rest: go on fetching, or give up.
    #[error("{have} of this segment's blocks were found, and {need} are needed")]
    Missing {
        /// Shards at hand.
        have: usize,
        /// Shards needed.
        need: usize,
    },
    /// A block has the hash that was asked for, or was restored from such, and still does not open.
    /// Whoever made the content made it wrong; other shards may do better.
    #[error("block {block} of the content does not open: it was damaged before it was stored")]
    Damaged {
        /// Which, counted over the whole content.
        block: u64,
    },
    /// The keep list is of another segment.
    #[error(transparent)]
    KeepList(#[from] KeepListError),
    /// A shard that was made again from others does not hash to its locator. Whoever made the content
    /// listed blocks that are not of one code.
    #[error("its blocks do not belong together: whoever made the content made it wrong")]
    NotOneCode {
        /// The first such shard, by its place in the keep list.
        shard: usize,
    },
    /// More or fewer places for shards than the keep list has. A caller's mistake.
    #[error("{found} places for blocks where the segment has {expected}")]
    Places {
        /// Shards in the keep list.
        expected: usize,
        /// Places given.
        found: usize,
    },
}

/// Everything that stands for one segment.
#[derive(Clone)]
pub struct EncodedSegment {
    /// k data shards, then n - k parity shards, with their locators.
    pub shards: Vec<(Locator, Block)>,
    /// The leaf that lists them.
    pub keep_list: Block,
}

impl fmt::Debug for EncodedSegment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EncodedSegment({} shards)", self.shards.len())
    }
}

/// Seals data block `index` of the whole content, padded with zeros.
///
/// # Errors
/// [`EncodeError::Length`], when `content` is longer than [`DATA_LEN`].
pub fn seal_data_block(insert: &InsertKey, index: u64, content: &[u8]) -> Result<Block, EncodeError> {
    if content.len() > DATA_LEN {
        return Err(EncodeError::Length { expected: DATA_LEN, found: content.len() });
    }
    let mut sealed = vec![0; BLOCK_LEN];
    sealed[..content.len()].copy_from_slice(content);
    data_key(insert, index).seal(&mut sealed);
    Ok(Block::new(sealed).expect("a block's length"))
}

/// Opens data block `index` of the whole content, which carries `content_len` bytes of it.
///
/// # Errors
/// [`SegmentError::Damaged`], when it does not open or carries something behind the content.
pub fn open_data_block(
    insert: &InsertKey,
    index: u64,
    block: &Block,
    content_len: usize,
) -> Result<Vec<u8>, SegmentError> {
    let mut sealed = block.bytes().to_vec();
    let content_len = open_in_place(insert, index, &mut sealed, content_len)?.len();
    sealed.truncate(content_len);
    Ok(sealed)
}

/// Seals and codes one segment. `content` is that of [`SegmentPlan::content_range`]; `copies` is
/// what the keep list will ask for.
///
/// # Errors
/// [`EncodeError`]; nothing that content of the right length and a plan of [`Plan::segment`] meet,
/// except by a collision of hashes.
///
/// [`Plan::segment`]: crate::Plan::segment
pub fn encode_segment(
    codec: &dyn Codec,
    insert: &InsertKey,
    plan: &SegmentPlan,
    content: &[u8],
    copies: u8,
) -> Result<EncodedSegment, EncodeError> {
    if content.len() != plan.content_len {
        return Err(EncodeError::Length { expected: plan.content_len, found: content.len() });
    }
    let sealed = content.chunks(DATA_LEN).zip(plan.first_block..);
    let data: Vec<Block> =
        sealed.map(|(piece, index)| seal_data_block(insert, index, piece)).collect::<Result<_, _>>()?;
    let borrowed: Vec<&[u8]> = data.iter().map(Block::bytes).collect();
    let parity = codec.parity(&borrowed, plan.n.into())?;
    let parity = parity.into_iter().map(|bytes| Block::new(bytes).expect("as long as the data shards"));
    let shards: Vec<_> = data.into_iter().chain(parity).map(|block| (block.locator(), block)).collect();
    let keep_list = KeepList::new(plan.k, copies, shards.iter().map(|&(locator, _)| locator).collect())?;
    Ok(EncodedSegment { shards, keep_list: keep_list.to_block() })
}

/// Restores the content of one segment from any k of its shards.
///
/// `shards` has a place for each shard of the keep list, in its order. Each block given must have
/// the locator of its place: whoever fetched it has checked that, and only that tells a bad parity
/// shard from a good one.
///
/// # Errors
/// [`SegmentError`].
pub fn decode_segment(
    codec: &dyn Codec,
    insert: &InsertKey,
    plan: &SegmentPlan,
    keep_list: &KeepList,
    shards: &[Option<Block>],
) -> Result<Vec<u8>, SegmentError> {
    keep_list.check(plan)?;
    let places_error = SegmentError::Places { expected: keep_list.shards().len(), found: shards.len() };
    if shards.len() != keep_list.shards().len() {
        return Err(places_error);
    }
    let k = usize::from(plan.k);
    let mut shards = first_k(shards, k);
    codec.restore_data(&mut shards, k).map_err(|error| match error {
        CodecError::TooFew { have, need } => SegmentError::Missing { have, need },
        CodecError::Shape => places_error,
    })?;
    let mut content = Vec::with_capacity(plan.content_len);
    for (position, (shard, index)) in shards.iter_mut().take(k).zip(plan.first_block..).enumerate() {
        let sealed = shard.as_mut().expect("restore_data filled the first k places");
        content.extend_from_slice(open_in_place(insert, index, sealed, plan.block_content_len(position))?);
        // Freed as it goes: content and shards together would be twice the segment.
        *shard = None;
    }
    Ok(content)
}

/// Makes shards of one segment again, those at the places `wanted`, from any k others: ciphertext from
/// ciphertext, by whoever has the keep list and no key. Each is checked against its locator.
///
/// `shards` has a place for each shard of the keep list, in its order; each block given must have the
/// locator of its place.
///
/// # Errors
/// [`SegmentError::Missing`], [`SegmentError::Places`], [`SegmentError::NotOneCode`].
pub fn rebuild_shards(
    codec: &dyn Codec,
    keep_list: &KeepList,
    shards: &[Option<Block>],
    wanted: &[usize],
) -> Result<Vec<(usize, Block)>, SegmentError> {
    let (k, n) = (usize::from(keep_list.k()), keep_list.shards().len());
    let places_error = SegmentError::Places { expected: n, found: shards.len() };
    if shards.len() != n || wanted.iter().any(|&shard| shard >= n) {
        return Err(places_error);
    }
    let to_error = |error| match error {
        CodecError::TooFew { have, need } => SegmentError::Missing { have, need },
        CodecError::Shape => places_error,
    };
    let mut data = first_k(shards, k);
    codec.restore_data(&mut data, k).map_err(to_error)?;
    let mut all: Vec<Option<Vec<u8>>> = data.into_iter().take(k).collect();
    if wanted.iter().any(|&shard| shard >= k) {
        let borrowed: Vec<&[u8]> = all.iter().flatten().map(Vec::as_slice).collect();
        let parity = codec.parity(&borrowed, n).map_err(to_error)?;
        all.extend(parity.into_iter().map(Some));
    }
    let rebuilt = wanted.iter().map(|&shard| {
        let bytes = all.get_mut(shard).and_then(Option::take).unwrap_or_default();
        let block = Block::new(bytes).ok().filter(|block| keep_list.shards().get(shard) == Some(&block.locator()));
        block.map(|block| (shard, block)).ok_or(SegmentError::NotOneCode { shard })
    });
    rebuilt.collect()
}

/// Copies of the first `k` shards at hand, data before parity; the code needs no more. A maker can
/// name a leaf in a keep list, under its true hash: that is no shard.
fn first_k(shards: &[Option<Block>], k: usize) -> Vec<Option<Vec<u8>>> {
    let mut taken = 0;
    let mut take = |shard: &Option<Block>| {
        let block = shard.as_ref().filter(|block| taken < k && block.class() == SizeClass::Block)?;
        taken += 1;
        Some(block.bytes().to_vec())
    };
    shards.iter().map(&mut take).collect()
}

fn open_in_place<'a>(
    insert: &InsertKey,
    index: u64,
    sealed: &'a mut [u8],
    content_len: usize,
) -> Result<&'a [u8], SegmentError> {
    let damaged = SegmentError::Damaged { block: index };
    // A maker may seal a leaf in a block's place.
    if sealed.len() != BLOCK_LEN {
        return Err(damaged);
    }
    let opened = data_key(insert, index).open(sealed).map_err(|_| damaged)?;
    // Exactly one encoding of each content: nothing hides in the padding.
    match opened.split_at_checked(content_len) {
        Some((content, padding)) if padding.iter().all(|&byte| byte == 0) => Ok(content),
        _ => Err(damaged),
    }
}

fn data_key(insert: &InsertKey, index: u64) -> BoxKey {
    BoxKey::derive(DATA_CONTEXT, insert.expose(), &index.to_le_bytes())
}

#[cfg(test)]
mod tests {
    use roneo_keys::LEAF_LEN;

    use super::*;

    /// A segment of 3 of 21 with its shards in their places.
    fn coded() -> (crate::ReedSolomon, KeepList, Vec<Option<Block>>) {
        let codec = crate::ReedSolomon::default();
        let content: Vec<u8> = (0..3 * DATA_LEN).map(|place| (place % 251) as u8).collect();
        let plan = crate::Plan::new(content.len() as u64).unwrap().segment(0).unwrap();
        let coded = encode_segment(&codec, &InsertKey::from_bytes([2; 32]), &plan, &content, 2).unwrap();
        let keep_list = KeepList::parse(&coded.keep_list).unwrap();
        (codec, keep_list, coded.shards.into_iter().map(|(_, block)| Some(block)).collect())
    }

    #[test]
    fn lost_shards_are_made_again_from_any_k() {
        let (codec, keep_list, whole) = coded();
        for kept in [[0, 1, 2], [0, 7, 20], [18, 19, 20]] {
            let left: Vec<_> = whole
                .iter()
                .enumerate()
                .map(|(shard, block)| block.clone().filter(|_| kept.contains(&shard)))
                .collect();
            let wanted: Vec<usize> = (0..whole.len()).filter(|shard| !kept.contains(shard)).collect();
            for (shard, block) in rebuild_shards(&codec, &keep_list, &left, &wanted).unwrap() {
                assert_eq!(Some(&block), whole[shard].as_ref());
            }
            assert_eq!(rebuild_shards(&codec, &keep_list, &left, &[5]).unwrap().len(), 1);
        }
        let mut few = whole.clone();
        few[2..].fill(None);
        let missing = SegmentError::Missing { have: 2, need: 3 };
        assert_eq!(rebuild_shards(&codec, &keep_list, &few, &[9]), Err(missing));
        assert!(matches!(rebuild_shards(&codec, &keep_list, &whole, &[21]), Err(SegmentError::Places { .. })));
    }

    #[test]
    fn shards_that_are_not_of_one_code_are_not_made() {
        let (codec, keep_list, mut shards) = coded();
        let mut listed = keep_list.shards().to_vec();
        listed[4] = Locator::of(b"another block");
        let lying = KeepList::new(3, 2, listed).unwrap();
        shards[4] = None;
        assert_eq!(rebuild_shards(&codec, &lying, &shards, &[4]), Err(SegmentError::NotOneCode { shard: 4 }));
    }

    #[test]
    fn a_leaf_sealed_in_a_blocks_place_is_refused() {
        let insert = InsertKey::from_bytes([2; 32]);
        let mut sealed = vec![0; LEAF_LEN];
        data_key(&insert, 0).seal(&mut sealed);
        let leaf = Block::new(sealed).unwrap();
        assert_eq!(open_data_block(&insert, 0, &leaf, 10), Err(SegmentError::Damaged { block: 0 }));
    }

    #[test]
    fn a_data_block_of_every_length_comes_back() {
        let insert = InsertKey::from_bytes([2; 32]);
        for length in [0, 1, DATA_LEN - 1, DATA_LEN] {
            let content = vec![0xa5; length];
            let block = seal_data_block(&insert, u64::MAX, &content).unwrap();
            assert_eq!(open_data_block(&insert, u64::MAX, &block, length), Ok(content), "{length} bytes");
            assert!(open_data_block(&insert, 0, &block, length).is_err());
            assert!(open_data_block(&insert, u64::MAX, &block, DATA_LEN + 1).is_err());
        }
    }
}
