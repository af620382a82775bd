//! A handful of overlays in one test, wired to each other without latency or loss: what the parts do
//! together. Networks with latency, loss and churn are in `simulations`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[path = "network/announcements.rs"]
mod announcements;
#[path = "network/padding.rs"]
mod padding;
#[path = "network/records.rs"]
mod records;
#[path = "network/stamps.rs"]
mod stamps;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use roneo_keys::time::{Mono, Now, Wall};
use roneo_keys::{Block, Locator, NetworkId, NetworkKind, NodeId, NodeSecret, SizeClass};
use roneo_overlay::{
    Address, BlockAnswer, Defences, Event, FirstAsk, Frame, HashCheck, Output, Overlay, OverlayConfig, ReadCount,
    RecordRole, ReplayPolicy, RequestId, Rules, Saved, Stored,
};
use roneo_social::Solver;

const NETWORK: NetworkId = NetworkId { kind: NetworkKind::Local, tag: *b"8 bytes!" };
/// Local rules without padding, so that what a test sees is what it asked for.
const SILENT: Rules = Rules { padding: None, ..Rules::LOCAL };
const START: Wall = Wall(1_700_000_000);

struct Node {
    overlay: Overlay,
    disk: BTreeMap<Locator, Block>,
    events: Vec<Event>,
    records: Vec<roneo_overlay::RecordLine>,
    lies: bool,
    /// What it answers reads with, whatever was asked.
    frozen: Option<Block>,
    /// Whether stamps that are asked for are made, at once.
    solves: bool,
    solved: usize,
    unsolved: usize,
}

struct Net {
    now: Now,
    nodes: BTreeMap<NodeId, Node>,
    ids: Vec<NodeId>,
    dead: BTreeSet<NodeId>,
    frames: VecDeque<(NodeId, NodeId, Vec<u8>)>,
    packets: Vec<(NodeId, NodeId, Vec<u8>)>,
    defences: Defences,
    rules: Rules,
    uplink: Option<u64>,
}

impl Net {
    fn new(defences: Defences, rules: Rules) -> Self {
        let now = Now { mono: Mono(1_000_000), wall: START };
        Self {
            now,
            nodes: BTreeMap::new(),
            ids: Vec::new(),
            dead: BTreeSet::new(),
            frames: VecDeque::new(),
            packets: Vec::new(),
            defences,
            rules,
            uplink: None,
        }
    }

    fn of(nodes: usize) -> Self {
        Self::with(nodes, Defences::default())
    }

    fn with(nodes: usize, defences: Defences) -> Self {
        Self::grown(nodes, Self::new(defences, SILENT))
    }

    fn ruled(nodes: usize, rules: Rules) -> Self {
        Self::grown(nodes, Self::new(Defences::default(), rules))
    }

    fn grown(nodes: usize, mut net: Self) -> Self {
        for _ in 0..nodes {
            net.add();
        }
        net.run(Duration::from_secs(15));
        net
    }

    fn config(&self, index: usize) -> OverlayConfig {
        let socket = format!("127.0.0.1:{}", 10_000 + index).parse().unwrap();
        OverlayConfig {
            network: NETWORK,
            rules: self.rules,
            addresses: vec![Address::tcp(socket).unwrap()],
            uplink: self.uplink,
            defences: self.defences,
            recording: true,
        }
    }

    fn add(&mut self) -> NodeId {
        let index = self.ids.len();
        let secret = NodeSecret::from_seed([index as u8 + 1; 32]);
        let id = secret.id();
        let mut overlay =
            Overlay::new(self.config(index), secret, Saved::default(), [index as u8 ^ 0x5a; 32], self.now);
        if let Some(first) = self.ids.first() {
            overlay.join(&self.nodes[first].overlay.invitation());
        }
        let node = Node {
            overlay,
            disk: BTreeMap::new(),
            events: Vec::new(),
            records: Vec::new(),
            lies: false,
            frozen: None,
            solves: true,
            solved: 0,
            unsolved: 0,
        };
        self.nodes.insert(id, node);
        self.ids.push(id);
        self.settle();
        id
    }

    fn kill(&mut self, id: NodeId) {
        self.dead.insert(id);
        for (peer, node) in &mut self.nodes {
            if *peer != id {
                node.overlay.link_down(self.now, id);
            }
        }
        self.settle();
    }

    /// Carries outputs until nobody has anything to say.
    fn settle(&mut self) {
        loop {
            let mut moved = false;
            for id in self.ids.clone() {
                while let Some(output) = self.nodes.get_mut(&id).and_then(|node| node.overlay.poll_output()) {
                    moved = true;
                    if !self.dead.contains(&id) {
                        self.output(id, output);
                    }
                }
            }
            while let Some((from, to, frame)) = self.frames.pop_front() {
                moved = true;
                if !self.dead.contains(&to) {
                    self.nodes.get_mut(&to).unwrap().overlay.frame(self.now, from, &frame);
                }
            }
            if !moved {
                return;
            }
        }
    }

    fn output(&mut self, id: NodeId, output: Output) {
        let now = self.now;
        match output {
            Output::Send { to, frame } => {
                if let Ok(Frame::Packet(packet)) = Frame::from_bytes(&frame) {
                    self.packets.push((id, to, packet));
                }
                self.frames.push_back((id, to, frame));
            }
            Output::Dial { peer, .. } => {
                if self.dead.contains(&peer) || !self.nodes.contains_key(&peer) {
                    self.nodes.get_mut(&id).unwrap().overlay.dial_failed(now, peer);
                } else {
                    self.nodes.get_mut(&id).unwrap().overlay.link_up(now, peer);
                    self.nodes.get_mut(&peer).unwrap().overlay.link_up(now, id);
                }
            }
            Output::HangUp { peer } => {
                self.nodes.get_mut(&id).unwrap().overlay.link_down(now, peer);
                self.nodes.get_mut(&peer).unwrap().overlay.link_down(now, id);
            }
            Output::Store { op, locator, block } => {
                let node = self.nodes.get_mut(&id).unwrap();
                node.disk.insert(locator, block);
                node.overlay.stored(now, op, Stored::Kept);
            }
            Output::Load { op, locator } => {
                let node = self.nodes.get_mut(&id).unwrap();
                let block = match &node.frozen {
                    _ if node.lies => Some(Block::new(vec![0x66; SizeClass::Leaf.byte_len()]).unwrap()),
                    Some(block) => Some(block.clone()),
                    None => node.disk.get(&locator).cloned(),
                };
                node.overlay.loaded(now, op, block);
            }
            Output::Solve { solve, challenge, effort, nonce } => {
                let node = self.nodes.get_mut(&id).unwrap();
                node.solved += 1;
                if node.solves {
                    let proof = Solver::new(challenge, effort, nonce).step(u32::MAX);
                    node.overlay.solved(now, solve, proof);
                }
            }
            Output::Unsolve { .. } => self.nodes.get_mut(&id).unwrap().unsolved += 1,
            Output::Event(event) => self.nodes.get_mut(&id).unwrap().events.push(event),
            Output::Record(line) => self.nodes.get_mut(&id).unwrap().records.push(line),
            _ => {}
        }
    }

    fn run(&mut self, time: Duration) {
        let end = self.now.mono + time;
        while self.now.mono < end {
            let step = Duration::from_millis(50);
            self.now.mono = self.now.mono + step;
            self.now.wall = Wall(START.0 + self.now.mono.0 / 1_000_000);
            for id in self.ids.clone() {
                if !self.dead.contains(&id) {
                    self.nodes.get_mut(&id).unwrap().overlay.handle_timeout(self.now);
                }
            }
            self.settle();
        }
    }

    fn place(&mut self, id: NodeId, block: &Block, copies: u8) -> u8 {
        let request = self.nodes.get_mut(&id).unwrap().overlay.place(self.now, block.clone(), copies).unwrap();
        self.settle();
        self.run_until(id, |event| match event {
            Event::Placed { request: ended, receipts } if *ended == request => Some(*receipts),
            _ => None,
        })
    }

    /// Begins a placement while `silent` takes frames and answers none.
    fn begin_placing(&mut self, id: NodeId, block: &Block, copies: u8, silent: NodeId) -> RequestId {
        self.dead.insert(silent);
        let request = self.nodes.get_mut(&id).unwrap().overlay.place(self.now, block.clone(), copies).unwrap();
        self.settle();
        request
    }

    /// How long a placement took from now on, and to how many copies it came.
    fn placed_within(&mut self, id: NodeId, request: RequestId) -> (Duration, u8) {
        let begun = self.now.mono;
        let receipts = self.run_until(id, |event| match event {
            Event::Placed { request: ended, receipts } if *ended == request => Some(*receipts),
            _ => None,
        });
        (self.now.mono.since(begun), receipts)
    }

    /// The storer that `id` asks first for `block`, which is then nowhere.
    fn first_storer(&mut self, id: NodeId, block: &Block) -> NodeId {
        self.place(id, block, 1);
        let holds = |(_, node): &(&NodeId, &mut Node)| node.disk.contains_key(&block.locator());
        let (storer, node) = self.nodes.iter_mut().find(holds).unwrap();
        node.disk.clear();
        *storer
    }

    fn search(&mut self, id: NodeId, locator: Locator, first: FirstAsk) -> Result<Block, usize> {
        let answer = self.ask(id, locator, first);
        answer.block.ok_or(answer.without)
    }

    fn ask(&mut self, id: NodeId, locator: Locator, first: FirstAsk) -> BlockAnswer {
        let overlay = &mut self.nodes.get_mut(&id).unwrap().overlay;
        let request: RequestId = overlay.search(self.now, locator, SizeClass::Leaf, first).unwrap();
        self.settle();
        self.run_until(id, |event| match event {
            Event::Searched { request: ended, answer } if *ended == request => Some(answer.clone()),
            _ => None,
        })
    }

    fn run_until<T>(&mut self, id: NodeId, found: impl Fn(&Event) -> Option<T>) -> T {
        for _ in 0..3_000 {
            if let Some(value) = self.nodes[&id].events.iter().find_map(&found) {
                return value;
            }
            self.run(Duration::from_millis(50));
        }
        panic!("nothing came of it in 150 s");
    }

    fn holders(&self, locator: &Locator) -> usize {
        self.nodes.values().filter(|node| node.disk.contains_key(locator)).count()
    }

    fn count(&self, id: NodeId, name: &str) -> u64 {
        self.nodes[&id].overlay.counters().by_name()[name]
    }
}

fn leaf(byte: u8) -> Block {
    Block::new(vec![byte; SizeClass::Leaf.byte_len()]).unwrap()
}

#[test]
fn everybody_sees_everybody() {
    let net = Net::of(12);
    for node in net.nodes.values() {
        assert_eq!(node.overlay.nodes_present(net.now), 12);
        assert_eq!(node.overlay.network_state(net.now).known, 12);
        assert_eq!(node.overlay.network_state(net.now).other_storers, 11);
        assert_eq!(node.overlay.guards().guards().len(), 2);
    }
}

#[test]
fn copies_stand_where_they_were_asked_and_no_further() {
    let mut net = Net::of(12);
    for copies in [1, 3, 8, 11] {
        let block = leaf(copies);
        assert_eq!(net.place(net.ids[0], &block, copies), copies);
        assert_eq!(net.holders(&block.locator()), usize::from(copies));
    }
}

#[test]
fn what_one_placed_another_finds() {
    let mut net = Net::of(12);
    let block = leaf(7);
    net.place(net.ids[0], &block, 3);
    for first in [FirstAsk::One, FirstAsk::Two] {
        for reader in net.ids.clone() {
            assert_eq!(net.search(reader, block.locator(), first), Ok(block.clone()));
        }
    }
}

/// A block other than those that came before, whose first storer is the guard of `id` or is not.
fn block_for(net: &mut Net, id: NodeId, guard_stores_it: bool) -> (Block, NodeId) {
    let guard = net.nodes[&id].overlay.guards().guards()[0].node;
    (100..)
        .map(leaf)
        .map(|block| (block.clone(), net.first_storer(id, &block)))
        .find(|(_, storer)| *storer != id && (*storer == guard) == guard_stores_it)
        .unwrap()
}

#[test]
fn a_placement_waits_once_for_a_storer_that_vanished() {
    let mut net = Net::of(12);
    let writer = net.ids[0];
    let (block, storer) = block_for(&mut net, writer, false);
    let request = net.begin_placing(writer, &block, 3, storer);
    let (took, receipts) = net.placed_within(writer, request);
    let wait = Rules::LOCAL.first_wait + Rules::LOCAL.handover_wait;
    assert_eq!(receipts, 3);
    assert!(took >= wait && took < wait + Duration::from_secs(3), "{took:?}");
}

#[test]
fn a_placement_waits_for_no_guard_that_is_gone_as_its_guard_or_its_storer() {
    for guard_stores_it in [false, true] {
        let mut net = Net::of(12);
        let writer = net.ids[0];
        let (block, _) = block_for(&mut net, writer, guard_stores_it);
        let guard = net.nodes[&writer].overlay.guards().guards()[0].node;
        let request = net.begin_placing(writer, &block, 3, guard);
        net.kill(guard);
        let (took, receipts) = net.placed_within(writer, request);
        assert_eq!((receipts, net.count(writer, "requests_silent")), (3, 0), "{guard_stores_it}");
        // The reserve takes its time.
        assert!(took < Rules::LOCAL.guard_silence + Duration::from_secs(1), "{guard_stores_it}: {took:?}");
    }
}

#[test]
fn a_guard_that_hangs_up_after_each_packet_has_no_more_paths_drawn_than_a_silent_one() {
    let mut net = Net::of(12);
    let writer = net.ids[0];
    let (block, _) = block_for(&mut net, writer, false);
    let guard = net.nodes[&writer].overlay.guards().guards()[0].node;
    let before = net.count(writer, "packets_sent");
    net.begin_placing(writer, &block, 1, guard);
    for _ in 0..200 {
        let overlay = &mut net.nodes.get_mut(&writer).unwrap().overlay;
        overlay.link_down(net.now, guard);
        overlay.link_up(net.now, guard);
        net.run(Duration::from_millis(300));
    }
    // Five for each of the twelve storers.
    let sent = net.count(writer, "packets_sent") - before;
    assert!(sent <= 5 * 12, "{sent} packets");
}

#[test]
fn copies_are_counted_and_the_dead_are_silent() {
    let mut net = Net::of(12);
    let block = leaf(9);
    net.place(net.ids[0], &block, 7);
    let asked = |net: &mut Net, storers| {
        let BlockAnswer { block: found, holding, without, silent } =
            net.ask(net.ids[1], block.locator(), FirstAsk::Every(storers));
        assert_eq!(found.as_ref(), Some(&block));
        (holding, without, silent)
    };
    assert_eq!(asked(&mut net, 3), (3, 0, 0));
    // The first seven in order have it, and nobody else.
    assert_eq!(asked(&mut net, 8), (7, 1, 0));
    assert_eq!(asked(&mut net, 30), (7, 5, 0));
    let dead = *net.ids[2..].iter().find(|id| net.nodes[id].disk.contains_key(&block.locator())).unwrap();
    net.kill(dead);
    let (holding, without, silent) = asked(&mut net, 30);
    assert_eq!((holding, without, silent), (6, 5, 1));
    let nobody = net.ask(net.ids[1], Locator::from_bytes([9; 32]), FirstAsk::Every(4));
    assert_eq!((nobody.block, nobody.holding), (None, 0));
    assert!(nobody.without + nobody.silent == 4, "the dead one may be among the four");
}

#[test]
fn how_many_lacked_a_block_is_told_with_it() {
    let mut net = Net::of(12);
    let block = leaf(11);
    net.place(net.ids[0], &block, 4);
    assert_eq!(net.ask(net.ids[1], block.locator(), FirstAsk::One).without, 0);
    let holds = |id: &&NodeId| net.nodes[*id].disk.contains_key(&block.locator());
    let holders: Vec<NodeId> = net.ids.iter().filter(holds).copied().collect();
    // All holders but one lose it: how many are asked in vain depends on that one's rank.
    for lost in &holders[..3] {
        net.nodes.get_mut(lost).unwrap().disk.remove(&block.locator());
    }
    let answer = net.ask(net.ids[1], block.locator(), FirstAsk::One);
    assert_eq!((answer.block.as_ref(), answer.holding), (Some(&block), 1));
    assert!(answer.without <= 3);
    let counted = net.ask(net.ids[1], block.locator(), FirstAsk::Every(4));
    assert_eq!((counted.holding, counted.without), (1, 3));
}

#[test]
fn five_nodes_are_enough_and_four_wait() {
    let mut net = Net::of(4);
    let block = leaf(1);
    let first = net.ids[0];
    net.nodes.get_mut(&first).unwrap().overlay.place(net.now, block.clone(), 3).unwrap();
    net.run(Duration::from_secs(20));
    assert_eq!(net.packets.len(), 0, "no shorter path is built");
    net.add();
    net.run(Duration::from_secs(20));
    assert_eq!(net.holders(&block.locator()), 3);
    for reader in net.ids.clone() {
        assert_eq!(net.search(reader, block.locator(), FirstAsk::Two), Ok(block.clone()));
    }
}

#[test]
fn a_block_nobody_has_is_not_found_after_eight_answers() {
    let mut net = Net::of(12);
    assert_eq!(net.search(net.ids[3], Locator::from_bytes([9; 32]), FirstAsk::Two), Err(8));
}

#[test]
fn dead_storers_are_passed_over() {
    let mut net = Net::of(12);
    let blocks: Vec<Block> = (0..20).map(leaf).collect();
    for block in &blocks {
        net.place(net.ids[0], block, 6);
    }
    for dead in [0, 3, 5, 8] {
        net.kill(net.ids[dead]);
    }
    for block in &blocks {
        assert_eq!(net.search(net.ids[1], block.locator(), FirstAsk::Two).as_ref(), Ok(block));
        let receipts = net.place(net.ids[2], block, 7);
        assert_eq!(receipts, 7);
    }
}

#[test]
fn every_packet_has_one_of_two_lengths_and_passes_four_links() {
    let mut net = Net::of(8);
    net.packets.clear();
    let block = leaf(3);
    net.place(net.ids[0], &block, 1);
    assert_eq!(net.packets.len(), 8, "four links there, four back");
    assert!(net.packets.iter().all(|(_, _, packet)| packet.len() == 5_120));
    let reader = net.ids[0];
    let guard = net.packets[0].1;
    assert_eq!(net.packets[0].0, reader);
    assert_eq!((net.packets[7].0, net.packets[7].1), (guard, reader), "the answer ends at the same guard");
}

#[test]
fn a_recorded_packet_sent_again_is_dropped_and_counted() {
    for policy in [ReplayPolicy::Enforce, ReplayPolicy::Off] {
        let mut net = Net::with(8, Defences { replay: policy, ..Defences::default() });
        net.packets.clear();
        net.place(net.ids[0], &leaf(3), 1);
        let (from, to, packet) = net.packets[1].clone();
        net.packets.clear();
        net.frames.push_back((from, to, Frame::Packet(packet).to_bytes()));
        net.settle();
        let dropped = u64::from(policy == ReplayPolicy::Enforce);
        assert_eq!(net.count(to, "dropped_replayed"), dropped);
        assert_eq!(net.packets.is_empty(), policy == ReplayPolicy::Enforce, "without the filter it travels on");
    }
}

#[test]
fn only_bytes_that_hash_right_are_an_answer() {
    for (check, honest) in [(HashCheck::Enforce, true), (HashCheck::Off, false)] {
        let mut net = Net::with(12, Defences { hash_check: check, ..Defences::default() });
        let blocks: Vec<Block> = (0..10).map(leaf).collect();
        for block in &blocks {
            net.place(net.ids[0], block, 11);
        }
        for liar in 1..7 {
            net.nodes.get_mut(&net.ids[liar].clone()).unwrap().lies = true;
        }
        let reader = net.ids[0];
        let right =
            blocks.iter().filter(|block| net.search(reader, block.locator(), FirstAsk::One).as_ref() == Ok(block));
        assert_eq!(right.count() == blocks.len(), honest);
    }
}

#[test]
fn no_hop_but_the_storer_sees_a_locator() {
    let mut net = Net::of(10);
    let block = leaf(7);
    let locator = block.locator();
    net.place(net.ids[0], &block, 3);
    let reader = net.ids[4];
    for node in net.nodes.values_mut() {
        node.records.clear();
    }
    for _ in 0..20 {
        net.nodes.get_mut(&reader).unwrap().events.clear();
        net.search(reader, locator, FirstAsk::Two).unwrap();
    }
    let guards: Vec<NodeId> = net.nodes[&reader].overlay.guards().guards().iter().map(|guard| guard.node).collect();
    let mut seen = BTreeMap::new();
    for line in net.nodes.values().flat_map(|node| &node.records) {
        let names_it = line.bytes.windows(32).any(|window| window == locator.as_bytes());
        *seen.entry((format!("{:?}", line.role), names_it)).or_insert(0) += 1;
        if line.role == RecordRole::Storer {
            assert!(names_it);
            assert!(line.from != reader && line.from != guards[0]);
        }
    }
    assert!(!seen.contains_key(&("Guard".to_owned(), true)) && !seen.contains_key(&("Relay".to_owned(), true)));
    assert!(seen[&("Guard".to_owned(), false)] >= 40 && seen[&("Relay".to_owned(), false)] >= 40, "{seen:?}");
}

#[test]
fn garbage_frames_are_counted_and_survived() {
    let mut net = Net::of(6);
    let (attacker, victim) = (net.ids[1], net.ids[0]);
    for length in [0, 1, 5, 100, 5_121, 34_305, 70_000] {
        for kind in 0..8u8 {
            let mut frame = vec![kind; length];
            frame.iter_mut().skip(1).enumerate().for_each(|(index, byte)| *byte = (index * 31 + length) as u8);
            net.frames.push_back((attacker, victim, frame));
            net.settle();
        }
    }
    assert!(net.count(victim, "frames_malformed") > 10);
    assert!(net.count(victim, "dropped_unreadable") >= 2);
    let block = leaf(1);
    assert_eq!(net.place(victim, &block, 3), 3);
}
