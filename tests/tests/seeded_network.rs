//! What a network of hundreds of nodes does for its users: store, find again, wait, heal.
//!
//! Every scenario prints its seed; a failure prints the trace hash too. `RONEO_SEEDS=10` runs those
//! that are told of several seeds with so many.

#![allow(clippy::unwrap_used, reason = "what helps a test is a test")]

use std::time::{Duration, Instant};

use roneo_client::handle::{JobError, JobState, Waiting};
use roneo_overlay::Rules;
use roneo_simulations::{Behaviour, Churn, Latency, Network, Scenario, Sessions, content};

const MINUTE: Duration = Duration::from_secs(60);
/// A fetch ends within this, whatever happened before.
const READ_WITHIN: Duration = Duration::from_secs(120);
const MIB: usize = 1 << 20;

/// The seeds of a scenario that runs with several: `usual`, or as many as `RONEO_SEEDS` says.
fn seeds(usual: u64) -> std::ops::RangeInclusive<u64> {
    1..=std::env::var("RONEO_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(usual)
}

/// A network that everybody sees whole.
fn settled(scenario: Scenario) -> Network {
    println!("{} nodes, seed {}", scenario.nodes, scenario.seed);
    let (began, mut net) = (Instant::now(), Network::new(scenario));
    let took = net.settle(5 * MINUTE).unwrap();
    println!("  settled in {took:?} ({:?} of real time, {} events)", began.elapsed(), net.events());
    net
}

/// Inserts content that must come to be stored, and gives the link.
fn store(net: &mut Network, node: usize, bytes: &[u8]) -> String {
    let began = (Instant::now(), net.elapsed(), net.events());
    let status = net.publish(node, bytes, 30 * MINUTE);
    let (real, simulated) = (began.0.elapsed(), net.elapsed() - began.1);
    println!("  {} bytes put in {simulated:?} ({real:?} of real time, {} events)", bytes.len(), net.events() - began.2);
    assert_eq!(status.state, JobState::Stored, "{status:?}");
    status.uri.unwrap()
}

#[track_caller]
fn read_back(net: &mut Network, node: usize, uri: &str, expected: &[u8]) {
    let begin = net.elapsed();
    match net.read(node, uri, READ_WITHIN) {
        Ok(found) => assert!(found == expected, "other bytes came back"),
        Err(status) => panic!("node {node}: {status:?}"),
    }
    println!("  {} bytes read in {:?}", expected.len(), net.elapsed() - begin);
}

#[test]
fn storers_hold_what_the_code_asks_and_never_a_copy_each() {
    for (nodes, mib, fewest, most) in [(120, 12, 3.5, 5.0), (16, 5, 3.5, 7.0)] {
        let mut net = settled(Scenario::new(nodes, 1));
        let bytes = content(1, mib * MIB);
        let uri = store(&mut net, 3, &bytes);
        let ratio = net.stored_bytes() as f64 / bytes.len() as f64;
        println!("  {nodes} nodes hold {ratio:.2} times the content");
        assert!((fewest..=most).contains(&ratio), "{ratio}");
        read_back(&mut net, nodes - 1, &uri, &bytes);
    }
}

#[test]
fn a_third_dies_with_the_writer_and_the_rest_reads() {
    for seed in seeds(4) {
        let mut net = settled(Scenario::new(16, seed));
        let bytes = content(seed, 2 * MIB);
        let uri = store(&mut net, 0, &bytes);
        for (turn, victim) in net.choose(5, &[0]).into_iter().chain([0]).enumerate() {
            // Half of them as a kill does it, half as a power cut.
            if turn % 2 == 0 { net.kill(victim) } else { net.cut_power(victim) }
        }
        let reader = net.choose(1, &[])[0];
        read_back(&mut net, reader, &uri, &bytes);
    }
}

#[test]
fn four_nodes_wait_and_the_fifth_is_enough() {
    let mut net = Network::new(Scenario::new(4, 5));
    net.run_for(MINUTE);
    let bytes = content(5, 100_000);
    let job = net.insert(0, bytes.as_slice()).unwrap();
    net.run_for(10 * MINUTE);
    let status = net.status(job).unwrap();
    assert_eq!(status.state, JobState::Waiting, "{status:?}");
    assert_eq!(status.waiting, Some(Waiting { needed: 5, known: 4 }));
    assert_eq!(net.traffic().packet_lengths.len(), 0, "no shorter path is built");

    let fifth = net.add();
    let status = net.finish(job, 2 * MINUTE).unwrap();
    assert_eq!(status.state, JobState::Stored, "{status:?}");
    read_back(&mut net, fifth, &status.uri.unwrap(), &bytes);
}

#[test]
fn two_hundred_nodes_far_apart_with_loss_and_churn_serve_their_users() {
    let churn = Churn {
        there: Sessions { shape: 0.6, scale: 30 * MINUTE },
        away: Sessions { shape: 1.0, scale: 5 * MINUTE },
        staying: 40,
        unannounced: 0.5,
        after: 3 * MINUTE,
    };
    let scenario = Scenario { latency: Latency::WORLD, loss: 0.01, churn: Some(churn), ..Scenario::new(200, 6) };
    let mut net = settled(scenario);
    net.run_until("the beginning of churn", 5 * MINUTE, |net| net.elapsed() >= 4 * MINUTE).unwrap();
    let mut published = Vec::new();
    for (writer, len) in [(0, 0), (5, 3_000), (11, 30_000), (17, 200_000), (23, 2 * MIB)] {
        let bytes = content(writer as u64, len);
        let uri = store(&mut net, writer, &bytes);
        published.push((uri, bytes));
        net.run_for(MINUTE);
    }
    println!("  {} of 200 nodes run", net.running().count());
    assert!(net.running().count() < 195, "churn takes some");
    for (reader, (uri, bytes)) in (30..).zip(&published) {
        read_back(&mut net, reader, uri, bytes);
    }
}

#[test]
fn a_narrow_uplink_is_slow_and_loses_nothing() {
    // A quarter of a megabyte per second each: 2 Mbit/s, a poor home line.
    let scenario = Scenario { uplink: Some(250_000), latency: Latency::CONTINENT, ..Scenario::new(24, 7) };
    let mut net = settled(scenario);
    let bytes = content(7, MIB);
    let uri = store(&mut net, 0, &bytes);
    read_back(&mut net, 9, &uri, &bytes);
}

#[test]
fn a_partition_heals_and_views_come_together() {
    let mut net = settled(Scenario { latency: Latency::CONTINENT, ..Scenario::new(24, 8) });
    let bytes = content(8, 300_000);
    let before = store(&mut net, 0, &bytes);
    net.partition(&[(0..12).collect()]);
    let apart = net.run_until("two halves", 5 * MINUTE, |net| net.running().all(|node| net.known(node) == 12));
    println!("  apart in {:?}", apart.unwrap());
    // Each half goes on by itself.
    let during = store(&mut net, 20, &bytes);
    read_back(&mut net, 13, &during, &bytes);
    net.heal();
    let healed = net.settle(5 * MINUTE).unwrap();
    println!("  healed in {healed:?}");
    for (reader, uri) in [(1, &before), (22, &before), (2, &during), (23, &during)] {
        read_back(&mut net, reader, uri, &bytes);
    }
}

#[test]
fn a_silent_guard_gives_way_to_the_reserve_and_serves_again() {
    let mut net = settled(Scenario::new(12, 9));
    let bytes = content(9, 50_000);
    let uri = store(&mut net, 0, &bytes);
    let [first, reserve] = net.guards(0)[..] else { panic!("two guards are sampled") };
    assert_eq!(net.counter(0, "guard_changes"), 0);
    net.cut_power(first);
    read_back(&mut net, 0, &uri, &bytes);
    assert_eq!(net.counter(0, "guard_changes"), 1);
    assert_eq!(net.guards(0), [first, reserve], "nobody new is drawn");
    net.restart(first);
    net.settle(5 * MINUTE).unwrap();
    let sent_by = |net: &Network| net.counter(first, "packets_forwarded");
    let forwarded = sent_by(&net);
    read_back(&mut net, 0, &uri, &bytes);
    assert_eq!(net.counter(0, "guard_changes"), 2, "back to the first");
    assert!(sent_by(&net) > forwarded);
}

#[test]
fn a_restarted_node_is_the_same_node() {
    let mut net = settled(Scenario::new(12, 10));
    let bytes = content(10, 500_000);
    let uri = store(&mut net, 0, &bytes);
    let (guards, kept) = (net.guards(4), net.shelf(4).bytes());
    // Long enough for its guards to be saved.
    net.run_for(2 * MINUTE);
    net.kill(4);
    net.run_for(MINUTE);
    net.restart(4);
    net.settle(MINUTE).unwrap();
    assert_eq!((net.guards(4), net.shelf(4).bytes()), (guards, kept));
    read_back(&mut net, 4, &uri, &bytes);
}

#[test]
fn full_and_forgetful_storers_cost_copies_and_no_content() {
    let mut net = settled(Scenario::new(24, 11));
    for forgetful in 1..5 {
        net.behave(forgetful, Behaviour::Forgetful);
    }
    let bytes = content(11, MIB);
    let uri = store(&mut net, 0, &bytes);
    read_back(&mut net, 23, &uri, &bytes);

    // Nowhere near enough disk: the insert says so and the network goes on.
    let mut net = settled(Scenario { capacity: 64 << 10, ..Scenario::new(12, 11) });
    let status = net.publish(0, &bytes[..400_000], 30 * MINUTE);
    assert!(matches!(status.error, Some(JobError::NotStored { .. })), "{status:?}");
    assert!(net.counter_of_all("blocks_full") > 0);
}

#[test]
fn mute_relays_slow_a_reader_and_do_not_stop_it() {
    let mut net = settled(Scenario::new(24, 12));
    let bytes = content(12, MIB);
    let uri = store(&mut net, 0, &bytes);
    let reader = 23;
    let spared: Vec<usize> = net.guards(reader).into_iter().chain([reader]).collect();
    for mute in net.choose(5, &spared) {
        net.behave(mute, Behaviour::Mute);
    }
    read_back(&mut net, reader, &uri, &bytes);
    assert!(net.counter(reader, "requests_silent") > 0, "some paths led through them");
}

#[test]
fn a_day_passes_and_packets_still_open() {
    // The run begins two minutes before midnight, when packet keys change.
    let midnight = Scenario::new(1, 0).start.day().next().start();
    let start = roneo_keys::time::Wall(midnight.0 - 120);
    let mut net = settled(Scenario { start, ..Scenario::new(12, 13) });
    let bytes = content(13, 100_000);
    let before = store(&mut net, 0, &bytes);
    for _ in 0..10 {
        net.run_for(Duration::from_secs(20));
        let reader = net.choose(1, &[])[0];
        read_back(&mut net, reader, &before, &bytes);
    }
    assert!(net.moment().wall > midnight);
    let after = store(&mut net, 5, &bytes);
    read_back(&mut net, 6, &after, &bytes);
    assert_eq!(net.counter_of_all("dropped_unreadable"), 0);
}

/// Everything of the public rules but witnesses, which nobody can be yet.
#[test]
fn the_public_rules_carry_an_insert() {
    let rules = Rules { witnesses_required: 0, ..Rules::PUBLIC };
    let mut net = settled(Scenario { rules, latency: Latency::WORLD, ..Scenario::new(30, 16) });
    let bytes = content(16, 400_000);
    let uri = store(&mut net, 0, &bytes);
    read_back(&mut net, 20, &uri, &bytes);
    // Longer than a node may be silent and still serve: pulses, one an hour, keep the paths open.
    net.run_for(150 * MINUTE);
    read_back(&mut net, 21, &uri, &bytes);
}

#[test]
fn equal_scenarios_have_equal_traces() {
    let trace = |seed| {
        let churn = Churn {
            there: Sessions { shape: 1.0, scale: 2 * MINUTE },
            away: Sessions { shape: 1.0, scale: MINUTE },
            staying: 12,
            unannounced: 0.5,
            after: MINUTE,
        };
        let scenario = Scenario { latency: Latency::WORLD, loss: 0.02, churn: Some(churn), ..Scenario::new(24, seed) };
        let mut net = Network::new(scenario);
        net.run_for(MINUTE);
        let job = net.insert(0, content(seed, 200_000)).unwrap();
        net.finish(job, 5 * MINUTE);
        net.run_for(3 * MINUTE);
        println!("seed {seed}: trace {}, {} events", net.trace(), net.events());
        (net.trace(), net.events(), net.traffic().clone(), net.stored_bytes())
    };
    let (first, again, other) = (trace(14), trace(14), trace(15));
    assert_eq!(first, again);
    assert_ne!(first.0, other.0);
}
