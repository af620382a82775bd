use std::time::Duration;

use proptest::prelude::*;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use roneo_content::Digest;
use roneo_keys::Block;
use roneo_keys::time::Mono;
use roneo_overlay::{BlockAnswer, NetworkState, ReadCount};

use super::world::{World, content};
use crate::handle::{HandleError, InsertRequest, JobId, JobState};
use crate::jobs::{
    Action, CROWDED, CROWDED_WINDOW, GET_WINDOW, HEDGE_SHARDS, Jobs, KEEP_LISTS_AHEAD, MAX_JOBS, MAX_RUNNING,
    MAX_SETTLED, PUT_WINDOW, SPARE_BYTES, Token, WEAK_BYTES,
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn a_transfer_of_any_size_stays_small() {
    let mut world = World::new(12, 1);
    let content = content(24 << 20);
    let uri = world.publish(&content);
    // Two coded segments of 4 MiB, and the content of the one being read.
    assert!(world.most_held <= 11 << 20, "{}", world.most_held);
    assert!(world.most_puts <= PUT_WINDOW);

    let mut world = world.another_reader();
    assert!(world.read(&uri).unwrap() == content);
    assert!(world.most_held <= 8 << 20, "{}", world.most_held);
    assert!(world.most_gets <= GET_WINDOW + HEDGE_SHARDS + KEEP_LISTS_AHEAD as usize + 3);
}

#[test]
fn many_transfers_share_memory_and_requests() {
    let mut world = World::new(12, 2);
    // Some long, so that memory is short; many, so that the list is full.
    let length = |job| if job % 10 == 0 { 5 << 20 } else { 70_000 };
    let jobs: Vec<JobId> = (0..MAX_JOBS).map(|job| world.insert(content(length(job)))).collect();
    assert_eq!(world.try_insert(5, content(5)), Err(HandleError::Busy("too many transfers at once")));
    for job in jobs {
        assert_eq!(world.run(job).state, JobState::Stored);
    }
    let segment = 111 * 32_768 + 4_096;
    assert!(world.most_held < SPARE_BYTES + (MAX_RUNNING + 2) * segment, "{}", world.most_held);
    assert!(world.most_puts <= CROWDED + PUT_WINDOW + MAX_RUNNING * CROWDED_WINDOW, "{}", world.most_puts);
    assert_eq!((world.jobs.held_bytes(), world.jobs.unfinished()), (0, 0));
}

#[test]
fn weak_inserts_share_memory_and_all_are_stored_in_the_end() {
    let mut world = World::new(12, 3);
    world.most_copies = 1;
    let jobs: Vec<JobId> = (0..8)
        .map(|_| {
            let job = world.insert(content(5 << 20));
            assert_eq!(world.run(job).state, JobState::Weak);
            job
        })
        .collect();
    assert!(world.most_held <= WEAK_BYTES + (12 << 20), "{}", world.most_held);
    assert!(world.jobs.held_bytes() <= WEAK_BYTES);

    world.most_copies = u8::MAX;
    world.run_for(300 * SECOND);
    assert!(jobs.iter().all(|&job| world.status(job).state == JobState::Stored));
    assert_eq!((world.jobs.held_bytes(), world.jobs.unfinished()), (0, 0));
}

#[test]
fn ended_jobs_are_remembered_up_to_a_bound() {
    let mut world = World::new(12, 4);
    let jobs: Vec<JobId> = (0..MAX_SETTLED + 10)
        .map(|_| {
            let job = world.insert(content(100));
            world.run(job);
            job
        })
        .collect();
    assert!(world.jobs.status(jobs[0]).is_none());
    assert_eq!(world.jobs.status(jobs[MAX_SETTLED]).unwrap().state, JobState::Stored);
    world.run_for(SECOND);
    assert!(world.journals.len() <= MAX_SETTLED + 1, "{} are kept", world.journals.len());
}

#[test]
fn a_cancelled_job_leaves_nothing_behind() {
    let mut world = World::new(12, 5);
    let uri = world.publish(&content(5 << 20));
    for kind in ["insert", "fetch"] {
        let job = if kind == "insert" { world.insert(content(5 << 20)) } else { world.fetch(&uri) };
        world.run_for(SECOND);
        assert!(world.jobs.held_bytes() > 0);
        world.jobs.cancel(job);
        assert!(world.jobs.status(job).is_none());
        assert_eq!((world.jobs.held_bytes(), world.jobs.unfinished(), world.jobs.next_timeout()), (0, 0, None));
        world.transcript.clear();
        // The world checks that only what is under way is cancelled.
        world.run_for(60 * SECOND);
        let expected = |line: &String| line.contains("CancelRequest") || line.contains("Forget");
        assert!(world.transcript.iter().all(expected), "{:?}", world.transcript);
        world.jobs.cancel(job);
    }
}

#[test]
fn what_is_cancelled_before_it_was_seen_is_never_seen() {
    let mut world = World::new(12, 6);
    let job = world.insert(content(100));
    world.jobs.cancel(job);
    assert_eq!(world.jobs.poll_action(), Some(Action::Forget(job)));
    assert_eq!(world.jobs.poll_action(), None);
    let uri = world.publish(&content(100));
    let job = world.fetch(&uri);
    world.jobs.cancel(job);
    assert_eq!(world.jobs.poll_action(), Some(Action::Forget(job)));
    assert_eq!(world.jobs.poll_action(), None);
}

#[test]
fn the_same_inputs_give_the_same_actions() {
    let transcript = |seed| {
        let mut world = World::new(12, seed);
        world.loss = 0.1;
        let job = world.insert(content(3_000_000));
        let uri = world.run(job).uri.unwrap();
        let _ = world.read(&uri);
        (world.transcript, uri)
    };
    assert_eq!(transcript(7), transcript(7));
    assert_ne!(transcript(7).1, transcript(8).1);
}

#[test]
fn actions_show_neither_content_nor_places_nor_keys() {
    let mut world = World::new(12, 9);
    let bytes = b"bread and roses".repeat(3_000);
    let uri = world.publish(&bytes);
    world.read(&uri).unwrap();
    for line in &world.transcript {
        assert!(!line.contains("98, 114") && !line.contains("Locator") && !line.contains("CHK"), "{line}");
    }
}

#[test]
fn revisions_grow_with_every_change() {
    let mut world = World::new(12, 10);
    let job = world.insert(content(3_000_000));
    let mut seen = world.status(job);
    for _ in 0..400 {
        world.run_for(Duration::from_millis(20));
        let status = world.status(job);
        assert_eq!(status == seen, status.revision == seen.revision);
        assert!(status.revision >= seen.revision && status.done >= seen.done && status.done <= status.total);
        seen = status;
    }
    assert_eq!(seen.state, JobState::Stored);
}

/// Anything an owner might do, in any order.
#[derive(Debug, Clone)]
enum Input {
    Insert(u32),
    Cancel(u64),
    Network(usize, usize),
    Content(u64, Option<usize>),
    Taken(u64),
    Progress(u64, u8),
    PutDone(u64, u8),
    GetDone(u64, Result<usize, usize>),
    Timeout(u32),
    Poll(usize),
}

fn input() -> impl Strategy<Value = Input> {
    let id = 0..40u64;
    prop_oneof![
        (0..300_000u32).prop_map(Input::Insert),
        id.clone().prop_map(Input::Cancel),
        (0..20usize, 0..200usize).prop_map(|(known, storers)| Input::Network(known, storers)),
        (id.clone(), proptest::option::of(0..300_000usize)).prop_map(|(job, len)| Input::Content(job, len)),
        id.clone().prop_map(Input::Taken),
        (id.clone(), any::<u8>()).prop_map(|(token, receipts)| Input::Progress(token, receipts)),
        (id.clone(), any::<u8>()).prop_map(|(token, receipts)| Input::PutDone(token, receipts)),
        (id, prop_oneof![Just(Ok(4_096)), Just(Ok(32_768)), (0..9usize).prop_map(Err)])
            .prop_map(|(token, answer)| Input::GetDone(token, answer)),
        any::<u32>().prop_map(Input::Timeout),
        (0..100usize).prop_map(Input::Poll),
    ]
}

proptest! {
    #[test]
    fn no_input_out_of_order_does_harm(inputs in proptest::collection::vec(input(), 0..200)) {
        let mut jobs = Jobs::new(ChaCha20Rng::seed_from_u64(1));
        let mut now = Mono(0);
        let link = "CHK@AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA,AAAAAQA";
        for input in inputs {
            match input {
                Input::Insert(length) => {
                    let request = InsertRequest { length: length.into(), name: String::new(), media_type: String::new(), secret: None };
                    if let Ok(job) = jobs.insert(now, request) {
                        // Some inserts are left without their content.
                        if length % 3 > 0 {
                            jobs.received(now, job, Ok(Digest { length: length.into(), blake3: [1; 32], sha256: [2; 32] }));
                        }
                        let _ = jobs.pause(now, job, length % 5 == 0);
                    }
                    let _ = jobs.fetch(now, link.parse().unwrap());
                }
                Input::Cancel(job) => jobs.cancel(JobId(job)),
                Input::Network(known, other_storers) => jobs.network(now, NetworkState { known, needed: 5, other_storers, read_count: ReadCount::Exact }),
                Input::Content(job, len) => {
                    jobs.content(now, JobId(job), len.map(|len| vec![1; len]).ok_or_else(|| "gone".to_owned()));
                }
                Input::Taken(job) => jobs.taken(now, JobId(job)),
                Input::Progress(token, receipts) => jobs.put_progress(now, Token(token), receipts),
                Input::PutDone(token, receipts) => jobs.put_done(now, Token(token), receipts),
                Input::GetDone(token, answer) => {
                    let block = answer.ok().map(|len| Block::new(vec![7; len]).unwrap());
                    let holding = usize::from(block.is_some());
                    let answer = BlockAnswer { block, holding, without: answer.err().unwrap_or(0), silent: 0 };
                    jobs.get_done(now, Token(token), answer);
                }
                Input::Timeout(later) => {
                    now = now + Duration::from_millis(later.into()) / 1_000;
                    jobs.handle_timeout(now);
                    prop_assert!(jobs.next_timeout().is_none_or(|next| next > now));
                }
                Input::Poll(count) => {
                    for _ in 0..count {
                        // Content of the right length, so that some inserts go on to their puts.
                        if let Some(Action::Read { job, len, .. }) = jobs.poll_action() {
                            jobs.content(now, job, Ok(vec![1; len]));
                        }
                    }
                }
            }
        }
        let all: Vec<JobId> = (0..500).map(JobId).collect();
        all.iter().for_each(|&job| jobs.cancel(job));
        prop_assert_eq!((jobs.held_bytes(), jobs.unfinished(), jobs.next_timeout()), (0, 0, None));
    }
}
