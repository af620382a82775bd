use std::time::Duration;

use proptest::prelude::*;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use roneo_content::{
    Body, ContentHasher, INDEX_CAPACITY, KeepList, Plan, ReedSolomon, Root, encode_segment, seal_index,
};
use roneo_keys::time::Mono;
use roneo_keys::{Block, Chk, Extra, InsertKey, Locator, ReadKey, SizeClass, Uri};
use roneo_overlay::ReadCount;

use super::world::{Consumer, World, content};
use crate::handle::{JobError, JobState, Waiting};
use crate::jobs::{Copies, FETCH_RETRY, Parity, Redundancy};

const SECOND: Duration = Duration::from_secs(1);

/// What was inserted, taken apart again.
pub(super) struct Apart {
    pub(super) root: Locator,
    pub(super) keep_lists: Vec<Locator>,
    pub(super) segments: Vec<KeepList>,
}

pub(super) fn take_apart(world: &World, uri: &str) -> Apart {
    let Uri::Chk(chk) = uri.parse().unwrap() else { unreachable!() };
    let blocks = world.blocks();
    let root = Root::open(&blocks[&chk.root], &chk.key).unwrap();
    let Body::Segments(keep_lists) = root.body().clone() else { unreachable!() };
    let segments = keep_lists.iter().map(|locator| KeepList::parse(&blocks[locator]).unwrap()).collect();
    Apart { root: chk.root, keep_lists, segments }
}

/// A link to a root over `body` that promises `promised` bytes of zeros.
pub(super) fn lying_link(world: &mut World, promised: &[u8], insert_key: InsertKey, body: Body) -> String {
    let mut hasher = ContentHasher::default();
    hasher.update(promised);
    let key = ReadKey::from_bytes([8; 32]);
    let root = Root::new(String::new(), String::new(), hasher.finish(), insert_key, body).unwrap().seal(&key);
    world.plant(&root);
    let extra = Extra { root: root.class(), ..Extra::PUBLIC };
    Uri::Chk(Chk { root: root.locator(), key, extra, name: String::new() }).to_text()
}

fn damage(world: &mut World, uri: &str) -> String {
    match world.read(uri).unwrap_err().error {
        Some(JobError::Damaged { reason }) => reason,
        other => panic!("{other:?}"),
    }
}

/// Whoever counts the reads that leave for an object counts a quantum, and nothing is added where that may be seen.
#[test]
fn reads_leave_in_quanta() {
    for (length, exact, rounded) in
        [(10_000, 1, 1), (32_753, 2, 2), (400_000, 13, 16), (600_000, 19, 32), (3 << 20, 97, 112)]
    {
        let mut world = World::new(12, 7);
        let uri = world.publish(&content(length));
        for (read_count, expected) in [(ReadCount::Exact, exact), (ReadCount::Rounded, rounded)] {
            world.count_reads(read_count);
            assert_eq!(world.read(&uri).unwrap().len(), length);
            assert_eq!(world.blocks_read, expected, "{length} bytes, {read_count:?}");
        }
    }
}

#[test]
fn the_same_bytes_come_back_at_every_limit() {
    let segment = 63 * 32_752;
    let lengths = [0, 1, 3_519, 3_520, 3_521, 32_191, 32_192, 32_193, 32_751, 32_752, 32_753, segment - 1, segment];
    for length in lengths.into_iter().chain([segment + 1, (2 << 20) - 1, 2 << 20, (2 << 20) + 1, 5 << 20]) {
        let mut world = World::new(12, length as u64);
        let content = content(length);
        let uri = world.publish(&content);
        let mut reader = world.another_reader();
        assert!(reader.read(&uri).unwrap() == content, "{length} bytes");
        reader.run_for(SECOND);
        assert_eq!(reader.jobs.held_bytes(), 0, "all of it was taken");
    }
}

#[test]
fn status_tells_what_the_root_says() {
    let mut world = World::new(12, 1);
    let content = content(100_000);
    let uri = world.publish(&content);
    let job = world.fetch(&uri);
    assert_eq!((world.status(job).total, world.status(job).length), (0, None));
    let status = world.run(job);
    assert_eq!((status.name.as_deref(), status.media_type.as_deref()), (Some("tract.txt"), Some("text/plain")));
    // Root, keep list, 4 blocks of content.
    assert_eq!((status.length, status.done, status.total), (Some(100_000), 6, 6));
}

#[test]
fn a_third_of_the_nodes_may_go() {
    for seed in 0..10 {
        let mut world = World::new(15, seed);
        let content = content(5 << 20);
        let uri = world.publish(&content);
        let mut world = world.another_reader();
        world.kill(0..5);
        assert!(world.read(&uri).unwrap() == content);
        assert!(world.now < Mono(0) + 120 * SECOND, "took until {:?}", world.now);
    }
}

/// A control: the redundancy is what the test above shows to work.
#[test]
fn without_parity_and_copies_a_third_that_goes_takes_a_segment_along() {
    let mut world = World::new(15, 1);
    world.jobs.set_redundancy(Redundancy { parity: Parity::Off, shards: Copies::One, uncoded: Copies::Full });
    let uri = world.publish(&content(5 << 20));
    let mut world = world.another_reader();
    world.kill(0..5);
    let error = world.read(&uri).unwrap_err().error;
    assert!(matches!(error, Some(JobError::SegmentMissing { segments: 3, .. })), "{error:?}");
}

/// A control: roots and keep lists need their copies.
#[test]
fn with_one_copy_of_what_is_not_coded_some_of_twenty_are_lost() {
    let mut world = World::new(15, 2);
    world.jobs.set_redundancy(Redundancy { uncoded: Copies::One, ..Redundancy::default() });
    let links: Vec<String> = (0..20).map(|index| world.publish(&content(100_000 + index))).collect();
    let mut world = world.another_reader();
    world.kill(0..5);
    let lost = links.iter().filter(|uri| world.read(uri).is_err()).count();
    assert!((1..20).contains(&lost), "{lost} of 20");
}

#[test]
fn waits_for_nodes_and_begins_by_itself() {
    let mut world = World::new(12, 2);
    let uri = world.publish(&content(100_000));
    let mut world = world.another_reader();
    world.set_network(1, 0);
    let job = world.fetch(&uri);
    world.run_for(30 * SECOND);
    let status = world.status(job);
    assert_eq!((status.state, status.waiting), (JobState::Waiting, Some(Waiting { needed: 5, known: 1 })));
    world.notice();
    assert_eq!(world.run(job).state, JobState::Fetched);
}

#[test]
fn what_fails_for_want_of_a_path_is_no_round() {
    let mut world = World::new(12, 3);
    let uri = world.publish(&content(100_000));
    let mut world = world.another_reader();
    let job = world.fetch(&uri);
    world.loss = 1.0;
    for _ in 0..20 {
        world.set_network(13, 12);
        world.run_for(Duration::from_millis(10));
        world.set_network(2, 1);
        world.run_for(20 * SECOND);
    }
    assert_eq!(world.status(job).state, JobState::Waiting);
    world.loss = 0.0;
    world.notice();
    assert_eq!(world.run(job).state, JobState::Fetched);
}

#[test]
fn a_missing_root_is_not_found() {
    let mut world = World::new(12, 4);
    let uri = world.publish(&content(100_000));
    let root = take_apart(&world, &uri).root;
    world.lose(&root);
    let begun = world.now;
    // Twice the eight that a reader asks first, then every one that should have it.
    assert_eq!(world.read(&uri).unwrap_err().error, Some(JobError::RootNotFound { asked: 12 }));
    assert!(world.now.since(begun) >= 2 * FETCH_RETRY);
    assert_eq!(world.transcript.iter().filter(|line| line.contains("Every(30)")).count(), 1);
}

#[test]
fn a_segment_with_too_few_shards_is_named() {
    let mut world = World::new(12, 5);
    let uri = world.publish(&content(5 << 20));
    let apart = take_apart(&world, &uri);
    // Segment 2 has 54 of 111; 53 are left.
    for shard in &apart.segments[1].shards()[..58] {
        world.lose(shard);
    }
    let status = world.read(&uri).unwrap_err();
    assert_eq!(status.error, Some(JobError::SegmentMissing { segment: 2, segments: 3, found: 53, needed: 54 }));
    assert!(status.done < status.total);
    assert_eq!(world.jobs.next_timeout(), None);
}

#[test]
fn parity_stands_in_for_any_data() {
    let mut world = World::new(12, 6);
    let content = content(3_000_000);
    let uri = world.publish(&content);
    for segment in take_apart(&world, &uri).segments {
        let parity = usize::from(segment.n() - segment.k());
        for shard in &segment.shards()[..parity] {
            world.lose(shard);
        }
    }
    assert!(world.read(&uri).unwrap() == content);
}

#[test]
fn a_missing_keep_list_names_its_segment() {
    let mut world = World::new(12, 7);
    let uri = world.publish(&content(3_000_000));
    let lost = take_apart(&world, &uri).keep_lists[1];
    world.lose(&lost);
    let error = world.read(&uri).unwrap_err().error;
    assert_eq!(error, Some(JobError::SegmentMissing { segment: 2, segments: 2, found: 0, needed: 46 }));
}

#[test]
fn a_missing_single_block_is_the_one_segment() {
    let mut world = World::new(12, 8);
    let uri = world.publish(&content(32_700));
    let single = world.blocks().into_iter().find(|(_, block)| block.class() == SizeClass::Block).unwrap().0;
    world.lose(&single);
    let error = world.read(&uri).unwrap_err().error;
    assert_eq!(error, Some(JobError::SegmentMissing { segment: 1, segments: 1, found: 0, needed: 1 }));
}

#[test]
fn what_comes_back_between_rounds_is_found() {
    let mut world = World::new(12, 9);
    let content = content(3_000_000);
    let uri = world.publish(&content);
    world.kill(0..12);
    let job = world.fetch(&uri);
    world.run_for(3 * SECOND);
    world.nodes.iter_mut().for_each(|node| node.up = true);
    assert_eq!(world.run(job).state, JobState::Fetched);
    assert!(world.delivered[&job] == content);
}

#[test]
fn shards_that_hang_are_overtaken() {
    let mut world = World::new(12, 10);
    let content = content(2 << 20);
    let uri = world.publish(&content);
    for segment in take_apart(&world, &uri).segments {
        world.stuck.extend(&segment.shards()[..10]);
    }
    let begun = world.now;
    assert!(world.read(&uri).unwrap() == content);
    // 8 more after 4 s, and 8 more after another 4.
    let took = world.now.since(begun);
    assert!(took > 8 * SECOND && took < 12 * SECOND, "{took:?}");
    assert!(world.transcript.iter().any(|line| line.contains("CancelRequest")));
}

#[test]
fn a_link_with_another_key_is_damaged() {
    let mut world = World::new(12, 11);
    for length in [10, 10_000, 100_000] {
        let uri = world.publish(&content(length));
        let Uri::Chk(chk) = uri.parse().unwrap() else { unreachable!() };
        let wrong = Uri::Chk(Chk { key: ReadKey::from_bytes([1; 32]), ..chk }).to_text();
        let reason = damage(&mut world, &wrong);
        assert!(reason.contains("the key in the link does not open this"), "{reason}");
    }
}

#[test]
fn the_last_chunk_waits_for_the_hash_of_the_whole() {
    let mut world = World::new(12, 12);
    let bytes = content(5 << 20);
    let insert_key = InsertKey::from_bytes([5; 32]);
    let keep_lists = plant_segments(&mut world, &insert_key, &bytes, 0..3);
    let mut promised = bytes;
    promised[17] ^= 1;
    let uri = lying_link(&mut world, &promised, insert_key, Body::Segments(keep_lists));
    let job = world.fetch(&uri);
    let status = world.run(job);
    assert!(
        matches!(&status.error, Some(JobError::Damaged { reason }) if reason.contains("not what its link promises"))
    );
    assert!(!world.ended.contains(&job));
    assert_eq!(world.delivered[&job].len(), 108 * 32_752, "two segments of three");
}

/// Codes segments of `bytes`, puts them on every node, and gives their keep lists.
fn plant_segments(world: &mut World, key: &InsertKey, bytes: &[u8], which: std::ops::Range<u32>) -> Vec<Locator> {
    let plan = Plan::new(bytes.len() as u64).unwrap();
    let codec = ReedSolomon::default();
    let plant = |index| {
        let segment = plan.segment(index).unwrap();
        let range = segment.content_range();
        let coded = encode_segment(&codec, key, &segment, &bytes[range.start as usize..range.end as usize], 3).unwrap();
        coded.shards.iter().for_each(|(_, block)| world.plant(block));
        world.plant(&coded.keep_list);
        coded.keep_list.locator()
    };
    which.map(plant).collect()
}

#[test]
fn manifests_that_lie_end_in_one_sentence() {
    let mut world = World::new(6, 13);
    let bytes = content(5 << 20);
    let key = InsertKey::from_bytes([5; 32]);
    let [first, second, third] = plant_segments(&mut world, &key, &bytes, 0..3)[..] else { unreachable!() };
    let leaf = Block::new(vec![0; 4_096]).unwrap();
    let noise = Block::new(vec![0x55; 32_768]).unwrap();
    let shards = |count: u8| (0..count).map(|index| Locator::of(&[index])).collect::<Vec<_>>();
    let other_k = KeepList::new(2, 3, shards(18)).unwrap().to_block();
    // A leaf and noise named as shards, under their true hashes.
    let noisy = KeepList::new(53, 3, [vec![leaf.locator(), noise.locator()], shards(107)].concat()).unwrap().to_block();
    [&leaf, &noise, &other_k, &noisy].into_iter().for_each(|block| world.plant(block));

    let segments = |lists: [Locator; 3]| Body::Segments(lists.to_vec());
    let table = [
        // Two segments of one size, swapped.
        (segments([second, first, third]), "does not open"),
        // A leaf that is no keep list, and one for another number of blocks.
        (segments([first, second, leaf.locator()]), "the list of a segment's blocks is not one"),
        (segments([first, second, other_k.locator()]), "is for 2 blocks of content where the segment has 53"),
    ];
    for (body, expected) in table {
        let uri = lying_link(&mut world, &bytes, key.clone(), body);
        let reason = damage(&mut world, &uri);
        assert!(reason.contains(expected), "{reason}");
    }
    // What has the right hash and the wrong size counts as not found.
    for body in [segments([first, second, noise.locator()]), segments([first, second, noisy.locator()])] {
        let uri = lying_link(&mut world, &bytes, key.clone(), body);
        let error = world.read(&uri).unwrap_err().error;
        assert!(
            matches!(error, Some(JobError::SegmentMissing { segment: 3, found: 0 | 1, needed: 53, .. })),
            "{error:?}"
        );
    }
    // Zeros sealed as nothing: a single block that does not open.
    let uri = lying_link(&mut world, &content(32_700), key, Body::Single(noise.locator()));
    assert!(damage(&mut world, &uri).contains("does not open"));
}

#[test]
fn a_root_in_a_link_of_the_other_size_is_not_found() {
    let mut world = World::new(12, 14);
    let uri = world.publish(&content(10));
    let Uri::Chk(chk) = uri.parse().unwrap() else { unreachable!() };
    let extra = Extra { root: SizeClass::Block, ..chk.extra };
    let error = world.read(&Uri::Chk(Chk { extra, ..chk }).to_text()).unwrap_err().error;
    assert!(matches!(error, Some(JobError::RootNotFound { .. })), "{error:?}");
}

#[test]
fn segments_are_found_through_index_blocks() {
    let mut world = World::new(6, 15);
    let (read_key, insert_key) = (ReadKey::from_bytes([8; 32]), InsertKey::from_bytes([5; 32]));
    // Two index blocks' worth of segments, of which the first two and the last of the first index
    // block's are there: enough to see the order in which things are asked for.
    let segments = INDEX_CAPACITY as u32 + 2;
    let plan = Plan::new(u64::from(segments) * 63 * 32_752).unwrap();
    let bytes = content(2 * 63 * 32_752);
    let codec = ReedSolomon::default();
    let mut keep_lists: Vec<Locator> = (0..segments).map(|index| Locator::of(&index.to_le_bytes())).collect();
    for index in 0..2 {
        let segment = plan.segment(index as u32).unwrap();
        let part = &bytes[index * segment.content_len..][..segment.content_len];
        let coded = encode_segment(&codec, &insert_key, &segment, part, 3).unwrap();
        coded.shards.iter().for_each(|(_, block)| world.plant(block));
        world.plant(&coded.keep_list);
        keep_lists[index] = coded.keep_list.locator();
    }
    let lists = keep_lists.chunks(INDEX_CAPACITY).zip(0..);
    let indexes: Vec<Block> =
        lists.map(|(listed, index)| seal_index(&read_key.keep_key(), index, listed).unwrap()).collect();
    indexes.iter().for_each(|block| world.plant(block));
    let digest = roneo_content::Digest { length: plan.length(), blake3: [0; 32], sha256: [0; 32] };
    let body = Body::Indexed(indexes.iter().map(Block::locator).collect());
    let root = Root::new(String::new(), String::new(), digest, insert_key, body).unwrap().seal(&read_key);
    world.plant(&root);
    let extra = Extra { root: root.class(), ..Extra::PUBLIC };
    let uri = Uri::Chk(Chk { root: root.locator(), key: read_key, extra, name: String::new() }).to_text();

    let job = world.fetch(&uri);
    let status = world.run(job);
    // Keep lists are looked for ahead, and any of those missing may be the first to be given up.
    let missing = |segment| Some(JobError::SegmentMissing { segment, segments, found: 0, needed: 63 });
    assert!((3..=9).any(|segment| status.error == missing(segment)), "{status:?}");
    assert_eq!(status.total, 1 + 2 + u64::from(segments) * 64);
    // Root, one index block, two segments with their keep lists.
    assert_eq!(status.done, 1 + 1 + 2 * 64);
    assert!(world.delivered[&job] == bytes);
    let index_gets =
        world.transcript.iter().filter(|line| line.contains("Get") && line.contains("Two") && line.contains("Block"));
    assert_eq!(index_gets.count(), 1, "the second index block is not needed yet");

    world.lose(&indexes[0].locator());
    assert_eq!(world.read(&uri).unwrap_err().error, missing(1));
}

#[test]
fn a_consumer_that_does_not_take_holds_the_fetch_back() {
    let mut world = World::new(12, 16);
    let content = content(20 << 20);
    let uri = world.publish(&content);
    let mut world = world.another_reader();
    world.consumer = Consumer::NeverTakes;
    let job = world.fetch(&uri);
    world.run_for(600 * SECOND);
    let delivered = world.delivered[&job].len();
    // 641 blocks in 11 segments: the first are of 59.
    assert_eq!(delivered, 3 * 59 * 32_752, "three segments, and no more");
    assert!(world.most_held < 8 << 20, "{}", world.most_held);
    assert_eq!(world.jobs.next_timeout(), None);

    world.consumer = Consumer::Takes;
    for _ in 0..3 {
        world.jobs.taken(world.now, job);
    }
    assert_eq!(world.run(job).state, JobState::Fetched);
    assert!(world.delivered[&job] == content);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_losses_that_leave_k_of_n_are_made_good(
        length in prop_oneof![0..200_000usize, 0..3_000_000usize],
        seed: u64,
        loss in 0.0..0.1,
    ) {
        let mut world = World::new(12, seed);
        let content = content(length);
        let uri = world.publish(&content);
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        if length > 32_752 {
            for segment in take_apart(&world, &uri).segments {
                let mut shards = segment.shards().to_vec();
                shards.shuffle(&mut rng);
                let spare = usize::from(segment.n() - segment.k());
                for shard in &shards[..rng.random_range(0..=spare)] {
                    world.lose(shard);
                }
            }
        }
        let mut world = world.another_reader();
        // Losses that come and go are what rounds are for; a segment without any spare shard that
        // loses the same request three times does fail, and says so.
        world.loss = loss * loss;
        match world.read(&uri) {
            Ok(bytes) => prop_assert!(bytes == content),
            Err(status) => {
                let named = matches!(status.error, Some(JobError::SegmentMissing { .. } | JobError::RootNotFound { .. }));
                prop_assert!(named && loss > 0.0, "{status:?}");
            }
        }
    }
}
