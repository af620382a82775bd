//! Content goes out and comes back, as a client would put and get it, through a map of blocks.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::collections::HashMap;

use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use roneo_content::{
    Body, CodecError, ContentHasher, DATA_LEN, INLINE_BLOCK_LIMIT, INLINE_LEAF_LIMIT, KeepList, KeepPart, Layout, Plan,
    ReedSolomon, Root, SegmentError, SegmentPlan, decode_segment, encode_segment, index_blocks, listed_in,
    open_data_block, open_index, seal_data_block, seal_index,
};
use roneo_keys::{Block, InsertKey, Locator, ReadKey};

/// What the network would be: blocks by the hash of their bytes.
#[derive(Default)]
struct Store {
    blocks: HashMap<Locator, Block>,
    codec: ReedSolomon,
}

impl Store {
    fn put_block(&mut self, block: Block) -> Locator {
        let locator = block.locator();
        assert!(self.blocks.insert(locator, block).is_none(), "no block is stored twice");
        locator
    }

    fn put(&mut self, content: &[u8], read: &ReadKey, insert: &InsertKey) -> Locator {
        let plan = Plan::new(content.len() as u64).unwrap();
        let mut hasher = ContentHasher::default();
        content.chunks(1_000_003).for_each(|piece| hasher.update(piece));
        let keep_lists: Vec<Locator> = (0..plan.segments())
            .map(|index| self.put_segment(content, &plan.segment(index).unwrap(), insert))
            .collect();
        let body = match plan.layout() {
            Layout::Inline => Body::Inline(content.to_vec()),
            Layout::Single => Body::Single(self.put_block(seal_data_block(insert, 0, content).unwrap())),
            Layout::Segments => Body::Segments(keep_lists),
            Layout::Indexed => unreachable!("over 2 GB"),
        };
        let root = Root::new("a".into(), "b/c".into(), hasher.finish(), insert.clone(), body).unwrap();
        let root = self.put_block(root.seal(read));
        assert_eq!(self.blocks.len() as u64, plan.stored_blocks());
        root
    }

    fn put_segment(&mut self, content: &[u8], plan: &SegmentPlan, insert: &InsertKey) -> Locator {
        let range = plan.content_range();
        let piece = &content[range.start as usize..range.end as usize];
        let segment = encode_segment(&self.codec, insert, plan, piece, 2).unwrap();
        for (locator, shard) in segment.shards {
            assert!(self.put_block(shard) == locator);
        }
        self.put_block(segment.keep_list)
    }

    fn get(&self, root: &Locator, read: &ReadKey) -> Result<Vec<u8>, SegmentError> {
        let root = Root::open(&self.blocks[root], read).unwrap();
        let mut content = Vec::new();
        match root.body() {
            Body::Inline(bytes) => content.extend(bytes),
            Body::Single(block) => {
                let length = root.plan().length() as usize;
                content = open_data_block(root.insert_key(), 0, &self.blocks[block], length)?;
            }
            Body::Segments(keep_lists) => {
                for (index, keep_list) in (0..).zip(keep_lists) {
                    let plan = root.plan().segment(index).unwrap();
                    content.extend(self.get_segment(&root, &plan, keep_list)?);
                }
            }
            Body::Indexed(_) => unreachable!("over 2 GB"),
        }
        let mut check = ContentHasher::default();
        check.update(&content);
        check.verify(root.digest()).unwrap();
        Ok(content)
    }

    fn get_segment(&self, root: &Root, plan: &SegmentPlan, keep_list: &Locator) -> Result<Vec<u8>, SegmentError> {
        let keep_list = KeepList::parse(&self.blocks[keep_list]).unwrap();
        let shards: Vec<_> = keep_list.shards().iter().map(|shard| self.blocks.get(shard).cloned()).collect();
        decode_segment(&self.codec, root.insert_key(), plan, &keep_list, &shards)
    }

    /// Leaves each segment exactly `kept` of its shards, chosen at random.
    fn lose_all_but(
        &mut self,
        root: &Locator,
        read: &ReadKey,
        kept: impl Fn(&KeepList) -> usize,
        rng: &mut ChaCha8Rng,
    ) {
        let keep_part = KeepPart::open(&self.blocks[root], &read.keep_key()).unwrap();
        if keep_part.layout() != Layout::Segments {
            return;
        }
        for keep_list in keep_part.listed() {
            let keep_list = KeepList::parse(&self.blocks[keep_list]).unwrap();
            let n = keep_list.shards().len();
            for lost in sample(rng, n, n - kept(&keep_list)) {
                self.blocks.remove(&keep_list.shards()[lost]).unwrap();
            }
        }
    }
}

fn content(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(b"roneo roundtrip").finalize_xof().fill(&mut bytes);
    bytes
}

fn keys() -> (ReadKey, InsertKey) {
    (ReadKey::from_bytes([1; 32]), InsertKey::from_bytes([2; 32]))
}

#[test]
fn content_of_every_awkward_length_comes_back_from_any_k_shards() {
    let (leaf, block, segment) = (INLINE_LEAF_LIMIT, INLINE_BLOCK_LIMIT, 63 * DATA_LEN);
    assert_eq!(segment, 2_063_376);
    let around = [leaf, block, DATA_LEN, 2 * DATA_LEN, segment, 2 << 20];
    let around = around.into_iter().flat_map(|edge| [edge - 1, edge, edge + 1]);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let (read, insert) = keys();
    for length in [0, 1, 100_000, 5 << 20].into_iter().chain(around) {
        let (mut store, content) = (Store::default(), content(length));
        let root = store.put(&content, &read, &insert);
        assert!(store.get(&root, &read).unwrap() == content, "{length} bytes, everything there");
        store.lose_all_but(&root, &read, |list| list.k().into(), &mut rng);
        assert!(store.get(&root, &read).unwrap() == content, "{length} bytes, k shards of each segment");
    }
}

#[test]
fn one_shard_too_few_is_counted() {
    let (read, insert) = keys();
    let mut store = Store::default();
    let root = store.put(&content(5 << 20), &read, &insert);
    store.lose_all_but(&root, &read, |list| usize::from(list.k()) - 1, &mut ChaCha8Rng::seed_from_u64(2));
    assert_eq!(store.get(&root, &read), Err(SegmentError::Missing { have: 53, need: 54 }));
}

#[test]
fn without_parity_every_shard_is_needed() {
    // What the code is for, seen to be missing: the same content, coded to n = k.
    let (_, insert) = keys();
    let codec = ReedSolomon::default();
    let plan = SegmentPlan { n: 31, ..Plan::new(1_000_000).unwrap().segment(0).unwrap() };
    assert_eq!(plan.k, 31);
    let coded = encode_segment(&codec, &insert, &plan, &content(1_000_000), 1).unwrap();
    let keep_list = KeepList::parse(&coded.keep_list).unwrap();
    let mut shards: Vec<_> = coded.shards.into_iter().map(|(_, shard)| Some(shard)).collect();
    assert!(decode_segment(&codec, &insert, &plan, &keep_list, &shards).is_ok());
    shards[17] = None;
    let missing = SegmentError::Missing { have: 30, need: 31 };
    assert_eq!(decode_segment(&codec, &insert, &plan, &keep_list, &shards), Err(missing));
}

#[test]
fn encoding_is_deterministic_and_every_key_makes_another() {
    let put = |read: u8, insert: u8| {
        let mut store = Store::default();
        let content = content(300_000);
        let root = store.put(&content, &ReadKey::from_bytes([read; 32]), &InsertKey::from_bytes([insert; 32]));
        let mut locators: Vec<_> = store.blocks.into_keys().collect();
        locators.sort_unstable();
        (root, locators)
    };
    assert!(put(1, 2) == put(1, 2));
    let shared = |one: &[Locator], other: &[Locator]| one.iter().filter(|locator| other.contains(locator)).count();
    let (one, other) = (put(1, 2), put(1, 3));
    assert_eq!(shared(&one.1, &other.1), 0, "nothing tells that two inserts are of one content");
    let other = put(4, 2);
    assert_eq!(shared(&one.1, &other.1), one.1.len() - 1, "the read key seals the root only");
}

#[test]
fn keep_lists_beyond_a_root_come_back_through_index_blocks() {
    let (read, insert) = keys();
    let length = 3_000_000_000;
    let plan = Plan::new(length).unwrap();
    let segments = plan.segments();
    assert_eq!((plan.layout(), segments, index_blocks(segments)), (Layout::Indexed, 1_454, 2));
    let keep_lists: Vec<Locator> = (0..segments).map(|index| Locator::of(&index.to_le_bytes())).collect();
    let sealed = |index| seal_index(&read.keep_key(), index, &keep_lists[listed_in(segments, index)]).unwrap();
    let index: Vec<Block> = (0..2).map(sealed).collect();
    let digest = roneo_content::Digest { length, blake3: [3; 32], sha256: [4; 32] };
    let body = Body::Indexed(index.iter().map(Block::locator).collect());
    let root = Root::new(String::new(), String::new(), digest, insert, body).unwrap().seal(&read);

    let keep = KeepPart::open(&root, &read.keep_key()).unwrap();
    let opened = (0..).zip(&index).map(|(at, block)| open_index(&read.keep_key(), at, block, keep.segments()).unwrap());
    assert!(opened.flatten().collect::<Vec<_>>() == keep_lists);
}

#[test]
fn a_maker_who_lies_below_the_root_is_found_out() {
    let (_, insert) = keys();
    let codec = ReedSolomon::default();
    let plan = Plan::new(100_000).unwrap().segment(0).unwrap();
    let coded = encode_segment(&codec, &insert, &plan, &content(100_000), 2).unwrap();
    let keep_list = KeepList::parse(&coded.keep_list).unwrap();
    let good: Vec<_> = coded.shards.into_iter().map(|(_, shard)| Some(shard)).collect();
    let decode =
        |plan: &SegmentPlan, shards: &[Option<Block>]| decode_segment(&codec, &insert, plan, &keep_list, shards);

    // A shard that hashes to what the keep list says, and was never sealed.
    let mut shards = good.clone();
    shards[1] = Some(Block::new(vec![7; 32_768]).unwrap());
    assert_eq!(decode(&plan, &shards), Err(SegmentError::Damaged { block: 1 }));
    // Parity that is not of this data: seen as soon as it is needed, and only then.
    let mut shards = good.clone();
    shards[10] = Some(Block::new(vec![7; 32_768]).unwrap());
    assert!(decode(&plan, &shards).is_ok());
    shards[..4].fill(None);
    shards[4..10].fill(None);
    assert_eq!(decode(&plan, &shards), Err(SegmentError::Damaged { block: 0 }));
    // A leaf is no shard: it counts as missing, and the others do.
    let mut shards = good.clone();
    shards[0] = Some(Block::new(vec![7; 4_096]).unwrap());
    assert!(decode(&plan, &shards).is_ok());
    // Content in the padding, or blocks of other places in the content.
    let shorter = SegmentPlan { content_len: 99_999, ..plan };
    assert_eq!(decode(&shorter, &good), Err(SegmentError::Damaged { block: 3 }));
    let elsewhere = SegmentPlan { first_block: 1, ..plan };
    assert_eq!(decode(&elsewhere, &good), Err(SegmentError::Damaged { block: 1 }));
    let mut swapped = good.clone();
    swapped.swap(0, 1);
    assert_eq!(decode(&plan, &swapped), Err(SegmentError::Damaged { block: 0 }));
    // The keep list of another segment, and places that it does not have.
    let other = Plan::new(200_000).unwrap().segment(0).unwrap();
    assert!(matches!(decode(&other, &good), Err(SegmentError::KeepList(_))));
    assert_eq!(decode(&plan, &good[1..]), Err(SegmentError::Places { expected: 23, found: 22 }));
    assert_eq!(decode(&plan, &vec![None; 23]), Err(SegmentError::Missing { have: 0, need: 4 }));
}

#[test]
fn writers_mistakes_are_named() {
    use roneo_content::EncodeError;
    let (_, insert) = keys();
    let codec = ReedSolomon::default();
    let plan = Plan::new(100_000).unwrap().segment(0).unwrap();
    let encode = |plan: &SegmentPlan, length, copies| {
        encode_segment(&codec, &insert, plan, &content(length), copies).map(|_| ())
    };
    let length = |found| Err(EncodeError::Length { expected: 100_000, found });
    assert_eq!(encode(&plan, 99_999, 2), length(99_999));
    assert_eq!(encode(&plan, 100_001, 2), length(100_001));
    assert!(matches!(encode(&plan, 100_000, 0), Err(EncodeError::KeepList(_))));
    assert!(matches!(encode(&plan, 100_000, 31), Err(EncodeError::KeepList(_))));
    let too_few = SegmentPlan { n: 3, ..plan };
    assert_eq!(encode(&too_few, 100_000, 2), Err(EncodeError::Codec(CodecError::Shape)));
    let long = content(DATA_LEN + 1);
    let expected = EncodeError::Length { expected: DATA_LEN, found: DATA_LEN + 1 };
    assert_eq!(seal_data_block(&insert, 0, &long), Err(expected));
}
