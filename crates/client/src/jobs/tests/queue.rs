//! Jobs that are kept: they go on after a restart, wait for their turn, and follow their user's wishes.

use std::collections::BTreeMap;
use std::time::Duration;

use roneo_keys::time::Mono;
use roneo_keys::{ConvergenceSecret, SizeClass};

use super::world::{World, content};
use crate::handle::{Extent, HandleError, InsertRequest, JobError, JobId, JobState, Priority};
use crate::jobs::MAX_RUNNING;
use crate::journal::{Entry, EntryError, PartId};

const SECOND: Duration = Duration::from_secs(1);
/// Two segments.
const LENGTH: usize = 3_000_000;

/// Pieces that a journal says need nothing more.
fn standing(journal: &[Vec<u8>]) -> usize {
    let mut pieces: BTreeMap<PartId, BTreeMap<u8, u8>> = BTreeMap::new();
    let mut done = 0;
    for entry in journal {
        match Entry::from_bytes(entry).unwrap() {
            Entry::Placed { part, piece, receipts } => drop(pieces.entry(part).or_default().insert(piece, receipts)),
            Entry::Done { part } => {
                pieces.remove(&part);
                done += if matches!(part, PartId::Segment(_)) { SHARDS + 1 } else { 1 };
            }
            _ => {}
        }
    }
    done + pieces.values().flat_map(BTreeMap::values).filter(|&&receipts| receipts == 3).count()
}

/// Shards of each of two segments of 46 data blocks.
const SHARDS: usize = 98;
/// Shards, keep lists, the root.
const BLOCKS: usize = 2 * (SHARDS + 1) + 1;

#[test]
fn an_insert_cut_off_anywhere_goes_on_and_sends_nothing_again_that_stands() {
    let whole = {
        let mut world = World::new(12, 1);
        let job = world.insert(content(LENGTH));
        world.run_for(SECOND);
        assert_eq!(world.status(job).state, JobState::Running, "cut off in the middle");
        world.journals[&job].len()
    };
    assert!(whole > SHARDS, "{whole}");
    for entries in (1..=whole).step_by(11).chain([2, 3, whole]) {
        let mut world = World::new(12, 1);
        let job = world.insert(content(LENGTH));
        world.run_for(SECOND);
        world.restart(entries);
        let standing = standing(&world.journals[&job]);
        let status = world.run(job);
        assert_eq!((status.state, status.done), (JobState::Stored, BLOCKS as u64), "cut after {entries}: {status:?}");
        assert!(world.puts_begun.len() <= BLOCKS - standing, "cut after {entries}: {}", world.puts_begun.len());
        let uri = status.uri.unwrap();
        assert!(world.another_reader().read(&uri).unwrap() == content(LENGTH), "cut after {entries}");
    }
}

#[test]
fn the_link_of_an_insert_outlives_its_node() {
    let mut world = World::new(20, 2);
    world.kill(8..20);
    world.most_copies = 2;
    let job = world.insert(content(LENGTH));
    let before = world.run(job);
    assert_eq!(before.state, JobState::Weak);
    world.restart(usize::MAX);
    world.run_for(20 * SECOND);
    let after = world.status(job);
    assert_eq!((after.state, &after.uri), (JobState::Weak, &before.uri), "{after:?}");
    // It was readable once: it may stay weak for ever, and never fails.
    world.run_for(200 * SECOND);
    assert_eq!(world.status(job).state, JobState::Weak);
    world.most_copies = u8::MAX;
    world.nodes.iter_mut().for_each(|node| node.up = true);
    world.run_for(200 * SECOND);
    assert_eq!(world.status(job).state, JobState::Stored);
    assert_eq!(world.journals[&job].len(), 1, "all that is left is how it ended");
    world.restart(usize::MAX);
    let ended = world.status(job);
    assert_eq!((ended.state, ended.uri), (JobState::Stored, before.uri));
    assert!(world.jobs.insert(world.now, request(5)).unwrap() > job, "names of jobs are not given twice");
}

#[test]
fn every_layout_goes_on() {
    for length in [0, 100, 20_000, 100_000] {
        let mut world = World::new(12, 3);
        world.set_network(2, 1);
        let job = world.insert(content(length));
        world.run_for(SECOND);
        world.restart(usize::MAX);
        world.set_network(13, 12);
        let status = world.run(job);
        assert_eq!(status.state, JobState::Stored, "{length}: {status:?}");
        assert!(world.read(&status.uri.unwrap()).unwrap() == content(length));
    }
}

#[test]
fn a_download_goes_on_where_it_was_and_checks_what_it_has() {
    let content = content(20 << 20);
    let mut world = World::new(12, 4);
    let uri = world.publish(&content);
    let all = {
        let mut reader = World::new(0, 0);
        std::mem::swap(&mut reader.nodes, &mut world.nodes);
        reader.set_network(13, 12);
        let job = reader.download(&uri);
        reader.run_for(3 * SECOND);
        assert_eq!(reader.status(job).state, JobState::Running);
        let had = reader.delivered[&job].len();
        assert!(had > 2 << 20);
        reader.restart(usize::MAX);
        reader.transcript.clear();
        let status = reader.run(job);
        assert_eq!((status.state, status.done), (JobState::Fetched, status.total), "{status:?}");
        assert!(reader.delivered[&job] == content);
        let gets = reader.transcript.iter().filter(|line| line.contains("Get(")).count();
        // Root, and what is needed of the segments that it had not.
        let segments = (content.len() - had).div_ceil(63 * 32_752) + 1;
        assert!(gets <= 1 + segments * 65, "{gets} for {segments} segments");
        std::mem::swap(&mut reader.nodes, &mut world.nodes);
        reader.delivered.remove(&job).unwrap()
    };
    // What was damaged on the way is noticed by the hash of the whole.
    let mut reader = world.another_reader();
    let job = reader.download(&uri);
    reader.run_for(3 * SECOND);
    reader.delivered.get_mut(&job).unwrap()[0] ^= 1;
    reader.restart(usize::MAX);
    let status = reader.run(job);
    assert!(matches!(status.error, Some(JobError::Damaged { .. })), "{status:?}");
    assert!(all == content);
}

#[test]
fn a_link_is_downloaded_once() {
    let mut world = World::new(12, 5);
    let uri = world.publish(&content(100_000));
    let (job, again) = (world.download(&uri), world.download(&uri));
    assert_eq!(job, again);
    assert_eq!(world.run(job).state, JobState::Fetched);
    assert_eq!(world.download(&uri), job, "it is there already");
    world.jobs.cancel(job);
    assert_ne!(world.download(&uri), job);
}

#[test]
fn a_link_that_was_checked_is_still_downloaded() {
    let mut world = World::new(12, 5);
    let uri = world.publish(&content(100_000));
    let checked = world.jobs.check(world.now, uri.parse().unwrap(), Extent::Usual).unwrap();
    world.run(checked);
    let job = world.download(&uri);
    assert_ne!(job, checked);
    assert_eq!(world.run(job).state, JobState::Fetched);
}

#[test]
fn a_wish_made_while_content_comes_in_outlives_a_restart() {
    let mut world = World::new(12, 9);
    let job = world.jobs.insert(world.now, request(1_000)).unwrap();
    world.jobs.pause(world.now, job, true).unwrap();
    world.take_in(job, content(1_000));
    world.run_for(SECOND);
    world.restart(usize::MAX);
    world.run_for(SECOND);
    assert_eq!(world.status(job).state, JobState::Paused);
}

#[test]
fn so_many_work_at_one_time_and_the_urgent_first() {
    let mut world = World::new(12, 6);
    let jobs: Vec<JobId> = (0..MAX_RUNNING + 4).map(|_| world.insert(content(LENGTH))).collect();
    let states = |world: &World| jobs.iter().map(|&job| world.status(job).state).collect::<Vec<_>>();
    world.run_for(SECOND / 10);
    let (running, queued) = (vec![JobState::Running; MAX_RUNNING], vec![JobState::Queued; 4]);
    assert_eq!(states(&world), [running, queued].concat());
    let last = jobs[MAX_RUNNING + 3];
    world.jobs.prioritise(world.now, last, Priority::FIRST).unwrap();
    assert_eq!(world.status(last).state, JobState::Running);
    assert_eq!(world.status(jobs[MAX_RUNNING - 1]).state, JobState::Queued, "it made room");
    let urgent = world.run(last);
    assert_eq!(urgent.state, JobState::Stored);
    assert!(states(&world).iter().filter(|&&state| state == JobState::Stored).count() < 4, "the others yielded");
    for job in jobs {
        assert_eq!(world.run(job).state, JobState::Stored);
    }
}

#[test]
fn a_paused_job_does_nothing_until_it_is_resumed_also_after_a_restart() {
    let mut world = World::new(12, 7);
    let job = world.insert(content(LENGTH));
    world.run_for(SECOND / 2);
    world.jobs.pause(world.now, job, true).unwrap();
    world.jobs.prioritise(world.now, job, Priority::LAST).unwrap();
    world.run_for(SECOND);
    let (puts, status) = (world.puts_begun.len(), world.status(job));
    assert_eq!((status.state, status.priority), (JobState::Paused, Priority::LAST));
    world.run_for(600 * SECOND);
    assert_eq!(world.puts_begun.len(), puts);
    world.restart(usize::MAX);
    world.run_for(600 * SECOND);
    let status = world.status(job);
    assert_eq!((status.state, status.priority, world.puts_begun.len()), (JobState::Paused, Priority::LAST, 0));
    world.jobs.pause(world.now, job, false).unwrap();
    assert_eq!(world.run(job).state, JobState::Stored);
}

#[test]
fn wishes_that_cannot_be_followed_are_refused() {
    let mut world = World::new(12, 8);
    let uri = world.publish(&content(100));
    assert!(matches!(world.jobs.pause(world.now, JobId(1), true), Err(HandleError::Refused(_))), "it is over");
    let streamed = world.fetch(&uri);
    assert!(matches!(world.jobs.pause(world.now, streamed, true), Err(HandleError::Refused(_))));
    assert_eq!(world.jobs.pause(world.now, JobId(99), true), Err(HandleError::UnknownJob));
    assert!(Priority::try_from(7).is_err());
}

#[test]
fn a_secret_makes_equal_content_equal_and_nobody_else_s() {
    let link = |secret: u8, name: &str, length| {
        let mut world = World::new(12, secret.into());
        let secret = Some(ConvergenceSecret::from_bytes([secret; 32]));
        let request = InsertRequest { name: name.to_owned(), secret, ..request(length) };
        let job = world.insert_as(request, content(length as usize)).unwrap();
        let uri = world.run(job).uri.unwrap();
        assert!(world.blocks().values().all(|block| block.class() != SizeClass::Block || length > 4_096));
        uri
    };
    for length in [100, 20_000, LENGTH as u64] {
        assert_eq!(link(1, "a", length), link(1, "a", length));
        assert_ne!(link(1, "a", length), link(2, "a", length));
        let without_name = |uri: String| uri.rsplit_once('/').unwrap().0.to_owned();
        assert_ne!(without_name(link(1, "a", length)), without_name(link(1, "b", length)));
    }
    assert_ne!(link(1, "a", 100), link(1, "a", 101));
}

#[test]
fn entries_that_are_not_a_job_change_nothing() {
    let mut world = World::new(12, 9);
    let job = world.insert(content(100));
    world.run_for(Duration::ZERO);
    let begun = world.journals[&job][0].clone();
    let mut resume = |entries: &[Vec<u8>]| world.jobs.resume(Mono(0), JobId(50), entries, 0);
    assert_eq!(resume(&[]), Err(EntryError::Damaged));
    assert_eq!(resume(&[vec![200]]), Err(EntryError::Newer));
    assert_eq!(resume(&[Entry::Weak.to_bytes()]), Err(EntryError::Damaged));
    assert_eq!(resume(&[begun.clone(), vec![3]]), Err(EntryError::Damaged));
    assert_eq!(resume(&[begun[..begun.len() - 1].to_vec()]), Err(EntryError::Damaged));
    assert!(world.jobs.status(JobId(50)).is_none());
    assert_eq!(world.jobs.resume(Mono(0), JobId(50), &[begun], 0), Ok(()));
}

fn request(length: u64) -> InsertRequest {
    InsertRequest { length, name: String::new(), media_type: String::new(), secret: None }
}
