//! The machine under the nodes: what they learn of each other's links, kills, power cuts and restarts.

use std::collections::BTreeMap;
use std::time::Duration;

use roneo_simulations::{FrameKind, KEEP_ALIVE, Latency, Network, Scenario, content};

fn settled(scenario: Scenario) -> Network {
    let mut net = Network::new(scenario);
    net.settle(Duration::from_secs(120)).expect("it settles");
    net
}

/// Whether a node holds a link to another to be open.
fn linked(net: &Network, node: usize, other: usize) -> bool {
    net.overlay(node).is_some_and(|overlay| overlay.links().is_up(&net.id(other)))
}

fn one_sided(net: &Network) -> Vec<(usize, usize)> {
    let pairs = net.running().flat_map(|node| net.running().map(move |other| (node, other)));
    pairs.filter(|(node, other)| linked(net, *node, *other) != linked(net, *other, *node)).collect()
}

#[test]
fn both_ends_agree_and_each_pair_has_one_link() {
    // All join at once: calls cross each other.
    let scenario = Scenario { join_every: Duration::ZERO, latency: Latency::WORLD, ..Scenario::new(24, 1) };
    let net = settled(scenario);
    assert_eq!(one_sided(&net), []);
    for node in net.running() {
        let open = net.overlay(node).map(|overlay| overlay.links().count());
        assert_eq!(open, Some(23), "a small network is a full mesh");
    }
    // One greeting each way on each link, and none on a second link of the same pair.
    assert_eq!(net.traffic().frames(FrameKind::Hello), 24 * 23);
}

#[test]
fn a_kill_is_heard_at_once_and_a_power_cut_by_the_keep_alive() {
    let mut net = settled(Scenario::new(8, 2));
    let hear = |net: &Network, gone| net.running().filter(|node| !linked(net, *node, gone)).count();
    net.kill(3);
    net.run_for(Duration::from_millis(10));
    assert_eq!(hear(&net, 3), 7);

    net.cut_power(4);
    net.run_for(KEEP_ALIVE - Duration::from_millis(1));
    assert_eq!(hear(&net, 4), 0);
    net.run_for(Duration::from_millis(2));
    assert_eq!(hear(&net, 4), 6);

    net.restart(3);
    net.restart(4);
    net.settle(Duration::from_secs(120)).expect("it settles");
    assert_eq!(one_sided(&net), []);
}

#[test]
fn a_node_back_before_anybody_noticed_has_its_links_again() {
    let mut net = settled(Scenario { latency: Latency::CONTINENT, ..Scenario::new(8, 3) });
    net.cut_power(5);
    net.run_for(Duration::from_secs(2));
    net.restart(5);
    net.run_for(Duration::from_secs(10));
    assert_eq!(one_sided(&net), []);
    assert!((0..8).filter(|other| *other != 5).all(|other| linked(&net, 5, other)));
}

#[test]
fn links_outlive_a_short_partition_and_not_a_long_one() {
    let mut net = settled(Scenario::new(8, 4));
    let across = |net: &Network| {
        (0..4).flat_map(|node| (4..8).map(move |other| (node, other))).filter(|(a, b)| linked(net, *a, *b)).count()
    };
    net.partition(&[(0..4).collect()]);
    net.run_for(KEEP_ALIVE / 2);
    net.heal();
    net.run_for(KEEP_ALIVE);
    assert_eq!(across(&net), 16, "what was held back came in time");

    net.partition(&[(0..4).collect(), (4..8).collect()]);
    net.run_for(KEEP_ALIVE + Duration::from_secs(1));
    assert_eq!(across(&net), 0);
    net.heal();
    net.settle(Duration::from_secs(120)).expect("it settles");
    assert_eq!((across(&net), one_sided(&net)), (16, vec![]));
}

#[test]
fn after_any_misfortune_both_ends_agree_again() {
    for seed in 10..18 {
        let mut net = settled(Scenario { latency: Latency::WORLD, loss: 0.05, ..Scenario::new(10, seed) });
        for turn in 0..40 {
            let (node, other) = (turn * 7 % 10, turn * 3 % 10);
            match (turn + seed as usize) % 5 {
                0 => net.kill(node),
                1 => net.cut_power(node),
                2 => net.partition(&[vec![node, other], vec![(node + other) % 10]]),
                3 => net.heal(),
                _ => (0..10).for_each(|node| net.restart(node)),
            }
            // From a part of a handshake to more than a keep-alive.
            net.run_for(Duration::from_millis(97 << (turn % 10)));
        }
        net.heal();
        (0..10).for_each(|node| net.restart(node));
        let settled = net.settle(Duration::from_secs(20 * 60));
        settled.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(one_sided(&net), [], "seed {seed}");
    }
}

#[test]
fn jobs_of_a_stopped_node_are_gone_and_its_disk_is_not() {
    let mut net = settled(Scenario::new(8, 5));
    let job = net.insert(0, content(5, 100_000)).expect("it begins");
    net.run_for(Duration::from_millis(20));
    let kept = |net: &Network| (0..8).map(|node| (node, net.shelf(node).bytes())).collect::<BTreeMap<_, _>>();
    net.kill(0);
    let before = kept(&net);
    assert_eq!(net.status(job), None);
    net.restart(0);
    assert_eq!(net.status(job), None, "job numbers begin anew, and this one is of an earlier life");
    assert_eq!(kept(&net)[&0], before[&0]);
    net.lose_disk(0);
    assert_eq!(kept(&net)[&0], 0);
}

#[test]
fn frames_are_injected_only_where_there_is_a_link() {
    let mut net = settled(Scenario::new(6, 6));
    assert!(net.inject(0, 1, vec![77]));
    net.run_for(Duration::from_millis(50));
    assert_eq!(net.counter(1, "frames_malformed"), 1);
    net.kill(2);
    net.run_for(Duration::from_millis(50));
    assert!(!net.inject(0, 2, vec![77]));
    assert!(!net.inject(2, 0, vec![77]));
}
