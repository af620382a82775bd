//! Content that is kept alive: by a repair of somebody who cannot read it, and by its readers. Each
//! scenario runs a second time without, and then the content is lost.

#![allow(clippy::unwrap_used, reason = "what helps a test is a test")]

use std::time::Duration;

use roneo_client::handle::{Condition, Extent, JobState, Report};
use roneo_content::{Body, KeepList, Root};
use roneo_keys::Uri;
use roneo_simulations::{Network, Scenario, content};

const MINUTE: Duration = Duration::from_secs(60);
const READ_WITHIN: Duration = Duration::from_secs(300);
const MIB: usize = 1 << 20;

fn settled(scenario: Scenario) -> Network {
    println!("{} nodes, seed {}", scenario.nodes, scenario.seed);
    let mut net = Network::new(scenario);
    net.settle(5 * MINUTE).unwrap();
    net
}

fn store(net: &mut Network, node: usize, bytes: &[u8]) -> String {
    let status = net.publish(node, bytes, 30 * MINUTE);
    assert_eq!(status.state, JobState::Stored, "{status:?}");
    status.uri.unwrap()
}

fn keep_link(uri: &str) -> String {
    let Uri::Chk(chk) = uri.parse().unwrap() else { panic!("no CHK") };
    Uri::Keep(chk.keep_cap()).to_text()
}

/// The keep lists of an insert, read off the nodes' disks.
fn keep_lists(net: &Network, uri: &str) -> Vec<KeepList> {
    let Uri::Chk(chk) = uri.parse().unwrap() else { panic!("no CHK") };
    let block = |locator| (0..net.len()).find_map(|node| net.shelf(node).get(locator)).cloned().unwrap();
    let root = Root::open(&block(&chk.root), &chk.key).unwrap();
    let Body::Segments(listed) = root.body() else { panic!("not cut into segments") };
    listed.iter().map(|locator| KeepList::parse(&block(locator)).unwrap()).collect()
}

fn check(net: &mut Network, node: usize, keep: &str) -> Report {
    let job = net.check(node, keep, Extent::Full).unwrap();
    let status = net.finish(job, 30 * MINUTE).unwrap();
    assert_eq!(status.state, JobState::Checked, "{status:?}");
    *status.report.unwrap()
}

/// Most of the old nodes die, new ones come, the last of the old die. Whether the content is read then.
fn after_the_old_are_gone(repair: bool) -> Result<Vec<u8>, JobState> {
    let mut net = settled(Scenario::new(30, 31));
    let uri = store(&mut net, 0, &content(31, 2 * MIB));
    let keep = keep_link(&uri);
    for victim in net.choose(23, &[]) {
        net.kill(victim);
    }
    let old: Vec<usize> = net.running().collect();
    let new: Vec<usize> = (0..12).map(|_| net.add()).collect();
    net.settle(5 * MINUTE).unwrap();
    // Until the dead are gone from every view, and nobody waits for them any more.
    net.run_for(12 * MINUTE);

    let report = check(&mut net, new[0], &keep);
    println!("  {} with {:?}", report.condition.words(), shards(&report));
    assert_eq!(report.condition, Condition::InDanger);
    if repair {
        let job = net.repair(new[1], &keep, Extent::Usual).unwrap();
        let status = net.finish(job, 30 * MINUTE).unwrap();
        println!("  repaired: {:?}", status.note);
        assert_eq!(status.state, JobState::Stored, "{status:?}");
        let report = check(&mut net, new[2], &keep);
        assert_eq!(report.condition, Condition::Healthy, "{report:?}");
    }
    old.iter().for_each(|&node| net.kill(node));
    net.settle(5 * MINUTE).unwrap();
    net.run_for(12 * MINUTE);
    net.read(new[3], &uri, READ_WITHIN).map_err(|status| status.state)
}

fn shards(report: &Report) -> Vec<(u8, u8, u8)> {
    report.segments.iter().map(|segment| (segment.k, segment.n, segment.found)).collect()
}

#[test]
fn a_keep_link_is_enough_to_carry_content_over_to_new_nodes() {
    assert!(after_the_old_are_gone(true).unwrap() == content(31, 2 * MIB));
    assert_eq!(after_the_old_are_gone(false), Err(JobState::Failed));
}

/// A quarter of the nodes lose their disks, eight times. Whether the content is read then.
fn after_disks_were_lost(readers: bool) -> (Result<Vec<u8>, JobState>, u64) {
    let mut net = settled(Scenario::new(24, 32));
    let bytes = content(32, 2 * MIB);
    let uri = store(&mut net, 0, &bytes);
    let mut healed = 0;
    for round in 0..8 {
        for victim in net.choose(6, &[]) {
            net.lose_disk(victim);
        }
        if readers {
            let reader = (round * 5 + 3) % 24;
            match net.read(reader, &uri, READ_WITHIN) {
                Ok(found) => assert!(found == bytes, "other bytes"),
                Err(status) => panic!("round {round}: {status:?}"),
            }
            let put_back = |net: &Network| net.core_status(reader).unwrap().counters["heals_placed"];
            assert_eq!(put_back(&net), 0, "not at once");
            net.run_for(12 * MINUTE);
            healed += put_back(&net);
            println!("  round {round}: {} blocks healed", put_back(&net));
            let data_shards_there = keep_lists(&net, &uri)
                .iter()
                .flat_map(|list| list.shards()[..usize::from(list.k())].to_vec())
                .all(|shard| !net.holders(&shard).is_empty());
            assert!(data_shards_there, "what was read is there for the next reader");
        } else {
            net.run_for(12 * MINUTE);
        }
    }
    (net.read(1, &uri, READ_WITHIN).map_err(|status| status.state), healed)
}

#[test]
fn what_is_read_stays_and_what_nobody_reads_fades() {
    let (read, healed) = after_disks_were_lost(true);
    assert!(read.unwrap() == content(32, 2 * MIB));
    println!("  {healed} blocks in all");
    // Of 540 blocks that eight fetches brought.
    assert!((30..=200).contains(&healed), "{healed}");
    assert_eq!(after_disks_were_lost(false).0, Err(JobState::Failed));
}
