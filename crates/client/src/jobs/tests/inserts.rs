use std::time::Duration;

use roneo_keys::time::Mono;

use super::world::{World, content, digest};
use crate::handle::{HandleError, InsertRequest, JobError, JobState, Waiting};
use crate::jobs::{Action, INSERT_PATIENCE, WEAK_BYTES_PER_JOB};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn waits_for_nodes_and_begins_by_itself() {
    let mut world = World::new(8, 1);
    world.set_network(3, 2);
    let job = world.insert(content(100_000));
    world.run_for(60 * SECOND);
    let status = world.status(job);
    assert_eq!((status.state, status.waiting), (JobState::Waiting, Some(Waiting { needed: 5, known: 3 })));
    world.set_network(4, 3);
    assert_eq!(world.status(job).waiting, Some(Waiting { needed: 5, known: 4 }));
    assert!(world.status(job).revision > status.revision);
    assert!(
        world.transcript.iter().all(|line| line.contains("Changed") || line.contains("Journal")),
        "nothing was asked: {:?}",
        world.transcript
    );

    world.set_network(9, 8);
    let status = world.run(job);
    assert_eq!((status.state, status.waiting), (JobState::Stored, None));
    assert_eq!(status.done, status.total);
    assert!(world.now < Mono(0) + 70 * SECOND);
}

#[test]
fn goes_on_waiting_when_nodes_vanish_under_way() {
    let mut world = World::new(8, 2);
    let job = world.insert(content(3_000_000));
    world.run_for(SECOND);
    world.kill(0..6);
    world.notice();
    world.run_for(600 * SECOND);
    assert_eq!(world.status(job).state, JobState::Waiting);
    world.nodes.iter_mut().for_each(|node| node.up = true);
    world.notice();
    assert_eq!(world.status(job).state, JobState::Running);
    assert_eq!(world.run(job).state, JobState::Stored);
}

#[test]
fn copies_asked_are_those_of_the_table_or_one_on_each_storer() {
    // Other storers, copies of shards, copies of keep list and root.
    for (storers, shards, uncoded) in [(4, 3, 4), (15, 3, 15), (40, 3, 30), (120, 2, 30)] {
        let mut world = World::new(storers, 3);
        world.publish(&content(100_000));
        let mut copies: Vec<_> = world
            .blocks()
            .into_keys()
            .map(|locator| world.nodes.iter().filter(|node| node.blocks.contains_key(&locator)).count())
            .collect();
        copies.sort_unstable();
        // 4 data blocks, 19 parity, one keep list, one root.
        assert_eq!(copies, [vec![shards; 23], vec![uncoded; 2]].concat(), "{storers} storers");
    }
}

#[test]
fn a_small_network_is_told_what_half_of_it_takes() {
    let mut world = World::new(11, 4);
    let job = world.insert(content(100_000));
    let note = world.run(job).note.unwrap();
    assert!(note.starts_with("11 other nodes keep this; if 6 of them vanish at once, the chance"), "{note}");
    let mut world = World::new(60, 4);
    let job = world.insert(content(100_000));
    assert_eq!(world.run(job).note, None);
}

#[test]
fn what_is_weak_is_placed_on_until_stored() {
    let mut world = World::new(20, 5);
    // Seen as storers, and down: their silence is not known yet.
    world.kill(8..20);
    // Two copies of three bound the loss of a segment enough, while 8 of 15 keep lists are too few.
    world.most_copies = 2;
    let job = world.insert(content(3_000_000));
    let status = world.run(job);
    assert_eq!(status.state, JobState::Weak, "{status:?}");
    assert!(status.done < status.total);
    let note = status.note.unwrap();
    assert!(note.contains("lack copies: the node goes on placing them"), "{note}");
    assert_eq!(world.jobs.unfinished(), 1);
    let held = world.jobs.held_bytes();
    assert_eq!(held, 3 * 4_096, "shards are let go; keep lists and root lack copies");

    world.run_for(300 * SECOND);
    assert_eq!(world.status(job).state, JobState::Weak);
    world.nodes.iter_mut().for_each(|node| node.up = true);
    world.run_for(61 * SECOND);
    let status = world.status(job);
    assert_eq!((status.state, status.done), (JobState::Stored, status.total));
    assert_eq!((world.jobs.held_bytes(), world.jobs.unfinished(), world.jobs.next_timeout()), (0, 0, None));
}

#[test]
fn what_is_weak_becomes_stored_when_the_silent_are_known_to_be_gone() {
    let mut world = World::new(20, 5);
    world.kill(8..20);
    let job = world.insert(content(100_000));
    assert_eq!(world.run(job).state, JobState::Weak);
    world.notice();
    let status = world.status(job);
    assert_eq!(status.state, JobState::Stored, "one copy on each of 8 is all that is asked: {status:?}");
}

#[test]
fn new_storers_are_tried_soon() {
    let mut world = World::new(40, 6);
    world.kill(10..40);
    let job = world.insert(content(10_000));
    assert_eq!(world.run(job).state, JobState::Weak);
    world.run_for(500 * SECOND);
    world.nodes.iter_mut().for_each(|node| node.up = true);
    world.set_network(60, 50);
    world.run_for(6 * SECOND);
    assert_eq!(world.status(job).state, JobState::Stored);
}

#[test]
fn below_weak_it_goes_on_trying_and_then_names_the_segment() {
    let mut world = World::new(10, 7);
    world.kill(0..10);
    let job = world.insert(content(3_000_000));
    let status = world.run(job);
    assert_eq!(status.state, JobState::Failed);
    // Two segments: 46 blocks of content each.
    let needed = 46 + 97u32.div_ceil(4);
    assert_eq!(status.error, Some(JobError::NotStored { segment: 1, segments: 2, placed: 0, needed }));
    assert!(world.now.since(Mono(0)) >= INSERT_PATIENCE);
    assert!(world.now.since(Mono(0)) < INSERT_PATIENCE + 10 * SECOND);
    assert_eq!((world.jobs.held_bytes(), world.jobs.unfinished(), world.jobs.next_timeout()), (0, 0, None));
    assert_eq!(world.jobs.status(job).unwrap().done, 0);
}

#[test]
fn content_that_comes_in_is_counted_in_bytes_and_then_in_blocks() {
    let mut world = World::new(10, 15);
    let request = InsertRequest { length: 1_000, name: String::new(), media_type: String::new(), secret: None };
    let job = world.jobs.insert(world.now, request).unwrap();
    world.jobs.coming(world.now, job, 250);
    let status = world.jobs.status(job).unwrap();
    assert_eq!((status.state, status.bytes_received, status.bytes_done), (JobState::Receiving, 250, 0));
    assert_eq!(status.words, "taking the content in: 25 %");
    world.jobs.coming(world.now, job, u64::MAX);
    assert_eq!(world.jobs.status(job).unwrap().bytes_received, 1_000);
    world.jobs.received(world.now, job, Ok(digest(&content(1_000))));
    assert_eq!(world.jobs.status(job).unwrap().bytes_done, 0);
}

#[test]
fn a_source_that_is_slow_to_answer_finds_a_failed_insert() {
    let mut world = World::new(10, 15);
    world.kill(0..10);
    let request = InsertRequest { length: 5 << 20, name: String::new(), media_type: String::new(), secret: None };
    let job = world.jobs.insert(world.now, request).unwrap();
    world.jobs.received(world.now, job, Ok(digest(&content(5 << 20))));
    let mut reads = Vec::new();
    for second in 0..200 {
        let now = Mono(second * 1_000_000);
        world.jobs.handle_timeout(now);
        while let Some(action) = world.jobs.poll_action() {
            match action {
                Action::Read { len, .. } if reads.is_empty() => {
                    reads.push(len);
                    world.jobs.content(now, job, Ok(content(len)));
                }
                Action::Read { len, .. } => reads.push(len),
                Action::Put { token, .. } => world.jobs.put_done(now, token, 0),
                _ => {}
            }
        }
    }
    // The second part was asked for, and is on its way when the first gives up.
    assert_eq!((reads.len(), world.status(job).state, world.jobs.held_bytes()), (2, JobState::Failed, 0));
    world.jobs.content(Mono(u64::MAX), job, Ok(content(reads[1])));
    assert_eq!((world.jobs.poll_action(), world.jobs.held_bytes()), (None, 0));
}

#[test]
fn nodes_that_come_in_time_save_an_insert() {
    let mut world = World::new(10, 8);
    world.kill(0..10);
    let job = world.insert(content(200));
    world.run_for(50 * SECOND);
    assert_eq!(world.status(job).state, JobState::Running);
    world.nodes.iter_mut().for_each(|node| node.up = true);
    assert_eq!(world.run(job).state, JobState::Stored);
}

#[test]
fn patience_does_not_run_out_without_a_path() {
    let mut world = World::new(10, 16);
    world.kill(0..10);
    let job = world.insert(content(200));
    world.run_for(30 * SECOND);
    world.set_network(2, 1);
    world.run_for(600 * SECOND);
    assert_eq!(world.status(job).state, JobState::Waiting);
    world.nodes.iter_mut().for_each(|node| node.up = true);
    world.set_network(11, 10);
    assert_eq!(world.run(job).state, JobState::Stored);
}

#[test]
fn a_root_that_nobody_takes_fails_as_no_segment() {
    let mut world = World::new(10, 9);
    world.kill(0..10);
    let job = world.insert(Vec::new());
    let error = world.run(job).error;
    assert_eq!(error, Some(JobError::NotStored { segment: 0, segments: 0, placed: 0, needed: 2 }));
}

#[test]
fn lost_requests_are_made_good() {
    for seed in 0..5 {
        let mut world = World::new(30, seed);
        world.loss = 0.3;
        let job = world.insert(content(3_000_000));
        world.run(job);
        world.run_for(120 * SECOND);
        assert_eq!(world.status(job).state, JobState::Stored, "seed {seed}");
    }
}

#[test]
fn content_that_is_not_as_announced_is_refused() {
    let source = |world: &mut World, length, bytes: Vec<u8>| {
        let job = world.try_insert(length, bytes).unwrap();
        world.run(job).error.unwrap().to_string()
    };
    let mut world = World::new(10, 10);
    let short = source(&mut world, 100_000, content(99_999));
    assert_eq!(short, "the content could not be read: it is shorter than was said: begin again");

    let request = InsertRequest { length: 5, name: String::new(), media_type: String::new(), secret: None };
    for answer in [Err("the disk is gone".to_owned()), Ok(content(6))] {
        let job = world.jobs.insert(world.now, request.clone()).unwrap();
        world.jobs.received(world.now, job, Ok(digest(&content(5))));
        while let Some(action) = world.jobs.poll_action() {
            if let Action::Read { job, .. } = action {
                world.jobs.content(world.now, job, answer.clone());
            }
        }
        assert!(matches!(world.status(job).error, Some(JobError::Source { .. })));
    }
    assert_eq!(world.jobs.held_bytes(), 0);
}

#[test]
fn requests_that_no_root_holds_are_refused_at_once() {
    let mut world = World::new(10, 11);
    let mut insert = |length, name: &str, media_type: &str| {
        let request = InsertRequest { length, name: name.to_owned(), media_type: media_type.to_owned(), secret: None };
        world.jobs.insert(Mono(0), request)
    };
    assert!(matches!(insert(5, &"n".repeat(256), ""), Err(HandleError::Refused(_))));
    assert!(matches!(insert(5, "a\nb", ""), Err(HandleError::Refused(_))));
    assert!(matches!(insert(5, "a", &"t".repeat(101)), Err(HandleError::Refused(_))));
    assert_eq!(insert(1 << 60, "a", ""), Err(HandleError::Job(JobError::TooLarge)));
    assert!(insert(5, &"n".repeat(255), &"t".repeat(100)).is_ok());
}

#[test]
fn receipts_free_memory_before_a_put_ends() {
    let mut world = World::new(10, 12);
    let job = world.insert(content(10));
    let mut puts = Vec::new();
    while let Some(action) = world.jobs.poll_action() {
        match action {
            Action::Read { job, .. } => world.jobs.content(world.now, job, Ok(content(10))),
            Action::Put { token, .. } => puts.push(token),
            _ => {}
        }
    }
    assert_eq!((puts.len(), world.jobs.held_bytes()), (1, 4_096));
    world.jobs.put_progress(world.now, puts[0], 9);
    assert_eq!(world.jobs.held_bytes(), 4_096);
    world.jobs.put_progress(world.now, puts[0], 10);
    assert_eq!(world.jobs.held_bytes(), 0);
    assert_eq!(world.status(job).state, JobState::Running);
    // A last word that counts fewer takes nothing back.
    world.jobs.put_done(world.now, puts[0], 3);
    assert_eq!(world.status(job).state, JobState::Stored);
}

#[test]
fn a_large_weak_insert_stays_within_its_memory_and_gives_nothing_up() {
    let mut world = World::new(12, 13);
    // One copy of three: the segments are weak, and every shard is wanted for more.
    world.most_copies = 1;
    let job = world.insert(content(25 << 20));
    let status = world.run(job);
    assert_eq!(status.state, JobState::Weak, "{status:?}");
    world.run_for(300 * SECOND);
    assert!(world.most_held <= WEAK_BYTES_PER_JOB + (12 << 20), "{}", world.most_held);
    world.most_copies = u8::MAX;
    world.run_for(300 * SECOND);
    let status = world.status(job);
    assert_eq!((status.state, status.done), (JobState::Stored, status.total));
    assert_eq!((world.jobs.held_bytes(), world.jobs.next_timeout()), (0, None));
}

#[test]
fn half_stored_segments_hold_only_the_other_half() {
    let mut world = World::new(12, 14);
    world.most_copies = 1;
    let job = world.insert(content(100_000));
    assert_eq!(world.run(job).state, JobState::Weak);
    assert_eq!(world.jobs.held_bytes(), 23 * 32_768, "the keep list stands; shards lack copies");
    world.most_copies = 2;
    world.run_for(61 * SECOND);
    let status = world.status(job);
    assert_eq!(status.state, JobState::Stored, "two copies of three bound the loss enough: {status:?}");
}
