//! A board in a network: it comes together after a partition, and bears a crowd.

use std::time::Duration;

use roneo_client::handle::{JobState, RecordName};
use roneo_keys::time::Mono;
use roneo_keys::{Chk, Extra, Locator, ReadKey};
use roneo_simulations::{Asked, Job, Latency, Network, Scenario, content};
use roneo_social::{
    Announced, AnnouncementRecord, BoardId, DeviceSecret, Effort, PersonId, Pointer, Solver, UnprovenAnnouncement,
    hour_of, open_board,
};

const SECOND: Duration = Duration::from_secs(1);
/// Between two readings of somebody who has the board open: from the middle of what the design has, 10 to 30 s.
const OPEN_PACE: Duration = Duration::from_secs(20);

fn board() -> BoardId {
    open_board("fr/logement", "fr").expect("a path and a language")
}

fn settled(scenario: Scenario) -> Network {
    println!("seed {}, {} nodes", scenario.seed, scenario.nodes);
    let mut net = Network::new(scenario);
    net.settle(Duration::from_secs(300)).expect("it settles");
    net
}

fn this_hour(net: &Network) -> RecordName {
    RecordName { tag: board().tag(), hour: hour_of(net.moment().wall), shard: 0 }
}

/// A record with one announcement, with the work that a local network asks.
fn said(name: RecordName, by: u8) -> AnnouncementRecord {
    let chk = Chk {
        root: Locator::from_bytes([by; 32]),
        key: ReadKey::from_bytes([2; 32]),
        extra: Extra::PUBLIC,
        name: String::new(),
    };
    let announced = Announced { at: Pointer::of(&chk), author: PersonId::from_bytes([by; 32]) };
    let device = DeviceSecret::from_seed(&[by; 32]);
    let unproven = UnprovenAnnouncement::new(&board(), name.hour, device.id(), &announced);
    let mut solver = Solver::new(unproven.challenge(None), Effort::TRIAL, 0);
    let proof = (0..10_000).find_map(|_| solver.step(1)).expect("little work");
    let mut record = AnnouncementRecord::empty(name);
    record.offer(unproven.prove(&proof, &device), Effort::TRIAL).expect("enough work");
    record
}

fn gather_all(net: &mut Network, name: RecordName, readers: &[usize]) -> Vec<AnnouncementRecord> {
    let asked: Vec<Asked> =
        readers.iter().map(|reader| net.gather(*reader, name).expect("room for a request")).collect();
    let mut found: Vec<Option<AnnouncementRecord>> = vec![None; asked.len()];
    // What does not come while somebody waits before the next reading has found nothing.
    for _ in 0..OPEN_PACE.as_secs() {
        net.run_for(SECOND);
        for (asked, found) in asked.iter().zip(&mut found) {
            if let Some((_, gathered)) = net.take_gathered(*asked) {
                *found = Some(gathered.record);
            }
        }
    }
    found.into_iter().map(|record| record.unwrap_or_else(|| AnnouncementRecord::empty(name))).collect()
}

/// Half of the storers cannot reach the other half for five minutes, in which people write on both sides. Afterwards each
/// writer, who reads on like everybody, brings again what is missing from what they read.
#[test]
fn a_board_that_was_parted_comes_together() {
    const LIMIT: Duration = Duration::from_secs(5 * 60);
    for seed in [21, 22, 23] {
        let mut net = settled(Scenario { latency: Latency::CONTINENT, ..Scenario::new(24, seed) });
        let sides: [Vec<usize>; 2] = [(0..12).collect(), (12..24).collect()];
        let name = this_hour(&net);
        net.partition(&sides);
        // Long enough that neither side counts on the other any more.
        net.run_for(Duration::from_secs(3 * 60));
        let writers: Vec<(usize, AnnouncementRecord)> =
            [1, 5, 13, 20].into_iter().map(|node| (node, said(name, node as u8))).collect();
        let asked: Vec<Asked> =
            writers.iter().map(|(node, own)| net.announce(*node, own).expect("room for a request")).collect();
        net.run_for(Duration::from_secs(60));
        for asked in asked {
            assert!(net.take_receipts(asked).is_some_and(|receipts| receipts > 0), "each side has storers");
        }
        let union = |of: &[usize]| {
            let mut whole = AnnouncementRecord::empty(name);
            writers.iter().filter(|(node, _)| of.contains(node)).for_each(|(_, own)| whole.merge(own));
            whole
        };
        for side in &sides {
            for found in gather_all(&mut net, name, side) {
                assert_eq!(found, union(side), "a side hears itself, and nothing across");
            }
        }
        net.run_for(Duration::from_secs(60));
        net.heal();
        let healed = net.elapsed();
        let everybody: Vec<usize> = (0..24).collect();
        let took = loop {
            let found = gather_all(&mut net, name, &everybody);
            let took = net.elapsed() - healed;
            let whole = found.iter().filter(|found| **found == union(&everybody)).count();
            let known: Vec<usize> = everybody.iter().map(|node| net.known(*node)).collect();
            let heard: Vec<usize> = found.iter().map(|found| found.entries().len()).collect();
            println!("{took:?} after it healed {whole} of 24 hear all: {heard:?}, know {known:?}");
            if whole == everybody.len() {
                break took;
            }
            assert!(took < LIMIT, "{whole} of 24 after {took:?}");
            for (node, own) in &writers {
                if let Some(again) = own.lacking_in(&found[*node]) {
                    net.announce(*node, &again).expect("room for a request");
                }
            }
        };
        assert!(took <= LIMIT, "{took:?}");
    }
}

/// One of a crowd.
enum Reader {
    Comes(Mono),
    Gathers(Mono, Asked),
    Fetches(Mono, Job),
    Served,
}

/// Two thousand people open one board within two minutes, through nodes that send 10 Mbit/s: each gathers its newest hour,
/// and one in ten fetches the post that all talk about. Two announcements do: a record is as long with them as when it is
/// full, and what is measured is the network.
#[test]
fn two_thousand_readers_of_one_board_are_served() {
    const READERS: usize = 2_000;
    const NODES: usize = 40;
    /// One in so many fetches the post too.
    const FETCH: usize = 10;
    const COME_WITHIN_MS: u64 = 120_000;
    const LIMIT: Duration = Duration::from_secs(60);
    const SLOWEST: Duration = Duration::from_secs(5);
    let scenario = Scenario { latency: Latency::CONTINENT, uplink: Some(1_250_000), ..Scenario::new(NODES, 31) };
    let mut net = settled(scenario);
    let name = this_hour(&net);
    let posted = net.publish(0, content(31, 1_000), Duration::from_secs(60));
    let uri = posted.uri.expect("whatever is stored has a link");
    let all: Vec<AnnouncementRecord> = (1..=2).map(|by| said(name, by)).collect();
    for own in &all {
        let asked = net.announce(usize::from(net.len() > 1), own).expect("room for a request");
        net.run_for(Duration::from_secs(5));
        assert_eq!(net.take_receipts(asked), Some(3));
    }
    let (begin, draws) = (net.moment().mono, content(32, 8 * READERS));
    let mut readers: Vec<Reader> = draws
        .chunks_exact(8)
        .map(|draw| {
            let drawn = u64::from_le_bytes(draw.try_into().expect("eight bytes"));
            Reader::Comes(begin + Duration::from_millis(drawn % COME_WITHIN_MS))
        })
        .collect();
    let (mut heard_all, mut took) = (0, Vec::new());
    while took.len() < READERS {
        let now = net.moment().mono;
        assert!(now.since(begin) < Duration::from_millis(COME_WITHIN_MS) + LIMIT, "{} were served", took.len());
        for (number, reader) in readers.iter_mut().enumerate() {
            let node = number % NODES;
            match *reader {
                // A node that has too much to ask for asks a moment later.
                Reader::Comes(at) if at <= now => {
                    if let Ok(asked) = net.gather(node, name) {
                        *reader = Reader::Gathers(at, asked);
                    }
                }
                Reader::Gathers(at, asked) => {
                    if let Some((_, gathered)) = net.take_gathered(asked) {
                        heard_all += usize::from(gathered.record.entries().len() == all.len());
                        *reader = if number % FETCH == 0 {
                            Reader::Fetches(at, net.fetch(node, &uri).expect("room for a job"))
                        } else {
                            took.push(now.since(at));
                            Reader::Served
                        };
                    }
                }
                Reader::Fetches(at, job) => {
                    let status = net.status(job).expect("the node runs on");
                    if !matches!(status.state, JobState::Waiting | JobState::Running) {
                        assert_eq!(status.state, JobState::Fetched);
                        net.forget(job);
                        took.push(now.since(at));
                        *reader = Reader::Served;
                    }
                }
                Reader::Comes(_) | Reader::Served => {}
            }
        }
        net.run_for(Duration::from_millis(100));
    }
    took.sort_unstable();
    let at = |percent: usize| took[READERS * percent / 100 - 1];
    println!(
        "{heard_all} of {READERS} heard all; half within {:?}, 95 % {:?}, 99 % {:?}, all {:?}",
        at(50),
        at(95),
        at(99),
        at(100)
    );
    assert!(heard_all * 100 >= READERS * 99, "{heard_all}");
    assert!(at(99) <= SLOWEST, "{:?}", at(99));
}
