//! What standard mode claims: an idle line looks like that of somebody who reads a small thing now and then, and a storer
//! under a flood serves those who stamp.

use std::collections::BTreeMap;
use std::time::Duration;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha20Rng;
use roneo_keys::time::{Mono, Now, Wall};
use roneo_keys::{Block, Locator, NodeId, NodeSecret, SizeClass};
use roneo_overlay::{
    Address, Defences, Event, FirstAsk, Output, Overlay, OverlayConfig, Price, Prices, RequestId, Rules, Saved,
    SolveId, StoreOp, Stored,
};
use roneo_simulations::{Latency, NETWORK, Network, Scenario, content};
use roneo_social::{Proof, Solver};

const MINUTES: usize = 30;
/// A frame with a small packet.
const SMALL: usize = 5_121;

/// Small packets from a node to its guard in each minute.
fn counts(reads: bool) -> Vec<usize> {
    let scenario = Scenario { latency: Latency::CONTINENT, ..Scenario::new(10, 5) };
    let rules = Rules { padding: Some(Duration::from_secs(5)), ..scenario.rules };
    let mut net = Network::new(Scenario { rules, ..scenario });
    net.settle(Duration::from_secs(60)).expect("it settles");
    let put = net.publish(1, content(5, 1_000), Duration::from_secs(60));
    let uri = put.uri.expect("whatever is stored has a link");
    net.run_for(Duration::from_secs(60));
    let guard = net.guards(0)[0];
    net.tap(0);
    net.take_tapped(0);
    let minute = |net: &mut Network| {
        if reads {
            assert_eq!(net.read(0, &uri, Duration::from_secs(20)).expect("it is stored").len(), 1_000);
        }
        let left = Duration::from_secs(60) - Duration::from_micros(net.elapsed().as_micros() as u64 % 60_000_000);
        net.run_for(left);
        let tapped = net.take_tapped(0);
        tapped.iter().filter(|seen| (seen.from, seen.to) == (0, guard) && seen.frame.len() == SMALL).count()
    };
    minute(&mut net);
    (0..MINUTES).map(|_| minute(&mut net)).collect()
}

#[test]
fn an_idle_line_looks_like_that_of_a_reader_of_small_things() {
    let (idle, reader) = (counts(false), counts(true));
    println!("seed 5\nidle   {idle:?}\nreader {reader:?}");
    let mean = |counts: &[usize]| counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    let deviation = |counts: &[usize]| {
        let mean = mean(counts);
        (counts.iter().map(|count| (*count as f64 - mean).powi(2)).sum::<f64>() / counts.len() as f64).sqrt()
    };
    // The deviation of the difference of two means of 30 minutes.
    let error = (deviation(&idle).powi(2) + deviation(&reader).powi(2)).sqrt() / (MINUTES as f64).sqrt();
    assert!(mean(&idle) >= 9.0, "{}", mean(&idle));
    assert!((mean(&idle) - mean(&reader)).abs() < 3.0 * error, "{} and {}", mean(&idle), mean(&reader));
    // Padding is Poisson, and so nearly are the counts.
    let (mean, reach) = (mean(&idle), 3.0 * mean(&idle).sqrt());
    let within = reader.iter().filter(|count| (**count as f64 - mean).abs() <= reach).count();
    assert!(within * 10 >= MINUTES * 9, "{within} of {MINUTES} minutes lie within those of an idle line");
}

const LINK: Duration = Duration::from_millis(20);
/// Solutions in a second, of the machine that makes stamps.
const SOLUTIONS: u64 = 200;

enum Happens {
    Frame(usize, usize, Vec<u8>),
    Loaded(usize, StoreOp, Locator),
    Solved(usize, SolveId, Proof),
}

/// Overlays alone, linked each with each: what is asked here, no fetch would ask.
struct Siege {
    mono: Mono,
    planned: u64,
    chance: ChaCha20Rng,
    to_come: BTreeMap<(Mono, u64), Happens>,
    ids: Vec<NodeId>,
    nodes: Vec<Overlay>,
    disks: Vec<BTreeMap<Locator, Block>>,
    events: Vec<Vec<Event>>,
}

impl Siege {
    /// Nodes that lend `uplink` bytes a second and name prices.
    fn new(nodes: usize, uplink: u64) -> Self {
        let secrets: Vec<NodeSecret> = (0..nodes).map(|node| NodeSecret::from_seed([node as u8 + 1; 32])).collect();
        let mut siege = Self {
            mono: Mono(1_000_000),
            planned: 0,
            chance: ChaCha20Rng::seed_from_u64(7),
            to_come: BTreeMap::new(),
            ids: secrets.iter().map(NodeSecret::id).collect(),
            nodes: Vec::new(),
            disks: vec![BTreeMap::new(); nodes],
            events: vec![Vec::new(); nodes],
        };
        let now = siege.now();
        for (node, secret) in secrets.into_iter().enumerate() {
            let socket = format!("10.0.0.1:{}", 10_000 + node).parse().expect("an address");
            let config = OverlayConfig {
                network: NETWORK,
                rules: Rules { padding: None, prices: Prices::ByLoad, ..Rules::LOCAL },
                addresses: vec![Address::tcp(socket).expect("an address")],
                uplink: Some(uplink),
                defences: Defences::default(),
                recording: false,
            };
            siege.nodes.push(Overlay::new(config, secret, Saved::default(), [node as u8; 32], now));
        }
        for node in 0..nodes {
            for other in (0..nodes).filter(|other| *other != node) {
                siege.nodes[node].link_up(now, siege.ids[other]);
            }
            siege.drain(node);
        }
        siege.run_for(Duration::from_secs(20));
        siege
    }

    fn now(&self) -> Now {
        Now { mono: self.mono, wall: Wall(1_800_000_000 + self.mono.0 / 1_000_000) }
    }

    fn plan(&mut self, after: Duration, what: Happens) {
        self.planned += 1;
        self.to_come.insert((self.mono + after, self.planned), what);
    }

    fn run_for(&mut self, time: Duration) {
        let end = self.mono + time;
        loop {
            let event = self.to_come.first_key_value().map(|((at, _), _)| *at);
            let wakes = self.nodes.iter().enumerate();
            let wake = wakes.filter_map(|(node, overlay)| Some((overlay.next_timeout()?, node))).min();
            let next = [event, wake.map(|(at, _)| at)].into_iter().flatten().min();
            let Some(next) = next.filter(|next| *next <= end) else { break };
            self.mono = self.mono.max(next);
            let now = self.now();
            let node =
                match self.to_come.first_entry().filter(|first| first.key().0 <= next).map(|first| first.remove()) {
                    Some(Happens::Frame(from, to, frame)) => {
                        self.nodes[to].frame(now, self.ids[from], &frame);
                        to
                    }
                    Some(Happens::Loaded(node, op, locator)) => {
                        let block = self.disks[node].get(&locator).cloned();
                        self.nodes[node].loaded(now, op, block);
                        node
                    }
                    Some(Happens::Solved(node, solve, proof)) => {
                        self.nodes[node].solved(now, solve, Some(proof));
                        node
                    }
                    None => {
                        let (_, node) = wake.expect("one of the two is due");
                        self.nodes[node].handle_timeout(now);
                        node
                    }
                };
            self.drain(node);
        }
        self.mono = end;
    }

    fn drain(&mut self, node: usize) {
        while let Some(output) = self.nodes[node].poll_output() {
            match output {
                Output::Send { to, frame } => {
                    let to = self.ids.iter().position(|id| *id == to).expect("one of us");
                    // Without jitter whoever asks at a rhythm of its own may always come first, or last.
                    let jitter = Duration::from_micros(self.chance.random_range(0..10_000));
                    self.plan(LINK + jitter, Happens::Frame(node, to, frame));
                }
                Output::Load { op, locator } => {
                    self.plan(Duration::from_micros(200), Happens::Loaded(node, op, locator))
                }
                Output::Store { op, locator, block } => {
                    self.disks[node].insert(locator, block);
                    let now = self.now();
                    self.nodes[node].stored(now, op, Stored::Kept);
                }
                Output::Solve { solve, challenge, effort, nonce } => {
                    let mut solver = Solver::new(challenge, effort, nonce);
                    let proof = solver.step(u32::MAX).expect("it ends with one");
                    let took = Duration::from_micros(solver.solutions() * 1_000_000 / SOLUTIONS);
                    self.plan(took, Happens::Solved(node, solve, proof));
                }
                Output::Event(event) => self.events[node].push(event),
                _ => {}
            }
        }
    }

    /// Asks the first storer of a block for it, and no other.
    fn ask(&mut self, node: usize, block: &Block) -> RequestId {
        let now = self.now();
        let ask = FirstAsk::Every(1);
        let request = self.nodes[node].search(now, block.locator(), block.class(), ask).expect("room for a request");
        self.drain(node);
        request
    }

    fn found(&self, node: usize, request: RequestId) -> bool {
        let found = |event: &Event| matches!(event, Event::Searched { request: of, answer } if *of == request && answer.block.is_some());
        self.events[node].iter().any(found)
    }
}

/// Of twelve reads each: those of a reader who stamps, and of one who does not.
fn besieged() -> [usize; 2] {
    let mut siege = Siege::new(10, 400_000);
    let (stamps, does_not) = (2, 3);
    siege.nodes[stamps].set_max_price(Price::MAX_PAID);
    let (block, storer) = (0..)
        .map(|byte| Block::new(vec![byte; SizeClass::Block.byte_len()]).expect("a block"))
        .find_map(|block| {
            let now = siege.now();
            siege.nodes[4].place(now, block.clone(), 1).expect("room for a request");
            siege.drain(4);
            siege.run_for(Duration::from_secs(2));
            let storer = siege.disks.iter().position(|disk| disk.contains_key(&block.locator()))?;
            (storer > 4).then_some((block, storer))
        })
        .expect("half of them lie there");
    let mut asked = [Vec::new(), Vec::new()];
    // Two hostile nodes ask forty times a second each, for 60 s: twenty times what the storer has room for.
    for round in 0..2_400_u64 {
        for node in 0..2 {
            let request = siege.ask(node, &block);
            // After two seconds or so it is given up for the next.
            if request.0 > 100 {
                siege.nodes[node].cancel(RequestId(request.0 - 100));
                siege.drain(node);
            }
        }
        if round >= 400 && round % 120 == 0 && asked[0].len() < 12 {
            asked[0].push(siege.ask(stamps, &block));
            asked[1].push(siege.ask(does_not, &block));
        }
        let pause = siege.chance.random_range(0..50_000);
        siege.run_for(Duration::from_micros(pause));
    }
    let counts = siege.nodes[storer].counters();
    println!(
        "{} served, {} told a price, {} told nothing",
        counts.reads_found,
        counts.prices_asked - counts.dropped_busy,
        counts.dropped_busy
    );
    [(stamps, 0), (does_not, 1)]
        .map(|(node, which)| asked[which].iter().filter(|request| siege.found(node, **request)).count())
}

#[test]
fn under_a_flood_those_are_served_who_stamp() {
    let [stamped, unstamped] = besieged();
    println!("seed 7: {stamped} of 12 stamped reads, {unstamped} of 12 others");
    assert!(stamped >= 10, "{stamped} of 12");
    assert!(unstamped <= 6, "{unstamped} of 12");
}
