//! Controls: what each defence is worth, seen by taking it away. A test that passes with and without
//! what it is about shows nothing; here the same scenario runs both ways.

#![allow(clippy::unwrap_used, reason = "what helps a test is a test")]

use std::time::Duration;

use roneo_client::handle::{JobError, JobState, JobStatus};
use roneo_client::jobs::{Copies, Parity, Redundancy};
use roneo_overlay::{Defences, HashCheck, ReplayPolicy};
use roneo_simulations::{Behaviour, FrameKind, Network, Scenario, Tapped, content};

const MINUTE: Duration = Duration::from_secs(60);

fn settled(scenario: Scenario) -> Network {
    println!("{} nodes, seed {}", scenario.nodes, scenario.seed);
    let mut net = Network::new(scenario);
    net.settle(5 * MINUTE).unwrap();
    net
}

fn publish(net: &mut Network, node: usize, bytes: &[u8]) -> String {
    let status = net.publish(node, bytes, 30 * MINUTE);
    assert!(matches!(status.state, JobState::Stored | JobState::Weak), "{status:?}");
    status.uri.unwrap()
}

/// Inserts one file at node 0 of sixteen, ends that and a third of the rest, reads at a survivor.
fn after_a_third_died(redundancy: Redundancy) -> Result<Vec<u8>, Box<JobStatus>> {
    let mut net = settled(Scenario { redundancy, ..Scenario::new(16, 21) });
    let uri = publish(&mut net, 0, &content(21, 3 << 20));
    for victim in net.choose(5, &[0]).into_iter().chain([0]) {
        net.kill(victim);
    }
    let reader = net.choose(1, &[])[0];
    net.read(reader, &uri, 10 * MINUTE)
}

#[test]
fn without_parity_and_copies_a_segment_is_missing_and_named() {
    let whole = after_a_third_died(Redundancy::default());
    assert!(whole.unwrap() == content(21, 3 << 20));

    let bare = Redundancy { parity: Parity::Off, shards: Copies::One, ..Redundancy::default() };
    let status = after_a_third_died(bare).unwrap_err();
    let Some(JobError::SegmentMissing { segment, segments, found, needed }) = status.error else {
        panic!("{status:?}")
    };
    assert_eq!(segments, 2);
    assert!((1..=2).contains(&segment) && 0 < found && found < needed, "{found} of {needed}");
}

/// How many of twenty inserts are read after a third of the network died.
fn found_of_twenty(uncoded: Copies) -> usize {
    let redundancy = Redundancy { uncoded, ..Redundancy::default() };
    let mut net = settled(Scenario { redundancy, ..Scenario::new(16, 22) });
    let inserts: Vec<(String, Vec<u8>)> = (0..20)
        .map(|insert| {
            // Every other one has a keep list beside its root.
            let bytes = content(insert, if insert % 2 == 0 { 1_000 } else { 70_000 });
            (publish(&mut net, 0, &bytes), bytes)
        })
        .collect();
    for victim in net.choose(5, &[0]) {
        net.kill(victim);
    }
    let found = inserts.iter().filter(|(uri, bytes)| {
        let reader = net.choose(1, &[])[0];
        net.read(reader, uri, 10 * MINUTE).is_ok_and(|found| found == *bytes)
    });
    found.count()
}

#[test]
fn with_one_copy_of_roots_and_keep_lists_some_inserts_are_not_found() {
    assert_eq!(found_of_twenty(Copies::Full), 20);
    let found = found_of_twenty(Copies::One);
    println!("  with one copy {found} of 20 are found");
    assert!((1..20).contains(&found), "{found}");
}

/// A packet that a relay passed on, as it came.
fn recorded_packet(net: &mut Network, relay: usize) -> Tapped {
    net.tap(relay);
    publish(net, 0, &content(23, 40_000));
    let tapped = net.take_tapped(relay);
    let is_packet = |tapped: &&Tapped| FrameKind::of(&tapped.frame) == FrameKind::Packet;
    // What a relay passes on leaves at the moment it comes; what a storer answers takes its disk a while.
    let passed_on = |came: &&Tapped| {
        let leaves = |left: &Tapped| left.from == relay && left.at == came.at && left.frame.len() == came.frame.len();
        came.to == relay && tapped.iter().filter(is_packet).any(leaves)
    };
    tapped.iter().filter(is_packet).find(passed_on).cloned().expect("a packet passed through")
}

#[test]
fn without_the_replay_filter_a_recorded_packet_travels_again() {
    for policy in [ReplayPolicy::Enforce, ReplayPolicy::Off] {
        let defences = Defences { replay: policy, ..Defences::default() };
        let mut net = settled(Scenario { defences, ..Scenario::new(12, 23) });
        let relay = 7;
        let recorded = recorded_packet(&mut net, relay);
        net.run_for(MINUTE);
        let before = (net.counter(relay, "dropped_replayed"), net.counter(relay, "packets_forwarded"));
        assert!(net.inject(recorded.from, relay, recorded.frame.clone()));
        net.run_for(Duration::from_secs(1));
        let after = (net.counter(relay, "dropped_replayed"), net.counter(relay, "packets_forwarded"));
        let dropped = u64::from(policy == ReplayPolicy::Enforce);
        assert_eq!(after, (before.0 + dropped, before.1 + 1 - dropped), "{policy:?}");
    }
}

#[test]
fn a_restarted_relay_opens_nothing_of_its_earlier_life() {
    let mut net = settled(Scenario::new(12, 23));
    let relay = 7;
    let recorded = recorded_packet(&mut net, relay);
    net.kill(relay);
    net.run_for(MINUTE);
    net.restart(relay);
    net.settle(5 * MINUTE).unwrap();
    let forwarded = net.counter(relay, "packets_forwarded");
    assert!(net.inject(recorded.from, relay, recorded.frame));
    net.run_for(Duration::from_secs(1));
    assert_eq!(net.counter(relay, "dropped_unreadable"), 1);
    assert_eq!(net.counter(relay, "packets_forwarded"), forwarded);
}

#[test]
fn without_the_hash_check_lies_reach_the_decoder() {
    for check in [HashCheck::Enforce, HashCheck::Off] {
        let defences = Defences { hash_check: check, ..Defences::default() };
        let mut net = settled(Scenario { defences, ..Scenario::new(24, 24) });
        let bytes = content(24, 1 << 20);
        let uri = publish(&mut net, 0, &bytes);
        for liar in net.choose(8, &[0, 23]) {
            net.behave(liar, Behaviour::Liar);
        }
        let read = net.read(23, &uri, 10 * MINUTE);
        match check {
            HashCheck::Enforce => {
                assert!(read.unwrap() == bytes);
                assert!(net.counter(23, "answers_forged") > 0, "there were lies to refuse");
            }
            HashCheck::Off => {
                let error = read.unwrap_err().error;
                assert!(matches!(error, Some(JobError::Damaged { .. })), "{error:?}");
                assert_eq!(net.counter(23, "answers_forged"), 0);
            }
        }
    }
}
