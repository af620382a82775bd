//! Checks and repairs by whoever has a KEEP link, and cannot read what it keeps.

use std::time::Duration;

use roneo_content::record::Target;
use roneo_content::{Body, INDEX_CAPACITY, KeepList, Plan, Root, seal_index};
use roneo_keys::{Block, Chk, Extra, InsertKey, Locator, ReadKey, Uri};

use super::fetches::{lying_link, take_apart};
use super::names::{document, inline, site};
use super::world::{World, content};
use crate::handle::{Condition, Extent, HandleError, JobError, JobId, JobState, JobStatus, Report, Waiting};
use crate::jobs::{COPIES_SAMPLE, SAMPLE_SHARDS, UPKEEP_WINDOW};

/// What somebody has who may keep it and not read it.
fn keep_link(uri: &str) -> String {
    let Uri::Chk(chk) = uri.parse().unwrap() else { panic!("no CHK") };
    Uri::Keep(chk.keep_cap()).to_text()
}

impl World {
    fn begin_check(&mut self, uri: &str, extent: Extent) -> JobId {
        self.jobs.check(self.now, uri.parse().unwrap(), extent).unwrap()
    }

    fn check(&mut self, uri: &str, extent: Extent) -> Report {
        let job = self.begin_check(uri, extent);
        let status = self.run(job);
        assert_eq!((status.state, status.done), (JobState::Checked, status.total), "{status:?}");
        assert!(status.keep.is_some_and(|keep| keep.starts_with("KEEP@")));
        *status.report.unwrap()
    }

    fn repair(&mut self, uri: &str, extent: Extent) -> JobStatus {
        let job = self.jobs.repair(self.now, uri.parse().unwrap(), extent).unwrap();
        self.run(job)
    }
}

/// Takes from every node so many of the shards of a segment that `left` are left.
fn leave(world: &mut World, keep_list: &KeepList, left: usize) {
    for shard in &keep_list.shards()[..keep_list.shards().len() - left] {
        world.lose(shard);
    }
}

fn all_shards(report: &Report) -> Vec<(u8, u8, u8)> {
    report.segments.iter().map(|segment| (segment.k, segment.n, segment.found)).collect()
}

#[test]
fn what_was_just_stored_is_healthy_in_every_layout() {
    for (length, segments, single) in [(100, 0, false), (32_500, 0, true), (100_000, 1, false), (5 << 20, 3, false)] {
        let mut world = World::new(40, length as u64);
        let uri = world.publish(&content(length));
        let mut world = world.another_reader();
        for extent in [Extent::Usual, Extent::Full] {
            let report = world.check(&keep_link(&uri), extent);
            assert_eq!((report.condition, report.segments.len()), (Condition::Healthy, segments), "{length}");
            assert_eq!(report.single.is_some(), single);
            let places = if extent == Extent::Full { 30 } else { usize::from(COPIES_SAMPLE) };
            assert_eq!(report.root.map(|root| (root.places, root.found)), Some((places, places)));
            for segment in &report.segments {
                let asked = if extent == Extent::Full { segment.n } else { SAMPLE_SHARDS as u8 };
                assert_eq!((segment.asked, segment.found), (asked, asked));
                assert!(segment.at_least > segment.k && (segment.at_least == segment.n) == (extent == Extent::Full));
            }
            assert_eq!(report.sampled, extent == Extent::Usual && segments > 0);
        }
        assert_eq!(world.puts_begun.iter().filter(|_| world.most_puts > 0).count(), 0, "a check places nothing");
    }
}

#[test]
fn a_check_finds_what_is_missing_and_says_how_bad_it_is() {
    let mut world = World::new(40, 1);
    let uri = world.publish(&content(5 << 20));
    let apart = take_apart(&world, &uri);
    // Segments of 54, 54 and 53 of 111, 111 and 109.
    for (left, condition) in [(95, Condition::Weakened), (60, Condition::InDanger), (53, Condition::Lost)] {
        leave(&mut world, &apart.segments[1], left);
        let report = world.check(&keep_link(&uri), Extent::Full);
        assert_eq!(all_shards(&report), [(54, 111, 111), (54, 111, left as u8), (53, 109, 109)]);
        assert_eq!((report.condition, report.segments[1].condition), (condition, condition));
        assert_eq!(report.segments[0].condition, Condition::Healthy);
        assert!(!report.advice.is_empty() && !report.sampled);
        // A sample of eight finds a hole, and then asks for all of that segment.
        let report = world.check(&uri, Extent::Usual);
        let asked: Vec<u8> = report.segments.iter().map(|segment| segment.asked).collect();
        assert_eq!((asked, report.segments[1].found), (vec![8, 111, 8], left as u8));
        assert_eq!(report.condition, condition);
    }
}

#[test]
fn missing_lists_and_roots_are_told_from_silent_nodes() {
    let mut world = World::new(40, 2);
    let uri = world.publish(&content(3_000_000));
    let apart = take_apart(&world, &uri);
    for node in world.order(&apart.root).into_iter().take(7) {
        world.nodes[node].up = false;
    }
    let report = world.check(&keep_link(&uri), Extent::Usual);
    let root = report.root.unwrap();
    assert_eq!((root.places, root.found, root.without, root.silent), (8, 1, 0, 7));
    assert_eq!((root.condition, report.condition), (Condition::InDanger, Condition::InDanger));
    world.nodes.iter_mut().for_each(|node| node.up = true);

    // What only storers far down the order have is found all the same.
    for node in world.order(&apart.root).into_iter().take(20) {
        world.nodes[node].blocks.remove(&apart.root);
    }
    assert_eq!(world.check(&keep_link(&uri), Extent::Full).root.map(|root| root.found), Some(10));
    assert_eq!(world.repair(&keep_link(&uri), Extent::Usual).state, JobState::Stored);
    assert_eq!(world.check(&keep_link(&uri), Extent::Full).condition, Condition::Healthy);

    world.lose(&apart.keep_lists[1]);
    let report = world.check(&keep_link(&uri), Extent::Usual);
    let second = &report.segments[1];
    assert_eq!((second.segment, second.k, second.keep_list.without), (2, 0, 30));
    assert_eq!((report.condition, report.segments[0].condition), (Condition::Lost, Condition::Healthy));
    assert_eq!(world.repair(&keep_link(&uri), Extent::Usual).state, JobState::Failed);

    world.lose(&apart.root);
    let report = world.check(&keep_link(&uri), Extent::Usual);
    assert_eq!((report.condition, report.root.unwrap().without, report.segments.len()), (Condition::Lost, 30, 0));
    assert_eq!(world.repair(&keep_link(&uri), Extent::Usual).error, Some(JobError::RootNotFound { asked: 30 }));
}

#[test]
fn a_repair_brings_back_what_was_nearly_lost_without_reading_it() {
    let mut world = World::new(40, 3);
    let bytes = content(5 << 20);
    let uri = world.publish(&bytes);
    let apart = take_apart(&world, &uri);
    let mut world = world.another_reader();
    for segment in &apart.segments {
        leave(&mut world, segment, usize::from(segment.k()) + 2);
    }
    for node in world.order(&apart.root).into_iter().take(7) {
        world.nodes[node].blocks.remove(&apart.root);
    }
    assert_eq!(world.check(&keep_link(&uri), Extent::Full).condition, Condition::InDanger);
    let kept = world.blocks().len();

    (world.most_held, world.most_puts, world.most_gets) = (0, 0, 0);
    let repaired = world.repair(&keep_link(&uri), Extent::Usual);
    assert_eq!((repaired.state, repaired.done, repaired.error), (JobState::Stored, repaired.total, None));
    assert_eq!(repaired.note.as_deref(), Some("164 missing pieces were made again"));
    assert_eq!(world.blocks().len(), kept + 164);
    assert!(world.nodes.iter().filter(|node| node.blocks.contains_key(&apart.root)).count() >= 30);
    assert!(world.most_held <= 20 << 20, "{} bytes", world.most_held);
    assert!(world.most_gets <= UPKEEP_WINDOW);
    assert_eq!((world.jobs.held_bytes(), world.jobs.unfinished()), (0, 0));

    let report = world.check(&keep_link(&uri), Extent::Full);
    assert_eq!(
        (report.condition, all_shards(&report)),
        (Condition::Healthy, vec![(54, 111, 111), (54, 111, 111), (53, 109, 109)])
    );
    // What stood before may go now: the repair's shards are as good. Without it this was the end.
    for segment in &apart.segments {
        let n = segment.shards().len();
        segment.shards()[n - usize::from(segment.k()) - 2..].iter().for_each(|shard| world.lose(shard));
    }
    assert!(world.read(&uri).unwrap() == bytes);
}

/// A control for the test above.
#[test]
fn without_the_repair_the_same_losses_are_the_end() {
    let mut world = World::new(40, 3);
    let uri = world.publish(&content(5 << 20));
    for segment in take_apart(&world, &uri).segments {
        let left = usize::from(segment.k()) + 2;
        leave(&mut world, &segment, left);
        segment.shards()[segment.shards().len() - left..].iter().for_each(|shard| world.lose(shard));
    }
    assert!(matches!(world.read(&uri).unwrap_err().error, Some(JobError::SegmentMissing { found: 0, .. })));
}

#[test]
fn a_repair_of_what_is_whole_places_little_and_a_full_one_everything() {
    let mut world = World::new(40, 4);
    let uri = world.publish(&content(100_000));
    let apart = take_apart(&world, &uri);
    world.puts_begun.clear();
    let repaired = world.repair(&keep_link(&uri), Extent::Usual);
    assert_eq!((repaired.state, repaired.note.as_deref()), (JobState::Stored, Some("no piece was missing")));
    world.puts_begun.sort_unstable();
    let mut uncoded = [apart.root, apart.keep_lists[0]];
    uncoded.sort_unstable();
    assert_eq!(world.puts_begun, uncoded, "roots and keep lists are cheaper placed than counted");

    // A shard that its first storer lacks is copied there again.
    let shard = apart.segments[0].shards()[4];
    let first = world.order(&shard)[0];
    world.nodes[first].blocks.remove(&shard);
    let repaired = world.repair(&keep_link(&uri), Extent::Usual);
    assert_eq!(repaired.note.as_deref(), Some("1 pieces were placed again"));
    assert!(world.nodes[first].blocks.contains_key(&shard));

    world.puts_begun.clear();
    let repaired = world.repair(&keep_link(&uri), Extent::Full);
    assert_eq!((repaired.state, world.puts_begun.len()), (JobState::Stored, 2 + apart.segments[0].shards().len()));
}

#[test]
fn a_lost_segment_is_named_and_the_others_are_mended() {
    let mut world = World::new(40, 5);
    let uri = world.publish(&content(5 << 20));
    let segments = take_apart(&world, &uri).segments;
    leave(&mut world, &segments[0], 60);
    leave(&mut world, &segments[1], 53);
    leave(&mut world, &segments[2], 60);
    let failed = world.repair(&keep_link(&uri), Extent::Usual);
    let lost = JobError::SegmentMissing { segment: 2, segments: 3, found: 53, needed: 54 };
    assert_eq!((failed.state, failed.error), (JobState::Failed, Some(lost)));
    let report = world.check(&keep_link(&uri), Extent::Full);
    assert_eq!(all_shards(&report), [(54, 111, 111), (54, 111, 53), (53, 109, 109)]);
}

#[test]
fn copies_that_cannot_be_placed_leave_a_repair_weak() {
    let mut world = World::new(40, 6);
    let uri = world.publish(&content(400_000));
    let segment = take_apart(&world, &uri).segments.remove(0);
    leave(&mut world, &segment, usize::from(segment.k()));
    world.most_copies = 1;
    let repaired = world.repair(&keep_link(&uri), Extent::Usual);
    assert_eq!(repaired.state, JobState::Weak);
    assert!(repaired.note.unwrap().ends_with("1 parts still lack copies: repair again when more nodes are up"));
    assert_eq!((world.jobs.held_bytes(), world.jobs.unfinished(), world.jobs.next_timeout()), (0, 0, None));
    world.most_copies = 0;
    leave(&mut world, &segment, usize::from(segment.k()));
    let failed = world.repair(&keep_link(&uri), Extent::Full);
    assert!(matches!(failed.error, Some(JobError::NotStored { segment: 1, segments: 1, .. })), "{failed:?}");
}

#[test]
fn a_list_of_blocks_that_are_not_of_one_code_is_found_out() {
    let mut world = World::new(20, 7);
    let noise = content(18 * 32_768);
    let planted: Vec<Block> = noise.chunks(32_768).map(|bytes| Block::new(bytes.to_vec()).unwrap()).collect();
    planted[..9].iter().for_each(|block| world.plant(block));
    let keep_list = KeepList::new(2, 3, planted.iter().map(Block::locator).collect()).unwrap().to_block();
    world.plant(&keep_list);
    let body = Body::Segments(vec![keep_list.locator()]);
    let uri = lying_link(&mut world, &vec![0; 40_000], InsertKey::from_bytes([5; 32]), body);
    let failed = world.repair(&keep_link(&uri), Extent::Usual);
    let Some(JobError::Damaged { reason }) = failed.error else { panic!("{failed:?}") };
    assert!(reason.starts_with("segment 1 of 1: its blocks do not belong together"), "{reason}");
}

#[test]
fn index_blocks_are_followed_and_repaired() {
    let mut world = World::new(6, 8);
    let (read_key, insert_key) = (ReadKey::from_bytes([8; 32]), InsertKey::from_bytes([5; 32]));
    let segments = INDEX_CAPACITY as u32 + 2;
    // Keep lists that differ in what they say of the same shards: a check asks for nothing else.
    let shards: Vec<Block> = (0..40u8).map(|byte| Block::new(vec![byte; 32_768]).unwrap()).collect();
    shards.iter().for_each(|block| world.plant(block));
    let locators: Vec<Locator> = shards.iter().map(Block::locator).collect();
    let keep_lists: Vec<Block> = (0..segments as usize)
        .map(|index| {
            KeepList::new(2 + (index % 39) as u8, 1 + (index / 39) as u8, locators.clone()).unwrap().to_block()
        })
        .collect();
    keep_lists.iter().for_each(|block| world.plant(block));
    let listed: Vec<Locator> = keep_lists.iter().map(Block::locator).collect();
    let indexes: Vec<Block> = listed
        .chunks(INDEX_CAPACITY)
        .zip(0..)
        .map(|(listed, index)| seal_index(&read_key.keep_key(), index, listed).unwrap())
        .collect();
    indexes.iter().for_each(|block| world.plant(block));
    let plan = Plan::new(u64::from(segments) * 63 * 32_752).unwrap();
    let digest = roneo_content::Digest { length: plan.length(), blake3: [0; 32], sha256: [0; 32] };
    let body = Body::Indexed(indexes.iter().map(Block::locator).collect());
    let root = Root::new(String::new(), String::new(), digest, insert_key, body).unwrap().seal(&read_key);
    world.plant(&root);
    let extra = Extra { root: root.class(), ..Extra::PUBLIC };
    let uri = Uri::Chk(Chk { root: root.locator(), key: read_key, extra, name: String::new() }).to_text();

    let report = world.check(&keep_link(&uri), Extent::Usual);
    assert_eq!((report.condition, report.segments.len() as u32), (Condition::Healthy, segments));
    assert!(report.index_blocks.iter().all(|found| found.found == 6) && report.index_blocks.len() == 2);
    let numbers: Vec<u32> = report.segments.iter().map(|segment| segment.segment).collect();
    assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]) && numbers[0] == 1, "in order");

    // Without its index block a segment cannot even be asked for.
    world.lose(&indexes[1].locator());
    let report = world.check(&keep_link(&uri), Extent::Usual);
    let lost = report.segments.iter().filter(|segment| segment.condition == Condition::Lost).count();
    assert_eq!((report.condition, lost), (Condition::Lost, 2));

    world.plant(&indexes[1]);
    world.nodes[..5].iter_mut().for_each(|node| drop(node.blocks.remove(&indexes[1].locator())));
    assert_eq!(world.repair(&keep_link(&uri), Extent::Usual).state, JobState::Stored);
    assert!(world.nodes.iter().all(|node| node.blocks.contains_key(&indexes[1].locator())));
}

#[test]
fn names_are_followed_and_their_records_are_kept_too() {
    let mut world = World::new(40, 9);
    let bytes = content(100_000);
    let chk = world.publish(&bytes);
    let Uri::Chk(target) = chk.parse().unwrap() else { unreachable!() };
    let name = world.write(site(), Target::of(&target)).uri.unwrap();
    let segment = take_apart(&world, &chk).segments.remove(0);
    leave(&mut world, &segment, 8);
    let report = world.check(&name, Extent::Full);
    assert_eq!(report.record.map(|record| (record.places, record.condition)), Some((3, Condition::Healthy)));
    assert_eq!(report.condition, Condition::InDanger);
    let job = world.begin_check(&name, Extent::Usual);
    assert_eq!(world.run(job).keep, Some(keep_link(&chk)));

    world.puts_begun.clear();
    let repaired = world.repair(&name, Extent::Usual);
    assert_eq!((repaired.state, repaired.edition), (JobState::Stored, Some(0)));
    assert!(repaired.note.unwrap().contains("missing pieces were made again"));
    assert_eq!(world.check(&name, Extent::Full).condition, Condition::Healthy);
    // Record, root, keep list, and the shards that were missing.
    assert_eq!(world.puts_begun.len(), 3 + segment.shards().len() - 8);

    // Where the record holds the content itself, it is all that there is to keep.
    let small = world.write(document(), inline("pain")).uri.unwrap();
    let job = world.begin_check(&small, Extent::Usual);
    let status = world.run(job);
    assert_eq!((status.state, status.keep), (JobState::Checked, None));
    assert_eq!(status.report.unwrap().condition, Condition::Healthy);
    assert_eq!(world.repair(&small, Extent::Usual).state, JobState::Stored);

    let later = name.replace("/0", "/7");
    let failed = world.repair(&later, Extent::Usual);
    assert_eq!(failed.error, Some(JobError::EditionNotFound { edition: 7, newest: Some(0) }));
}

#[test]
fn a_wrong_key_and_a_name_that_nobody_has_are_failures() {
    let mut world = World::new(20, 10);
    let uri = world.publish(&content(100));
    let Uri::Chk(mut chk) = uri.parse().unwrap() else { unreachable!() };
    chk.key = ReadKey::from_bytes([1; 32]);
    let job = world.begin_check(&Uri::Chk(chk).to_text(), Extent::Usual);
    assert!(matches!(world.run(job).error, Some(JobError::Damaged { .. })));
    let job = world.begin_check("KSK@nobody-has-this", Extent::Usual);
    assert_eq!(world.run(job).error, Some(JobError::RootNotFound { asked: 5 }));
    // What a KEEP link cannot do.
    let refused = world.jobs.fetch(world.now, keep_link(&uri).parse().unwrap());
    assert!(matches!(refused, Err(HandleError::Refused(_))));
}

#[test]
fn a_check_waits_for_nodes_and_can_be_ended_at_any_time() {
    let mut world = World::new(20, 11);
    let uri = world.publish(&content(400_000));
    let mut world = world.another_reader();
    world.set_network(2, 1);
    let job = world.begin_check(&uri, Extent::Full);
    world.run_for(Duration::from_secs(30));
    let status = world.status(job);
    assert_eq!((status.state, status.waiting), (JobState::Waiting, Some(Waiting { needed: 5, known: 2 })));
    world.notice();
    assert_eq!(world.run(job).state, JobState::Checked);
    let segment = take_apart(&world, &uri).segments.remove(0);
    for steps in [0, 100, 300, 500, 900, 2_000] {
        leave(&mut world, &segment, 20);
        let job = world.jobs.repair(world.now, uri.parse().unwrap(), Extent::Usual).unwrap();
        world.run_for(Duration::from_millis(steps));
        world.jobs.cancel(job);
        world.run_for(Duration::from_secs(1));
        assert_eq!((world.jobs.held_bytes(), world.jobs.next_timeout()), (0, None), "{steps}");
    }
}
